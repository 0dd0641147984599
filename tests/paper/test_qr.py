"""Symbols are the library's own, and a phone reads them."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
import zxingcpp
from PIL import Image

from postcards.errors import Invalid
from postcards.paper.qr import library_rows, qr_matrix, qr_size, qr_svg, version_and_level
from postcards.rules.tracking_code import new_tracking_code

HOSTS = (
    "X.LT",
    "FARISCLOSE.LT",
    "127.0.0.1:8000",
    "POST.FAR-IS-CLOSE.EXAMPLE.ORG",
    "A" * 70 + ".EXAMPLE.ORG",
)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("scheme", ["HTTP", "HTTPS"])
def test_a_symbol_is_the_one_the_library_makes(scheme, host):
    for _ in range(8):
        url = f"{scheme}://{host}/T/{new_tracking_code()}"
        assert [list(row) for row in qr_matrix(url)] == library_rows(url)


@pytest.mark.parametrize(
    ("letters", "expected"),
    [(16, (1, "Q")), (42, (3, "Q")), (47, (3, "Q")), (48, (3, "M")), (61, (3, "M")), (67, (4, "Q")), (90, (4, "M")),
     (122, (5, "M"))],
)  # fmt: skip
def test_the_level_is_q_while_the_symbol_stays_small(letters, expected):
    assert version_and_level(letters) == expected


def test_an_address_that_a_card_has_no_room_for_is_refused():
    with pytest.raises(Invalid, match="123 letters"):
        qr_matrix("HTTPS://" + "A" * 115)


@pytest.mark.parametrize("url", ["https://farisclose.lt/T/7K3M", "HTTPS://FARISCLOSE.LT/T/7K3M?A=1"])
def test_an_address_outside_alphanumeric_mode_is_refused(url):
    with pytest.raises(Invalid, match="must be upper case"):
        qr_matrix(url)


def test_the_svg_is_one_path_with_its_quiet_zone_and_can_be_read():
    url = f"HTTPS://FARISCLOSE.LT/T/{new_tracking_code()}"
    svg = ElementTree.fromstring(qr_svg(url))
    whole = qr_size(url) + 8
    assert svg.get("viewBox") == f"0 0 {whole} {whole}"
    paths = svg.findall("{http://www.w3.org/2000/svg}path")
    assert len(paths) == 1
    picture = Image.new("L", (whole, whole), 255)
    dark = 0
    for piece in (paths[0].get("d") or "").split("M")[1:]:
        x, rest = piece.split(" ", 1)
        y, rest = rest.split("h", 1)
        length = int(rest.split("v")[0])
        assert rest == f"{length}v1h-{length}z"
        for step in range(length):
            picture.putpixel((int(x) + step, int(y)), 0)
            dark += 1
    assert dark == sum(map(sum, qr_matrix(url)))
    assert picture.crop((0, 0, whole, 4)).getextrema() == (255, 255)
    assert [found.text for found in zxingcpp.read_barcodes(picture.resize((whole * 4, whole * 4)))] == [url]
