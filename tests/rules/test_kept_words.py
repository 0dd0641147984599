"""A sentence that was kept is said in every language, years later, as when it was found."""

from __future__ import annotations

import pytest

from postcards.errors import CountryNamed, InLanguages, says, says_all, says_n
from postcards.rules.kept_words import kept, read_again
from postcards.texts import catalogue

COUNTRY = CountryNamed("DE", "Germany")
REGION = InLanguages("State", {"lt": "Valstija"})
SENTENCES = [
    says("Its file is not whole."),
    says("Part %(part)s could not be drawn: its worker was lost %(times)s times.", part=3, times=5),
    says_n(
        "One card cannot be printed: %(numbers)s.",
        "%(n)s cards cannot be printed: %(numbers)s.",
        2,
        numbers="No. 2, 5",
    ),
    says_all(
        [
            says("Part %(part)s could not be drawn: its worker was lost %(times)s times.", part=1, times=5),
            REGION,
        ]
    ),
    says_all(
        [
            says("Part %(part)s could not be drawn: its worker was lost %(times)s times.", part=1, times=5),
            says("Its file is not whole."),
        ]
    ),
    says("This does not look like a postcode of %(country)s.", country=COUNTRY),
    'Words of nobody\'s: 100 % {"said" äöü \n',
    "",
]


@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.parametrize("language", ["en", "lt", "pl", "ru", "uk", "ro"])
def test_a_kept_sentence_is_said_as_the_first_one_was(sentence: str, language: str) -> None:
    again = read_again(kept(sentence))
    assert again == sentence
    assert catalogue(language).say(again) == catalogue(language).say(sentence)


def test_plain_words_are_kept_as_they_are() -> None:
    for plain in ("No card.", says("Its file is not whole.")):
        assert kept(plain) == plain
    assert kept(SENTENCES[1]).startswith("{"), "with what it was made of"


def test_a_value_of_another_kind_is_kept_as_it_is_read() -> None:
    assert read_again(kept(says("It is %(what)s.", what=ValueError("late")))) == "It is late."
