"""A manifest on paper, for two signatures: what it is, what goes where, every line, who gave and who took.

A4 upright. Sizes are in millimetres from the lower left corner, type in points.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import cache

from reportlab.lib.colors import CMYKColor
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from postcards.paper.fonts import BOLD, REGULAR, bold, regular
from postcards.paper.manifest_words import facts, number, weight
from postcards.rules.manifest import Content
from postcards.texts import catalogue

WIDTH, HEIGHT = 210.0, 297.0
LEFT, RIGHT, TOP, BOTTOM = 16.0, 194.0, 281.0, 24.0
GUTTER = 7.0
LINES, COUNTRIES = 3, 2  # columns of items and of totals
ROW = 4.3  # 8 pt lines with air between them: a clerk puts a tick beside each
SIGNATURES = 52.0

INK = CMYKColor(0, 0, 0, 1)
SOFT = CMYKColor(0, 0, 0, 0.62)
HAIR = CMYKColor(0, 0, 0, 0.22)
TINT = CMYKColor(0, 0, 0, 0.05)

Cells = Sequence[str]
Draw = Callable[[Canvas], None]


def draw_pdf(content: Content, *, machine_sha256: bytes) -> bytes:
    """This will draw the list for signature; `machine_sha256` (of manifest.machine.csv) stands on every page.

    The same content gives the same bytes. Raises `Unavailable` when the fonts are not installed.
    """
    _fonts()
    sheet = _Sheet(content, machine_sha256)
    sheet.front()
    sheet.totals()
    if sheet.all_fits():
        sheet.lines()
        sheet.signatures()
    else:  # one page to sign, and the lines behind it
        sheet.signatures()
        sheet.lines()
    return sheet.file()


class _Sheet:
    """Collects what each page draws, so that every page can say how many there are."""

    def __init__(self, content: Content, machine_sha256: bytes) -> None:
        self.content, self.header = content, content.header
        self.machine_sha256 = machine_sha256
        self.texts = catalogue(content.header["language"])
        self.pages: list[list[Draw]] = [[]]
        self.y = TOP

    def front(self) -> None:
        """The title, the number, and the facts in two columns."""
        _ = self.texts.gettext
        self._text(LEFT, self.y - 6, _("List of postal items"), 17, heavy=True)
        self._text(RIGHT, self.y - 6, number(self.header), 17, heavy=True, to_left=True)
        self._text(LEFT, self.y - 11.5, self.header["campaign"]["name"], 9.5, soft=True)
        self._text(RIGHT, self.y - 11.5, self.header["deposit_date"], 9.5, soft=True, to_left=True)
        self.y -= 15
        self._rule(self.y, 0.9)
        pairs = facts(self.header)
        middle = LEFT + (RIGHT - LEFT) / 2 + 2
        label, room = 31.0, middle - LEFT - 34.0
        told = [(name, _wrapped(value, 9, room)) for name, value in pairs]
        half = -(-sum(len(parts) for _name, parts in told) // 2)
        depth = 0
        deepest = 0
        x = LEFT
        for name, parts in told:
            if x == LEFT and depth >= half:
                x, depth = middle, 0
            self._text(x, self.y - 5.4 - depth * 5.2, name, 8, soft=True)
            for part in parts:
                self._text(x + label, self.y - 5.4 - depth * 5.2, part, 9)
                depth += 1
            deepest = max(deepest, depth)
        self.y -= deepest * 5.2 + 3.5
        self._rule(self.y, 0.4)
        self.y -= 4

    def totals(self) -> None:
        """What goes to each country, and together."""
        _ = self.texts.gettext
        rows = [
            (
                total["country"],
                _fit(self.texts.country(total["country"]), 8, 46),
                self.texts.number(total["cards"]),
                weight(self.texts, total["weight_mg"]),
            )
            for total in self.header["totals"]
        ]
        self._title(_("Totals per country"))
        self._columns(
            COUNTRIES,
            (_("Country"), "", _("Items"), _("Weight")),
            rows,
            stops=(0.0, 7.5, 66.0, _column(COUNTRIES)),
            to_left=(2, 3),
        )
        self.y -= 2
        words = _("Together: %(items)s items, %(weight)s", items=self.texts.number(self.header["count"]),
                  weight=weight(self.texts, self.header["total_weight_mg"]))  # fmt: skip
        self._text(RIGHT, self.y - 3, words, 9, heavy=True, to_left=True)
        self.y -= 8

    def lines(self) -> None:
        """Every line, in columns read downward."""
        _ = self.texts.gettext
        self._title(_("Items"))
        rows = [
            (
                str(line.line),
                f"{line.card_number:05d}",
                line.country,
                _fit(line.postal_code, 8, 15),
                line.bundle,
            )
            for line in self.content.lines
        ]
        headings = (_("Line"), _("Card No."), "", _("Postcode"), _("Bundle"))
        stops = (7.5, 10.5, 22.5, 29.0, _column(LINES))
        self._columns(LINES, headings, rows, stops=stops, to_left=(0, 4))
        self.y -= 6

    def all_fits(self) -> bool:
        """Whether the lines and the signatures have room below what is drawn so far."""
        deep = -(-len(self.content.lines) // LINES) + 1
        return self.y - 6.5 - deep * ROW - 6 - SIGNATURES >= BOTTOM

    def signatures(self) -> None:
        """Two blocks side by side, never parted from each other."""
        _ = self.texts.gettext
        if self.y - SIGNATURES < BOTTOM:
            self._new_page()
        width = (RIGHT - LEFT - 10) / 2
        gave = (_("Handed over by the mailer"), [_("Name"), _("Date"), _("Signature")])
        took = (
            _("Accepted by the post"),
            [_("Items accepted"), _("Items refused"), _("Name"), _("Date and stamp"), _("Signature")],
        )
        for x, (title, lines) in ((LEFT, gave), (LEFT + width + 10, took)):
            self._text(x, self.y - 5, title, 10, heavy=True)
            for place, line in enumerate(lines):
                y = self.y - 13.5 - place * 8.6
                self._text(x, y, line, 8, soft=True)
                self._line(x + 30, y - 0.8, x + width, 0.4)
        self.y -= SIGNATURES

    def file(self) -> bytes:
        """Draw all pages, each with its foot."""
        out = io.BytesIO()
        canvas = Canvas(
            out, pagesize=(WIDTH * mm, HEIGHT * mm), invariant=1, pageCompression=1, initialFontName=REGULAR
        )
        canvas.setTitle(f"{self.header['campaign']['name']}, {number(self.header)}")
        canvas.setAuthor(self.header["mailer"]["name"])
        for place, page in enumerate(self.pages, start=1):
            self._foot(page, place)
            for draw in page:
                draw(canvas)
            canvas.showPage()
        canvas.save()
        return out.getvalue()

    def _foot(self, page: list[Draw], place: int) -> None:
        _ = self.texts.gettext
        pages = _("Page %(page)s of %(pages)s", page=place, pages=len(self.pages))
        self._line(LEFT, 17.5, RIGHT, 0.4, page=page)
        self._text(LEFT, 13.5, f"{self.header['campaign']['name']} · {number(self.header)}", 7.5, page=page)
        self._text(RIGHT, 13.5, pages, 7.5, to_left=True, page=page)
        self._text(
            LEFT, 10, f"SHA-256 manifest.machine.csv  {self.machine_sha256.hex()}", 6.5, soft=True, page=page
        )

    def _title(self, words: str) -> None:
        if self.y - 6 - 3 * ROW < BOTTOM:
            self._new_page()
        self._text(LEFT, self.y - 3.5, words, 10.5, heavy=True)
        self.y -= 6.5

    def _columns(
        self,
        columns: int,
        headings: Cells,
        rows: Sequence[Cells],
        *,
        stops: Sequence[float],
        to_left: tuple[int, ...],
    ) -> None:
        """Set rows into columns, as many pages as it takes; on the last one the columns are level."""
        at = 0
        while at < len(rows):
            room = int((self.y - BOTTOM) / ROW) - 1
            if room < 2:
                self._new_page()
                continue
            deep = min(room, -(-(len(rows) - at) // columns))
            for column in range(columns):
                part = rows[at : at + deep]
                if part:
                    self._column(LEFT + column * (_column(columns) + GUTTER), headings, part, stops, to_left)
                at += len(part)
            self.y -= (deep + 1) * ROW

    def _column(
        self,
        x: float,
        headings: Cells,
        rows: Sequence[Cells],
        stops: Sequence[float],
        to_left: tuple[int, ...],
    ) -> None:
        for place, word in enumerate(headings):
            self._text(x + stops[place], self.y - 3, word, 6.5, soft=True, to_left=place in to_left)
        self._line(x, self.y - ROW, x + stops[-1], 0.5)
        for depth, row in enumerate(rows, start=1):
            top = self.y - depth * ROW
            if depth % 2 == 0:
                self._tint(x, top - ROW, stops[-1], ROW)
            for place, cell in enumerate(row):
                self._text(x + stops[place], top - 3.2, cell, 8, to_left=place in to_left)

    def _new_page(self) -> None:
        self.pages.append([])
        self.y = TOP

    def _text(
        self,
        x: float,
        y: float,
        words: str,
        size: float,
        *,
        heavy: bool = False,
        soft: bool = False,
        to_left: bool = False,
        page: list[Draw] | None = None,
    ) -> None:
        def draw(canvas: Canvas) -> None:
            canvas.setFillColor(SOFT if soft else INK)
            canvas.setFont(BOLD if heavy else REGULAR, size)
            (canvas.drawRightString if to_left else canvas.drawString)(x * mm, y * mm, words)

        if words:
            (self.pages[-1] if page is None else page).append(draw)

    def _line(
        self, x: float, y: float, to: float, thickness: float, *, page: list[Draw] | None = None
    ) -> None:
        def draw(canvas: Canvas) -> None:
            canvas.setStrokeColor(SOFT)
            canvas.setLineWidth(thickness)
            canvas.line(x * mm, y * mm, to * mm, y * mm)

        (self.pages[-1] if page is None else page).append(draw)

    def _rule(self, y: float, thickness: float) -> None:
        self._line(LEFT, y, RIGHT, thickness)

    def _tint(self, x: float, y: float, width: float, height: float) -> None:
        def draw(canvas: Canvas) -> None:
            canvas.setFillColor(TINT)
            canvas.rect(x * mm, y * mm, width * mm, height * mm, stroke=0, fill=1)

        self.pages[-1].append(draw)


def _column(columns: int) -> float:
    """The width of one of so many columns."""
    return (RIGHT - LEFT - GUTTER * (columns - 1)) / columns


def _wrapped(words: str, size: float, width: float) -> list[str]:
    """Words in as many lines of `width` mm as they take, broken at spaces."""
    lines = [""]
    for word in words.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if _width(longer, size) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return [_fit(line, size, width) for line in lines]


def _fit(words: str, size: float, width: float) -> str:
    """Words that fit `width` mm; longer ones end in an ellipsis (the other files have them whole)."""
    if _width(words, size) <= width:
        return words
    while words and _width(words + "…", size) > width:
        words = words[:-1]
    return words.rstrip() + "…"


def _width(words: str, size: float) -> float:
    _fonts()
    width: float = pdfmetrics.stringWidth(words, REGULAR, size)
    return width / float(mm)


@cache
def _fonts() -> None:
    for name, face in ((REGULAR, regular()), (BOLD, bold())):
        pdfmetrics.registerFont(TTFont(name, str(face.path)))
