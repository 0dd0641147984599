"""`postcards print`, `print-run`, `printer` and `spoil`: what a print desk types, and what it is told."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from postcards import config
from postcards.cli import drawing
from postcards.cli.root import cli
from postcards.errors import Denied, Invalid
from postcards.queries.print_runs import run_seen
from postcards.services import print_handout
from tests.plugins.cast import House, Town
from tests.services import print_desk
from tests.services.print_desk import registered, spoil_words


@pytest.fixture
def types(house: House, settings: config.Settings, tmp_path: Path) -> Any:
    """Types a command in a house where a part has one sheet; what it prints, or the refusal it met."""
    env = {
        "POSTCARDS_HOME": str(settings.home),
        "POSTCARDS_DATABASE_URL": settings.database_url,
        "POSTCARDS_MASTER_KEY": settings.master_key,
        "POSTCARDS_SECRET_KEY": settings.secret_key,
        "POSTCARDS_PRINT_PART_SHEETS": "1",
    }

    def run(*words: str | Path) -> str:
        done = CliRunner(env=env).invoke(cli, [str(word) for word in words])
        if isinstance(done.exception, Denied | Invalid):
            raise done.exception
        assert done.exit_code == 0, (done.output, done.exception)
        return done.stdout

    return run


@pytest.mark.timeout(120)
def test_a_run_of_several_parts_comes_as_a_zip_with_its_cover_sheet(
    types: Any, vilnius: Town, tmp_path: Path
) -> None:
    registered(vilnius, 6)
    out, cover = tmp_path / "all.pdf", tmp_path / "cover.pdf"
    said = json.loads(
        types("print", "vilnius", "--sheet", "a4-4up", "--out", out, "--cover", cover, "--json")
    )
    assert said == {
        "run": 1, "cards": 6, "first": 1, "last": 6, "sheets": 2, "parts": 2, "file": f"{out}.zip", "draft": False
    }  # fmt: skip
    with zipfile.ZipFile(f"{out}.zip") as book:
        assert len(book.namelist()) == 3
    assert cover.read_bytes().startswith(b"%PDF-")
    assert not out.exists()
    assert "ready" in types("print-run", "list", "vilnius")
    types("spoil", "vilnius", "2", "--reason", "smudged")
    shown = json.loads(types("print-run", "show", "vilnius", "1", "--json"))
    assert (shown["status"], shown["drawn"], shown["parts_done"]) == ("ready", 6, 2)
    assert shown["pull"] == [{"number": 2, "why": "replaced", "part": 1, "sheet": 1, "row": 1, "column": 2}]
    logged = json.loads(types("print-run", "log", "vilnius", "--number", "2", "--json"))
    assert ", spoiled, old code" in types("print-run", "log", "vilnius", "--number", "2")
    assert [(line["run"], line["by"], line["spoiled"]) for line in logged] == [(1, "cli", True)]
    with pytest.raises(Denied, match="was taken"):
        types("print-run", "cancel", "vilnius", "1")


@pytest.mark.timeout(120)
def test_a_card_that_cannot_be_printed_is_named_and_taken_out(
    types: Any, vilnius: Town, tmp_path: Path
) -> None:
    made, out = registered(vilnius, 2), tmp_path / "all.pdf"
    spoil_words(vilnius, made[1])
    with pytest.raises(Denied) as refused:
        types("print", "vilnius", "--sheet", "a4-4up", "--out", out)
    assert "Print run 1 is not handed out. One card cannot be printed: No. 2." in refused.value.message
    assert "postcards print-run take-out vilnius 1" in refused.value.message
    assert not out.exists()
    said = types("print-run", "take-out", "vilnius", "1", "--out", out)
    assert "Held for the desk: No. 2." in said
    assert "Wrote one card, No. 1" in said
    assert out.read_bytes().startswith(b"%PDF-")
    # A script that names printed cards by number has said enough; a person would be asked.
    assert "Wrote one card" in types("print", "vilnius", "--sheet", "a6", "--out", out, "--numbers", "1")
    logged = json.loads(types("print-run", "log", "vilnius", "--number", "1", "--json"))
    assert {line["reason"] for line in logged} == {None, "printed again by number"}
    types("printer", "save", "vilnius", "Hall", "--front", "0.5", "-0.25")
    again = ("--numbers", "1", "--reason", "smudged", "--printer", "Hall", "--order", "stack")
    assert "Wrote one card" in types("print", "vilnius", "--sheet", "a4-4up", "--out", out, *again)
    [printer] = json.loads(types("printer", "list", "vilnius", "--json"))
    assert (printer["name"], printer["front_x"], printer["front_y"]) == ("Hall", 0.5, -0.25)


def test_a_file_that_was_not_written_to_its_end_is_not_taken_and_does_not_stay(
    house: House, vilnius: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(vilnius, 2)
    run, out = print_desk.ask(vilnius), tmp_path / "all.pdf"
    ready = print_desk.draw(vilnius, run)

    def taken() -> bool:
        with house.begin() as session:
            return run_seen(session, campaign_id=vilnius.id, run_id=run.id).taken_at is not None

    full = Path("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        drawing.write_file(house.kit, ready, full)
    assert (full.exists(), taken()) == (True, False)
    with monkeypatch.context() as torn:
        torn.setattr(print_handout, "pieces", breaks_off)
        with pytest.raises(OSError, match="went away"):
            drawing.write_file(house.kit, ready, out)
    assert (out.exists(), taken()) == (False, False)
    assert drawing.write_file(house.kit, ready, out) == out
    assert (out.read_bytes()[:5], taken()) == (b"%PDF-", True)


def breaks_off(*_: object, **__: object) -> Iterator[bytes]:
    yield b"%PDF-"
    raise OSError("The disk went away.")
