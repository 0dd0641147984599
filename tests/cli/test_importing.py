"""`postcards import` as a script meets it: exit codes, what stands where, and a report that is loaded again."""

from __future__ import annotations

import csv
import json
import os
import pty
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import openpyxl
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
        "TERM": "xterm",
        "COLUMNS": "100",
    }

    def command(*words: str, stderr: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "postcards", "import", *words],
            cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=stderr, text=True, timeout=100,
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


def test_a_workbook_goes_in_and_so_does_its_report_once_mended(run, vilnius: Town, tmp_path: Path) -> None:
    head, good, bad = (line.strip().split(";") for line in (HEAD, GOOD, BAD))
    _write_workbook(tmp_path / "cards.xlsx", head, [*good[:3], 10115, *good[4:]], bad)
    done, seen = _watched(run, "vilnius", "cards.xlsx", "--report", "refused.csv")
    assert done.returncode == 0
    assert "Rows" in seen
    assert "2/2" in seen
    assert "line 3: recipient.postal_code: " in done.stdout
    assert "1 of 2 rows became cards; 1 refused, written to refused.csv." in done.stdout

    with (tmp_path / "refused.csv").open(encoding="utf-8-sig", newline="") as file:
        headings, refused = csv.reader(file)
    mended = ["75001" if cell == "7500" else cell for cell in refused]
    _write_workbook(tmp_path / "mended.xlsx", headings, mended)
    into = run("vilnius", "mended.xlsx")
    assert (into.returncode, into.stderr, into.stdout) == (0, "", "1 of 1 rows became cards.\n")
    again = json.loads(run("vilnius", "cards.xlsx", "--json").stdout)
    assert (again["registered"], again["there"], again["refused"]) == (0, 1, 1)


def _watched(
    run: Callable[..., subprocess.CompletedProcess[str]], *words: str
) -> tuple[subprocess.CompletedProcess[str], str]:
    """The command with a terminal as its stderr, and all that was seen there."""
    ours, theirs = pty.openpty()
    seen: list[bytes] = []

    def watch() -> None:
        with suppress(OSError):  # Linux says so when the other end is closed
            while piece := os.read(ours, 4096):
                seen.append(piece)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        done = run(*words, stderr=theirs)
    finally:
        os.close(theirs)
        watcher.join()
        os.close(ours)
    return done, b"".join(seen).decode()


def _write_workbook(path: Path, *rows: Sequence[object]) -> None:
    """Cells are what they are: nothing that begins with "=" becomes a formula."""
    book = openpyxl.Workbook()
    for line, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            cell = book.active.cell(line, column, value)
            cell.data_type = "n" if isinstance(value, int) else "s"
    book.save(path)


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


def test_a_file_that_is_not_there_is_refused(run, vilnius: Town) -> None:
    assert run("vilnius", "nowhere.csv").returncode == 1
