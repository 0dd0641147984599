"""The pictures of docs/printing.md, drawn by the engine itself: no browser, no server, the same every time."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pypdfium2  # type: ignore[import-untyped]
from PIL import Image, ImageDraw

from postcards.paper.calibration import draw_calibration
from postcards.paper.card import draw_card
from postcards.paper.cover_sheet import draw_cover
from postcards.paper.run import draw_run
from postcards.rules.cover_sheet import Cover, CoverPart, Marked
from postcards.rules.edition import load_edition
from postcards.rules.face import Face
from postcards.rules.print_place import Place
from postcards.rules.sheet import sheet_named
from postcards.services.faces import look_of, tracking_url

LOOK = look_of(load_edition("vilnius"), slug="vilnius", cap=10_000, test=False)
#: Codes with a good check letter, so that the QRs in the pictures are what they seem; no campaign has them.
CODES = ("7K3M9QXT02AB0", "2V8C4HNW61RTC", "9D5J0EYK37PS9")
#: One address in each script of the standard installation: name first, country last.
ADDRESSES = (
    ("Małgorzata Wiśniewska", "ul. Żurawia 6 m. 12", "00-503 Warszawa", "LENKIJA / POLAND"),
    ("Γεώργιος Παπαδόπουλος", "Ερμού 45", "105 63 ΑΘΗΝΑ", "GRAIKIJA / GREECE"),
    ("Ґанна Їжакевич", "вул. Єлизавети Чавдар, 3", "м. Київ", "02140", "UKRAINA / UKRAINE"),
    ("سارة عبد الرحمن الخطيب", "١٢ شارع الحمراء، الطابق ٣", "Beirut", "LIBANAS / LEBANON"),
    ("ליאור בן־דוד", "רחוב הרצל 16, דירה 4", "Tel Aviv 6688312", "IZRAELIS / ISRAEL"),
    ("प्रिया शर्मा", "१२ महात्मा गांधी मार्ग", "New Delhi 110001", "INDIJA / INDIA"),
    ("สมชาย ใจดี", "88/9 ถนนสุขุมวิท แขวงคลองเตย", "Bangkok 10110", "TAILANDAS / THAILAND"),
    ("გიორგი მაისურაძე", "რუსთაველის გამზირი 24", "0108 Tbilisi", "GRUZIJA / GEORGIA"),
    ("Արամ Խաչատրյան", "Մաշտոցի պողոտա 15", "Yerevan 0002", "ARMĖNIJA / ARMENIA"),
)

Keep = Callable[[bytes, str], None]


def draw_all(keep: Keep) -> None:
    """This will draw each picture and hand it to `keep` as a PNG, with its name."""
    keep(_beside(_pages(_calibration("a4-4up"), 76)), "printing-calibration")
    keep(_grid(list(_scripts()), columns=3), "printing-scripts")
    keep(_beside(_pages(_run("a4-4up"), 70)[:2]), "printing-sheet")
    keep(_grid(_pages(draw_card(replace(LOOK, test=True), _faces(1)[0]), 110), columns=2), "printing-test")
    keep(_png(_pages(_cover(), 90)[0]), "printing-cover")


def _faces(count: int) -> list[Face]:
    found = []
    for at in range(count):
        code = CODES[at % len(CODES)]
        lines = ADDRESSES[at % len(ADDRESSES)]
        found.append(
            Face(42 + at, code, tracking_url("https://farisclose.example", code), lines, "Ona Petraitienė")
        )
    return found


def _scripts() -> Iterator[Image.Image]:
    """The address side of one card in each script."""
    for face in _faces(len(ADDRESSES)):
        yield _pages(draw_card(LOOK, face), 84)[0]


def _calibration(sheet: str) -> bytes:
    out = io.BytesIO()
    draw_calibration(sheet, out, language="lt")
    return out.getvalue()


def _run(sheet: str) -> bytes:
    out = io.BytesIO()
    draw_run(LOOK, _faces(sheet_named(sheet).cards), sheet=sheet, out=out)
    return out.getvalue()


def _cover() -> bytes:
    asked = dt.datetime(2026, 12, 14, 10, 5, tzinfo=dt.UTC)
    cover = Cover(
        slug="vilnius", campaign="Far is Close · Vilnius", language="en", time_zone="Europe/Vilnius", run=7,
        draft=False, sheet="a4-4up", sheets=520, cards=2079, first_number=1201, last_number=3281, venue=None,
        reason=None, printer="Copier, second floor", duplex="long-edge", order="stack",
        offsets=(0.4, -0.2, -0.6, 0.1), asked_by="ruta@example.org", asked_at=asked,
        ready_at=asked + dt.timedelta(seconds=4),
        parts=(CoverPart(1, 1201, 3201, 500, 1999), CoverPart(2, 3202, 3281, 20, 80)),
        pulls=(Marked(1288, Place(1, 88, 1, 1), "void"), Marked(3214, Place(2, 13, 1, 1), "corrected")),
        blanks=(Marked(1977, Place(1, 277, 1, 2), "left_out"),),
    )  # fmt: skip
    out = io.BytesIO()
    draw_cover(cover, out)
    return out.getvalue()


def _pages(pdf: bytes, dpi: int) -> list[Image.Image]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.render(scale=dpi / 72).to_pil().convert("RGB") for page in document]


def _beside(pages: Sequence[Image.Image]) -> bytes:
    return _grid(pages, columns=len(pages))


def _grid(pages: Sequence[Image.Image], *, columns: int) -> bytes:
    """Pages as they lie on a table: a hair round each, a little room between them."""
    gap, width, height = 14, max(page.width for page in pages), max(page.height for page in pages)
    rows = -(-len(pages) // columns)
    table = Image.new("RGB", (columns * (width + gap) + gap, rows * (height + gap) + gap), (233, 231, 226))
    for at, page in enumerate(pages):
        x, y = gap + at % columns * (width + gap), gap + at // columns * (height + gap)
        table.paste(page, (x, y))
        ImageDraw.Draw(table).rectangle(
            (x - 1, y - 1, x + page.width, y + page.height), outline=(190, 187, 180)
        )
    return _png(table)


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
