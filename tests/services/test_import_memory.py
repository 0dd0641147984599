"""Loading a table takes the memory of a table's piece, however long the table is."""

from __future__ import annotations

import csv
import gc
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from postcards.gateways.tables import Table, open_table
from postcards.rules.import_columns import Row
from postcards.services import campaigns
from postcards.services.importing import GROUP
from tests.gateways.test_tables import archive
from tests.plugins.cast import House, Town
from tests.services.test_importing import job_of

HEADINGS = ["sender name", "recipient name", "street", "town", "country", "consent"]
MIB = 1024 * 1024


def rows_of(count: int) -> Iterator[list[str]]:
    yield HEADINGS
    for n in range(1, count + 1):
        yield ["Ona", f"Jonas {n}.", "Main Street 5", "Kingston", "Jamaica", "2026-1"]


def as_csv(path: Path, count: int) -> None:
    with path.open("w", newline="") as out:
        csv.writer(out).writerows(rows_of(count))


def as_workbook(path: Path, count: int) -> None:
    """As spreadsheets write it: each text once, in a list of its own."""
    places: dict[str, int] = {}
    lines = (
        "<row>"
        + "".join(f'<c t="s"><v>{places.setdefault(cell, len(places))}</v></c>' for cell in cells)
        + "</row>"
        for cells in rows_of(count)
    )
    sheet = f"<worksheet><sheetData>{''.join(lines)}</sheetData></worksheet>"
    strings = f"<sst>{''.join(f'<si><t>{words}</t></si>' for words in places)}</sst>"
    path.write_bytes(archive(sheet, strings=strings))


@pytest.mark.parametrize("write", [as_csv, as_workbook])
def test_a_table_of_ten_thousand_rows_takes_no_more_memory_than_one_of_two_thousand(
    house: House, vilnius: Town, tmp_path: Path, write: Callable[[Path, int], None]
) -> None:
    """Every row is read, checked for its twin and left out up to the last ten, as when a table is gone on with."""
    peaks = []
    for count in (20, 2_000, 10_000):  # the first makes what is kept for good
        write(tmp_path / "table", count)
        with (tmp_path / "table").open("rb") as source:
            tracemalloc.start()
            table = open_table(source)
            job = job_of(house, vilnius, table, vault=house.kit.vault)
            done = sum(1 for _ in job.register(table.rows(), after=count - 9))
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        assert done == 10
    # A mark of each row is remembered, to know its twin; and a workbook's list of texts. Rows have 3 to 6 MiB.
    assert peaks[2] < peaks[1] + 1.5 * MIB


@pytest.mark.parametrize(("way", "result"), [("look_at", "good"), ("register", "registered")])
def test_a_row_that_was_seen_to_is_let_go(
    house: House, vilnius: Town, tmp_path: Path, way: str, result: str
) -> None:
    with house.begin() as session:
        campaigns.set_cap(session, slug=vilnius.slug, cap=200, by="test", at=house.at)
    as_csv(tmp_path / "table", 200)
    taken: list[int] = []

    def counted(table: Table) -> Iterator[Row]:
        for found in table.rows():
            taken.append(found.line)
            yield found

    held = []
    with (tmp_path / "table").open("rb") as source:
        table = open_table(source)
        outcomes = getattr(job_of(house, vilnius, table, vault=house.kit.vault), way)(counted(table))
        tracemalloc.start()
        for seen, outcome in enumerate(outcomes, start=1):
            assert outcome.result == result
            assert len(taken) < seen + GROUP
            if seen in (50, 200):
                gc.collect()
                held.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
    assert held[1] < held[0] + 150 * 400  # a row and what became of it have more than 900 bytes
