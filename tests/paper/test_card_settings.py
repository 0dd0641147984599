"""What an edition chooses for its cards is on them; what is no real card can be taken for none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PIL import ImageChops, ImageStat

from postcards.paper.card import draw_card
from postcards.paper.layout import FRANKING, INDICIA, INDICIA_WITH_CACHET, LEFT, MESSAGE, RIGHT, Zone
from postcards.rules.edition import load_edition
from postcards.services.faces import look_of
from tests.paper.cards import FACE, LOOK, grey, ink, text_of

DPI = 150
reads_text = pytest.mark.needs("pdf-tools")


KINDS = {"test": replace(LOOK, test=True), "practice": replace(LOOK, practice=True)}


def pixels(zone, *, grown=0.0):
    edges = (zone.left - grown, zone.top - grown, zone.right + grown, zone.bottom + grown)
    return tuple(round(mm * DPI / 25.4) for mm in edges)


@pytest.mark.parametrize(("area", "lined"), [("empty", False), ("lines", True), ("typed", True)])
def test_the_message_area_is_empty_or_lined_as_the_edition_says(area, lined):
    look = replace(LOOK, message_area=area)
    zone = Zone(LEFT, MESSAGE.top, RIGHT, MESSAGE.bottom)
    assert (ink(grey(draw_card(look, FACE), dpi=DPI), zone, dpi=DPI) > 0) == lined
    written = grey(draw_card(look, replace(FACE, message="Labas!")), dpi=DPI)
    assert ink(written, Zone(LEFT, MESSAGE.top, RIGHT, MESSAGE.top + 6), dpi=DPI) > 0
    assert ink(written, Zone(LEFT, MESSAGE.top + 6, RIGHT, MESSAGE.bottom), dpi=DPI) == 0


@reads_text
@pytest.mark.parametrize("placement", ["left", "within-indicia"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_card_that_is_no_real_one_prepays_nothing(kind, placement, tmp_path):
    pdf, real_pdf = (
        draw_card(replace(look, cachet_placement=placement), FACE) for look in (KINDS[kind], LOOK)
    )
    says, is_silent = ("".join(text_of(one, 0, tmp_path, "-raw").split()) for one in (pdf, real_pdf))
    assert "NOTVALIDFORPOSTAGE" in says
    assert "POSTAGE" not in is_silent
    zone = INDICIA_WITH_CACHET if placement == "within-indicia" else INDICIA
    differs = ImageChops.difference(grey(pdf, dpi=DPI), grey(real_pdf, dpi=DPI))
    assert ImageStat.Stat(differs.crop(pixels(zone, grown=-2))).mean[0] > 15
    differs.paste(0, pixels(zone, grown=0.5))
    assert ImageStat.Stat(differs.crop(pixels(FRANKING))).sum[0] == 0  # and all of it within the mark


@pytest.mark.parametrize("page", [0, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_its_word_is_large_on_both_sides(kind, page):
    differs = ImageChops.difference(
        grey(draw_card(KINDS[kind], FACE), page, dpi=DPI),
        grey(draw_card(LOOK, FACE), page, dpi=DPI),
    )
    differs.paste(0, pixels(INDICIA, grown=0.5))
    box = differs.point([0] * 40 + [255] * 216).getbbox()
    assert box is not None
    left, top, right, bottom = box
    assert (right - left) * 25.4 / DPI > 55
    assert (bottom - top) * 25.4 / DPI > 8


def test_a_card_that_may_not_say_where_its_sender_is_names_no_place():
    ukraine = look_of(load_edition("ukraine"), slug="ukraine", cap=10, test=False)
    vilnius = look_of(load_edition("vilnius"), slug="vilnius", cap=10, test=False)
    assert (ukraine.place, vilnius.place, vilnius.title) == ("", "Vilnius", "Far is Close")
