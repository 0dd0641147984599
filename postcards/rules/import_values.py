"""What people write in a table's cells for a country, a language, yes and no, read as what they mean."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from functools import cache
from typing import Final

from babel import Locale
from babel.core import get_global

from postcards.rules.address_data import countries
from postcards.rules.country_line import country_name
from postcards.rules.import_columns import letters

YES: Final = frozenset(
    letters(word)
    for word in ("yes", "y", "true", "1", "x", "✓", "taip", "tak", "да", "так", "da", "ja", "oui")
    if letters(word)
)
NO: Final = frozenset(letters(word) for word in ("no", "n", "false", "0", "ne", "nie", "нет", "ні", "nu"))

#: What people write though neither ISO nor CLDR has it as a name; by letters.
_ALSO: Final = {
    "uk": "GB", "greatbritain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northernireland": "GB",
    "didziojibritanija": "GB", "anglija": "GB", "wielkabrytania": "GB", "anglia": "GB", "великобритания": "GB",
    "англия": "GB", "англія": "GB", "великабританія": "GB", "mareabritanie": "GB",
    "usa": "US", "america": "US", "jav": "US", "сша": "US", "sua": "US", "amerika": "US",
    "czechrepublic": "CZ", "holland": "NL", "olandija": "NL", "holandia": "NL", "holandija": "NL",
    "southkorea": "KR", "northkorea": "KP", "uae": "AE", "jae": "AE", "оаэ": "AE", "оае": "AE",
    "turkey": "TR", "macedonia": "MK", "ivorycoast": "CI", "capeverde": "CV", "swaziland": "SZ", "burma": "MM",
    "moldavia": "MD", "belorussia": "BY", "белоруссия": "BY",
}  # fmt: skip


def yes_or_no(text: str) -> bool | None:
    """This will return True, False (nothing counts as no), or None for what is neither."""
    found = letters(text)
    if not text.strip() or found in NO:
        return False
    return True if found in YES or text.strip() in ("✓", "✔", "+") else None


def country_of(text: str, languages: Sequence[str]) -> str | None:
    """This will return the ISO 3166-1 alpha-2 code of a country by its code or its name in one of the languages."""
    text = text.strip()
    if text.upper() in countries():
        return text.upper()
    alias: Sequence[str] = (
        get_global("territory_aliases").get(text.upper(), ()) if len(text) in (2, 3) else ()
    )
    if len(alias) == 1 and alias[0] in countries():  # DEU, UK
        return alias[0]
    found = letters(text)
    return _names(tuple(languages)).get(found) or _ALSO.get(found)


def nearest_country(text: str, languages: Sequence[str]) -> str | None:
    """This will return the code of the country whose name is most like the text, None when none is."""
    names = _names(tuple(languages))
    near = difflib.get_close_matches(letters(text)[:60], names, n=1, cutoff=0.75)
    return names[near[0]] if near else None


def language_of(text: str, languages: Sequence[str]) -> str:
    """This will return the code of one of the languages by its code or name ("LT", "lietuvių"), else the text."""
    found = letters(text)
    for language in languages:
        if found in _language_names(language, tuple(languages)):
            return language
    return text.strip()


@cache
def _names(languages: tuple[str, ...]) -> dict[str, str]:
    """Names by their letters; one that two languages use for two countries names neither."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for language in languages:
        for code in countries():
            short = Locale.parse(language).territories.get(f"{code}-alt-short")
            for name in {
                country_name(code, language),
                Locale.parse(language).territories.get(code, code),
                short,
            }:
                if name and found.setdefault(letters(name), code) != code:
                    twice.add(letters(name))
    return {name: code for name, code in found.items() if name not in twice}


@cache
def _language_names(language: str, said_in: tuple[str, ...]) -> frozenset[str]:
    names = {language, Locale.parse(language).get_display_name("en")}
    names |= {Locale.parse(language).get_display_name(other) for other in said_in}
    return frozenset(letters(name) for name in names if name)
