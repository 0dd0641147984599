"""Where each card of a print run lies: which part, which sheet of it, which cell of that; so that a hand finds it."""

from __future__ import annotations

from dataclasses import dataclass

from postcards.rules.sheet import Order, Sheet, sheets_needed

#: Sheets of a part unless a setting says otherwise: a ream of paper, and a lift of a guillotine.
PART_SHEETS = 500


@dataclass(frozen=True, slots=True)
class Part:
    """Some sheets of a run: its cards from place to place (both counted, from 1)."""

    part: int
    first_position: int
    last_position: int
    sheets: int

    @property
    def cards(self) -> int:
        return self.last_position - self.first_position + 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where one card lies, all counted from 1; `row` from the top and `column` from the left of the front."""

    part: int
    sheet: int
    row: int
    column: int


def parts_of(cards: int, *, sheet: Sheet, part_sheets: int = PART_SHEETS) -> tuple[Part, ...]:
    """This will divide a run of `cards` into parts of at most `part_sheets` sheets; none for no cards."""
    size = part_sheets * sheet.cards
    return tuple(
        Part(
            number,
            first,
            last := min(first + size - 1, cards),
            sheets_needed(sheet, last - first + 1),
        )
        for number, first in enumerate(range(1, cards + 1, size), start=1)
    )


def place_of(position: int, part: Part, *, sheet: Sheet, order: Order) -> Place:
    """This will tell where the card with that position in the run lies; `part` is the one that holds it."""
    index = position - part.first_position
    if order == "stack":
        cell, level = divmod(index, part.sheets)
    else:
        level, cell = divmod(index, sheet.cards)
    row, column = divmod(cell, sheet.columns)
    return Place(part.part, level + 1, row + 1, column + 1)
