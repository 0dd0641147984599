"""Every script is printed as HarfBuzz shapes it and as people read it."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
import uharfbuzz as hb

from postcards.paper.card import draw_card
from postcards.paper.fonts import FOLDER, typefaces
from postcards.paper.pdf_file import PdfFile
from postcards.paper.shaping import is_plain, shape_line
from postcards.paper.typesetting import Typesetter, text_width
from tests.paper.cards import FACE, LOOK, opened, text_of

SCRIPTS = {
    "arabic": ("محمد الحمراء", "NotoSansArabic_400Regular", "rtl"),
    "hebrew": ("שָׁלוֹם", "NotoSansHebrew_400Regular", "rtl"),
    "devanagari": ("रामेश्वर", "NotoSans_400Regular", "ltr"),
    "thai": ("ถนนสุขุมวิท", "NotoSansThai_400Regular", "ltr"),
    "georgian": ("თბილისი", "NotoSansGeorgian_400Regular", "ltr"),
    "armenian": ("Երևան", "NotoSansArmenian_400Regular", "ltr"),
}


def by_harfbuzz(text, face, direction):
    font = hb.Font(hb.Face(hb.Blob.from_file_path(str(FOLDER / f"{face}.ttf"))))
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = direction
    hb.shape(font, buffer, {})
    return [info.codepoint for info in buffer.glyph_infos]


def glyphs_on_the_card(line):
    file = opened(draw_card(LOOK, replace(FACE, address_lines=("Ona", line, "GERMANY"))))
    content = file.pages[0].Contents.read_bytes()
    ona, germany = (
        b"".join(b"%04X" % typefaces()["NotoSans_400Regular"].glyph(c) for c in w) for w in ("Ona", "GERMANY")
    )
    between = content[content.index(b"<" + ona + b">") + len(ona) + 2 : content.index(b"<" + germany + b">")]
    between = re.sub(rb"<FEFF[0-9A-F]*>", b"", between)  # the text they stand for
    return [
        int(code, 16)
        for codes in re.findall(rb"<([0-9A-F]+)>", between)
        for code in re.findall(rb"....", codes)
    ]


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_glyphs_in_the_file_are_harfbuzz_s_own(script):
    text, face, direction = SCRIPTS[script]
    expected = by_harfbuzz(text, face, direction)
    assert glyphs_on_the_card(text) == expected
    assert expected != by_harfbuzz(text[::-1], face, direction)


def test_arabic_letters_are_joined():
    isolated = [typefaces()["NotoSansArabic_400Regular"].glyph(letter) for letter in "محمد"]
    (run,) = shape_line("محمد")
    assert not set(isolated[:3]) & {glyph.number for glyph in run.glyphs}


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("شارع 12 ب", ["ب", "12", "شارع"]),
        ("רחוב הרצל 15", ["15", "רחובהרצל"]),
        ("Haifa 5, רחוב 12 א", ["Haifa5,", "א", "12", "רחוב"]),
        ("١٢٣ شارع", ["شارع", "١٢٣"]),
    ],
)
def test_runs_stand_in_the_order_in_which_they_are_seen(line, seen):
    texts = ("".join(cluster.text for cluster in run.clusters).replace(" ", "") for run in shape_line(line))
    assert [sorted(text) for text in texts if text] == [sorted(text) for text in seen]


def test_digits_keep_their_order_in_a_right_to_left_line():
    face = typefaces()["NotoSans_400Regular"]
    (numbers,) = (
        run for run in shape_line("شارع الحمراء 12") if run.typeface is face and len(run.glyphs) == 2
    )
    assert [glyph.number for glyph in numbers.glyphs] == [face.glyph("1"), face.glyph("2")]


@pytest.mark.needs("pdf-tools")
@pytest.mark.parametrize("script", SCRIPTS)
def test_shaped_words_can_be_searched_and_copied(script, tmp_path):
    word = "שלום" if script == "hebrew" else SCRIPTS[script][0].split()[0]
    out = io.BytesIO()
    file, letters = PdfFile(out), Typesetter()
    fonts = file.reserve()
    drawn = letters.line(word, x=10, y=50, size=12)
    file.page(drawn, b"/MediaBox[0 0 300 300]/Resources<</Font %d 0 R>>" % fonts)
    letters.write(file, fonts)
    file.close(title=word)
    text = re.sub("[\u202a-\u202e\u200e\u200f]", "", text_of(out.getvalue(), 0, tmp_path))
    assert text.split() == [word]


@pytest.mark.parametrize("text", ["Ąžuolas", "Київ", "Αθήνα", "Đặng", "№ 5 – “a”"])
def test_plain_text_takes_the_fast_way_and_gives_what_shaping_would(text):
    assert is_plain(text)
    (run, *more) = shape_line(text)
    assert not more or all(other.typeface is run.typeface for other in more)
    face = typefaces()["NotoSans_400Regular"]
    assert [glyph.number for each in (run, *more) for glyph in each.glyphs] == [
        face.glyph(letter) for letter in text
    ]


@pytest.mark.parametrize("text", ["Ṣalāh̩", "e\u0301"])
def test_combining_marks_are_shaped(text):
    assert not is_plain(text)
    assert text_width(text, 10) > 0


def test_two_moves_of_the_pen_do_not_run_into_one_number():
    drawn = Typesetter().line("שָׁלוֹם", x=0, y=0, size=10)
    assert b"<0060>" in drawn
    assert not re.search(rb"\d\.\d+[-.]", drawn)
