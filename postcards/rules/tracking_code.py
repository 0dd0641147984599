"""Codes that people and phones carry: no code tells anything, and one mistyped sign is always noticed.

A code is written in Crockford's 32 letters (no I L O U). Its last character is a check character over the
same 32 letters: each letter stands for an element of the field GF(2^5), and a code is right when the chain
state = 2 * state + letter, Damm's way, ends in zero. A field has no zero divisors and the powers of 2 are all
different there, so every single wrong letter, every exchange of two letters, neighbours or not, and every
"55 for 33" is found.
"""

from __future__ import annotations

import re
import secrets

# Crockford's base 32: https://www.crockford.com/base32.html. His own check (mod 37) needs * ~ $ = U, which a
# QR code's alphanumeric mode or an address would not carry.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

TRACKING_LENGTH = 13  # 12 random letters of 5 bits = 60 bits, and the check character
SLIP_LENGTH = 21  # 20 random letters = 100 bits, and the check character: the sender's secret
PAIRING_LENGTH = 8  # 7 random letters = 35 bits for a code that lives 15 minutes and works once

_VALUE = {letter: value for value, letter in enumerate(ALPHABET)}
# x^5 + x^2 + 1 is irreducible over GF(2); 2 generates all 31 non-zero elements.
_POLYNOMIAL = 0b100101
_DOUBLE = tuple((v << 1) ^ (_POLYNOMIAL if v & 0b10000 else 0) for v in range(32))

# ASCII only: str.upper() would turn a ligature "fi" into two letters. Phones like to type hyphens as dashes.
_LOWER = "abcdefghijklmnopqrstuvwxyz"
_READ_AS = "ABCDEFGH1JK1MN0PQRSTUVWXYZ"
_AS_KEPT = str.maketrans(_LOWER + _LOWER.upper(), _READ_AS * 2)
_IGNORED = re.compile(r"[\s\u2010-\u2015-]+")


def _letters(count: int) -> str:
    # A byte a letter, of which the lower five bits count: each letter is as likely as any other.
    return "".join([ALPHABET[byte & 31] for byte in secrets.token_bytes(count)])


def check_character(letters: str) -> str:
    """The letter that completes `letters` to a right code. This will raise KeyError for other signs."""
    state = 0
    for letter in letters:
        state = _DOUBLE[state] ^ _VALUE[letter]
    return ALPHABET[_DOUBLE[state]]


def _new(length: int) -> str:
    letters = _letters(length - 1)
    return letters + check_character(letters)


def new_tracking_code() -> str:
    """A fresh code for the QR of a card. This will return 13 letters, 60 of their bits random."""
    return _new(TRACKING_LENGTH)


def new_slip_code() -> str:
    """A fresh secret for the sender's slip. This will return 21 letters, 100 of their bits random."""
    return _new(SLIP_LENGTH)


def new_pairing_code() -> str:
    """A fresh code to type at a kiosk. This will return 8 letters, 35 of their bits random."""
    return _new(PAIRING_LENGTH)


def normalise(text: str) -> str:
    """The code as we keep it, from how a person typed it.

    Either case; I and L are read as 1, O as 0; hyphens and spaces are ignored. This will return upper case
    text, which need not be a code at all: ask `is_well_formed`.
    """
    return _IGNORED.sub("", text).translate(_AS_KEPT)


def is_well_formed(code: str, *, length: int = TRACKING_LENGTH) -> bool:
    """Whether a normalised code has the right length, letters and check character.

    False says "mistyped"; True says nothing about whether such a card exists. This will return a bool for any
    text. `length` is TRACKING_LENGTH, SLIP_LENGTH or PAIRING_LENGTH.
    """
    if len(code) != length:
        return False
    state = 0
    for letter in code:
        value = _VALUE.get(letter)
        if value is None:
            return False
        state = _DOUBLE[state] ^ value
    return state == 0


def spaced(code: str) -> str:
    """The code in groups of four for print and for the eye, the last one taking a single letter left over.

    This will return e.g. "7K3M 9QXT 02ABC" for 13 letters; `normalise` turns it back.
    """
    groups = [code[start : start + 4] for start in range(0, len(code), 4)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return " ".join(groups)
