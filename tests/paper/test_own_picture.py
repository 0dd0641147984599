"""Pictures that editions bring: the good ones are drawn, the rest is refused in words and harms nobody."""

from __future__ import annotations

import base64
import io
import subprocess
import sys
import zlib
from dataclasses import replace

import pikepdf
import pypdfium2  # type: ignore[import-untyped]
import pytest
from PIL import Image, ImageCms, ImageDraw
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from postcards.errors import NotFound
from postcards.paper.card import draw_card
from postcards.paper.own_picture import PictureRefused, picture_beside, prepare_picture
from tests.paper.cards import FACE, LOOK, opened

SVG = (
    '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" '
    '"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink" viewBox="0 0 154 111">'
    '<rect width="154" height="111" fill="#0a4"/><circle cx="77" cy="55" r="20" fill="#d00"/>{}</svg>'
)
GREEN, RED, GREY = (0, 170, 68), (221, 0, 0), (128, 128, 128)


def quartered(size=(1900, 1370), *, mode="RGB"):
    """Red at the upper left, green everywhere else: it shows how it lies."""
    picture = Image.new("RGB", size, GREEN)
    ImageDraw.Draw(picture).rectangle((0, 0, size[0] // 2, size[1] // 2), fill=RED)
    return picture.convert(mode)


def saved(picture, kind, **how):
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def many_pages(count=10_000):
    """A PDF that names one page ten thousand times."""
    kids = "3 0 R " * count
    return (
        f"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count {count}/Kids[{kids}]>>"
        "endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 437 315]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    ).encode()


def pdf(*, size=(154, 111), picture=None):
    out, (width, height) = io.BytesIO(), (side * 72 / 25.4 for side in size)
    canvas = Canvas(out, pagesize=(width, height))
    canvas.setFillColorRGB(0, 170 / 255, 68 / 255)
    canvas.rect(0, 0, width, height, stroke=0, fill=1)
    canvas.setFillColorRGB(221 / 255, 0, 0)
    canvas.rect(0, height / 2, width / 2, height / 2, stroke=0, fill=1)
    if picture is not None:
        canvas.drawImage(ImageReader(picture), 0, 0, width, height)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def opened_picture(data):
    return Image.open(io.BytesIO(prepare_picture(data))).convert("RGB")


def near(found, wanted, *, by=12):
    return all(abs(one - other) <= by for one, other in zip(found, wanted, strict=True))


def sideways():
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned to the right before it is looked at
    exif[0x010F] = "A camera that tells where it was"
    return saved(quartered().rotate(90, expand=True), "JPEG", quality=95, exif=exif)


QUARTERED = {
    "png": lambda: saved(quartered(), "PNG"),
    "png-of-a-palette": lambda: saved(quartered(mode="P"), "PNG"),
    "jpeg": lambda: saved(quartered(), "JPEG", quality=95),
    "jpeg-cmyk": lambda: saved(quartered(mode="CMYK"), "JPEG", quality=95),
    "jpeg-turned-by-exif": sideways,
    "pdf": pdf,
}


@pytest.mark.parametrize("kind", QUARTERED)
def test_a_good_picture_lies_on_the_card_as_it_lay_in_its_file(kind):
    ready = prepare_picture(QUARTERED[kind]())
    assert b"camera" not in ready
    drawn = draw_card(replace(LOOK, picture=ready, picture_words=False), FACE, sheet="sra4-4up")
    with opened(drawn) as file:
        streams = [one for one in file.objects if isinstance(one, pikepdf.Stream)]
        assert sum(stream.get("/Subtype") == "/Image" for stream in streams) == 1
    page = _rendered(drawn, dpi=50)
    # The one card lies at the upper left of the front, so at the upper right of the back, head to the right.
    middle_x, middle_y = (225 - 7.5 - 3 - 52.5) / 25.4 * 50, (12 + 74) / 25.4 * 50
    assert not near(page.getpixel((round(middle_x + 60), round(middle_y - 60))), (255, 255, 255))
    colours = [
        page.getpixel((round(middle_x + dx), round(middle_y + dy))) for dx in (-40, 40) for dy in (-60, 60)
    ]
    # Four inks on a screen are not those three colours, but the nearer of them is plain.
    assert sum(red > green + 60 for red, green, _ in colours) == 1
    assert sum(green > red + 60 for red, green, _ in colours) == 3


def _rendered(drawn, *, dpi, page=1):
    with pypdfium2.PdfDocument(drawn) as document:
        return document[page].render(scale=dpi / 72).to_pil().convert("RGB")


def test_in_a_frame_little_of_the_picture_is_lost_and_the_words_stand_on_a_band():
    ready = prepare_picture(saved(quartered(), "PNG"))
    with_words, without = (
        _rendered(draw_card(replace(LOOK, picture=ready, picture_words=words), FACE), dpi=100)
        for words in (True, False)
    )
    assert near(without.getpixel((round(7 * 100 / 25.4), round(7 * 100 / 25.4))), RED)
    for place in ((7, 98), (141, 98), (141, 7)):
        assert near(without.getpixel(tuple(round(mm * 100 / 25.4) for mm in place)), GREEN)
    assert near(without.getpixel((round(4 * 100 / 25.4), 200)), (255, 255, 255))
    assert near(with_words.getpixel((round(7 * 100 / 25.4), round(98 * 100 / 25.4))), (24, 40, 72), by=30)


def test_a_profile_of_colours_is_turned_into_common_ones_and_clear_parts_are_paper():
    picture = quartered()
    clear = picture.convert("RGBA")
    clear.putalpha(0)
    assert near(opened_picture(saved(clear, "PNG")).getpixel((100, 100)), (255, 255, 255))
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (lab, b"no profile at all"):
        ready = opened_picture(saved(picture, "PNG", icc_profile=profile))
        assert near(ready.getpixel((100, 100)), RED)


def test_sixteen_bits_of_grey_are_not_white():
    deep = Image.new("I;16", (1900, 1370), 128 * 256)
    assert near(opened_picture(saved(deep, "PNG")).getpixel((100, 100)), GREY)


def test_an_svg_is_drawn_with_sharp_edges_and_one_that_is_a_photograph_stays_light():
    ready = prepare_picture(SVG.format("").encode())
    picture = Image.open(io.BytesIO(ready)).convert("RGB")
    assert picture.width in range(3636, 3641)  # 154 mm at 600 dots an inch
    assert (picture.getpixel((50, 50)), picture.getpixel((1819, 1311))) == (GREEN, RED)
    assert len(ready) < 200_000
    noise = Image.effect_noise((1830, 1320), 90)
    assert prepare_picture(saved(noise, "PNG", compress_level=1))[:3] == b"\xff\xd8\xff"


def test_the_same_picture_is_made_ready_to_the_same_bytes():
    data = saved(quartered(), "JPEG")
    assert prepare_picture(data) == prepare_picture(data)


def chunk(name, body):
    return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")


def bomb():
    """A PNG of 900 million pixels in a kilobyte."""
    head = (30_000).to_bytes(4, "big") * 2 + bytes((8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


def deep():
    """Ten billion squares in a kilobyte of SVG."""
    rows = "".join(f'<g id="g{at}">' + f'<use href="#g{at - 1}"/>' * 10 + "</g>" for at in range(1, 11))
    return SVG.format(
        f'<defs><g id="g0"><rect width="1" height="1"/></g>{rows}</defs><use href="#g10"/>'
    ).encode()


BAD = {
    "too-small": (lambda: saved(quartered((1200, 865)), "PNG"), "too_small", r"1200 × 865 .*1819 × 1311"),
    "wrong-shape": (lambda: saved(quartered((1370, 1900)), "PNG"), "shape", r"48 ?% .*154 × 111 mm"),
    "bomb": (bomb, "too_large", "30000 × 30000"),
    "png-cut-off": (lambda: saved(quartered(), "PNG")[:-3000], "broken", "breaks off"),
    "jpeg-cut-off": (lambda: saved(quartered(), "JPEG")[:-3000], "broken", "breaks off"),
    "gif": (lambda: saved(quartered(), "GIF"), "kind", "PNG, JPEG, SVG or PDF"),
    "nothing": (lambda: b"", "kind", "PNG, JPEG, SVG or PDF"),
    "web-page": (lambda: b"<html></html>", "kind", "no SVG"),
    "pdf-of-10000-pages": (many_pages, "pages", "10000 pages"),
    "pdf-upright": (lambda: pdf(size=(111, 154)), "shape", "154 × 111 mm"),
    "pdf-cut-off": (lambda: pdf()[:200], "broken", "damaged"),
    "pdf-of-a-small-picture": (lambda: pdf(picture=quartered((500, 360))), "too_small", "500 × 360"),
    "svg-cut-off": (lambda: SVG.format("").encode()[:-20], "broken", "damaged"),
    "svg-bomb": (deep, None, "card.picture"),
}
INSIDE = {
    "file": ('<image href="file:///etc/hostname" width="9" height="9"/>', "leads_out"),
    "path": ('<image x:href="/etc/hostname" width="9" height="9"/>', "leads_out"),
    "neighbour": ('<use href="other.svg#a"/>', "leads_out"),
    "network": ('<image href="http://127.0.0.1:9/a.png" width="9" height="9"/>', "leads_out"),
    "within": ('<image href="data:image/svg+xml;base64,PHN2Zy8+" width="9" height="9"/>', "leads_out"),
    "fill": ('<rect fill="url(file:///a.svg#b)" width="9" height="9"/>', "leads_out"),
    "style": ("<style>@import 'a.css'; rect { fill: red }</style>", "leads_out"),
    "script": ("<script>alert(1)</script>", "live"),
    "handler": ('<rect onload="alert(1)" width="9" height="9"/>', "live"),
    "foreign": ("<foreignObject/>", "live"),
    "words": ('<text x="9" y="9">Vilnius</text>', "words"),
    "damaged": ('<image href="data:image/png;base64,AAAA" width="9" height="9"/>', "broken"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_picture_that_cannot_be_printed_is_refused_with_the_reason(name):
    make, code, words = BAD[name]
    with pytest.raises(PictureRefused, match=words) as refused:
        prepare_picture(make())
    (fault,) = refused.value.faults
    assert fault.field == "card.picture"
    assert code in (None, fault.code)


@pytest.mark.parametrize("name", INSIDE)
def test_an_svg_that_leads_out_of_itself_or_does_something_is_refused(name):
    inside, code = INSIDE[name]
    with pytest.raises(PictureRefused) as refused:
        prepare_picture(SVG.format(inside).encode())
    assert refused.value.faults[0].code == code


def test_an_entity_is_refused_before_it_unfolds():
    laughs = "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' for at in range(1, 10))
    doctype = f'<!DOCTYPE svg [<!ENTITY l0 "ha">{laughs}]>'
    for inside in (doctype, '<!DOCTYPE svg [<!ENTITY l9 SYSTEM "file:///etc/hostname">]>'):
        svg = f'{inside}<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 154 111"><desc>&l9;</desc></svg>'
        with pytest.raises(PictureRefused) as refused:
            prepare_picture(svg.encode())
        assert refused.value.faults[0].code == "entity"


@pytest.mark.parametrize("way", ["open('/etc/hostname')", "__import__('socket').socket()"])
def test_the_process_that_reads_pictures_can_open_nothing(way):
    program = "import socket; from postcards.paper.own_picture_reader import give_away; give_away();"
    done = subprocess.run(
        [sys.executable, "-c", f"{program} {way}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Too many open files" in done.stderr


def test_a_picture_within_an_svg_is_drawn():
    data = base64.b64encode(saved(Image.new("RGB", (60, 60), RED), "PNG")).decode()
    inside = f'<image x:href="data:image/png;base64,{data}" width="9" height="9"/>'
    assert opened_picture(SVG.format(inside).encode()).getpixel((50, 50)) == RED


def test_a_picture_is_read_beside_the_edition_and_nowhere_else(tmp_path):
    folder = tmp_path / "edition"
    (folder / "art").mkdir(parents=True)
    (folder / "art" / "winter.png").write_bytes(b"picture")
    (tmp_path / "secret.png").write_bytes(b"secret")
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    assert picture_beside(folder, "art/winter.png") == b"picture"
    for name in ("link.png", "../secret.png", "art"):
        with pytest.raises(PictureRefused) as refused:
            picture_beside(folder, name)
        assert refused.value.faults[0].code == "place"
    with pytest.raises(NotFound, match="summer"):
        picture_beside(folder, "summer.png")
