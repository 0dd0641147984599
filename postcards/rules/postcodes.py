"""Postcodes as people type them and as countries write them: "LT-09124", "sw1a1aa" and "00950" are right."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Final

from postcards.rules.address_data import Layout

# Signs of motor cars and old habits before a postcode, beside the country's two letters and printed prefix.
_HABITS: Final = {
    "AT": "A",
    "BE": "B",
    "DE": "D",
    "ES": "E",
    "FI": "FIN|SF",
    "FR": "F",
    "GR": "EL",
    "HU": "H",
    "IT": "I",
    "LU": "L",
    "NO": "N",
    "PT": "P",
    "RU": "RUS",
    "SE": "S",
    "SI": "SLO",
}
# Letters that are part of the postcode itself, and that people leave out.
_OWN_LETTERS: Final = {"AD": "AD", "BB": "BB", "LV": "LV-", "SV": "CP ", "VC": "VC", "VG": "VG"}
_SEPARATORS: Final = re.compile(r"[\s.\u2010-\u2015\u2212\uff0d-]+")


def normal_postcode(typed: str, layout: Layout) -> str | None:
    """The postcode as the country writes it, without a printed prefix such as "LT-".

    Either case, any script's digits, separators present or not, country letters in front or not. This will
    return None when no reading of it is a postcode of that country.
    """
    if layout.postcode is None:
        return None
    plain = typed if typed.isascii() else "".join(_plain(letter) for letter in typed)
    text = plain.upper().strip()
    for bare in _without_prefix(text, layout):
        compact = _SEPARATORS.sub("", bare)
        # As the examples space it first: "SW1A1AA" matches as it stands and is not how it is written.
        for candidate in (*_spaced_like_examples(compact, layout), bare, compact):
            if layout.postcode.fullmatch(candidate):
                return candidate
    return None


def _plain(letter: str) -> str:
    digit = unicodedata.decimal(letter, None)
    return letter if digit is None else str(digit)


def _without_prefix(text: str, layout: Layout) -> Iterator[str]:
    yield text
    if own := _OWN_LETTERS.get(layout.country):
        yield own + text
    names = {
        layout.country,
        layout.prefix.strip(" -").upper(),
        *_HABITS.get(layout.country, "").split("|"),
    } - {""}
    for name in sorted(names, key=len, reverse=True):
        if text.startswith(name):
            rest = text[len(name) :].lstrip(" -.\u2010\u2011\u2012\u2013\u2014\u2015")
            yield rest
            if own:
                yield own + rest


def _spaced_like_examples(compact: str, layout: Layout) -> Iterator[str]:
    for length, signs in _spacings(layout.examples):
        if length == len(compact):
            letters = iter(compact)
            yield "".join([sign or next(letters) for sign in signs])


@cache
def _spacings(examples: tuple[str, ...]) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """How many letters each example has, and its signs, with "" in the place of each letter."""
    signs = [tuple(sign if _SEPARATORS.fullmatch(sign) else "" for sign in example) for example in examples]
    return tuple((example.count(""), example) for example in signs)


def prefix_pattern(layout: Layout) -> str:
    """This will return a regular expression for the letters one may type before the code."""
    names = {
        layout.country,
        layout.prefix.strip(" -").upper(),
        *_HABITS.get(layout.country, "").split("|"),
    } - {""}
    written = ["".join(f"[{letter}{letter.lower()}]" for letter in name) for name in sorted(names, key=len)]
    return f"(?:{'|'.join(reversed(written))})" + r"[ \-]?"
