"""Sheets add up, mirror as paper does, and are refused with the numbers when they cannot be."""

from __future__ import annotations

import pytest

from postcards.errors import Invalid
from postcards.rules.sheet import (
    PRESETS,
    ImpossibleSheet,
    back_cell,
    back_marks,
    lay_out,
    plan,
    sheet_named,
    sheets_needed,
    stacked,
)

PAPER = {"a6": (148, 105), "a4-4up": (210, 297), "sra4-4up": (225, 320), "sra3-8up": (320, 450)}
UP = {"a6": 1, "a4-4up": 4, "sra4-4up": 4, "sra3-8up": 8}


def boxes(sheet, grow=0.0):
    return [(c.x - grow, c.y - grow, c.x + c.width + grow, c.y + c.height + grow) for c in sheet.cells]


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_has_its_paper_and_its_cards(name):
    sheet = sheet_named(name)
    assert (sheet.width, sheet.height) == PAPER[name]
    assert sheet.cards == sheet.columns * sheet.rows == UP[name]
    for cell in sheet.cells:
        assert sorted((cell.width, cell.height)) == [105, 148]
        assert (cell.width < cell.height) == (cell.turn in (90, 270))


@pytest.mark.parametrize("name", PRESETS)
def test_cards_with_their_bleed_stay_on_the_paper_and_off_each_other(name):
    sheet = sheet_named(name)
    bled = boxes(sheet, sheet.bleed)
    for left, bottom, right, top in bled:
        assert left >= -0.001
        assert bottom >= -0.001
        assert right <= sheet.width + 0.001
        assert top <= sheet.height + 0.001
    for at, one in enumerate(bled):
        for other in bled[at + 1 :]:
            apart = (
                one[2] <= other[0] + 0.001
                or other[2] <= one[0] + 0.001
                or one[3] <= other[1] + 0.001
                or other[3] <= one[1] + 0.001
            )
            assert apart, (one, other)


@pytest.mark.parametrize(("name", "bleed"), [("sra4-4up", 3), ("sra3-8up", 3), ("a4-4up", 0), ("a6", 0)])
def test_bleed_is_what_the_preset_promises(name, bleed):
    assert sheet_named(name).bleed == bleed


@pytest.mark.parametrize("name", ["a4-4up", "sra4-4up", "sra3-8up"])
def test_the_block_of_cards_stands_in_the_middle(name):
    sheet = sheet_named(name)
    left = min(c.x for c in sheet.cells)
    right = max(c.x + c.width for c in sheet.cells)
    bottom = min(c.y for c in sheet.cells)
    top = max(c.y + c.height for c in sheet.cells)
    assert left == pytest.approx(sheet.width - right)
    assert bottom == pytest.approx(sheet.height - top)


@pytest.mark.parametrize("name", ["sra4-4up", "sra3-8up"])
def test_crop_marks_lie_in_the_margin_outside_every_bleed(name):
    sheet = sheet_named(name)
    assert len(sheet.marks) == 4 * sheet.columns + 4 * sheet.rows  # two edges a card, two ends a cut
    for mark in sheet.marks:
        assert min(mark.x1, mark.x2, mark.y1, mark.y2) >= 0
        assert max(mark.x1, mark.x2) <= sheet.width
        assert max(mark.y1, mark.y2) <= sheet.height
        for left, bottom, right, top in boxes(sheet, sheet.bleed):
            inside_x = left + 0.001 < (mark.x1 + mark.x2) / 2 < right - 0.001
            inside_y = bottom + 0.001 < (mark.y1 + mark.y2) / 2 < top - 0.001
            assert not (inside_x and inside_y)


def test_four_on_a4_are_parted_by_two_single_cuts_and_their_marks_leave_the_postal_zones_alone():
    sheet = sheet_named("a4-4up")
    assert {(m.x1, m.x2) for m in sheet.marks if m.x1 == m.x2} == {(105.0, 105.0)}
    assert {(m.y1, m.y2) for m in sheet.marks if m.y1 == m.y2} == {(148.5, 148.5)}
    # Cards are turned to the left: the foot of the sheet is the left edge of a card, its first 8 mm are free.
    for mark in sheet.marks:
        if mark.x1 == mark.x2:
            assert max(mark.y1, mark.y2) <= 5
        else:  # 1 mm of paper lies between the rows, the mark is in its middle
            assert all(not c.y <= mark.y1 <= c.y + c.height for c in sheet.cells)


def test_the_long_edge_mirrors_columns_and_the_short_edge_rows():
    for name in ("a4-4up", "sra4-4up", "sra3-8up"):
        sheet = sheet_named(name)
        for cell in sheet.cells:
            long = back_cell(sheet, cell, "long-edge")
            short = back_cell(sheet, cell, "short-edge")
            assert (long.column, long.row) == (sheet.columns - 1 - cell.column, cell.row)
            assert (short.column, short.row) == (cell.column, sheet.rows - 1 - cell.row)
            # Held against the light, both boxes are one.
            assert sheet.width - long.x - long.width == pytest.approx(cell.x)
            assert long.y == pytest.approx(cell.y)
            assert sheet.height - short.y - short.height == pytest.approx(cell.y)
            assert short.x == pytest.approx(cell.x)


@pytest.mark.parametrize("duplex", ["long-edge", "short-edge"])
@pytest.mark.parametrize("name", ["a4-4up", "sra3-8up"])
def test_both_sides_of_a_card_stand_head_to_head(name, duplex):
    sheet = sheet_named(name)
    up = {0: (0, 1), 90: (-1, 0), 180: (0, -1), 270: (1, 0)}  # where the top of a turned card looks
    for cell in sheet.cells:
        x, y = up[cell.turn]
        seen_through_the_paper = (-x, y) if duplex == "long-edge" else (x, -y)
        assert up[back_cell(sheet, cell, duplex).turn] == seen_through_the_paper


def test_marks_are_mirrored_with_the_sheet():
    sheet = sheet_named("a4-4up")
    assert [(m.x1, m.y1) for m in back_marks(sheet, "long-edge")] == [(210 - m.x1, m.y1) for m in sheet.marks]
    assert [(m.x1, m.y1) for m in back_marks(sheet, "short-edge")] == [
        (m.x1, 297 - m.y1) for m in sheet.marks
    ]


def test_four_cards_with_bleed_on_a4_are_refused_with_the_numbers():
    with pytest.raises(ImpossibleSheet) as refusal:
        lay_out("a4", width=210, height=297, columns=2, rows=2, turned=True, bleed=3)
    message = str(refusal.value)
    assert "width: 222 mm are needed, the sheet has 210 mm: 12 mm too little" in message
    assert "height: 308 mm are needed, the sheet has 297 mm: 11 mm too little" in message
    assert [fault.field for fault in refusal.value.faults] == ["width", "height"]


def test_a_sheet_that_is_too_small_for_one_card_is_refused():
    with pytest.raises(
        ImpossibleSheet, match="11 mm too little; height: 154 mm are needed, the sheet has 105 mm: 49 mm"
    ):
        plan(width=100, height=105)


def test_a_size_that_is_no_postcard_is_refused():
    with pytest.raises(ImpossibleSheet, match="120 x 100 mm is not"):
        lay_out(
            "x",
            width=297,
            height=420,
            columns=1,
            rows=1,
            turned=False,
            bleed=3,
            card_width=120,
            card_height=100,
        )


@pytest.mark.parametrize(
    ("width", "height", "bleed", "cards"),
    [(210, 297, 0, 4), (297, 420, 3, 4), (320, 450, 3, 8), (225, 320, 3, 4)],
)
def test_other_sizes_take_the_most_cards_they_hold(width, height, bleed, cards):
    assert plan(width=width, height=height, bleed=bleed).cards == cards


@pytest.mark.parametrize(
    ("words", "cards", "turn", "marks"),
    [
        ("330x480", 8, 0, 24),
        ("480x330", 8, 0, 24),  # a sheet is looked at upright
        ("330x480:gap=8,margin=5", 8, 0, 24),
        ("320x450:turned=yes", 4, 90, 16),
        ("320x450:columns=1,rows=3,marks=no", 3, 0, 0),
        ("210x297:bleed=0", 4, 90, 1),
        ("210x297", 2, 0, 12),
        ("160.5x120:bleed=0", 1, 90, 8),
    ],
)
def test_a_sheet_of_any_size_is_said_in_words(words, cards, turn, marks):
    sheet = sheet_named(words)
    assert (sheet.name, sheet.cards, sheet.cells[0].turn, len(sheet.marks)) == (words, cards, turn, marks)
    for left, bottom, right, top in boxes(sheet, sheet.bleed):
        assert min(left, bottom) >= -0.001
        assert right <= sheet.width + 0.001
        assert top <= sheet.height + 0.001


def test_gap_and_margin_are_kept():
    sheet = sheet_named("330x480:gap=8,margin=5")
    assert sheet.cells[1].x - sheet.cells[0].x == 148 + 8
    assert sheet.cells[0].y - sheet.cells[2].y == 105 + 8
    assert min(cell.x for cell in sheet.cells) >= 5 + 3
    with pytest.raises(ImpossibleSheet, match="5 mm margin do not fit"):
        sheet_named("320x450:gap=8,margin=5,columns=2,rows=4")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("210x297:rows=3", "333 mm are needed, the sheet has 297 mm: 36 mm too little"),
        ("320x450:gap=2", "6 mm are needed, and 2 mm are given"),
        ("100x100", "width: 111 mm are needed, the sheet has 100 mm: 11 mm too little"),
        ("9999x1", "at most 1500 mm"),
        ("330x480:foo=1", "'foo=1' says nothing"),
        ("330x480:bleed=-3", "'bleed=-3' says nothing"),
        ("330x480:gap=8,gap=9", "gap is said twice"),
        ("330x480:", "There is no sheet called"),
        ("0x0", "mm are needed"),
    ],
)
def test_an_impossible_sheet_in_words_is_refused_with_the_numbers(words, says):
    with pytest.raises(Invalid) as refusal:
        sheet_named(words)
    assert says in str(refusal.value)


def test_an_unknown_sheet_is_refused_with_the_known_ones():
    with pytest.raises(Invalid, match="a6, a4-4up, sra4-4up, sra3-8up"):
        sheet_named("a5")


@pytest.mark.parametrize("cards", [1, 3, 4, 5, 10, 41])
def test_piles_are_in_order_after_the_guillotine(cards):
    sheet = sheet_named("a4-4up")
    levels = list(stacked(cards, sheet))
    assert len(levels) == sheets_needed(sheet, cards)
    piles = [index for cell in range(4) for level in levels if (index := level[cell]) is not None]
    assert piles == list(range(cards))
