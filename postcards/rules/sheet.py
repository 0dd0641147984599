"""Where cards lie on a sheet of paper: arithmetic in millimetres, and a refusal when it does not add up.

Origin is the sheet's lower left corner, y grows upward (as in PDF). A sheet is always described upright
(portrait), the way it travels through a printer; so a long-edge flip mirrors the columns and a short-edge
flip mirrors the rows, whatever the cards on it look like.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from postcards.errors import Fault, Invalid, says, says_all
from postcards.rules.crop_marks import MARK_WIDTH_PT, TOLERANCE, Mark, crop_marks

__all__ = [
    "BLEED",
    "CARD_HEIGHT",
    "CARD_WIDTH",
    "MARK_WIDTH_PT",
    "PRESETS",
    "Cell",
    "Duplex",
    "ImpossibleSheet",
    "Mark",
    "Order",
    "Sheet",
    "back_cell",
    "back_marks",
    "lay_out",
    "plan",
    "sheet_named",
    "sheets_needed",
    "stacked",
]

Duplex = Literal["long-edge", "short-edge"]
Order = Literal["sheet", "stack"]

#: A6 landscape (ISO 216), inside the postcard limits of the UPU (90 x 140 to 120 x 235 mm, ratio >= 1.4).
CARD_WIDTH = 148.0
CARD_HEIGHT = 105.0
CARD_LIMITS = ((140.0, 235.0), (90.0, 120.0))
CARD_RATIO = 1.4

BLEED = 3.0  # what printers ask for in Europe


class ImpossibleSheet(Invalid):
    """The cards do not fit the paper; the message holds the numbers that do not."""

    code = "impossible_sheet"


@dataclass(frozen=True, slots=True)
class Cell:
    """One place for a card: the lower left corner of its trimmed box, and how far it is turned to the left.

    `turn` is 0, 90, 180 or 270 degrees, counter-clockwise; at 90 and 270 the box is `height` wide.
    """

    column: int
    row: int  # 0 is the top row
    x: float
    y: float
    width: float
    height: float
    turn: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet and its cells, in reading order (rows from the top, columns from the left)."""

    name: str
    width: float
    height: float
    columns: int
    rows: int
    bleed: float
    cells: tuple[Cell, ...]
    marks: tuple[Mark, ...]

    @property
    def cards(self) -> int:
        return len(self.cells)


def lay_out(
    name: str,
    *,
    width: float,
    height: float,
    columns: int,
    rows: int,
    turned: bool,
    bleed: float,
    gap: float | None = None,
    gap_x: float | None = None,
    margin: float = 0.0,
    marks: bool = True,
    card_width: float = CARD_WIDTH,
    card_height: float = CARD_HEIGHT,
) -> Sheet:
    """Put `columns` x `rows` cards in the middle of a sheet of `width` x `height` mm.

    `turned` lays the cards on their side. `gap` (mm) is left between the rows and `gap_x` between the columns,
    by default twice the bleed; `margin` stays free at every edge. This will return a `Sheet`, or raise
    `ImpossibleSheet` with the numbers.
    """
    if width > height:
        width, height = height, width
    _check_card(card_width, card_height)
    across, up = (card_height, card_width) if turned else (card_width, card_height)
    gap_x = 2 * bleed if gap_x is None else gap_x
    gap_y = 2 * bleed if gap is None else gap
    if min(gap_x if columns > 1 else 2 * bleed, gap_y if rows > 1 else 2 * bleed) < 2 * bleed - TOLERANCE:
        raise ImpossibleSheet(
            says(
                "Between two cards with %(bleed)s mm bleed each, %(need)s mm are needed, and %(has)s mm are given.",
                bleed=_mm(bleed),
                need=_mm(2 * bleed),
                has=_mm(min(gap_x, gap_y)),
            )
        )
    need_x = columns * across + (columns - 1) * gap_x + 2 * bleed + 2 * margin
    need_y = rows * up + (rows - 1) * gap_y + 2 * bleed + 2 * margin
    faults = []
    for direction, need, has in ((says("width"), need_x, width), (says("height"), need_y, height)):
        if need > has + TOLERANCE:
            faults.append(
                Fault(
                    str(direction),
                    "too_small",
                    says(
                        "%(direction)s: %(need)s mm are needed, the sheet has %(has)s mm: %(lack)s mm too little",
                        direction=direction,
                        need=_mm(need),
                        has=_mm(has),
                        lack=_mm(need - has),
                    ),
                )
            )
    if faults:
        edge = says("%(bleed)s mm bleed", bleed=_mm(bleed))
        if margin:
            edge = says("%(bleed)s mm bleed and %(margin)s mm margin", bleed=_mm(bleed), margin=_mm(margin))
        raise ImpossibleSheet(
            says(
                "%(cards)s cards of %(card)s mm with %(edge)s do not fit %(sheet)s mm (%(faults)s). "
                "Take a larger sheet, fewer cards or no bleed.",
                cards=f"{columns} x {rows}",
                card=f"{_mm(across)} x {_mm(up)}",
                edge=edge,
                sheet=f"{_mm(width)} x {_mm(height)}",
                faults=says_all([fault.message for fault in faults], "; "),
            ),
            faults=faults,
        )
    left = (width - need_x) / 2 + margin + bleed
    bottom = (height - need_y) / 2 + margin + bleed
    cells = tuple(
        Cell(
            column=column,
            row=row,
            x=round(left + column * (across + gap_x), 4),
            y=round(bottom + (rows - 1 - row) * (up + gap_y), 4),
            width=across,
            height=up,
            turn=90 if turned else 0,
        )
        for row in range(rows)
        for column in range(columns)
    )
    xs = sorted({(cell.x, cell.x + cell.width) for cell in cells})
    ys = sorted({(cell.y, cell.y + cell.height) for cell in cells})
    drawn = crop_marks(xs, ys, width=width, height=height, bleed=bleed, turned=turned) if marks else ()
    return Sheet(name, width, height, columns, rows, bleed, cells, drawn)


def plan(
    *,
    width: float,
    height: float,
    bleed: float = BLEED,
    gap: float | None = None,
    margin: float = 0.0,
    columns: int | None = None,
    rows: int | None = None,
    turned: bool | None = None,
    marks: bool = True,
    name: str = "custom",
) -> Sheet:
    """The most cards that a sheet of any size holds, upright or turned (upright when both hold as many).

    `gap` (mm) is left between cards, `margin` at the edges; what is given of `columns`, `rows` and `turned` stays
    so. This will return a `Sheet`, or raise `ImpossibleSheet` with the numbers when it cannot be.
    """
    width, height = min(width, height), max(width, height)
    between = 2 * bleed if gap is None else gap

    def most(wanted: int | None, room: float, one: float) -> int:
        free = room - 2 * margin - 2 * bleed + between + TOLERANCE
        possible = max(0, int(free // (one + between)))
        return possible if wanted is None else wanted if wanted <= possible else 0

    best = (0, columns or 1, rows or 1, width < CARD_WIDTH if turned is None else turned)
    for lies in (False, True) if turned is None else (turned,):
        across, up = (CARD_HEIGHT, CARD_WIDTH) if lies else (CARD_WIDTH, CARD_HEIGHT)
        found = most(columns, width, across), most(rows, height, up)
        if found[0] * found[1] > best[0]:
            best = (found[0] * found[1], *found, lies)
    _, columns, rows, lies = best
    return lay_out(
        name, width=width, height=height, columns=columns, rows=rows, turned=lies, bleed=bleed,
        gap=gap, gap_x=gap, margin=margin, marks=marks,
    )  # fmt: skip


def back_cell(sheet: Sheet, cell: Cell, duplex: Duplex) -> Cell:
    """Where the picture side of the card in `cell` lies on the back of the sheet, as the printer sees it.

    Long edge: the sheet turns round its upright axis, columns are mirrored. Short edge: it turns round its
    level axis, rows are mirrored. The turn is mirrored too, so the two sides of a card stand head to head.
    This will return a cell of the same sheet.
    """
    if sheet.cards == 1 and cell.width == sheet.width and cell.height == sheet.height:
        return cell  # a single trimmed card is turned by hand or by the printer: both sides upright
    if duplex == "long-edge":
        column, row = sheet.columns - 1 - cell.column, cell.row
        turn = (360 - cell.turn) % 360
    else:
        column, row = cell.column, sheet.rows - 1 - cell.row
        turn = (180 - cell.turn) % 360
    twin = sheet.cells[row * sheet.columns + column]
    return Cell(column, row, twin.x, twin.y, twin.width, twin.height, turn)


def back_marks(sheet: Sheet, duplex: Duplex) -> tuple[Mark, ...]:
    """The crop marks of the back: the front's, mirrored with the sheet. This will return as many marks."""
    w, h = sheet.width, sheet.height
    if duplex == "long-edge":
        return tuple(Mark(w - m.x1, m.y1, w - m.x2, m.y2) for m in sheet.marks)
    return tuple(Mark(m.x1, h - m.y1, m.x2, h - m.y2) for m in sheet.marks)


def sheets_needed(sheet: Sheet, cards: int) -> int:
    """How many sheets `cards` cards take; the last may have empty cells. This will return 0 for no cards."""
    return -(-cards // sheet.cards)


def stacked(cards: int, sheet: Sheet) -> Iterator[tuple[int | None, ...]]:
    """Cut-and-stack: which card lies in which cell of each sheet, so that the piles, laid on each other
    after the guillotine, are in order.

    This will yield one tuple a sheet, of indexes 0 … cards - 1, `None` for an empty cell.
    """
    depth = sheets_needed(sheet, cards)
    for level in range(depth):
        yield tuple(index if (index := cell * depth + level) < cards else None for cell in range(sheet.cards))


def _check_card(width: float, height: float) -> None:
    (least_w, most_w), (least_h, most_h) = CARD_LIMITS
    if not (least_w <= width <= most_w and least_h <= height <= most_h and width >= CARD_RATIO * height):
        raise ImpossibleSheet(
            says(
                "A postcard is %(least)s to %(most)s mm and at least %(ratio)s times as long as it is high; "
                "%(card)s mm is not.",
                least=f"{_mm(least_h)} x {_mm(least_w)}",
                most=f"{_mm(most_h)} x {_mm(most_w)}",
                ratio=CARD_RATIO,
                card=f"{_mm(width)} x {_mm(height)}",
            )
        )


def _mm(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


#: The sheets by name. A4 cannot hold four A6 with bleed: 2 x 2 A6 is 210 x 296 mm; one cut in the 1 mm
#: between the rows makes cards of 148.5 mm, inside the post's ± 2 mm. SRA4 is 225 x 320, SRA3 320 x 450 mm.
PRESETS: dict[str, Sheet] = {
    "a6": Sheet(
        "a6", CARD_WIDTH, CARD_HEIGHT, 1, 1, 0.0, (Cell(0, 0, 0.0, 0.0, CARD_WIDTH, CARD_HEIGHT, 0),), ()
    ),
    "a4-4up": lay_out("a4-4up", width=210, height=297, columns=2, rows=2, turned=True, bleed=0, gap=1),
    "sra4-4up": lay_out("sra4-4up", width=225, height=320, columns=2, rows=2, turned=True, bleed=BLEED),
    "sra3-8up": lay_out("sra3-8up", width=320, height=450, columns=2, rows=4, turned=False, bleed=BLEED),
}


def sheet_named(name: str) -> Sheet:
    """The preset called `name`, or a free sheet in words (`rules/free_sheet.py`).

    This will raise `Invalid`, naming the presets there are, for any other, and `ImpossibleSheet` with the numbers
    for a free one that does not add up.
    """
    if name in PRESETS:
        return PRESETS[name]
    from postcards.rules.free_sheet import free_sheet  # which needs what stands above

    found = free_sheet(name)
    if found is None:
        known = ", ".join(PRESETS)
        raise Invalid(
            says(
                "There is no sheet called %(name)s. Choose one of %(known)s, or write its size: 330x480.",
                name=repr(name),
                known=known,
            ),
            faults=[
                Fault(
                    "sheet",
                    "unknown",
                    says("must be one of %(known)s, or a size such as 330x480", known=known),
                )
            ],
        )
    return found
