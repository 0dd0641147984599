"""The cover sheet: all that a print desk asks, on as many pages as it takes, in the campaign's language."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace

import pikepdf
import pypdfium2  # type: ignore[import-untyped]

from postcards.paper.cover_sheet import draw_cover
from postcards.rules.cover_sheet import Cover, CoverPart, Marked
from postcards.rules.print_place import Place

COVER = Cover(
    slug="vilnius", campaign="Far is Close · Vilnius", language="en", time_zone="Europe/Vilnius", run=12, draft=False,
    sheet="sra3-8up", sheets=501, cards=4001, first_number=1, last_number=4005, venue="town-hall",
    reason="smudged \N{CJK UNIFIED IDEOGRAPH-6728}\N{GRINNING FACE}", printer="Hall", duplex="short-edge",
    order="stack", offsets=(0.5, -0.25, 0, 1), asked_by="ruta@example.org",
    asked_at=dt.datetime(2026, 12, 14, 10, 0, tzinfo=dt.UTC), ready_at=None,
    parts=(CoverPart(1, 1, 4000, 500, 4000), CoverPart(2, 4001, 4005, 1, 1)),
    pulls=tuple(Marked(100 + i, Place(1, i + 1, 2, 1), "void") for i in range(45)),
    blanks=(Marked(9, Place(1, 2, 1, 1), "left_out"),),
)  # fmt: skip


def drawn(cover: Cover) -> bytes:
    out = io.BytesIO()
    draw_cover(cover, out)
    return out.getvalue()


def words_of(data: bytes) -> list[str]:
    pages = pypdfium2.PdfDocument(data)
    found = [page.get_textpage().get_text_range() for page in pages]
    pages.close()
    return found


def test_it_says_who_what_when_and_what_to_pull() -> None:
    data = drawn(COVER)
    pages = words_of(data)
    assert len(pages) == 2
    first = pages[0]
    for said in (
        "Print run 12",
        "4,001",
        "501",
        "ruta@example.org",
        "Hall",
        "smudged",
        "+0.5 -0.25",
        "1 / 2",
    ):
        assert said in first
    both = "".join(pages)
    assert all(str(card.number) in both for card in COVER.pulls)
    assert "row 2, column 1" in first
    assert "draft" not in both
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert [float(side) for side in pdf.pages[0].mediabox[2:]] == [595.276, 841.89]


def test_it_is_the_same_every_time_and_speaks_the_language_of_the_campaign() -> None:
    assert drawn(COVER) == drawn(COVER)
    short = replace(COVER, language="lt", pulls=(), blanks=(), draft=True)
    [page] = words_of(drawn(short))
    assert "Spaudos partija 12" in page
    assert "Nieko išimti nereikia." in page
    assert "Juodraštis" in page
