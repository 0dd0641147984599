"""Where cards lie on a sheet of paper: arithmetic in millimetres, and a refusal when it does not add up.

Origin is the sheet's lower left corner, y grows upward (as in PDF). A sheet is always described upright
(portrait), the way it travels through a printer; so a long-edge flip mirrors the columns and a short-edge
flip mirrors the rows, whatever the cards on it look like.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from postcards.errors import Fault, Invalid

Duplex = Literal["long-edge", "short-edge"]
Order = Literal["sheet", "stack"]

#: A6 landscape (ISO 216), inside the postcard limits of the UPU (90 x 140 to 120 x 235 mm, ratio >= 1.4).
CARD_WIDTH = 148.0
CARD_HEIGHT = 105.0
CARD_LIMITS = ((140.0, 235.0), (90.0, 120.0))
CARD_RATIO = 1.4

BLEED = 3.0  # what printers ask for in Europe
MARK_LENGTH = 5.0  # of a crop mark, where the margin allows it
LEAST_MARK = 1.0  # a margin below this holds no mark
TICK_LENGTH = 4.0  # of a mark within the white frame (5 mm) of cards without bleed
GUTTER = 0.5  # mm between two cards from which on a mark on the cut stays off both
MARK_WIDTH_PT = 0.25
TOLERANCE = 0.001  # mm: rounding of sums, nothing that a guillotine could see


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
class Mark:
    """A crop mark: a straight line from one point to another, in mm."""

    x1: float
    y1: float
    x2: float
    y2: float


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
    marks: bool = True,
    card_width: float = CARD_WIDTH,
    card_height: float = CARD_HEIGHT,
) -> Sheet:
    """Put `columns` x `rows` cards in the middle of a sheet of `width` x `height` mm.

    `turned` lays the cards on their side. `gap` (mm) is left between the rows; by default it is twice the
    bleed, in both directions. This will return a `Sheet`, or raise `ImpossibleSheet` with the numbers.
    """
    if width > height:
        width, height = height, width
    _check_card(card_width, card_height)
    across, up = (card_height, card_width) if turned else (card_width, card_height)
    gap_x = 2 * bleed
    gap_y = 2 * bleed if gap is None else gap
    need_x = columns * across + (columns - 1) * gap_x + 2 * bleed
    need_y = rows * up + (rows - 1) * gap_y + 2 * bleed
    faults = []
    for direction, need, has in (("width", need_x, width), ("height", need_y, height)):
        if need > has + TOLERANCE:
            faults.append(
                Fault(
                    direction,
                    "too_small",
                    f"{direction}: {_mm(need)} mm are needed, the sheet has {_mm(has)} mm: "
                    f"{_mm(need - has)} mm too little",
                )
            )
    if faults:
        raise ImpossibleSheet(
            f"{columns} x {rows} cards of {_mm(across)} x {_mm(up)} mm with {_mm(bleed)} mm bleed do not fit "
            f"{_mm(width)} x {_mm(height)} mm ({'; '.join(fault.message for fault in faults)}). "
            "Take a larger sheet, fewer cards or no bleed.",
            faults=faults,
        )
    left = (width - need_x) / 2 + bleed
    bottom = (height - need_y) / 2 + bleed
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
    drawn = _marks(cells, width, height, bleed) if marks else ()
    return Sheet(name, width, height, columns, rows, bleed, cells, drawn)


def plan(*, width: float, height: float, bleed: float = BLEED, name: str = "custom") -> Sheet:
    """The most cards that a sheet of any size holds, upright or turned (upright when both hold as many).

    This will return a `Sheet`, or raise `ImpossibleSheet` with the numbers when not one card fits.
    """
    width, height = min(width, height), max(width, height)
    best: tuple[int, int, int, bool] | None = None
    for turned in (False, True):
        across, up = (CARD_HEIGHT, CARD_WIDTH) if turned else (CARD_WIDTH, CARD_HEIGHT)
        columns = int((width + TOLERANCE) // (across + 2 * bleed))
        rows = int((height + TOLERANCE) // (up + 2 * bleed))
        if columns * rows and (best is None or columns * rows > best[0]):
            best = (columns * rows, columns, rows, turned)
    _, columns, rows, turned = best or (1, 1, 1, width < CARD_WIDTH)
    return lay_out(name, width=width, height=height, columns=columns, rows=rows, turned=turned, bleed=bleed)


def back_cell(sheet: Sheet, cell: Cell, duplex: Duplex) -> Cell:
    """Where the picture side of the card in `cell` lies on the back of the sheet, as the printer sees it.

    Long edge: the sheet turns round its upright axis, columns are mirrored. Short edge: it turns round its
    level axis, rows are mirrored. The turn is mirrored too, so the two sides of a card stand head to head.
    This will return a cell of the same sheet.
    """
    if sheet.cards == 1 and sheet.marks == ():
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
            f"A postcard is {_mm(least_h)} x {_mm(least_w)} to {_mm(most_h)} x {_mm(most_w)} mm and at least "
            f"{CARD_RATIO} times as long as it is high; {_mm(width)} x {_mm(height)} mm is not."
        )


def _marks(cells: tuple[Cell, ...], width: float, height: float, bleed: float) -> tuple[Mark, ...]:
    """Crop marks on the outer edge only, outside the bleed."""
    xs = sorted({(cell.x, cell.x + cell.width) for cell in cells})
    ys = sorted({(cell.y, cell.y + cell.height) for cell in cells})
    turned = cells[0].turn % 180 == 90
    marks: list[Mark] = []
    for x, inside in _cuts(xs, width, bleed):
        # A card that is turned to the left has its left edge, the only one free of postal zones, below.
        for start, end in _ends(ys, height, bleed, both_inside=inside, first_inside=turned):
            marks.append(Mark(x, start, x, end))
    for y, inside in _cuts(ys, height, bleed):
        for start, end in _ends(xs, width, bleed, both_inside=inside, first_inside=not turned):
            marks.append(Mark(start, y, end, y))
    return tuple(marks)


def _cuts(spans: list[tuple[float, float]], size: float, bleed: float) -> Iterator[tuple[float, bool]]:
    """Each cut across `spans`, and whether a mark on it stays off the cards, between two of them."""
    if bleed > 0:
        for start, end in spans:
            yield start, False
            yield end, False
        return
    if spans[0][0] > TOLERANCE:  # without bleed an edge that is the sheet's own needs no cut
        yield spans[0][0], False
    for (_, before), (after, _) in pairwise(spans):
        yield (before + after) / 2, after - before >= GUTTER  # one cut serves both neighbours
    if spans[-1][1] < size - TOLERANCE:
        yield spans[-1][1], False


def _ends(
    spans: list[tuple[float, float]], size: float, bleed: float, *, both_inside: bool, first_inside: bool
) -> Iterator[tuple[float, float]]:
    """Where the two marks of a cut start and end: in the margin, or else in the cards' white frame."""
    first, last = spans[0][0] - bleed, spans[-1][1] + bleed
    if first >= LEAST_MARK:
        yield first - min(MARK_LENGTH, first), first
    elif bleed == 0 and (both_inside or first_inside):
        yield 0.0, TICK_LENGTH
    if size - last >= LEAST_MARK:
        yield last, last + min(MARK_LENGTH, size - last)
    elif bleed == 0 and both_inside:
        yield size - TICK_LENGTH, size


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
    """The preset called `name`. This will raise `Invalid`, naming the ones there are, for any other."""
    try:
        return PRESETS[name]
    except KeyError:
        raise Invalid(
            f"There is no sheet called {name!r}. Choose one of {', '.join(PRESETS)}.",
            faults=[Fault("sheet", "unknown", f"must be one of {', '.join(PRESETS)}")],
        ) from None
