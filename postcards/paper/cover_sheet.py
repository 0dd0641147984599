"""The cover sheet of a print run: A4, to lie on the pile; what is in it, how it was printed, what must not travel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from postcards.paper.art import BLACK, Art, Ink
from postcards.paper.fonts import typeface_for
from postcards.paper.pdf_file import PdfFile
from postcards.paper.typesetting import MM, Typesetter, text_width
from postcards.rules.cover_sheet import Cover, Marked
from postcards.texts import Catalogue, catalogue

WIDTH, HEIGHT = 210.0, 297.0
LEFT, RIGHT, TOP, BOTTOM = 18.0, 192.0, 20.0, 274.0
ROW = 6.0  # mm from line to line: a hand ticks off one after the other
SOFT: Ink = (0, 0, 0, 0.62)
HAIR: Ink = (0, 0, 0, 0.25)
TINT: Ink = (0, 0, 0, 0.08)
BOX = 3.2  # mm, of a place for a tick


def draw_cover(cover: Cover, out: BinaryIO) -> None:
    """This will write the sheet as PDF to `out`, in the campaign's language, on as many pages as the paper to pull
    takes; the same cover gives the same bytes."""
    _Sheets(cover).write(out)


class _Sheets:
    """Fills pages from the top; every method draws one thing and moves down."""

    def __init__(self, cover: Cover) -> None:
        self.cover, self.texts = cover, catalogue(cover.language)
        self.letters = Typesetter()
        self.pages: list[Art] = []
        self.y = BOTTOM
        self._turn()

    def write(self, out: BinaryIO) -> None:
        self._head()
        self._facts()
        self._parts()
        self._signatures()
        _ = self.texts.gettext
        self._cards(
            _("Pull these cards: their paper must not travel"),
            self.cover.pulls,
            _("There is nothing to pull."),
        )
        if self.cover.blanks:
            self._cards(_("These places are blank on purpose"), self.cover.blanks, "")
        file = PdfFile(out)
        fonts = file.reserve()
        box = f"/MediaBox[0 0 {WIDTH * MM:.3f} {HEIGHT * MM:.3f}]".encode()
        count = len(self.pages)
        for number, page in enumerate(self.pages, start=1):
            page.text(
                f"{_said(self.cover.campaign)} · {_('Print run %(run)s', run=self.cover.run)} · {number} / {count}",
                WIDTH / 2, 287, 8, ink=SOFT, align=0.5,
            )  # fmt: skip
            file.page(page.operators(), box + b"/Resources<</Font %d 0 R>>" % fonts)
        self.letters.write(file, fonts)
        file.close(title=f"{self.cover.slug} run {self.cover.run}")

    def _turn(self) -> None:
        self.page = Art(self.letters, width=WIDTH, height=HEIGHT)
        self.pages.append(self.page)
        self.y = TOP

    def _room(self, height: float) -> None:
        if self.y + height > BOTTOM:
            self._turn()

    def _head(self) -> None:
        _ = self.texts.gettext
        title = _("Print run %(run)s", run=self.cover.run)
        self.page.text(title, LEFT, self.y + 8, 26, heavy=True)
        self.page.text(
            f"{self.cover.first_number} – {self.cover.last_number}",
            RIGHT,
            self.y + 8,
            26,
            heavy=True,
            align=1,
        )
        self.page.text(_said(self.cover.campaign), LEFT, self.y + 15, 11, ink=SOFT)
        self.page.text(_("Cover sheet: lay it on the pile"), RIGHT, self.y + 15, 11, ink=SOFT, align=1)
        self.y += 19
        self.page.line(LEFT, self.y, RIGHT, self.y, stroke=BLACK, width=1.2)
        if self.cover.draft:
            self.y += 9
            self.page.text(_("A draft: none of these cards may travel"), LEFT, self.y, 15, heavy=True)
        self.y += 9

    def _facts(self) -> None:
        pairs = [(name, _said(value)) for name, value in _facts(self.cover, self.texts)]
        half = -(-len(pairs) // 2)
        middle = (LEFT + RIGHT) / 2 + 3
        rows = [max(1, len(_wrapped(value, 10, 48))) for _name, value in pairs]
        ends = []
        for column, left in ((0, LEFT), (1, middle)):
            y = self.y
            for index, (name, value) in enumerate(pairs[column * half : (column + 1) * half]):
                self.page.text(name, left, y, 9, ink=SOFT)
                for place, line in enumerate(_wrapped(value, 10, 48)):
                    self.page.text(line, left + 34, y + place * 4.6, 10)
                y += ROW + (rows[column * half + index] - 1) * 4.6
            ends.append(y)
        self.y = max(ends) + 3

    def _parts(self) -> None:
        _ = self.texts.gettext
        columns = ((LEFT + 18, 1.0), (LEFT + 62, 1.0), (LEFT + 84, 1.0), (LEFT + 106, 1.0))
        heads = (_("Part"), _("Numbers"), _("Cards"), _("Sheets"))
        self._heading(_("Parts"))
        self._row(heads, columns, head=True, ticks=(_("printed"), _("cut")))
        for part in self.cover.parts:
            self._room(ROW)
            said = (
                str(part.part),
                f"{part.first_number} – {part.last_number}",
                self.texts.number(part.drawn),
                self.texts.number(part.sheets),
            )
            if part.erased:
                self.page.text(_("deleted: somebody in it is forgotten"), LEFT + 112, self.y, 9, ink=SOFT)
            self._row(said, columns, ticks=() if part.erased else ("", ""))
        self.y += 4

    def _cards(self, title: str, cards: Sequence[Marked], none: str) -> None:
        _ = self.texts.gettext
        self._room(3 * ROW)
        self._heading(title)
        if not cards:
            self.page.text(none, LEFT, self.y, 10)
            self.y += ROW + 4
            return
        columns = ((LEFT + 18, 1.0), (LEFT + 36, 1.0), (LEFT + 56, 1.0), (LEFT + 62, 0.0), (LEFT + 104, 0.0))
        heads = (_("No."), _("Part"), _("Sheet"), _("Place on the sheet"), _("Why"))
        self._row(heads, columns, head=True)
        for card in cards:
            if self.y + ROW > BOTTOM:
                self._turn()
                self._row(heads, columns, head=True)
            where = _("row %(row)s, column %(column)s", row=card.place.row, column=card.place.column)
            said = (
                str(card.number),
                str(card.place.part),
                str(card.place.sheet),
                where,
                _why(card.why, self.texts),
            )
            self._row(said, columns, tick=True)
        self.y += 4

    def _signatures(self) -> None:
        _ = self.texts.gettext
        self._room(22)
        self.y += 8
        middle = (LEFT + RIGHT) / 2
        for left, right, said in (
            (LEFT, middle - 5, _("Printed by, on")),
            (middle + 5, RIGHT, _("Looked through by, on")),
        ):
            self.page.line(left, self.y, right, self.y, stroke=BLACK, width=0.5)
            self.page.text(said, left, self.y + 4, 8.5, ink=SOFT)
        self.y += 14

    def _heading(self, title: str) -> None:
        self.page.text(title, LEFT, self.y + 2, 13, heavy=True)
        self.y += 8

    def _row(
        self,
        said: Sequence[str],
        columns: Sequence[tuple[float, float]],
        *,
        head: bool = False,
        tick: bool = False,
        ticks: Sequence[str] = (),
    ) -> None:
        if head:
            self.page.box(LEFT, self.y - 4.2, RIGHT, self.y + 1.8, fill=TINT)
        for text, (x, align) in zip(said, columns, strict=True):
            self.page.text(text, x, self.y, 9 if head else 10, ink=SOFT if head else BLACK, align=align)
        for place, word in enumerate(ticks):
            x = LEFT + 128 + place * 24
            if head:
                self.page.text(word, x, self.y, 9, ink=SOFT)
            else:
                self.page.box(x, self.y - BOX + 0.3, x + BOX, self.y + 0.3, stroke=BLACK, width=0.5)
        if tick:
            self.page.box(LEFT, self.y - BOX + 0.3, LEFT + BOX, self.y + 0.3, stroke=BLACK, width=0.5)
        if not head:
            self.page.line(LEFT, self.y + 1.8, RIGHT, self.y + 1.8, stroke=HAIR, width=0.25)
        self.y += ROW


def _facts(cover: Cover, texts: Catalogue) -> list[tuple[str, str]]:
    """What stands above the parts, in the order in which a print desk asks."""
    _ = texts.gettext
    edges = {"long-edge": _("over the long edge"), "short-edge": _("over the short edge")}
    orders = {"sheet": _("sheet after sheet"), "stack": _("in order after the guillotine")}
    front, back = cover.offsets[:2], cover.offsets[2:]
    told = [
        (_("Cards"), texts.number(cover.cards)),
        (_("Sheets"), texts.number(cover.sheets)),
        (_("Sheet"), cover.sheet),
        (_("Turned"), edges.get(cover.duplex, cover.duplex)),
        (_("Order"), orders.get(cover.order, cover.order)),
        (_("Printer"), cover.printer or "–"),
    ]
    if any(cover.offsets):
        told.append(
            (
                _("Offsets in mm"),
                _(
                    "front %(front)s, back %(back)s",
                    front=" ".join(f"{value:+g}" for value in front),
                    back=" ".join(f"{value:+g}" for value in back),
                ),
            )
        )
    told += [
        (_("Asked for by"), cover.asked_by),
        (_("Asked for"), texts.moment(cover.asked_at, cover.time_zone)),
    ]
    if cover.ready_at is not None:
        told.append((_("Ready"), texts.moment(cover.ready_at, cover.time_zone)))
    if cover.venue:
        told.append((_("Venue"), cover.venue))
    if cover.reason:
        told.append((_("Why again"), cover.reason))
    return told


def _why(code: str, texts: Catalogue) -> str:
    _ = texts.gettext
    return {
        "void": _("given up"),
        "replaced": _("has a new code"),
        "corrected": _("was corrected"),
        "left_out": _("corrected or given up"),
        "taken_out": _("held for the desk"),
    }.get(code, code)


def _said(text: str) -> str:
    """What people typed, without the characters that no font of ours has."""
    return "".join(character for character in text if typeface_for(character) is not None)


def _wrapped(text: str, size: float, width: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
