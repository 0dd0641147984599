"""Many cards on sheets, drawn while they come: the memory of one sheet, the same bytes for the same faces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from postcards.errors import Invalid
from postcards.paper import layout
from postcards.paper.address_side import face_operators, number_text
from postcards.paper.art import BLACK, Ink
from postcards.paper.own_picture_object import write_picture
from postcards.paper.pdf_file import PdfFile
from postcards.paper.picture import CREAM, OWN, words_on_picture
from postcards.paper.shaping import forget_lines
from postcards.paper.static_art import number_place, static_art
from postcards.paper.typesetting import MM, Typesetter, text_width
from postcards.rules.face import Face, Look
from postcards.rules.sheet import (
    CARD_HEIGHT,
    CARD_WIDTH,
    MARK_WIDTH_PT,
    Cell,
    Duplex,
    Mark,
    Order,
    Sheet,
    back_cell,
    back_marks,
    sheet_named,
    stacked,
)


@dataclass(frozen=True, slots=True)
class Offset:
    """How far a printer must be corrected, in mm to the right and upward, for each side of the sheet."""

    front_x: float = 0.0
    front_y: float = 0.0
    back_x: float = 0.0
    back_y: float = 0.0


NO_OFFSET = Offset()


def draw_run(
    look: Look,
    faces: Iterable[Face | None],
    *,
    sheet: str | Sheet,
    out: BinaryIO,
    duplex: Duplex = "long-edge",
    order: Order = "sheet",
    offset: Offset = NO_OFFSET,
) -> int:
    """Draw `faces` onto sheets, address side and picture side in turn; the PDF grows in `out` meanwhile. None is a
    place left blank.

    `order` "sheet" fills one sheet after the other; "stack" (cut-and-stack: the piles are in order after the
    guillotine) needs to know how many there are, so `faces` must then be a sequence. Cells of the last sheets
    that stay empty stay in their place. This will return the number of cards drawn; it raises `Invalid` when
    there is none or when a face cannot be set, and `out` is then no PDF.
    """
    laid = sheet_named(sheet) if isinstance(sheet, str) else sheet
    press = _Press(look, laid, out, duplex, offset)
    drawn = 0
    for faces_of_sheet in _sheets(faces, laid, order):
        press.sheet(faces_of_sheet)
        drawn += sum(face is not None for face in faces_of_sheet)
    if not drawn:
        raise Invalid("There is no card to print.", code="nothing_to_print")
    press.close()
    return drawn


def _sheets(faces: Iterable[Face | None], sheet: Sheet, order: Order) -> Iterator[Sequence[Face | None]]:
    if order == "stack":
        if not isinstance(faces, Sequence):
            raise Invalid("Cut-and-stack order needs all cards at once.", code="needs_sequence")
        for indexes in stacked(len(faces), sheet):
            yield [None if index is None else faces[index] for index in indexes]
        return
    waiting = iter(faces)
    while taken := list(islice(waiting, sheet.cards)):
        yield taken


class _Press:
    """One open file: the static art in it, and pages that refer to it."""

    def __init__(self, look: Look, sheet: Sheet, out: BinaryIO, duplex: Duplex, offset: Offset) -> None:
        self._look, self._sheet = look, sheet
        self._file = PdfFile(out)
        art = static_art(look, sheet.bleed)
        self._set = Typesetter(art.letters)
        self._fonts = self._file.reserve()
        images = b""
        if look.picture is not None:
            images = b"/XObject<</%b %d 0 R>>" % (OWN, write_picture(self._file, look.picture))
        self._address_art = self._form(art.address_side)
        self._lines_art = self._form(art.writing_lines)
        self._picture_art = self._form(art.picture_side, images)
        entries = b"/Resources<</Font %d 0 R/XObject<</A %d 0 R/W %d 0 R/P %d 0 R>>>>" % (
            self._fonts, self._address_art, self._lines_art, self._picture_art,
        )  # fmt: skip
        self._entries = boxes(sheet) + entries
        backs = [back_cell(sheet, cell, duplex) for cell in sheet.cells]
        self._fronts = [_placing(cell, offset.front_x, offset.front_y) for cell in sheet.cells]
        self._backs = [_placing(cell, offset.back_x, offset.back_y) for cell in backs]
        self._front_marks = mark_operators(sheet.marks, offset.front_x, offset.front_y)
        self._back_marks = mark_operators(back_marks(sheet, duplex), offset.back_x, offset.back_y)

    def sheet(self, faces: Sequence[Face | None]) -> None:
        front, back = [self._front_marks], [self._back_marks]
        for face, before, behind in zip(faces, self._fronts, self._backs, strict=False):
            if face is None:
                continue
            lines = b"" if face.message or self._look.message_area == "empty" else b"/W Do "
            own = face_operators(self._look, face, self._set)
            front.append(b"q %b/A Do %b%bQ\n" % (before, lines, own))
            back.append(b"q %b/P Do %bQ\n" % (behind, self._small_number(face.number)))
        forget_lines()
        self._file.page(b"".join(front), self._entries)
        self._file.page(b"".join(back), self._entries)

    def close(self) -> None:
        self._set.write(self._file, self._fonts)
        self._file.close(title=self._look.title)

    def _small_number(self, number: int) -> bytes:
        """The card's number in the corner of its picture side, so that a misfeed shows."""
        text, size = number_text(number, self._look.cap), layout.SMALL_NUMBER_SIZE
        right, y = number_place(self._sheet.bleed)
        ink: Ink = CREAM if self._sheet.bleed and words_on_picture(self._look) else BLACK
        return b"%g %g %g %g k\n" % ink + self._set.line(
            text, x=right - text_width(text, size), y=y, size=size
        )

    def _form(self, content: bytes, images: bytes = b"") -> int:
        bleed = self._sheet.bleed
        box = b"%.2f %.2f %.2f %.2f" % (
            -bleed * MM, -bleed * MM, (CARD_WIDTH + bleed) * MM, (CARD_HEIGHT + bleed) * MM,
        )  # fmt: skip
        resources = b"/Resources<</Font %d 0 R%b>>" % (self._fonts, images)
        return self._file.packed_stream(content, b"/Type/XObject/Subtype/Form/BBox[%b]%b" % (box, resources))


def _placing(cell: Cell, dx: float, dy: float) -> bytes:
    """The matrix that lays a card with its origin in the lower left corner into a cell."""
    x, y = (cell.x + dx) * MM, (cell.y + dy) * MM
    w, h = cell.width * MM, cell.height * MM
    return {
        0: b"1 0 0 1 %.3f %.3f cm " % (x, y),
        90: b"0 1 -1 0 %.3f %.3f cm " % (x + w, y),
        180: b"-1 0 0 -1 %.3f %.3f cm " % (x + w, y + h),
        270: b"0 -1 1 0 %.3f %.3f cm " % (x, y + h),
    }[cell.turn]


def mark_operators(marks: Sequence[Mark], dx: float, dy: float) -> bytes:
    """Crop marks in all inks' black, moved by an offset in mm. This will return PDF operators."""
    if not marks:
        return b""
    lines = b"".join(
        b"%.3f %.3f m %.3f %.3f l\n"
        % ((mark.x1 + dx) * MM, (mark.y1 + dy) * MM, (mark.x2 + dx) * MM, (mark.y2 + dy) * MM)
        for mark in marks
    )
    return b"q 0 0 0 1 K %g w\n%bS Q\n" % (MARK_WIDTH_PT, lines)


def boxes(sheet: Sheet) -> bytes:
    """MediaBox is the sheet, TrimBox round all cards, BleedBox round all that is printed of them."""
    left, right = min(c.x for c in sheet.cells), max(c.x + c.width for c in sheet.cells)
    bottom, top = min(c.y for c in sheet.cells), max(c.y + c.height for c in sheet.cells)
    b = sheet.bleed
    return b"/MediaBox[%b]/TrimBox[%b]/BleedBox[%b]" % (
        _box(0, 0, sheet.width, sheet.height),
        _box(left, bottom, right, top),
        _box(left - b, bottom - b, right + b, top + b),
    )


def _box(*corners: float) -> bytes:
    return b" ".join(b"%.3f" % (corner * MM) for corner in corners)
