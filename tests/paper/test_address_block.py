"""An address fits in full, or is refused with its line named: never clipped, never too small."""

from __future__ import annotations

import re

import pytest

from postcards.errors import Invalid
from postcards.paper.address_block import (
    DoesNotFit,
    fit_address,
    fit_message,
    fit_sender,
    missing_characters,
)
from postcards.paper.entry import check_entry
from postcards.paper.fonts import NoSuchCharacter, folder_of
from postcards.paper.typesetting import overhang, text_width


def ink_width(line, size):
    return text_width(line, size) + overhang(line) * size / 1000 * 25.4 / 72


def test_a_short_address_is_set_at_ten_points():
    lines = ("Jonas Petraitis", "Hauptstraße 5", "10115 Berlin", "VOKIETIJA / GERMANY")
    assert fit_address(lines) == type(fit_address(lines))(10.0, lines)


def test_a_longer_line_steps_the_whole_block_down_before_it_is_broken():
    sizes = set()
    line = "i"
    while (block := fit_address(["Ona", line])).lines == ("Ona", line):
        assert ink_width(line, block.size_pt) <= 54
        sizes.add(block.size_pt)
        line += "i" if len(line) % 9 else " "
    assert sizes == {10.0, 9.8, 9.6, 9.4, 9.2}
    assert block.size_pt == 9.2
    assert len(block.lines) == 3


def test_lines_are_broken_at_spaces_and_lose_no_word():
    lines = ["Prof. Dr. Maximiliane Wilhelmine von und zu Guttenberg-Hohenlohe", "Straße 1", "GERMANY"]
    block = fit_address(lines)
    assert " ".join(block.lines) == " ".join(lines)
    assert all(ink_width(line, block.size_pt) <= 54 for line in block.lines)
    assert block.size_pt == 9.2


def test_seven_lines_are_taken_and_eight_refused():
    assert len(fit_address(["Ona"] * 7).lines) == 7
    with pytest.raises(DoesNotFit) as refusal:
        fit_address(["Ona"] * 8)
    assert refusal.value.faults[0].code == "too_many_lines"
    assert "8 lines" in refusal.value.faults[0].message


def test_breaking_lines_into_more_than_seven_is_refused():
    with pytest.raises(DoesNotFit, match="room for 7"):
        fit_address(["Ona", "viena dvi trys keturios " * 10, "GERMANY"])


def test_a_word_that_cannot_fit_is_refused_and_its_line_named():
    word = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
    with pytest.raises(DoesNotFit) as refusal:
        fit_address(["Ona Jones", f"5 {word} Road", "GREAT BRITAIN"])
    (fault,) = refusal.value.faults
    assert (fault.field, fault.code) == ("address_lines.1", "word_too_long")
    assert "Line 2" in fault.message
    assert word in fault.message


def test_the_limit_is_54_mm_at_nine_point_two():
    word = ""
    while text_width(word + "i", 9.2) <= 54:
        word += "i"
    assert fit_address([word]).size_pt == 9.2
    with pytest.raises(DoesNotFit):
        fit_address([word + "i"])


def test_a_j_that_stands_out_to_the_left_is_counted():
    assert overhang("Jonas") > 0 == overhang("Ona")


def test_characters_without_a_font_are_named():
    assert missing_characters("Ona 𓀀 Petraitienė 𓀀𓃭") == ["𓀀", "𓃭"]
    with pytest.raises(NoSuchCharacter, match="EGYPTIAN HIEROGLYPH A001"):
        fit_address(["Ona 𓀀"])


@pytest.mark.parametrize(
    "text",
    ["ąčęėįšųūž ĄČĘĖĮŠŲŪŽ", "ąćęłńóśźż", "ґєії ʼ’ Ґ", "șțăâî ȘȚ", "Ελλάδα Άγιος", "ğışİöü", "Việt Nam Đặng",
     "שלום", "مرحبا ١٢٣", "भारत", "ประเทศไทย", "საქართველო", "Հայաստան", "№ 5 – “a” · ½"],
)  # fmt: skip
def test_these_scripts_can_be_printed(text):
    assert missing_characters(text) == []


def test_a_message_is_made_smaller_and_then_refused():
    assert fit_message("Sveika!").size_pt == 9.0
    assert fit_message("Sveika, močiute! " * 15).size_pt < 9
    with pytest.raises(DoesNotFit) as refused:
        fit_message("Sveika, močiute! " * 60)
    (fault,) = refused.value.faults
    assert re.search(
        r"takes \d\d lines on the card, and there is room for 7.*by about \d{3} letters", fault.message
    )
    with pytest.raises(DoesNotFit, match="a word that is longer"):
        fit_message("m" * 80)


def test_a_sender_with_a_long_name_gets_two_small_lines_and_not_three():
    assert fit_sender("Ona Petraitienė").size_pt == 6.8
    long = fit_sender("Wilhelmine Maximiliane Antonia " * 3 + "Ona")
    assert (long.size_pt, len(long.lines)) == (5.0, 2)
    with pytest.raises(Invalid, match="sender"):
        fit_sender("Maria " * 40)


def test_every_faulty_field_of_an_entry_is_named_at_once():
    faults = check_entry(["Ona", "m" * 60], "Maria " * 40, "word " * 500)
    assert [fault.field for fault in faults] == ["address_lines.1", "sender.name", "message"]
    assert check_entry(["Ona", "Hauptstraße 5", "GERMANY"], "Jonas", None) == []


@pytest.mark.parametrize("character", list("木さ김অதአ"))
def test_an_extra_s_character_is_printed_with_it_and_refused_without_it_by_name(character):
    extra = "cjk" if character in "木さ김" else "world"
    faults = check_entry([character, "GERMANY"], "Jonas", None)
    if folder_of(extra).is_dir():
        assert faults == []
    else:
        (fault,) = faults
        assert (fault.field, fault.code) == ("address_lines.0", "no_font")
        assert f"“{character}” (" in fault.message
        assert f"needs the extra “{extra}”" in fault.message


def test_chinese_and_japanese_lines_are_broken_between_characters():
    if not folder_of("cjk").is_dir():
        assert check_entry(["東京", "JAPAN"], "Jonas", None)
        return
    block = fit_address(["東京都千代田区丸の内二丁目七番二号(JPタワー)十五階営業部。", "JAPAN"])
    assert "".join(block.lines[:-1]) == "東京都千代田区丸の内二丁目七番二号(JPタワー)十五階営業部。"
    assert all(ink_width(line, block.size_pt) <= 54 for line in block.lines)
    assert not [line for line in block.lines if line[0] in "。)ー" or line[-1] == "("]
    with pytest.raises(DoesNotFit):
        fit_address(["金" * 200])
