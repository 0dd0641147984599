"""The preflight passes what is right, on every sheet, and finds each fault that is planted, in words for the desk."""

from __future__ import annotations

import copy
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pypdfium2  # type: ignore[import-untyped]
import pytest
from PIL import Image

from postcards.paper.card import draw_card
from postcards.paper.fonts import typefaces
from postcards.paper.layout import Zone
from postcards.paper.own_picture import prepare_picture
from postcards.paper.pdf_file import PdfFile
from postcards.paper.preflight import NotFitToPrint, checked_card, preflight
from postcards.paper.preflight_card import back_faults, front_faults, shared_boxes
from postcards.paper.preflight_file import PrintFile
from postcards.paper.preflight_fonts import fonts_in, wrong_glyphs
from postcards.paper.preflight_page import Line, follow
from postcards.paper.preflight_pixels import office_scan, photograph, pixel_faults
from postcards.paper.run import Offset, draw_run
from postcards.paper.typesetting import MM, Typesetter
from postcards.rules.sheet import back_cell, plan, sheet_named
from tests.paper.cards import CODE, FACE, LOOK

LOOKS = {
    "left": LOOK,
    "within-indicia": replace(LOOK, cachet_placement="within-indicia"),
    "test": replace(LOOK, test=True),
}
MESSAGE = "Sveika, močiute! Labai pasiilgom. " * 5
ARABIC = ("محمد الأحمد (أبو علي)", "شارع الحمراء 12، الطابق 3", "بيروت Beirut 1103", "LEBANON")


def some_faces(count):
    for number in range(1, count + 1):
        code = f"{number:04d}" + CODE[4:]
        lines = ARABIC if number % 3 == 0 else FACE.address_lines
        yield replace(FACE, number=number, tracking_code=code, url=f"HTTPS://FARISCLOSE.EXAMPLE/T/{code}",
                      address_lines=lines, message=MESSAGE if number % 2 else None)  # fmt: skip


def drawn(faces, look=LOOK, **how):
    out = io.BytesIO()
    draw_run(look, faces, out=out, **how)
    return out


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("sheet", ["a6", "a4-4up", "sra4-4up", "sra3-8up"])
def test_what_is_right_passes_on_every_sheet(sheet, look):
    faces = list(some_faces(9))
    assert preflight(drawn(faces, LOOKS[look], sheet=sheet), LOOKS[look], faces, sheet=sheet, every=8) == []


@pytest.mark.parametrize("duplex", ["long-edge", "short-edge"])
@pytest.mark.parametrize("size", [(210, 297), (330, 297)], ids=["upright", "lying"])
def test_turned_cards_piles_and_printers_that_are_out_of_line_pass_too(duplex, size):
    sheet = plan(width=size[0], height=size[1], bleed=2)
    how = {"sheet": sheet, "duplex": duplex, "order": "stack", "offset": Offset(1.2, -0.7, 0.4, 2.0)}
    faces = list(some_faces(2 * sheet.cards + 1))
    file = drawn(faces, **how)
    assert preflight(file, LOOK, faces, every=3, **how) == []
    assert not file.closed


def test_a_place_left_blank_is_passed_over_and_what_stands_there_is_not():
    faces = [None if face.number in (1, 4) else face for face in some_faces(6)]
    assert preflight(drawn(faces, sheet="a4-4up"), LOOK, faces, sheet="a4-4up", every=1) == []
    faces = [*some_faces(3), None]
    found = preflight(drawn(list(some_faces(4)), sheet="a4-4up"), LOOK, faces, sheet="a4-4up")
    assert {(fault.number, fault.check) for fault in found} == {(None, "place")}


def test_a_file_on_disk_is_read_from_there(tmp_path):
    file = tmp_path / "run.pdf"
    file.write_bytes(drawn([FACE], sheet="a6").getvalue())
    assert preflight(file, LOOK, [FACE], sheet="a6") == []


@pytest.mark.parametrize(
    ("change", "checks"),
    [
        ({"number": 43}, {"number"}),
        ({"tracking_code": "7K3M9QXT02ABD"}, {"code", "qr"}),
        ({"url": f"HTTPS://FARISCLOSE.EXAMPLE/T/{CODE[:-1]}D"}, {"qr", "scan"}),
        ({"address_lines": ("Jonas Petraitis", "Hauptstraße 6", "10115 Berlin", "VOKIETIJA / GERMANY")},
         {"words", "reference"}),
        ({"address_lines": ("Jonas Petraitis", "Hauptstraße 5", "10115 Berlin", "LATVIJA / LATVIA")},
         {"words", "country", "reference"}),
        ({"sender_name": "Ona Petraitiene"}, {"words", "reference"}),
        ({"sender_name": None}, {"words", "reference"}),
        ({"message": "Labas"}, {"words", "reference"}),
    ],
)  # fmt: skip
def test_a_card_that_is_not_what_was_registered_is_named(change, checks):
    faces = [FACE, replace(FACE, **change)]
    found = preflight(drawn([FACE, FACE], sheet="a6"), LOOK, faces, sheet="a6")
    assert {fault.check for fault in found} == checks
    assert {fault.number for fault in found} == {faces[1].number}
    assert all("Petraitis" not in fault.why for fault in found)


@pytest.mark.parametrize(
    ("how", "check"),
    [
        ({"sheet": "sra4-4up"}, "boxes"),
        ({"duplex": "short-edge"}, "place"),
        ({"order": "stack"}, "number"),
        ({"offset": Offset(front_x=0.5)}, "place"),
        ({"offset": Offset(back_y=-0.5)}, "place"),
    ],
    ids=["sheet", "duplex", "order", "front", "back"],
)
def test_cards_that_are_not_in_their_place_are_found(how, check):
    faces = list(some_faces(8))
    found = preflight(drawn(faces, sheet="a4-4up"), LOOK, faces, every=1000, **({"sheet": "a4-4up"} | how))
    assert check in {fault.check for fault in found}


def test_a_page_too_many_or_too_few_is_found():
    faces = list(some_faces(3))
    file = drawn(faces, sheet="a6")
    assert [fault.check for fault in preflight(file, LOOK, faces[:2], sheet="a6")] == ["pages"]
    (fault,) = preflight(file, LOOK, [*faces, faces[0]], sheet="a6")
    assert (fault.number, fault.check) == (None, "pages")


@pytest.mark.parametrize("part", [0.2, 0.5, 0.97, 1.0])
def test_a_file_that_was_cut_off_or_altered_is_found(part):
    faces = list(some_faces(5))
    whole = drawn(faces, sheet="a6").getvalue()
    cut = whole[: int(len(whole) * part) - 3]
    (fault,) = preflight(io.BytesIO(cut), LOOK, faces, sheet="a6")
    assert (fault.number, fault.check) == (None, "file")
    at = int(len(whole) * part * 0.9)
    while whole[at : at + 9] != b">>stream\n":
        at -= 1
    altered = bytearray(whole)
    altered[at + 20] ^= 0x55
    assert preflight(io.BytesIO(bytes(altered)), LOOK, faces, sheet="a6")


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_an_edition_s_picture_must_be_whole(kind):
    made = io.BytesIO()
    Image.effect_noise((1819, 1311), 60).save(made, kind)
    look = replace(LOOK, picture=prepare_picture(made.getvalue()))
    whole = drawn([FACE], look, sheet="a6").getvalue()
    assert preflight(io.BytesIO(whole), look, [FACE], sheet="a6") == []
    at = whole.index(b"/Subtype/Image")
    cut = bytearray(whole)
    cut[at + 5000 : at + 5100] = bytes(100)
    found = preflight(io.BytesIO(bytes(cut)), look, [FACE], sheet="a6")
    assert [(fault.number, fault.check) for fault in found] == [(None, "file")]


def test_what_is_no_pdf_at_all_is_told_so():
    for nothing in (b"", b"%PDF-1.6\n", b"<html>startxref\n3\n%%EOF\n"):
        (fault,) = preflight(io.BytesIO(nothing), LOOK, [FACE], sheet="a6")
        assert fault.check == "file"


def taken_apart(pdf, look=LOOK):
    file = PrintFile(io.BytesIO(pdf))
    front, back = file.pages()
    letters = fonts_in(file, front["Resources"])
    shared = follow(file.content(front["Resources"]["XObject"]["A"])[1], letters.__getitem__)
    blocks = [follow(file.content(page["Contents"])[1], letters.__getitem__)[0] for page in (front, back)]
    return *blocks, shared_boxes(look, [line for block in shared for line in block.lines]), letters


def moved(line: Line, x=0.0, y=0.0):
    line.x, line.y = line.x + x * MM, line.y + y * MM


def bigger(block):
    for line in block.lines[:4]:
        line.size, line.width = line.size * 1.2, line.width * 1.2


PLANTED = {
    "too far to the left": (lambda block: moved(block.lines[0], x=-1), {"address"}),
    "too far to the right": (lambda block: moved(block.lines[3], x=20), {"address"}),
    "below its place": (lambda block: [moved(line, y=-28) for line in block.lines[:4]], {"address"}),
    "two lines on one": (lambda block: moved(block.lines[2], y=4.6), {"address"}),
    "too large": (bigger, {"address"}),
    "another size in one line": (lambda block: setattr(block.lines[1], "size", 9.5), {"address"}),
    "a line left out": (lambda block: block.lines.pop(1), {"words"}),
    "no country": (lambda block: block.lines.pop(3), {"words", "country"}),
    "the country first": (lambda block: block.lines.insert(0, block.lines.pop(3)), {"address", "words", "country"}),
    "a letter less": (lambda block: block.lines[0].codes.pop(), {"words"}),
    "no QR": (lambda block: block.symbols.clear(), {"qr"}),
    "two QRs": (lambda block: block.symbols.append(block.symbols[0]), {"qr", "overlap"}),
    "a QR too small": (lambda block: setattr(block.symbols[0], "width", 30), {"qr"}),
    "the QR in the coding zone": (lambda block: setattr(block.symbols[0], "y", 40), {"zone"}),
    "the number on the QR": (lambda block: moved(block.lines[4], y=-6), {"overlap"}),
    "the code on the cachet": (lambda block: moved(block.lines[6], x=20), {"overlap"}),
    "the sender on the heading": (lambda block: moved(block.lines[8], y=5.4), {"overlap"}),
    "the code in the address": (lambda block: moved(block.lines[6], x=70), {"address", "words", "country", "code"}),
    "the number below the left half": (lambda block: moved(block.lines[4], y=-27), {"zone"}),
}  # fmt: skip


@pytest.mark.parametrize("fault", PLANTED)
def test_what_stands_where_it_should_not_is_found_by_the_numbers(fault):
    front, _, taken, _ = taken_apart(draw_card(LOOK, FACE))
    assert list(front_faults(LOOK, FACE, front, taken)) == []
    spoilt = copy.deepcopy(front)
    plant, checks = PLANTED[fault]
    plant(spoilt)
    found = {check for check, _ in front_faults(LOOK, FACE, spoilt, taken)}
    assert checks <= found


def test_a_single_card_is_looked_at_before_it_is_given_away():
    assert checked_card(LOOK, FACE) == draw_card(LOOK, FACE)
    with pytest.raises(NotFitToPrint, match=r"QR.*Please tell the desk"):
        checked_card(LOOK, replace(FACE, tracking_code="7K3M9QXT02ABD"))


def test_several_kiosks_at_once_get_their_cards():
    faces = list(some_faces(8))
    with ThreadPoolExecutor(4) as kiosks:
        cards = list(kiosks.map(lambda face: checked_card(LOOK, face), faces))
    assert cards == [draw_card(LOOK, face) for face in faces]


def test_a_misfeed_is_found_by_the_number_on_the_back():
    _, back, _, _ = taken_apart(draw_card(LOOK, FACE))
    assert list(back_faults(LOOK, FACE, back)) == []
    ((check, _),) = back_faults(LOOK, replace(FACE, number=41), back)
    assert check == "number"


def test_glyphs_that_are_not_in_the_file_or_not_ours_are_found():
    *_, letters = taken_apart(draw_card(LOOK, FACE))
    font = letters["NotoSans_400Regular"]
    face = typefaces()[font.name]
    right, foreign = face.glyph("J"), face.glyph("Ж")
    assert list(wrong_glyphs(font, iter([right]))) == []
    assert list(wrong_glyphs(font, iter([right, 0, foreign]))) == [0, foreign]
    assert list(wrong_glyphs(replace(font, program=b""), iter([right]))) == [right]
    wider = replace(font, widths={right: font.widths[right] + 5})
    assert list(wrong_glyphs(wider, iter([right]))) == [right]


CELL = sheet_named("a6").cells[0]
AROUND_QR = Zone(4, 68, 24, 90)


def looked_at(pdf, face, look=LOOK):
    front, *_ = taken_apart(pdf, look)
    with pypdfium2.PdfDocument(pdf) as document:
        return {check for check, _ in pixel_faults(look, face, front, CELL, document[0])}


def page_with(operators):
    """A page with nothing but `operators` on it, drawn by a function of a typesetter."""
    out = io.BytesIO()
    file, letters = PdfFile(out), Typesetter()
    fonts = file.reserve()
    content = b"q 1 0 0 1 0 0 cm 0 0 0 1 k\n" + operators(letters) + b"Q\n"
    boxes = b"/MediaBox[0 0 419.528 297.638]"
    file.page(content, boxes + b"/Resources<</Font %d 0 R>>" % fonts)
    letters.write(file, fonts)
    file.close(title="")
    front = follow(content, fonts_in(PrintFile(out), next(PrintFile(out).pages())["Resources"]).__getitem__)[
        0
    ]
    return out.getvalue(), front


SPECKS = {
    "coding zone": (60, 100, "zone"),
    "beside the indicia": (80, 20, "zone"),
    "left of the address": (75.5, 70, "zone"),
    "right of the address": (140, 60, "zone"),
    "above the address": (100, 42, "zone"),
    "in the address": (120, 60, "reference"),
    "below the address": (120, 80, "zone"),
}


@pytest.mark.parametrize("place", SPECKS)
def test_a_speck_where_nothing_belongs_is_seen(place):
    x, y, check = SPECKS[place]
    lines = FACE.address_lines

    def operators(letters, *, speck=True):
        dot = b"%.2f %.2f 1.4 1.4 re f\n" % (x * MM, (105 - y) * MM) if speck else b""
        return dot + b"".join(
            letters.line(line, x=79 + (0.28 if at == 0 else 0), y=55 - 4.6 * at, size=10)
            for at, line in enumerate(lines)
        )

    for speck in (False, True):
        pdf, front = page_with(lambda letters, speck=speck: operators(letters, speck=speck))
        face = replace(FACE, sender_name=None)
        with pypdfium2.PdfDocument(pdf) as document:
            found = {found for found, _ in pixel_faults(LOOK, face, front, CELL, document[0])}
        assert (check in found) if speck else not found


def test_a_qr_that_no_phone_reads_is_seen():
    pdf = draw_card(LOOK, FACE)
    assert looked_at(pdf, FACE) == set()
    assert looked_at(pdf, replace(FACE, url=FACE.url[:-1] + "X")) == {"qr", "scan"}


def test_a_simulated_scan_is_worse_than_the_page_and_always_the_same():
    with pypdfium2.PdfDocument(draw_card(LOOK, FACE)) as document:
        page = photograph(document[0], CELL, AROUND_QR, 200).grey
    scanned = office_scan(page)
    assert scanned.tobytes() == office_scan(page).tobytes()
    assert min(scanned.tobytes()) > min(page.tobytes()) + 10
    assert max(scanned.tobytes()[:100]) < 255


def test_a_card_is_found_upright_wherever_it_lies():
    sheet = plan(width=210, height=297, bleed=0)
    turned = sheet.cells[0]
    pdf = draw_card(LOOK, FACE, sheet=sheet)
    alone = draw_card(LOOK, FACE)
    with pypdfium2.PdfDocument(pdf) as one, pypdfium2.PdfDocument(alone) as other:
        for page, cell in ((0, turned), (1, back_cell(sheet, turned, "long-edge"))):
            seen = photograph(one[page], cell, AROUND_QR, 150)
            wanted = photograph(other[page], CELL, AROUND_QR, 150)
            assert abs(seen.ink(AROUND_QR) - wanted.ink(AROUND_QR)) < 0.1 * wanted.ink(AROUND_QR) + 20
