"""Which text may stand on a card: what people type is kept as typed or refused by name, never mended."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from postcards.errors import N_, Fault, Marked, Said, says, says_marked

NAME_MAX: Final = 100

# Outer spaces are every Unicode space but no control character: a newline at the end is a fault.
_SPACES: Final = (
    " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
# Letters and signs that print nothing at all: fillers and the blank Braille cell.
_INVISIBLE: Final = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
# Joiners and marks of direction that Arabic, Persian and Indic spelling needs.
_JOINERS: Final = frozenset("\u200c\u200d\u200e\u200f\u061c")
_BIDI: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Emoji below U+1F000: blocks of pictures. Signs that addresses use (№ ℅ ° ©) stand elsewhere.
_PICTURES: Final = re.compile(
    "[\u20e3\u231a-\u23ff\u2600-\u27bf\u2b05-\u2b55\u3030\u303d\u3297\u3299\ufe0e\ufe0f"
    "\U0001f000-\U0001faff\U000e0000-\U000e01ef]"
)
# Latin and Cyrillic letters and signs, of which most names and addresses consist: none is wrong, invisible or a
# mark, so that one look at the whole text is enough.
_EVERYDAY: Final = re.compile("[ -~\u00a1-\u00ac\u00ae-\u02ff\u0400-\u0482\u048a-\u052f]*")
# More marks on one letter than any spelling uses (Vietnamese and Thai have two or three).
_HEAP: Final = 5


def clean(text: str) -> str:
    """This will return the text in NFC without outer spaces: the only things that are ever altered."""
    return unicodedata.normalize("NFC", text).strip(_SPACES)


def is_blank(text: str) -> bool:
    """This will return whether nothing of the text would be seen on paper."""
    return not any(_seen(letter) for letter in text)


def _seen(letter: str) -> bool:
    return letter not in _INVISIBLE and unicodedata.category(letter)[0] not in "ZC"


def faults_in(text: str, *, field: str, max_length: int, required: bool = True) -> list[Fault]:
    """What is wrong with a text that `clean` has been over.

    `max_length` counts characters (code points). This will return one Fault at most: `blank`, `too_long`,
    `newline`, `control_character`, `bidi_control`, `surrogate`, `emoji` or `unprintable`, with the place of
    the sign. Whether a font has the character is asked where the fonts are.
    """
    if len(text) > max_length:
        return [
            _fault(
                field,
                "too_long",
                says(
                    "This has %(length)s characters; at most %(most)s fit.", length=len(text), most=max_length
                ),
            )
        ]
    if _EVERYDAY.fullmatch(text):
        blank = text.strip(" ") == ""
    else:
        for place, letter in enumerate(text, start=1):
            if found := _wrong(letter):
                code, words = found
                return [_fault(field, code, says_marked(words, place=place, sign=f"U+{ord(letter):04X}"))]
        if heap := _heap(text):
            return [
                _fault(
                    field,
                    "unprintable",
                    says("Character %(place)s carries more marks than can be printed.", place=heap),
                )
            ]
        blank = is_blank(text)
    return [_fault(field, "blank", says("Please fill this in."))] if required and blank else []


def _fault(field: str, code: str, message: Said) -> Fault:
    return Fault(field, code, message)


def _wrong(letter: str) -> tuple[str, Marked] | None:
    if letter.isprintable() and letter < "\u1100":
        return None
    if letter in "\n\r\v\f\x85\u2028\u2029":
        return "newline", N_("Character %(place)s (%(sign)s) is a line break: use one field for each line.")
    if letter in _BIDI:
        return "bidi_control", N_(
            "Character %(place)s (%(sign)s) turns the direction of the text: please remove it."
        )
    category = unicodedata.category(letter)
    if category == "Cs":
        return "surrogate", N_("Character %(place)s (%(sign)s) is half a character: please type it again.")
    if category == "Cc":
        return "control_character", N_(
            "Character %(place)s (%(sign)s) is a control character: please remove it."
        )
    if _PICTURES.match(letter):
        return "emoji", N_(
            "Character %(place)s (%(sign)s) is a picture: the card is printed with letters only."
        )
    if category in ("Cn", "Co") or (category == "Cf" and letter not in _JOINERS):
        return "unprintable", N_("Character %(place)s (%(sign)s) cannot be printed: please remove it.")
    return None


def _heap(text: str) -> int | None:
    marks = 0
    for place, letter in enumerate(text, start=1):
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks > _HEAP:
            return place
    return None
