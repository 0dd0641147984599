"""The last line of an address: the country alone, in capitals, as the campaign's Post wants it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from babel import Locale

# Where CLDR's name is none that a sender would write.
_OWN: Final[dict[str, dict[str, str]]] = {
    "en": {
        "CD": "Democratic Republic of the Congo",
        "CG": "Congo",
        "HK": "Hong Kong",
        "MO": "Macao",
        "PS": "Palestine",
        "US": "United States of America",
    },
    "fr": {
        "CD": "République démocratique du Congo",
        "CG": "Congo",
        "HK": "Hong Kong",
        "MO": "Macao",
        "PS": "Palestine",
    },
    "lt": {"HK": "Honkongas", "MO": "Makao"},
    "pl": {"HK": "Hongkong", "MO": "Makau"},
    "ro": {"HK": "Hong Kong", "MO": "Macao"},
    "ru": {"HK": "Гонконг", "MO": "Макао"},
    "uk": {"HK": "Гонконг", "MO": "Макао"},
}
# Two names longer than this would take three of the seven lines: then the widely read one stands alone.
_TWO_NAMES_MAX: Final = 54
_NOT_LATIN: Final = ("ru", "uk", "be", "bg", "el", "ka", "hy", "ar", "he", "sr", "mk", "kk")


@lru_cache(maxsize=4_096)
def country_name(country: str, language: str) -> str:
    """This will return the country's name in that language for people to read, else its code."""
    own = _OWN.get(language, {}).get(country)
    return own or Locale.parse(language).territories.get(country) or country


def capitals(text: str, language: str) -> str:
    """Upper case as the language writes it: Turkish keeps the dot, and ß becomes SS as on any envelope.

    This will return the text in capitals.
    """
    if language.partition("-")[0] in ("tr", "az"):
        text = text.replace("i", "İ").replace("ı", "I")
    return text.upper()


@lru_cache(maxsize=4_096)
def _for_mail(country: str, language: str) -> str:
    name = country_name(country, language)
    name = re.sub(r"\s*\(.*?\)", "", name)  # "Myanmar (Burma)"
    if language == "en":
        name = name.replace("&", "and")
    return capitals(name, language)


@lru_cache(maxsize=4_096)
def country_line(country: str, *, origin: str, style: str, language: str) -> str:
    """The country as the last printed line: "GERMANY", or "VOKIETIJA / GERMANY".

    `style` is english, french, origin, origin-english or origin-french; `language` is the sending country's.
    Where that is not written in Latin letters, "origin" alone is followed by English, for sorters elsewhere.
    This will return "" for the origin country itself: a domestic card names none.
    """
    if country == origin:
        return ""
    first, _, second = style.partition("-")
    if first == "origin" and not second and language in _NOT_LATIN:
        second = "english"
    languages = {"english": "en", "french": "fr", "origin": language}
    names = [_for_mail(country, languages[part]) for part in (first, second) if part]
    line = " / ".join(dict.fromkeys(names))
    return names[-1] if len(line) > _TWO_NAMES_MAX else line
