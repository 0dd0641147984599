"""`postcards import` as a script meets it: exit codes, what stands where, and a report that is loaded again."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from postcards.config import Settings
from tests.plugins.cast import House, Town

ROOT = Path(__file__).parents[2]
HEAD = "sender name;recipient name;street line 1;postcode;town;country;consent version\n"
GOOD = "Ona;Jonas;Hauptstraße 5;10115;Berlin;Vokietija;2026-1\n"
BAD = "Ona;=Marie;Rue 1;7500;Paris;Francja;2026-1\n"


@pytest.fixture
def run(house: House, settings: Settings, tmp_path: Path):
    env = {name: value for name, value in os.environ.items() if not name.startswith("POSTCARDS_")} | {
        "PYTHONPATH": str(ROOT),
        "POSTCARDS_HOME": str(settings.home),
        "POSTCARDS_DATABASE_URL": settings.database_url,
        "POSTCARDS_MASTER_KEY": settings.master_key,
        "POSTCARDS_SECRET_KEY": settings.secret_key,
    }

    def command(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "postcards", "import", *words],
            cwd=tmp_path, env=env, capture_output=True, text=True, timeout=100,
        )  # fmt: skip

    return command


def test_good_rows_go_in_and_bad_ones_are_listed(run, vilnius: Town, tmp_path: Path) -> None:
    (tmp_path / "cards.csv").write_text(HEAD + GOOD + BAD, encoding="utf-8")
    dry = run("vilnius", "cards.csv", "--dry-run")
    assert (dry.returncode, dry.stderr) == (0, "")
    assert "1 of 2 rows can become cards; nothing was registered; 1 refused." in dry.stdout
    done = run("vilnius", "cards.csv", "--report", "refused.csv")
    assert (done.returncode, done.stderr) == (0, "")
    assert "line 3: recipient.postal_code: " in done.stdout
    assert "1 of 2 rows became cards; 1 refused, written to refused.csv." in done.stdout
    with (tmp_path / "refused.csv").open(encoding="utf-8", newline="") as file:
        [refused] = csv.DictReader(file, delimiter=";")
    assert (refused["line"], refused["field"], refused["code"]) == (
        "3",
        "recipient.postal_code",
        "postal_code",
    )
    assert (refused["recipient name"], refused["reason"][:6]) == ("'=Marie", "France")

    again = run("vilnius", "cards.csv", "--json")
    told = json.loads(again.stdout)
    assert (again.returncode, told["registered"], told["there"], told["refused"]) == (0, 0, 1, 1)
    assert told["errors"][0]["line"] == 3

    report = tmp_path / "refused.csv"
    report.write_text(report.read_text(encoding="utf-8").replace("7500", "75001"), encoding="utf-8")
    overwriting = run("vilnius", "refused.csv", "--report", "refused.csv")
    assert overwriting.returncode == 2
    mended = run("vilnius", "refused.csv")
    assert (mended.returncode, mended.stdout) == (0, "1 of 1 rows became cards.\n")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (HEAD + BAD, "No row of cards.csv could become a card (1 refused)."),
        ("naem;country\n", "“naem” is no heading we know."),
        ("", "The file is empty"),
        (HEAD + "\udcff", "Line 2 is not UTF-8 text"),
    ],
)
def test_what_cannot_go_in_at_all_is_refused_in_one_line(
    run, vilnius: Town, tmp_path: Path, content: str, words: str
) -> None:
    (tmp_path / "cards.csv").write_text(content, encoding="utf-8", errors="surrogateescape")
    done = run("vilnius", "cards.csv")
    assert done.returncode == 1
    assert done.stderr.startswith("postcards: ")
    assert words in done.stderr.splitlines()[0]
    assert "Traceback" not in done.stderr
    assert run("vilnius", "nowhere.csv").returncode == 1
