"""Any sheet that anybody could name: refused with its numbers, or every card whole, apart and back to back."""

from __future__ import annotations

import itertools
from contextlib import suppress
from typing import cast

from hypothesis import assume, given
from hypothesis import strategies as st

from postcards.errors import Invalid
from postcards.rules.crop_marks import TOLERANCE
from postcards.rules.sheet import Duplex, Sheet, back_cell, lay_out, sheet_named, stacked


@st.composite
def sheets(draw: st.DrawFn) -> Sheet:
    """A sheet that is possible; of those that are not, the refusal names the numbers."""
    try:
        sheet = lay_out(
            "any",
            width=draw(st.floats(100, 900)),
            height=draw(st.floats(100, 900)),
            columns=draw(st.integers(1, 3)),
            rows=draw(st.integers(1, 3)),
            turned=draw(st.booleans()),
            bleed=draw(st.floats(0, 10)),
            gap=draw(st.none() | st.floats(0, 30)),
            gap_x=draw(st.none() | st.floats(0, 30)),
            margin=draw(st.floats(0, 30)),
        )
    except Invalid as refused:
        sheet, said = None, refused.message
        assert any(sign.isdigit() for sign in said)
    assume(sheet is not None)
    return cast(Sheet, sheet)


@given(sheets())
def test_cards_lie_within_the_sheet_and_apart(sheet: Sheet) -> None:
    for cell in sheet.cells:
        assert cell.x - sheet.bleed >= -TOLERANCE
        assert cell.x + cell.width + sheet.bleed <= sheet.width + TOLERANCE
        assert cell.y - sheet.bleed >= -TOLERANCE
        assert cell.y + cell.height + sheet.bleed <= sheet.height + TOLERANCE
    for one, other in itertools.combinations(sheet.cells, 2):
        apart_x = max(one.x, other.x) - min(one.x + one.width, other.x + other.width)
        apart_y = max(one.y, other.y) - min(one.y + one.height, other.y + other.height)
        assert max(apart_x, apart_y) >= 2 * sheet.bleed - TOLERANCE


@given(sheets(), st.sampled_from(["long-edge", "short-edge"]))
def test_turning_a_sheet_twice_changes_nothing(sheet: Sheet, duplex: Duplex) -> None:
    for cell in sheet.cells:
        assert back_cell(sheet, back_cell(sheet, cell, duplex), duplex) == cell


@given(sheets(), st.integers(0, 300))
def test_a_stack_holds_each_card_once(sheet: Sheet, cards: int) -> None:
    laid = [index for level in stacked(cards, sheet) for index in level if index is not None]
    assert sorted(laid) == list(range(cards))


@given(st.text(max_size=40) | st.from_regex(r"[a-z0-9]{1,5}(-[0-9]{1,3}up)?(:.{0,20})?"))
def test_any_name_of_a_sheet_is_answered(name: str) -> None:
    with suppress(Invalid):
        assert sheet_named(name).cards >= 1
