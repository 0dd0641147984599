"""Every country of the world and every script: printed as its people write it, or refused with the reason; never a
box, a question mark, reversed or unshaped, held on pixels against a second drawing that knows nothing of ours."""

from __future__ import annotations

import io
import unicodedata
from dataclasses import replace

import pypdfium2  # type: ignore[import-untyped]
import pytest

from postcards.paper.address_block import fit_address
from postcards.paper.entry import check_entry
from postcards.paper.fonts import regular, typeface_for
from postcards.paper.layout import ADDRESS, ADDRESS_FIRST_BASELINE, ADDRESS_LEADING
from postcards.paper.pdf_file import PdfFile
from postcards.paper.preflight import preflight
from postcards.paper.preflight_file import PrintFile
from postcards.paper.preflight_fonts import fonts_in
from postcards.paper.preflight_page import follow
from postcards.paper.preflight_pixels import pixel_faults
from postcards.paper.run import draw_run
from postcards.paper.shaping import is_plain, missing_characters, shape_line
from postcards.paper.typesetting import MM, Typesetter, overhang
from postcards.rules.address_data import countries
from postcards.rules.sheet import sheet_named
from tests.paper.cards import FACE, LOOK
from tests.paper.world import addresses, as_printed, faults

WORLD = {country: as_printed(*entry) for country, entry in addresses().items()}
PRINTABLE = {country: lines for country, lines in WORLD.items() if not any(map(missing_characters, lines))}


def test_the_table_has_every_country_and_the_rules_take_every_address():
    assert set(WORLD) == set(countries())
    assert {
        country: found for country, (_, address) in addresses().items() if (found := faults(address))
    } == {}


def test_an_address_fits_or_is_refused_for_want_of_an_extra_that_is_named():
    for country, lines in WORLD.items():
        found = check_entry(lines, "Ona Petraitienė", None)
        if country in PRINTABLE:
            assert found == [], country
            assert 3 <= len(fit_address(lines).lines) <= 7, country
        else:
            assert {fault.code for fault in found} == {"no_font"}, country
            extras = [
                extra
                for extra in ("“cjk”", "“world”")
                if all(f"extra {extra}" in each.message for each in found)
            ]
            assert len(extras) == 1, country


@pytest.mark.parametrize("shaped", [True, False], ids=["shaped", "letter by letter"])
def test_all_of_them_are_printed_as_a_second_drawing_has_them(shaped):
    chosen = [
        replace(FACE, number=number, country=country, address_lines=lines, sender_name=lines[0])
        for number, (country, lines) in enumerate(PRINTABLE.items(), start=1)
        if shaped != all(map(is_plain, lines))
    ]
    assert len(chosen) > 25
    out = io.BytesIO()
    draw_run(LOOK, chosen, sheet="sra3-8up", out=out)
    assert preflight(out, LOOK, chosen, sheet="sra3-8up", every=2 if shaped else 16) == []
    assert len(out.getvalue()) / len(chosen) < 4000


LONG = {
    "the longest legal lines": ("Prof. Dr. Maximiliane Wilhelmine von und zu Guttenberg-Hohenlohe",
                                "Bürgermeister-Dr.-Wilhelm-Kaiser-Straße 112 b, Hinterhaus links", "07743 Jena-Ost",
                                "VOKIETIJA / GERMANY"),
    "a town of forty-five letters": ("Zoë L’Hôpital", "2, rue de l’Église",
                                     "51290 Saint-Remy-en-Bouzemont-Saint-Genest-et-Isson", "FRANCE"),
    "seven lines": ("محمد الأحمد", "Αλέξανδρος", "Ґалаґан Їжакевич", "श्री रामेश्वर", "გიორგი", "Երևան", "GERMANY"),
    "scripts in one line": ("Anna Αννα Анна אנה آنا", "12 рум. 3 אבג 45 abc", "ქუჩა 7, улица 8, οδός 9",
                            "ถนน 10 गली 11", "BELGIUM"),
    "numbers among right to left": ("٣٤ شارع ١٢-٥٦ (ب)", "דירה 3א, רח' 12/34-5", "ص.ب. 11-2345، 6.7%",
                                    "1,234 א.ב 5:6", "LEBANON"),
    "every mark": ("ẤẦẪẨẬ ỸỲỴỶỹỳỵỷ", "ŐőŰű ĶķĻļŅņ ŽžŠšČč", "Ǩǩ Ǧǧ Ʒʒ Ǯǯ Ĳĳ ſ ß ẞ",
                   "e\u0301\u0323 q\u0303 M\u0302", "אִבָּ עַּ", "भ्र", "NORWAY"),
}  # fmt: skip


def test_the_longest_the_fullest_and_the_most_mixed_are_printed_right():
    faces = [
        replace(FACE, number=number, address_lines=lines)
        for number, lines in enumerate(LONG.values(), start=1)
    ]
    assert [check_entry(face.address_lines, "Ona", None) for face in faces] == [[]] * len(faces)
    out = io.BytesIO()
    draw_run(LOOK, faces, sheet="a4-4up", out=out)
    assert preflight(out, LOOK, faces, sheet="a4-4up", every=1) == []


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (("Ona", "W" * 40, "GERMANY"), "word_too_long"),
        (("Ona", "Taumatawhakatangihangakoauauotamateaturi", "NEW ZEALAND"), "word_too_long"),
        (
            ("Ona", "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch", "GREAT BRITAIN"),
            "word_too_long",
        ),
        (("Ona", "ถนน" * 20, "THAILAND"), "word_too_long"),
        (("Ona", *["Hauptstraße"] * 6, "GERMANY"), "too_many_lines"),
    ],
    ids=["forty wide letters", "forty letters", "Llanfair", "Thai without a space", "eight lines"],
)
def test_what_cannot_fit_is_refused_and_its_place_named(lines, code):
    (fault,) = check_entry(lines, "Ona", None)
    assert fault.code == code
    assert fault.field in ("address_lines.1", "address_lines")
    assert "shorten" in fault.message


# One line of each script of the standard installation, and of the extras that are here.
LINES = {
    "latin": "Đặng Şebnem Łukasz Žydrūnė",
    "greek": "Ελληνικής Δημοκρατίας 15",
    "cyrillic": "Ґалаґан Їжакевич-Щербина",
    "arabic": "محمد الأحمد، شارع 12",
    "hebrew": "רחוב הרצל 15, תל אביב",
    "devanagari": "रामेश्वर प्रसाद त्रिपाठी",
    "thai": "ซอยน้ำผึ้ง ที่ปิ่นเกล้า",
    "georgian": "რუსთაველის გამზირი",
    "armenian": "Արմեն Հարությունյան",
    "chinese": "广东省深圳市南山区",
    "japanese": "東京都千代田区丸の内",
    "korean": "서울특별시 종로구",
    "bengali": "ধানমন্ডি আবাসিক এলাকা",
    "tamil": "கார்த்திகேயன் சாலை",
    "ethiopic": "አዲስ አበባ ቦሌ መንገድ",
}
LINES = {script: line for script, line in LINES.items() if not missing_characters(line)}
FAULTS = ("reversed", "unshaped", "boxes", "question marks", "one letter a box", "one letter less")


def spoilt(line, fault, right, settle):
    """Operators that draw `line` wrongly at the place where `right` draws it well."""
    place = right[right.index(b" Tf ") + 4 : right.index(b" Td")]
    glyphs = [glyph.number for run in shape_line(line) for glyph in run.glyphs]
    faces = [typeface_for(letter) or regular() for letter in line]
    face = next((each for each in faces if each is not regular()), regular())

    def drawn(numbers, by=face):
        codes = b"".join(b"%04X" % number for number in numbers)
        return b"BT /%b 10 Tf %b Td <%b> Tj ET\n" % (by.name.encode(), place, codes)

    letters = [letter for letter in line if not unicodedata.combining(letter)]
    if fault == "reversed":
        return drawn(glyphs[::-1])
    if fault == "unshaped":  # in the order of typing and each letter by itself, as a careless program would
        return drawn([face.glyph(letter) or 0 for letter in line])
    if fault == "boxes":
        return drawn([0] * len(letters))
    if fault == "question marks":
        return drawn([regular().glyph("?")] * len(letters), by=regular())
    words = line.split(" ")
    if fault == "one letter less":
        return settle(" ".join([words[0][:-1], *words[1:]]))
    middle = len(glyphs) // 2
    return drawn([*glyphs[:middle], 0, *glyphs[middle + 1 :]])


def is_shaped(line):
    """Whether shaping changes or moves anything: it does not in Latin, nor in Chinese."""
    shaped = [(glyph.number, glyph.dx, glyph.dy) for run in shape_line(line) for glyph in run.glyphs]
    return shaped != [((typeface_for(letter) or regular()).glyph(letter), 0, 0) for letter in line]


def page_with_line(line, fault):
    out = io.BytesIO()
    file, letters = PdfFile(out), Typesetter()
    fonts = file.reserve()

    def settle(text):
        x = ADDRESS.left + overhang(text) * 10 / 1000 / MM
        return letters.line(text, x=x, y=105 - ADDRESS_FIRST_BASELINE, size=10)

    right = settle(line)
    country = letters.line(
        "GERMANY", x=ADDRESS.left, y=105 - ADDRESS_FIRST_BASELINE - ADDRESS_LEADING, size=10
    )
    for letter in (*line, "?"):  # so that even a wrong glyph is in the file, and is seen
        settle(letter)
    content = (
        b"q 1 0 0 1 0 0 cm 0 0 0 1 k\n"
        + (spoilt(line, fault, right, settle) if fault else right)
        + country
        + b"Q\n"
    )
    file.page(content, b"/MediaBox[0 0 419.528 297.638]/Resources<</Font %d 0 R>>" % fonts)
    letters.write(file, fonts)
    file.close(title="")
    read = PrintFile(out)
    own = fonts_in(read, next(read.pages())["Resources"])
    (block,) = follow(content, own.__getitem__)
    return out.getvalue(), block


@pytest.mark.parametrize("script", LINES)
def test_a_line_that_is_wrong_on_paper_is_seen_whatever_its_script(script):
    line = LINES[script]
    face = replace(FACE, address_lines=(line, "GERMANY"), sender_name=None)
    for fault in (None, *FAULTS):
        if fault == "unshaped" and not is_shaped(line):
            continue
        pdf, block = page_with_line(line, fault)
        with pypdfium2.PdfDocument(pdf) as document:
            found = [
                check for check, _ in pixel_faults(LOOK, face, block, sheet_named("a6").cells[0], document[0])
            ]
        assert ("reference" in found) if fault else not found, fault
