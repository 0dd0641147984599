"""A sheet to measure a printer with: what to hold against the light, and how to write down what is seen."""

from __future__ import annotations

from typing import BinaryIO

from postcards.paper import layout
from postcards.paper.art import BLACK, Art
from postcards.paper.pdf_file import PdfFile
from postcards.paper.run import boxes, mark_operators
from postcards.paper.typesetting import Typesetter
from postcards.rules.sheet import Cell, Duplex, Sheet, back_cell, back_marks, sheet_named

_ARM = 6.0  # mm, of a cross
_GREY = (0.0, 0.0, 0.0, 0.55)


def draw_calibration(sheet: str | Sheet, out: BinaryIO, *, duplex: Duplex = "long-edge") -> None:
    """Draw a front and a back for `sheet` and write the PDF to `out`.

    Every cell shows its trimmed edge, its number, a cross in its middle and a ruler. Printed on both sides,
    front and back crosses must lie on each other, and the way from one to the other is the offset to give to
    the print run. This will write two pages, the same bytes every time.
    """
    laid = sheet_named(sheet) if isinstance(sheet, str) else sheet
    file, letters = PdfFile(out), Typesetter()
    fonts = file.reserve()
    entries = boxes(laid) + b"/Resources<</Font %d 0 R>>" % fonts
    for side, marks in (("FRONT", laid.marks), ("BACK", back_marks(laid, duplex))):
        art = Art(letters, width=laid.width, height=laid.height)
        for number, cell in enumerate(laid.cells, start=1):
            place = cell if side == "FRONT" else back_cell(laid, cell, duplex)
            left, top = place.x, laid.height - place.y - place.height
            art.box(left, top, left + place.width, top + place.height, stroke=BLACK, width=0.25)
            _cell(art, place, left, top, f"{side} {number}", f"{laid.name}, {duplex}")
        file.page(art.operators() + mark_operators(marks, 0.0, 0.0), entries)
    letters.write(file, fonts)
    file.close(title=f"Calibration sheet {laid.name}")


def _cell(
    art: Art, cell: Cell, left: float, top: float, head: str, sheet: str,
) -> None:  # fmt: skip
    width, height = cell.width, cell.height
    x, y = left + width / 2, top + height / 2
    art.line(x - _ARM, y, x + _ARM, y, stroke=BLACK, width=0.25)
    art.line(x, y - _ARM, x, y + _ARM, stroke=BLACK, width=0.25)
    art.circle(x, y, _ARM / 2, stroke=BLACK, width=0.25)
    for tick in range(-5, 6):  # millimetres to read the offset from
        arm = 0.9 if tick % 5 else 1.6
        art.line(x + tick, y - arm, x + tick, y + arm, stroke=BLACK, width=0.15)
        art.line(x - arm, y + tick, x + arm, y + tick, stroke=BLACK, width=0.15)
    across = 100.0 if width > 110 else 80.0
    _ruler(art, left + (width - across) / 2, top + height - 12, across)
    inset = layout.FRAME
    art.dashes(1, 2)
    art.box(left + inset, top + inset, left + width - inset, top + height - inset, stroke=_GREY, width=0.25)
    art.dashes()
    art.text(head, left + 9, top + 15, 18, heavy=True)
    art.text(sheet, left + 9, top + 20.5, 8)
    art.text("dashed: 5 mm from the edge, must be whole", left + 9, top + 25, 6.5, ink=_GREY)
    art.text(
        "hold against the light: front and back crosses of one number must meet",
        x, y + 14, 6, align=0.5, ink=_GREY,
    )  # fmt: skip
    art.text(
        "right __________ mm     up __________ mm", x, y + 22, 8, align=0.5
    )  # fmt: skip


def _ruler(art: Art, left: float, y: float, length: float) -> None:
    art.line(left, y, left + length, y, stroke=BLACK, width=0.25)
    for mm in range(int(length) + 1):
        high = 3.0 if mm % 10 == 0 else 2.0 if mm % 5 == 0 else 1.2
        art.line(left + mm, y, left + mm, y - high, stroke=BLACK, width=0.15)
    art.text(f"{length:g} mm: print at 100 %, never “fit to page”", left, y + 3, 6.5)
