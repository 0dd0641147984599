"""A card is what a sorting machine, a phone and a printer expect of it."""

from __future__ import annotations

import io
import random
import re
from dataclasses import replace

import pikepdf
import pytest
import zxingcpp

from postcards.errors import Invalid
from postcards.paper.address_side import symbol
from postcards.paper.card import draw_card
from postcards.paper.layout import (
    ADDRESS,
    CODING,
    FRANKING,
    INDICIA,
    INDICIA_WITH_CACHET,
    LEFT,
    LEFT_HALF,
    QR_BOTTOM,
    Zone,
)
from postcards.paper.pdf_file import PdfFile
from postcards.rules.edition import load_edition
from postcards.services.faces import look_of
from tests.paper.cards import CODE, FACE, LOOK, grey, ink, is_dark, opened, text_of

MM = 72 / 25.4
reads_text = pytest.mark.needs("pdf-tools")
LONGEST = replace(
    FACE,
    address_lines=("Prof. Jonas Jasiukaitis-Petraitis", "III. Stock", "Hinterhaus", "Jägerstraße 5 b", "Jena-Ost",
                   "07743 Jena", "VOKIETIJA / GERMANY"),
    message="Sveika, močiute! Labai pasiilgom. " * 6,
    sender_name="Jadvyga Ona Petraitienė-Jankauskienė",
)  # fmt: skip
LOOKS = {
    "left": LOOK,
    "picture": replace(LOOK, cachet_placement="picture"),
    "within-indicia": replace(LOOK, cachet_placement="within-indicia"),
    "test": replace(LOOK, test=True),
    "practice": replace(LOOK, practice=True),
    "full": replace(LOOK, return_address=("Toli yra arti", "Rotušė", "Didžioji g. 31", "LT-01128 Vilnius")),
    "bare": replace(LOOK, heading="", priority_mark=None, return_address=(), credits=(), place=""),
}


def words(pdf, page, tmp_path):
    found = text_of(pdf, page, tmp_path, "-bbox")
    boxes = re.findall(
        r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>', found
    )
    return [(text, *(float(edge) / MM for edge in edges)) for *edges, text in boxes]


@pytest.mark.parametrize("face", [FACE, LONGEST], ids=["short", "longest"])
@pytest.mark.parametrize("name", LOOKS)
def test_the_postal_zones_hold_what_they_may_and_nothing_else(name, face):
    look = LOOKS[name]
    page = grey(draw_card(look, face))
    assert ink(page, CODING) == 0
    assert ink(page, Zone(74, 40, ADDRESS.left, 90)) == 0  # 5 mm clear on the left of the address
    assert ink(page, Zone(ADDRESS.right, 40, 148, 105)) == 0
    mark = INDICIA_WITH_CACHET if look.cachet_placement == "within-indicia" else INDICIA
    edge = 0.3  # of the frame's line
    around = (
        Zone(FRANKING.left, 0, mark.left - edge, FRANKING.bottom),
        Zone(mark.right + edge, 0, FRANKING.right, FRANKING.bottom),
        Zone(FRANKING.left, 0, FRANKING.right, mark.top - edge),
        Zone(FRANKING.left, mark.bottom + edge, FRANKING.right, FRANKING.bottom + 5),
    )
    assert [ink(page, zone) for zone in around] == [0, 0, 0, 0]
    assert ink(page, mark) > 5000
    assert ink(page, ADDRESS) > 3000
    # All other ink is in the left half, and 5 mm from the edges.
    whole = ink(page, Zone(0, 0, 148, 105))
    grown = Zone(mark.left - edge, mark.top - edge, mark.right + edge, mark.bottom + edge)
    left = ink(page, Zone(5, 5, LEFT_HALF.right, LEFT_HALF.bottom))
    assert whole == left + ink(page, grown) + ink(page, ADDRESS)


@reads_text
def test_the_address_is_inside_its_zone_with_nothing_below(tmp_path):
    found = words(draw_card(LOOK, LONGEST), 0, tmp_path)
    right = [word for word in found if word[1] > 74 and word[2] > 40]
    assert "".join(word[0] for word in right) == "".join(LONGEST.address_lines).replace(" ", "")
    for _, left, top, end, bottom in right:
        assert left >= ADDRESS.left - 0.02
        assert end <= ADDRESS.right + 0.02
        assert top >= ADDRESS.top
        assert bottom <= ADDRESS.bottom
    lowest = max(word[2] for word in right)
    assert {word[0] for word in right if word[2] == lowest} == {"VOKIETIJA", "/", "GERMANY"}


@reads_text
def test_nothing_of_the_left_half_lies_on_anything_else(tmp_path):
    pdf = draw_card(LOOK, replace(LONGEST, message="Sveika, močiute! " * 17))
    found = [word for word in words(pdf, 0, tmp_path) if word[1] < 72]
    for at, (text, left, top, right, bottom) in enumerate(found):
        height = (bottom - top) * 0.3  # boxes are as high as the face's tallest letters; ink is not
        for other, o_left, o_top, o_right, o_bottom in found[at + 1 :]:
            apart = right <= o_left + 0.05 or o_right <= left + 0.05
            apart = apart or bottom - height <= o_top + height or o_bottom - height <= top + height
            assert apart, (text, other)


@pytest.mark.parametrize("sheet", ["a6", "a4-4up", "sra4-4up", "sra3-8up"])
@pytest.mark.parametrize("host", ["X.LT", "FARISCLOSE.EXAMPLE", "127.0.0.1:8000", "B" * 60 + ".EXAMPLE.ORG"])
def test_a_phone_reads_the_qr_at_300_dpi(host, sheet):
    face = replace(FACE, url=f"HTTPS://{host}/T/{CODE}")
    read = zxingcpp.read_barcodes(grey(draw_card(LOOK, face, sheet=sheet)))
    assert [found.text for found in read] == [face.url]


def test_modules_are_six_dots_at_300_dpi_and_the_quiet_zone_is_white():
    picture = grey(draw_card(LOOK, FACE))
    left, bottom = 6.0, 87.0
    size = 29 * 0.508
    quiet = 4 * 0.508 - 0.1
    whole = Zone(left - quiet, bottom - size - quiet, left + size + quiet, bottom + quiet)
    inner = Zone(left - 0.1, bottom - size - 0.1, left + size + 0.1, bottom + 0.1)
    assert ink(picture, whole) == ink(picture, inner) > 10_000
    # The finder in the upper left corner is seven modules of six dots.
    row = round((bottom - size + 0.25) * 300 / 25.4)
    start = round(left * 300 / 25.4)
    run = [is_dark(picture, x, row) for x in range(start - 3, start + 60)]
    assert sum(run[: run.index(True) + 48]) == pytest.approx(42, abs=1)


@pytest.mark.parametrize("sheet", ["a6", "sra4-4up"])
def test_every_font_is_embedded_and_helvetica_is_nowhere(sheet):
    pdf = draw_card(LOOK, replace(FACE, address_lines=("رنا", "תל אביב", "भारत", "ISRAEL")), sheet=sheet)
    file = opened(pdf)
    things = [thing for thing in file.objects if isinstance(thing, pikepdf.Dictionary)]
    fonts = [thing for thing in things if thing.get("/Type") == "/Font"]
    composite = [font for font in fonts if font.Subtype == "/Type0"]
    assert len(composite) == 4  # regular, bold, Arabic, Hebrew; Noto Sans has Devanagari
    for font in composite:
        (descendant,) = font.DescendantFonts
        assert len(descendant.FontDescriptor.FontFile2.read_bytes()) > 500
        assert "/ToUnicode" in font
    assert b"Helvetica" not in pdf
    assert all(font.BaseFont in {other.BaseFont for other in composite} for font in fonts)


@pytest.mark.parametrize(
    ("sheet", "media", "trim", "bleed"),
    [
        ("a6", (0, 0, 148, 105), (0, 0, 148, 105), (0, 0, 148, 105)),
        ("a4-4up", (0, 0, 210, 297), (0, 0, 210, 297), (0, 0, 210, 297)),
        ("sra4-4up", (0, 0, 225, 320), (4.5, 9, 220.5, 311), (1.5, 6, 223.5, 314)),
        ("sra3-8up", (0, 0, 320, 450), (9, 6, 311, 444), (6, 3, 314, 447)),
    ],
)
def test_boxes_are_on_every_page_and_exact(sheet, media, trim, bleed):
    file = opened(draw_card(LOOK, FACE, sheet=sheet))
    assert len(file.pages) == 2
    for page in file.pages:
        for name, box in (("/MediaBox", media), ("/TrimBox", trim), ("/BleedBox", bleed)):
            assert [float(edge) / MM for edge in page.obj[name]] == pytest.approx(box, abs=0.001)


def test_the_same_face_gives_the_same_bytes_whatever_was_drawn_before():
    first = draw_card(LOOK, FACE)
    draw_card(LOOKS["test"], LONGEST, sheet="sra3-8up")
    assert draw_card(LOOK, FACE) == first
    assert b"CreationDate" not in first


def test_black_is_black_ink_alone_on_the_right_half():
    pdf = draw_card(LOOKS["picture"], FACE)
    with opened(pdf) as file:
        content = file.pages[0].Contents.read_bytes()
    assert content.count(b"0 0 0 1 k") == 1
    assert not re.search(rb"\b(rg|RG|g|G|sc|scn|CS|cs)\b", re.sub(rb"BI.*?EI", b"", content, flags=re.DOTALL))


@reads_text
def test_letters_of_our_neighbours_are_in_the_text_layer(tmp_path):
    lines = ("Žydrūnė Ąžuolaitė Šįųčė", "Łukasz Gżegżółka", "вул. Ґонти, м. Київ, їжак є ʼ", "Ștefan Țurcanu, Iași",
             "Οδός Ελευθερίας", "Şebnem Çağlayan, İzmir ı", "GERMANY")  # fmt: skip
    text = text_of(draw_card(LOOK, replace(FACE, address_lines=lines)), 0, tmp_path, "-layout")
    for line in lines:
        assert line in re.sub(" +", " ", text)


@reads_text
def test_words_of_the_campaign_are_on_the_card(tmp_path):
    address, picture = (text_of(draw_card(LOOK, FACE), page, tmp_path) for page in (0, 1))
    for expected in ("ATVIRUKAS / CARTE POSTALE", "Ona Petraitienė", "A. Jakšto g. 12, LT-01105 Vilnius", "LIETUVA",
                     "PRIORITAIRE / PAR AVION", "TAXE PERÇUE", "Nr. 2026-0060", "Vilnius C. P.",
                     "No. 00042 / 10 000", "7K3M", "9QXT", "02ABC"):  # fmt: skip
        assert expected in address
    for expected in ("Far is Close", "Vilnius", "Café Strazdas", "No. 00042 / 10 000"):
        assert expected in picture
    assert "TEST" not in address + picture


@reads_text
@pytest.mark.parametrize(("name", "word"), [("test", "TEST"), ("practice", "PRACTICE")])
def test_a_card_that_is_not_real_says_so_on_both_sides(name, word, tmp_path):
    pdf = draw_card(LOOKS[name], FACE)
    for page in (0, 1):
        boxes = [found for found in words(pdf, page, tmp_path) if found[0] == word]
        assert len(boxes) == 1
        _, left, _, right, _ = boxes[0]
        assert right - left > (45 if page == 0 else 90)


@reads_text
def test_every_credit_is_named_however_many_there_are(tmp_path):
    names = tuple(f"Rėmėjas Numeris{number}" for number in range(24))
    text = text_of(draw_card(replace(LOOK, credits=names), FACE), 1, tmp_path).replace("\n", " ")
    assert all(re.search(rf"Numeris{number}\b", text) for number in range(24))


@reads_text
def test_every_line_of_the_return_address_is_printed(tmp_path):
    lines = tuple(f"Eilutė {number}" for number in "ABCDEF")
    text = text_of(draw_card(replace(LOOK, return_address=lines), FACE), 0, tmp_path)
    assert all(line in text for line in lines)


@pytest.mark.parametrize("edition", ["vilnius", "ukraine", "romania"])
def test_the_campaigns_we_ship_can_be_drawn(edition):
    look = look_of(load_edition(edition), slug=edition, cap=10_000, test=False)
    page = grey(draw_card(look, LONGEST))
    assert ink(page, CODING) == 0
    assert ink(page, Zone(0, 0, 74, 5)) == 0


def test_the_cachet_is_where_the_campaign_wants_it():
    cachet = {"left": Zone(43, 61, 69, 87), "within-indicia": Zone(95, 9, 118, 33)}
    for placement, zone in cachet.items():
        with_it = ink(grey(draw_card(LOOKS[placement], FACE)), zone)
        without = ink(grey(draw_card(LOOKS["picture"], FACE)), zone)
        assert with_it > 2.5 * max(without, 4000)
    plain, marked = (grey(draw_card(LOOKS[name], FACE), 1) for name in ("left", "picture"))
    assert plain.crop((200, 150, 500, 400)).tobytes() != marked.crop((200, 150, 500, 400)).tobytes()


@pytest.mark.parametrize(
    ("name", "mark", "cachet"), [("left", INDICIA, 0), ("within-indicia", INDICIA_WITH_CACHET, 25.6)]
)
def test_the_prepayment_words_have_their_three_hundred_square_millimetres(name, mark, cachet):
    dot = 25.4 / 300
    picture = grey(draw_card(LOOKS[name], FACE))
    # Down the margin of the text column only the two rules are met, and the words stand between them.
    x = round((mark.right - 1.7) / dot)
    met = [
        y
        for y in range(round((mark.top + 1) / dot), round((mark.bottom - 1) / dot))
        if is_dark(picture, x, y)
    ]
    above, below = met[0], met[-1]
    assert len(met) <= 8
    wide = mark.width - cachet - 3
    assert wide * (below - above) * dot >= 300
    words = Zone(mark.left + cachet + 1.5, above * dot + 0.5, mark.right - 1.5, below * dot - 0.5)
    assert ink(picture, words) > 3000
    assert 15 <= mark.height <= mark.width <= 50


def test_without_bleed_the_picture_keeps_a_white_frame_of_five_millimetres():
    page = grey(draw_card(LOOK, FACE), 1)
    assert ink(page, Zone(0, 0, 148, 4.9)) == 0
    assert ink(page, Zone(0, 0, 4.9, 105)) == 0
    assert ink(page, Zone(143.2, 0, 148, 105)) == 0
    assert ink(page, Zone(0, 100.2, 110, 105)) == 0  # the small number stands on the right
    assert ink(page, Zone(5, 5, 143, 100)) > 0.95 * 138 * 95 * (300 / 25.4) ** 2


def test_with_bleed_the_picture_runs_three_millimetres_over_the_edge():
    page = grey(draw_card(LOOK, FACE, sheet="sra3-8up"), 1)
    # The first card's back is in the right column of the first row: trimmed from x 163 and y 6 downward.
    assert ink(page, Zone(160.2, 3.2, 313.8, 113.8)) > 0.99 * 153.6 * 110.6 * (300 / 25.4) ** 2
    assert ink(page, Zone(164, 115, 300, 440)) == 0


def test_a_symbol_is_drawn_right_even_when_its_bits_look_like_the_end_of_an_image():
    size = 29
    chance = random.Random(2)
    rows = [chance.getrandbits(size) for _ in range(size)]
    inverted = int.from_bytes(b" EI ", "big") >> 3
    rows[4] = ~inverted & ((1 << size) - 1)
    operators = symbol(tuple(rows), size * 0.508)
    assert b"/F/AHx" in operators
    out = io.BytesIO()
    file = PdfFile(out)
    file.page(b"0 0 0 1 k\n" + operators, b"/MediaBox[0 0 419.528 297.638]/Resources<<>>")
    file.close(title="symbol")
    picture = grey(out.getvalue())
    for down, row in enumerate(rows):
        for right in range(size):
            x = (LEFT + (right + 0.5) * 0.508) * 300 / 25.4
            y = (QR_BOTTOM - (size - down - 0.5) * 0.508) * 300 / 25.4
            assert is_dark(picture, int(x), int(y)) == bool(row >> (size - 1 - right) & 1)


def test_a_face_that_cannot_be_set_is_refused():
    with pytest.raises(Invalid):
        draw_card(LOOK, replace(FACE, address_lines=("m" * 60,)))
    with pytest.raises(Invalid):
        draw_card(LOOK, replace(FACE, address_lines=("𓀀",)))
