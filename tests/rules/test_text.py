"""What people type stays as typed, or is refused by name."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postcards.rules.text import _EVERYDAY, _wrong, clean, faults_in, is_blank


def code(text: str, **more) -> str | None:
    faults = faults_in(text, field="f", **({"max_length": 100} | more))
    assert all(fault.field == "f" for fault in faults)
    return faults[0].code if faults else None


@pytest.mark.parametrize(
    "text",
    [
        "Ona Petraitienė",
        "Şelari ș ț",
        "Ґанна Їжакевич-Ємець ʼ’'",
        "№ 5, c/o Anna & Co. (2°) – „Namai“ ©",
        "שלום",
        "علی‌رضا",  # with the joiner that Persian spelling needs
        "क्षि",
        "東京都千代田区",
        "Nguyễn Thị Ánh",
        "Ỗ",
        "ሰላም",
        "𠮷野",  # a name written outside the basic plane
    ],
)
def test_names_of_the_world_are_welcome(text: str) -> None:
    assert code(clean(text)) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "blank"),
        (" \u00a0\u3000 ", "blank"),
        ("\u3164", "blank"),
        ("\u200d", "blank"),
        ("x" * 101, "too_long"),
        ("a\nb", "newline"),
        ("a\r\n", "newline"),
        ("a\u2028b", "newline"),
        ("a\u0085b", "newline"),
        ("a\tb", "control_character"),
        ("a\x00b", "control_character"),
        ("a\x7fb", "control_character"),
        ("a\ud800b", "surrogate"),
        *((f"a{chr(point)}b", "bidi_control") for point in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))),
        ("Ona ❤", "emoji"),
        ("Ona 😀", "emoji"),
        ("🇱🇹", "emoji"),
        ("1\ufe0f\u20e3", "emoji"),
        ("⌚", "emoji"),
        ("a\u200bb", "unprintable"),
        ("a\u00adb", "unprintable"),
        ("a\ufeffb", "unprintable"),
        ("a\ue000b", "unprintable"),
        ("a\uffffb", "unprintable"),
        ("a\u0378b", "unprintable"),
        ("a" + "\u0316" * 6, "unprintable"),
    ],
)
def test_what_cannot_be_printed_is_named(text: str, expected: str) -> None:
    assert code(clean(text)) == expected


def test_the_place_of_the_sign_is_told_and_the_sign_itself_is_not_repeated() -> None:
    [fault] = faults_in("Ona\u202e", field="sender.name", max_length=100)
    assert fault.field == "sender.name"
    assert "Character 4 (U+202E)" in fault.message
    assert "\u202e" not in fault.message


def test_only_outer_spaces_and_nfc_are_altered() -> None:
    assert clean("  Ona\u00a0  Rūta\u2003") == "Ona\u00a0  Rūta"
    assert clean("e\u0307") == "ė"
    assert clean("Ona\n") == "Ona\n"


def test_a_field_that_may_be_empty_may_be_empty_but_not_wrong() -> None:
    assert code("", required=False) is None
    assert code("\n", required=False) == "newline"


def test_the_longest_text_that_fits_fits() -> None:
    assert code("ė" * 100) is None
    assert code("ė" * 101) == "too_long"


@given(st.text(st.characters(codec=None), max_size=120))
def test_any_text_is_answered_and_what_passes_can_be_printed(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    if code(cleaned) is None:
        assert not is_blank(cleaned)
        assert {unicodedata.category(letter) for letter in cleaned}.isdisjoint(
            {"Cc", "Cs", "Cn", "Co", "Zl", "Zp"}
        )
        cleaned.encode("utf-8")


def test_signs_that_are_looked_at_together_are_right_each_by_itself() -> None:
    everyday = [sign for sign in map(chr, range(0x20000)) if _EVERYDAY.fullmatch(sign)]
    assert {"a", "ė", "Ґ", "°"} < set(everyday)
    assert not {"\u00ad", "\u00a0", "\u0301", "\u0488", "\u2603"} & set(everyday)
    for sign in everyday:
        assert _wrong(sign) is None
        assert not unicodedata.combining(sign)
        assert is_blank(sign) == (sign == " ")
