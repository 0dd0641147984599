"""A stock card has all that a card has but the address: lines stand in its place, for whoever writes by hand."""

from __future__ import annotations

import io
from dataclasses import replace

import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp

from postcards.paper import layout
from postcards.paper.layout import Zone
from postcards.paper.preflight import preflight
from postcards.paper.preflight_pixels import photograph
from postcards.paper.run import draw_run
from postcards.rules.face import Face
from postcards.rules.sheet import sheet_named
from tests.paper.cards import FACE, LOOK

STOCK = replace(FACE, address_lines=(), sender_name=None, message=None, country=None)
REAL = replace(LOOK, test=False)


def drawn(face: Face) -> io.BytesIO:
    out = io.BytesIO()
    draw_run(REAL, [face], sheet="a6", out=out)
    out.seek(0)
    return out


def test_a_stock_card_has_lines_to_write_on_and_a_code_to_scan() -> None:
    file = drawn(STOCK)
    assert preflight(file, REAL, [STOCK], sheet="a6", every=1) == []
    page = pypdfium2.PdfDocument(file)[0]
    card = photograph(page, sheet_named("a6").cells[0], Zone(0, 0, 148, 105), 300)
    assert [found.text for found in zxingcpp.read_barcodes(card.grey)] == [STOCK.url]
    place = layout.ADDRESS
    for y in layout.ADDRESS_WRITING_LINES:
        assert card.ink(Zone(place.left, y - 0.5, place.right, y + 0.5)) > 400
    assert card.ink(Zone(place.left - 5, place.top, place.left - 0.5, place.bottom)) == 0
    assert card.ink(layout.CODING) == 0
    written = "".join(page.get_textpage().get_text_range().split())
    assert "".join(f"No. {STOCK.number:05}".split()) in written


@pytest.mark.parametrize(("made", "said"), [(FACE, STOCK), (STOCK, FACE)], ids=["address", "lines"])
def test_a_stock_card_is_not_taken_for_another(made: Face, said: Face) -> None:
    faults = preflight(drawn(made), REAL, [said], sheet="a6", every=1)
    assert {fault.check for fault in faults} & {"words", "address", "country"}
