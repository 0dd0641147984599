"""The life of a print run, its parts, and where each card lies in the pile."""

from __future__ import annotations

import pytest

from postcards.rules.print_place import parts_of, place_of
from postcards.rules.print_run_life import RunStatus, before, may_become
from postcards.rules.sheet import PRESETS, Order, stacked


def test_a_ready_run_only_ends_and_a_cancelled_one_stays() -> None:
    assert may_become(RunStatus.READY, RunStatus.CANCELLED)
    assert not any(may_become(RunStatus.CANCELLED, status) for status in RunStatus)
    assert before(RunStatus.READY) == {RunStatus.DRAWING}


@pytest.mark.parametrize(
    ("cards", "part_sheets", "sizes"),
    [(1, 500, [1]), (2000, 500, [2000]), (2001, 500, [2000, 1]), (9, 1, [4, 4, 1])],
)
def test_parts_cover_every_card_once(cards: int, part_sheets: int, sizes: list[int]) -> None:
    parts = parts_of(cards, sheet=PRESETS["a4-4up"], part_sheets=part_sheets)
    assert [part.cards for part in parts] == sizes
    assert [part.part for part in parts] == list(range(1, len(sizes) + 1))
    covered = [place for part in parts for place in range(part.first_position, part.last_position + 1)]
    assert covered == list(range(1, cards + 1))
    assert all(part.sheets <= part_sheets for part in parts)


@pytest.mark.parametrize("order", ["sheet", "stack"])
@pytest.mark.parametrize("name", ["a6", "a4-4up", "sra3-8up"])
def test_a_card_is_found_where_the_press_lays_it(name: str, order: Order) -> None:
    sheet = PRESETS[name]
    cards = 3 * sheet.cards + 1
    for part in parts_of(2 * cards, sheet=sheet, part_sheets=4):
        if order == "stack":
            laid = list(stacked(part.cards, sheet))
        else:
            each = range(0, part.cards, sheet.cards)
            laid = [tuple(range(first, min(first + sheet.cards, part.cards))) for first in each]
        for number, indexes in enumerate(laid, start=1):
            for cell, index in zip(sheet.cells, indexes, strict=False):
                if index is not None:
                    place = place_of(part.first_position + index, part, sheet=sheet, order=order)
                    assert place == type(place)(part.part, number, cell.row + 1, cell.column + 1)
