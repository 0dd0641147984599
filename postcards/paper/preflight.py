"""Looks through a finished print file before it is handed out: every card by its numbers, some on their pixels.

What comes back is a list of faults with card numbers, in words for the print desk that name nobody; an empty list
means that the file may be printed. It knows no database: the faces are those that were given to be drawn.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import pypdfium2  # type: ignore[import-untyped]

from postcards.errors import Denied, Invalid, says
from postcards.paper.card import draw_card
from postcards.paper.preflight_card import Box, back_faults, front_faults, shared_boxes
from postcards.paper.preflight_file import BrokenFile, PrintFile
from postcards.paper.preflight_fonts import Letters, fonts_in, wrong_glyphs
from postcards.paper.preflight_page import Block, Line, follow
from postcards.paper.preflight_pixels import pixel_faults
from postcards.paper.preflight_reference import ONE_AT_A_TIME
from postcards.paper.run import NO_OFFSET, Offset
from postcards.paper.typesetting import MM
from postcards.rules.face import Face, Look
from postcards.rules.print_checks import in_words
from postcards.rules.sheet import Cell, Duplex, Order, Sheet, back_cell, sheet_named, stacked

EVERY = 100  # of the cards that are also looked at on their pixels
_MOST = 50  # faults told; after so many the run has one cause, and it is the same
_PLACE = 0.02  # points: how far a card may lie from its cell


class NotFitToPrint(Denied):
    """A card that was drawn wrongly; what is wrong is said. It is our fault, and trying again does not help."""

    code = "not_fit_to_print"


@dataclass(frozen=True, slots=True)
class CardFault:
    """What is wrong with one card, or with the whole file when `number` is None.

    `check` is one of file, pages, boxes, place, number, code, words, address, country, zone, overlap, glyph, qr,
    scan, reference.
    """

    number: int | None
    check: str
    why: str


def preflight(
    file: Path | BinaryIO,
    look: Look,
    faces: Iterable[Face | None],
    *,
    sheet: str | Sheet,
    duplex: Duplex = "long-edge",
    order: Order = "sheet",
    offset: Offset = NO_OFFSET,
    every: int = EVERY,
) -> list[CardFault]:
    """Check the file that `draw_run` made of `faces`, with the same words for sheet, order and offset.

    Each card by the numbers in the file; the first, the last and every `every`th also on pixels. None among
    `faces` is a place left blank; in order "stack" they must be a sequence. This will return the faults found, at
    most 50, [] when it may be printed.
    """
    laid = sheet_named(sheet) if isinstance(sheet, str) else sheet
    with file.open("rb") if isinstance(file, Path) else _kept_open(file) as opened:
        check = _Check(look, laid, duplex, offset, max(1, every))
        return list(islice(check.faults(opened, faces, order), _MOST))


def checked_card(look: Look, face: Face, *, sheet: str | Sheet = "a6") -> bytes:
    """Draw one card and look at it, by its numbers and on its pixels.

    This will return the PDF of two pages; it raises `NotFitToPrint` when something is wrong with it, and
    `Invalid` when the face cannot be set.
    """
    pdf = draw_card(look, face, sheet=sheet)
    if faults := preflight(io.BytesIO(pdf), look, [face], sheet=sheet, every=1):
        raise NotFitToPrint(
            says(
                "This card cannot be printed as it is. %(why)s Please tell the desk.",
                why=in_words(faults[0].check, faults[0].why),
            )
        )
    return pdf


class _kept_open:  # noqa: N801 - reads as a function
    """Leaves a file that is not ours open."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def __enter__(self) -> BinaryIO:
        return self._file

    def __exit__(self, *_: object) -> None:
        pass


class _Check:
    def __init__(self, look: Look, sheet: Sheet, duplex: Duplex, offset: Offset, every: int) -> None:
        self._look, self._sheet, self._every = look, sheet, every
        self._fronts = [_moved(cell, offset.front_x, offset.front_y) for cell in sheet.cells]
        self._backs = [
            _moved(back_cell(sheet, cell, duplex), offset.back_x, offset.back_y) for cell in sheet.cells
        ]
        self._letters: dict[str, Letters] = {}
        self._taken: list[Box] = []
        self._used: dict[str, dict[int, int | None]] = {}  # font → glyph → the first card with it

    def faults(self, opened: BinaryIO, faces: Iterable[Face | None], order: Order) -> Iterator[CardFault]:
        try:
            yield from self._through(opened, faces, order)
        except BrokenFile as broken:
            yield CardFault(None, "file", f"The file is damaged: {broken}.")
        except (
            KeyError,
            TypeError,
            ValueError,
            IndexError,
        ) as error:  # a file that only looks like one of ours
            yield CardFault(None, "file", f"The file cannot be read ({type(error).__name__}).")

    def _through(self, opened: BinaryIO, faces: Iterable[Face | None], order: Order) -> Iterator[CardFault]:
        file = PrintFile(opened)
        pages = enumerate(file.pages())
        with ONE_AT_A_TIME:
            opened.seek(0)
            document = pypdfium2.PdfDocument(opened)
        try:
            drawn = 0
            waiting: tuple[Face, Block, Cell, int] | None = None
            for faces_of_sheet in _sheets(faces, self._sheet, order):
                blocks = []
                for side in (self._fronts, self._backs):
                    at, page = next(pages, (0, None))
                    if page is None:
                        yield CardFault(None, "pages", "The file has too few pages.")
                        return
                    if not self._letters:
                        self._prepare(file, page)
                    yield from self._page_faults(page, at)
                    drawing = follow(file.content(page["Contents"])[1], self._letters.__getitem__)
                    if sum(bool(each.forms) for each in drawing) > sum(
                        face is not None for face in faces_of_sheet
                    ):
                        yield CardFault(None, "place", f"On page {at + 1} a card lies where none belongs.")
                    blocks.append((at, self._by_cell(drawing, side, faces_of_sheet)))
                (at, fronts), (_, backs) = blocks
                for place, face in enumerate(faces_of_sheet):
                    if face is None:
                        continue
                    yield from self._card_faults(face, fronts[place], backs[place])
                    front = fronts[place]
                    if front is None:
                        continue
                    waiting = (face, front, self._fronts[place], at)
                    if drawn % self._every == 0:
                        yield from self._looked_at(document, waiting)
                        waiting = None
                    drawn += 1
            if waiting:
                yield from self._looked_at(document, waiting)
            if next(pages, None):
                yield CardFault(None, "pages", "The file has more pages than its cards need.")
            yield from self._glyph_faults()
        finally:
            with ONE_AT_A_TIME:
                document.close()

    def _prepare(self, file: PrintFile, page: dict[str, Any]) -> None:
        """Read the fonts, and what all address sides share."""
        resources = file.value(page["Resources"])
        self._letters = fonts_in(file, resources)
        forms = {name: file.content(form) for name, form in file.value(resources["XObject"]).items()}
        for entries, _ in forms.values():  # pictures within them: whole, or else a `BrokenFile`
            for inner in file.value(file.value(entries.get("Resources", {})).get("XObject", {})).values():
                file.must_be_whole(inner, self._look.picture)
        lines = _shared_lines(forms["A"][1], self._letters)
        self._taken = shared_boxes(self._look, lines)
        for line in lines:
            self._note_glyphs(line, None)

    def _page_faults(self, page: dict[str, Any], at: int) -> Iterator[CardFault]:
        for name, wanted in _boxes(self._sheet).items():
            box = page.get(name)
            if not isinstance(box, list) or any(
                abs(one - other) > _PLACE for one, other in zip(box, wanted, strict=True)
            ):
                yield CardFault(None, "boxes", f"Page {at + 1} has no {name}, or a wrong one.")

    def _by_cell(
        self, blocks: Sequence[Block], cells: Sequence[Cell], faces: Sequence[Face | None]
    ) -> list[Block | None]:
        """Each card's block, found by where it lies; None where it does not lie in its cell."""
        drawn = iter([block for block in blocks if block.forms])
        found: list[Block | None] = []
        for face, cell in zip(faces, cells, strict=False):
            block = next(drawn, None) if face is not None else None
            found.append(block if block is not None and _lies_in(block, cell) else None)
        return found

    def _card_faults(self, face: Face, front: Block | None, back: Block | None) -> Iterator[CardFault]:
        if front is None or back is None or "A" not in front.forms or "P" not in back.forms:
            yield CardFault(face.number, "place", "The card is not in its place on the sheet.")
            return
        for check, why in front_faults(self._look, face, front, self._taken):
            yield CardFault(face.number, check, why)
        for check, why in back_faults(self._look, face, back):
            yield CardFault(face.number, check, why)
        for block in (front, back):
            for line in block.lines:
                self._note_glyphs(line, face.number)

    def _note_glyphs(self, line: Line, number: int | None) -> None:
        for font in set(line.fonts):
            used = self._used.setdefault(font, {})
            if fresh := set(line.codes).difference(used):
                own = {code for code, its in zip(line.codes, line.fonts, strict=True) if its == font}
                used |= dict.fromkeys(fresh & own, number)

    def _looked_at(self, document: Any, card: tuple[Face, Block, Cell, int]) -> Iterator[CardFault]:
        face, front, cell, at = card
        with ONE_AT_A_TIME:
            page = document[at]
        try:
            for check, why in pixel_faults(self._look, face, front, cell, page):
                yield CardFault(face.number, check, why)
        except Invalid as refusal:  # the face cannot be set at all, and yet something was drawn
            yield CardFault(face.number, "reference", refusal.message)
        finally:
            with ONE_AT_A_TIME:
                page.close()

    def _glyph_faults(self) -> Iterator[CardFault]:
        for name, glyphs in self._used.items():
            for glyph in wrong_glyphs(self._letters[name], iter(glyphs)):
                yield CardFault(glyphs[glyph], "glyph", "A letter on it is not in the file's fonts.")


_SHARED: dict[bytes, list[Line]] = {}


def _shared_lines(form: bytes, letters: dict[str, Letters]) -> list[Line]:
    """The lines of text in what all cards share. A kiosk prints card after card of one design: it is followed once."""
    if form not in _SHARED:
        if len(_SHARED) >= 8:
            _SHARED.clear()
        _SHARED[form] = [line for block in follow(form, letters.__getitem__) for line in block.lines]
    return _SHARED[form]


def _sheets(faces: Iterable[Face | None], sheet: Sheet, order: Order) -> Iterator[Sequence[Face | None]]:
    if order == "stack":
        kept = faces if isinstance(faces, Sequence) else list(faces)
        for indexes in stacked(len(kept), sheet):
            yield [None if index is None else kept[index] for index in indexes]
        return
    waiting = iter(faces)
    while taken := list(islice(waiting, sheet.cards)):
        yield taken


def _moved(cell: Cell, dx: float, dy: float) -> Cell:
    return replace(cell, x=cell.x + dx, y=cell.y + dy)


def _lies_in(block: Block, cell: Cell) -> bool:
    x, y, w, h = cell.x * MM, cell.y * MM, cell.width * MM, cell.height * MM
    wanted = {
        0: (1, 0, 0, 1, x, y),
        90: (0, 1, -1, 0, x + w, y),
        180: (-1, 0, 0, -1, x + w, y + h),
        270: (0, -1, 1, 0, x, y + h),
    }[cell.turn]
    return all(abs(one - other) <= _PLACE for one, other in zip(block.matrix, wanted, strict=True))


@lru_cache(maxsize=8)
def _boxes(sheet: Sheet) -> dict[str, tuple[float, ...]]:
    """MediaBox, TrimBox and BleedBox in points, reckoned anew from the sheet."""
    left, right = min(cell.x for cell in sheet.cells), max(cell.x + cell.width for cell in sheet.cells)
    bottom, top = min(cell.y for cell in sheet.cells), max(cell.y + cell.height for cell in sheet.cells)
    bleed = sheet.bleed
    boxes = {
        "MediaBox": (0.0, 0.0, sheet.width, sheet.height),
        "TrimBox": (left, bottom, right, top),
        "BleedBox": (left - bleed, bottom - bleed, right + bleed, top + bleed),
    }
    return {name: tuple(edge * MM for edge in box) for name, box in boxes.items()}
