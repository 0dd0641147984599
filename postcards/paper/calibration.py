"""A sheet to measure a printer with: what to look at, what to write down, and what to do with the number.

It says so itself, in the campaign's language and in English: whoever stands at the printer has nothing else at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from postcards.paper import layout
from postcards.paper.address_side import symbol
from postcards.paper.art import BLACK, Art, Ink
from postcards.paper.pdf_file import PdfFile
from postcards.paper.qr import qr_rows
from postcards.paper.run import boxes, mark_operators
from postcards.paper.typesetting import Typesetter, text_width
from postcards.rules.sheet import Cell, Duplex, Sheet, back_cell, back_marks, sheet_named
from postcards.texts import ENGLISH, Catalogue, catalogue

AWAY = 20.0  # mm: how far lines A and B are from the edges of the paper
STEPS = 11  # of the grey wedge: 0 to 100 % in tenths
#: Modules of the sample QRs in mm: 6, 5 and 4 dots at 300 dpi. The first is that of the cards.
MODULES = (layout.QR_MODULE, 0.423, 0.339)

_ARM = 6.0  # mm, of a cross
_SOFT: Ink = (0, 0, 0, 0.62)
_SIZE, _LEADING = 6.6, 2.85  # of the words: points, mm
_INSET = 9.0  # mm from a card's edge to its words


def draw_calibration(
    sheet: str | Sheet, out: BinaryIO, *, duplex: Duplex = "long-edge", language: str = ENGLISH
) -> None:
    """Draw a front and a back for `sheet` and write the PDF to `out`.

    Lines A and B stand 20 mm from the left and the lower edge of the paper: what is missing to 20 mm is the offset
    of that side, to the right and upward. Printed on both sides, the crosses of front and back must then lie on
    each other. Rulers show the scale, a grey wedge the toner, QRs of three sizes how fine the printer is. This will
    write two pages, the same bytes every time.
    """
    laid = sheet_named(sheet) if isinstance(sheet, str) else sheet
    file, letters = PdfFile(out), Typesetter()
    fonts = file.reserve()
    entries = boxes(laid) + b"/Resources<</Font %d 0 R>>" % fonts
    for front, marks in ((True, laid.marks), (False, back_marks(laid, duplex))):
        art = Art(letters, width=laid.width, height=laid.height)
        places = [cell if front else back_cell(laid, cell, duplex) for cell in laid.cells]
        first = min(places, key=lambda cell: (cell.y, cell.x))  # the lower left one: beside both edges
        side = _Side(art, laid, language, front=front, duplex=duplex)
        for number, place in enumerate(places, start=1):
            side.cell(place, number, words=place is first)
        side.lines_to_measure(first)
        file.page(art.operators() + side.symbols + mark_operators(marks, 0.0, 0.0), entries)
    letters.write(file, fonts)
    file.close(title=f"Calibration sheet {laid.name}")


class _Side:
    """One side of the sheet, millimetres from its upper left corner."""

    def __init__(self, art: Art, sheet: Sheet, language: str, *, front: bool, duplex: Duplex) -> None:
        self._art, self._sheet, self._front, self._duplex = art, sheet, front, duplex
        self._texts = (
            [catalogue(language)] if language == ENGLISH else [catalogue(language), catalogue(ENGLISH)]
        )
        self.symbols = b""

    def cell(self, cell: Cell, number: int, *, words: bool) -> None:
        """A card's place: its trimmed edge, its number, a cross in its middle, rulers; and the words in one of them."""
        art, left, top = self._art, cell.x, self._sheet.height - cell.y - cell.height
        right, foot = left + cell.width, top + cell.height
        art.box(left, top, right, foot, stroke=BLACK, width=0.25)
        frame = layout.FRAME
        art.dashes(1, 2)
        art.box(left + frame, top + frame, right - frame, foot - frame, stroke=_SOFT, width=0.25)
        art.dashes()
        self._cross((left + right) / 2, (top + foot) / 2)
        name = " / ".join(dict.fromkeys(self._name(texts) for texts in self._texts))
        art.text(f"{name} {number}", left + _INSET, top + 13.2, 12, heavy=True)
        art.text(f"{self._sheet.name}, {self._duplex}", left + _INSET, top + 8.6, 5.6, ink=_SOFT)
        self._ruler_down(right - 8, top + (cell.height - 80) / 2, 80)
        if cell.width < cell.height:
            self._ruler_across(left + _INSET, foot - 34, 80)
        else:
            self._ruler_across(left + 30, foot - 33, 80)
        if words:
            self._words(left, top, cell.width, cell.height)

    def lines_to_measure(self, cell: Cell) -> None:
        """A, upright beside the paper's left edge, and B, level above its lower one, each with its distance."""
        art, height = self._art, self._sheet.height
        y = height - cell.y - cell.height / 2
        art.line(AWAY, y - 4.5, AWAY, y + 4.5, stroke=BLACK, width=0.35)
        art.line(0, y, AWAY, y, stroke=_SOFT, width=0.25)
        art.text("A", AWAY + 1.6, y + 4.4, 13, heavy=True)
        x, y = cell.x + 18.0, height - AWAY
        art.line(x - 6, y, x + 6, y, stroke=BLACK, width=0.35)
        art.line(x, y, x, height, stroke=_SOFT, width=0.25)
        art.text("B", x + 2.4, y + 5.6, 13, heavy=True)

    def _name(self, texts: Catalogue) -> str:
        _ = texts.gettext
        return _("Front side") if self._front else _("Reverse side")

    def _words(self, left: float, top: float, width: float, height: float) -> None:
        """What to do: beside each other where the card lies, below each other where it stands."""
        said = [_position(texts) if self._front else _toner(texts) for texts in self._texts]
        y = top + 18.4
        if width < height:
            room, at = width - _INSET - 17, y
            for sentences in said:
                at = self._paragraphs(sentences, left + _INSET, at, room) + 1.6
        else:
            column = (width - _INSET - 17 - 4) / len(said)
            for place, sentences in enumerate(said):
                self._paragraphs(sentences, left + _INSET + place * (column + 4), y, column)
        self._fields(left, top, width, height)
        if self._front:
            foot = top + height - 19.5
            for texts in self._texts:
                foot = self._paragraphs(_scale(texts), left + 30, foot, width - 47)
        else:
            self._wedge(left, top, width, height)
            self._samples(left, top, height)

    def _fields(self, left: float, top: float, width: float, height: float) -> None:
        """What was measured, and the two numbers that go into the print desk."""
        y, x = top + height / 2, left + width / 2 + 8
        for row, line in enumerate("AB"):
            where = y - 1.6 + row * (5.8 if width > height else 11.6)
            self._art.text(f"{line}: _______ mm", x, where, 6.8)
            at, under = (x + 18.5, where) if width > height else (x, where + 5.8)
            said = f"20 − {line} = _______ mm"
            self._art.text(said, at, under, 6.8)
            self._arrow(at + text_width(said, 6.8) + 1.2, under - 0.9, up=line == "B")

    def _arrow(self, x: float, y: float, *, up: bool) -> None:
        """Which way the number moves the side: to the right, or upward."""
        art = self._art
        if up:
            art.line(x + 1, y + 1.4, x + 1, y - 1.4, stroke=BLACK, width=0.6)
            art.path([(x + 1, y - 2.0), (x + 0.2, y - 0.6), (x + 1.8, y - 0.6)], fill=BLACK)
        else:
            art.line(x, y, x + 2.6, y, stroke=BLACK, width=0.6)
            art.path([(x + 3.4, y), (x + 2.0, y - 0.8), (x + 2.0, y + 0.8)], fill=BLACK)

    def _paragraphs(self, sentences: Sequence[str], left: float, top: float, room: float) -> float:
        """This will set them one below the other and return where the next line would stand."""
        for sentence in sentences:
            for line in _wrapped(sentence, room):
                self._art.text(line, left, top, _SIZE)
                top += _LEADING
            top += 0.7
        return top

    def _cross(self, x: float, y: float) -> None:
        art = self._art
        art.line(x - _ARM, y, x + _ARM, y, stroke=BLACK, width=0.25)
        art.line(x, y - _ARM, x, y + _ARM, stroke=BLACK, width=0.25)
        art.circle(x, y, _ARM / 2, stroke=BLACK, width=0.25)
        for tick in range(-5, 6):  # millimetres to read from when it is held against the light
            arm = 0.9 if tick % 5 else 1.6
            art.line(x + tick, y - arm, x + tick, y + arm, stroke=BLACK, width=0.15)
            art.line(x - arm, y + tick, x + arm, y + tick, stroke=BLACK, width=0.15)

    def _ruler_across(self, left: float, y: float, length: int) -> None:
        art = self._art
        art.line(left, y, left + length, y, stroke=BLACK, width=0.25)
        for mm in range(length + 1):
            art.line(left + mm, y, left + mm, y - _tick(mm), stroke=BLACK, width=0.15)
            if mm % 20 == 0:
                art.text(str(mm), left + mm, y + 2.4, 5.4, align=0.5)
        art.text("mm", left + length + 3.6, y + 2.4, 5.4, align=0.5)

    def _ruler_down(self, x: float, top: float, length: int) -> None:
        art = self._art
        art.line(x, top, x, top + length, stroke=BLACK, width=0.25)
        for mm in range(length + 1):
            art.line(x, top + mm, x - _tick(mm), top + mm, stroke=BLACK, width=0.15)
            if mm % 20 == 0:
                art.text(str(mm), x - 3.8, top + mm + 0.7, 5.4, align=1)

    def _wedge(self, left: float, top: float, width: float, height: float) -> None:
        """Steps of grey from paper to full black, each with its per cent."""
        x, y = (left + _INSET, top + height / 2 + 25.0) if width < height else (left + 30, top + 61.0)
        step = 80 / STEPS
        for at in range(STEPS):
            grey = at / (STEPS - 1)
            box = (x + at * step, y, x + (at + 1) * step, y + 5.0)
            self._art.box(*box, fill=(0, 0, 0, grey), stroke=BLACK, width=0.15)
            self._art.text(f"{grey:.0%}", x + (at + 0.5) * step, y + 7.2, 5, align=0.5)

    def _samples(self, left: float, top: float, height: float) -> None:
        x, foot = left + 31.0, top + height - 11.2
        for module in MODULES:
            rows = qr_rows(f"FAR IS CLOSE - CALIBRATION - MODULE {module:.3f} MM")
            size = len(rows) * module
            self.symbols += symbol(rows, size, left=x, foot=self._sheet.height - foot)
            self._art.text(f"{module:.2f} mm", x + size / 2, foot + 3.4, 5.6, align=0.5)
            x += size + 2 * layout.QR_QUIET * module + 2.4


def _tick(mm: int) -> float:
    return 3.0 if mm % 10 == 0 else 2.0 if mm % 5 == 0 else 1.2


def _position(texts: Catalogue) -> list[str]:
    _ = texts.gettext
    return [
        _("1. Print at 100 %, on both sides, never “fit to page”."),
        _(
            "2. Measure from the left edge of the paper to line A, and from its lower edge to line B, on both sides. "
            "Take each from 20: that is how far this side must move to the right and upward. "
            "Enter it for this printer, with its sign."
        ),
        _(
            "3. Print again and hold the sheet against the light: crosses of one number must lie on each other "
            "to half a millimetre."
        ),
    ]


def _scale(texts: Catalogue) -> list[str]:
    _ = texts.gettext
    return [_("The rulers must be as long as they say. The dashed frame must be whole on every card.")]


def _toner(texts: Catalogue) -> list[str]:
    _ = texts.gettext
    return [
        _("4. Measure A and B on this side too."),
        _("5. Every step of grey must differ from the one beside it. If not, change toner or its density."),
        _(
            "6. Read the codes with a telephone. The largest is as on the cards and must be read at once; "
            "the smallest may fail."
        ),
    ]


def _wrapped(text: str, room: float) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, _SIZE) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
