"""The mark on the web is the mark on the card."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET

import pytest
from PIL import Image, ImageChops, ImageOps
from playwright.sync_api import Browser

from postcards.errors import Invalid
from postcards.paper import layout
from postcards.paper.cachet_svg import cachet_svg
from postcards.paper.card import draw_card
from tests.paper.cards import FACE, LOOK, grey

DPI = 600


def on_the_card() -> Image.Image:
    x, y = layout.CACHET_LEFT
    radius = layout.CACHET_RADIUS
    left, top, right, bottom = (
        round(mm * DPI / 25.4) for mm in (x - radius, y - radius, x + radius, y + radius)
    )
    return grey(draw_card(LOOK, FACE), dpi=DPI).crop((left, top, right, bottom))


def on_a_page(browser: Browser, side: int) -> Image.Image:
    drawn = cachet_svg(LOOK.cachet_ring)
    sized = f"svg {{ width: {side}px; display: block }}"
    style = sized + "body { margin: 0; color: #333 } .cachet__paper { fill: #fff }"
    page = browser.new_page(viewport={"width": side, "height": side})
    page.set_content(f"<style>{style}</style>{drawn}")
    seen = page.screenshot()
    return Image.open(io.BytesIO(seen)).convert("L")


def differing(one: Image.Image, other: Image.Image) -> float:
    """The share of pixels that are ink in one and paper in the other."""
    sharp = [picture.point(lambda level: 255 if level > 150 else 0) for picture in (one, other)]
    return ImageChops.difference(*sharp).histogram()[255] / (one.width * one.height)


def test_the_mark_of_the_web_is_the_mark_of_the_card(browser: Browser) -> None:
    card = on_the_card()
    page = on_a_page(browser, card.width).resize(card.size)
    assert differing(card, page) < 0.03
    assert differing(card, ImageOps.mirror(page)) > 0.06, "this would see a difference"


@pytest.mark.parametrize("ring", ["FAR IS CLOSE · 60 · УКРАЇНА", "VIENAS", "A & B < C · D"])
def test_the_mark_is_sound_and_bears_no_style(ring: str) -> None:
    names = {element.tag for element in ET.fromstring(cachet_svg(ring)).iter()}
    assert names == {"svg", "path", "clipPath", "g"}
    assert "style" not in cachet_svg(ring)


def test_a_ring_that_cannot_be_printed_is_refused_here_too() -> None:
    with pytest.raises(Invalid, match="cannot print"):
        cachet_svg("𓀀")
