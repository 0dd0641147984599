"""A mistyped code is noticed, and a code tells nothing."""

from __future__ import annotations

import string
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postcards.rules import tracking_code as codes

letters = st.sampled_from(codes.ALPHABET)
bodies = st.text(letters, min_size=12, max_size=12)


def whole(body: str) -> str:
    return body + codes.check_character(body)


def test_the_alphabet_is_crockfords_and_fits_the_alphanumeric_mode_of_a_qr() -> None:
    assert len(set(codes.ALPHABET)) == 32
    assert set(codes.ALPHABET) == set(string.digits + string.ascii_uppercase) - set("ILOU")


@pytest.mark.parametrize(
    ("make", "length", "bits"),
    [
        (codes.new_tracking_code, 13, 60),
        (codes.new_slip_code, 21, 100),
        (codes.new_pairing_code, 8, 35),
    ],
)
def test_new_codes_are_well_formed_and_use_every_letter_in_every_place(make, length: int, bits: int) -> None:
    made = [make() for _ in range(2_000)]
    assert len(set(made)) == len(made)
    assert all(codes.is_well_formed(code, length=length) for code in made)
    assert (length - 1) * 5 >= bits
    for place in range(length):
        # 2,000 throws miss one of 32 letters with a chance of 32 * (31/32)^2000 < 1e-25
        assert {code[place] for code in made} == set(codes.ALPHABET)


@given(bodies)
def test_every_single_wrong_letter_is_noticed(body: str) -> None:
    code = whole(body)
    assert codes.is_well_formed(code)
    for place, right in enumerate(code):
        for wrong in codes.ALPHABET:
            if wrong != right:
                assert not codes.is_well_formed(code[:place] + wrong + code[place + 1 :])


@given(bodies)
def test_every_exchange_of_two_letters_is_noticed_neighbours_or_not(body: str) -> None:
    code = whole(body)
    for one in range(len(code)):
        for other in range(one + 1, len(code)):
            if code[one] != code[other]:
                swapped = list(code)
                swapped[one], swapped[other] = swapped[other], swapped[one]
                assert not codes.is_well_formed("".join(swapped))


@given(bodies)
def test_every_twin_mistake_is_noticed(body: str) -> None:
    code = whole(body)
    for place, (a, b) in enumerate(pairwise(code)):
        if a == b:
            for wrong in set(codes.ALPHABET) - {a}:
                assert not codes.is_well_formed(code[:place] + wrong * 2 + code[place + 2 :])


def test_neighbour_pairs_are_all_told_apart_whatever_stood_before() -> None:
    """The whole table, not samples: 32 states before, 32 x 32 pairs of letters after."""
    for state in codes.ALPHABET:
        for a in codes.ALPHABET:
            for b in codes.ALPHABET:
                if a < b:
                    assert codes.check_character(state + a + b) != codes.check_character(state + b + a)
                    assert codes.check_character(state + a + a) != codes.check_character(state + b + b)
                    assert codes.check_character(state + a) != codes.check_character(state + b)


def test_known_codes_stay_right_for_ever() -> None:
    """Cards with these are on paper: a change of the scheme must fail here."""
    assert whole("000000000000") == "0000000000000"
    assert whole("0123456789AB") == "0123456789ABV"
    assert whole("ZZZZZZZZZZZZ") == "ZZZZZZZZZZZZR"


@given(bodies, st.randoms(use_true_random=False))
def test_people_type_codes_as_they_like(body: str, random) -> None:
    code = whole(body)
    typed = ""
    for letter in codes.spaced(code):
        letter = random.choice({"1": "1IiLl", "0": "0Oo"}.get(letter, letter + letter.lower()))
        typed += letter + random.choice(["", "", " ", "-", "\t", "\n", "\N{NO-BREAK SPACE}"])
    assert codes.normalise(typed) == code


@given(st.text())
def test_any_text_is_answered(text: str) -> None:
    code = codes.normalise(text)
    assert codes.normalise(code) == code
    assert codes.is_well_formed(code) in (True, False)
    assert not codes.is_well_formed(text + "U" * 13)


def test_letters_of_no_code_are_not_smuggled_in_by_upper_casing() -> None:
    assert not codes.is_well_formed(codes.normalise("\N{LATIN SMALL LIGATURE FI}" + "0" * 11))
    assert not codes.is_well_formed("\N{FULLWIDTH DIGIT ZERO}" * 13)
    assert not codes.is_well_formed("0000000000000 ")
    assert not codes.is_well_formed("")


def test_groups_for_print_never_leave_one_letter_alone() -> None:
    assert codes.spaced("7K3M9QXT02ABC") == "7K3M 9QXT 02ABC"
    assert codes.spaced("0123456789ABCDEFGHJKM") == "0123 4567 89AB CDEF GHJKM"
    assert codes.spaced("ABCD0123") == "ABCD 0123"
    assert codes.spaced("A") == "A"
    assert codes.spaced("") == ""
