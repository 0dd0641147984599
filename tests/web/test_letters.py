"""The letter to a sender reads well in each language, links to the slip, and takes no name for markup."""

from __future__ import annotations

import pytest

from postcards.services.mailing import Notice
from postcards.texts import LANGUAGES
from postcards.web.letters import composer

LINK = "https://far.example.org/S/7ATVAP3BEWBGZMMGX7P5G"


def notice(language: str, *, name: str = "Ona Petraitienė", public_url: str | None = None) -> Notice:
    return Notice(
        language=language,
        campaign="Toli yra arti",
        sender_name=name,
        number=42,
        country="DE",
        slip_path="/S/7ATVAP3BEWBGZMMGX7P5G",
        public_url=public_url,
        email_days=7,
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_the_same_twice_in_each_language(language: str) -> None:
    words = composer("https://far.example.org")(notice(language))
    assert "42" in words.subject
    for body in (words.text, words.html):
        assert "Ona Petraitienė" in body
        assert "42" in body
        assert LINK in body
        assert "7" in body
        assert "%(" not in body
    assert f'<html lang="{language}"' in words.html
    if language != "en":
        assert words.subject != composer("https://far.example.org")(notice("en")).subject


def test_the_address_on_the_cards_goes_before_todays() -> None:
    words = composer("https://new.example.org")(notice("en", public_url="https://far.example.org"))
    assert LINK in words.text
    assert "new.example.org" not in words.text + words.html


def test_a_name_is_no_markup() -> None:
    words = composer("https://far.example.org")(notice("en", name='<a href="//x">Ona</a> & %(number)s'))
    assert '<a href="//x">' not in words.html
    assert "&lt;a href=" in words.html
    assert '<a href="//x">Ona</a> & %(number)s' in words.text


def test_the_country_is_named_in_the_senders_language() -> None:
    assert "Vokietija" in composer("https://far.example.org")(notice("lt")).text
    assert "Німеччина" in composer("https://far.example.org")(notice("uk")).text
