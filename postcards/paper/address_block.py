"""The recipient's address as it will stand on the card, or a refusal at entry: never clipped or too small.

Called at each registration, so widths of letters are looked up once and kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from postcards.errors import Fault, Invalid, says
from postcards.paper.layout import (
    ADDRESS,
    ADDRESS_LINES,
    ADDRESS_SIZES,
    LEFT,
    MESSAGE,
    MESSAGE_SIZES,
    RIGHT,
    SENDER_SIZES,
)
from postcards.paper.shaping import missing_characters
from postcards.paper.typesetting import overhang, text_width

__all__ = ["DoesNotFit", "SetBlock", "fit_address", "fit_message", "fit_sender", "missing_characters"]

MESSAGE_LEADING = 1.32  # of the type size
_POINT = 25.4 / 72


class DoesNotFit(Invalid):
    """A text has no room in its place on the card. The fault names the line, in words for who typed it."""

    code = "does_not_fit"


@dataclass(frozen=True, slots=True)
class SetBlock:
    """Lines of text that fit their place at one size (points)."""

    size_pt: float
    lines: tuple[str, ...]


def fit_address(lines: Sequence[str]) -> SetBlock:
    """Set an address in 54 x 50 mm: 10 pt, then down to 9.2 pt, then broken at spaces (Chinese and Japanese
    between characters, long words after their own hyphens), seven lines at most.

    `lines` are as they are to be printed, name first and country last. This will return a `SetBlock`; it
    raises `DoesNotFit` for a word wider than 54 mm at 9.2 pt or for too many lines, and `NoSuchCharacter` for
    a character without a font.
    """
    for size in ADDRESS_SIZES:
        if len(lines) <= ADDRESS_LINES and all(_width(line, size) <= ADDRESS.width for line in lines):
            return SetBlock(size, tuple(lines))
    size = ADDRESS_SIZES[-1]
    broken: list[str] = []
    for position, line in enumerate(lines, start=1):
        broken += _broken(line, size, position)
    if len(broken) > ADDRESS_LINES:
        message = says(
            "The address takes %(count)s lines on the card, and there is room for "
            "%(room)s. Please shorten it or join short lines; the longest is "
            "“%(longest)s”.",
            count=len(broken),
            room=ADDRESS_LINES,
            longest=max(lines, key=len),
        )
        raise DoesNotFit(message, faults=[Fault("address_lines", "too_many_lines", message)])
    return SetBlock(size, tuple(broken))


def fit_sender(name: str) -> SetBlock:
    """Set the sender's name above the return address: one line of 63 mm down to 5.6 pt, else two of 5 pt.

    This will return a `SetBlock`, or raise `DoesNotFit` or `NoSuchCharacter`.
    """
    room = RIGHT - LEFT
    for size in SENDER_SIZES:
        if _width(name, size) <= room:
            return SetBlock(size, (name,))
    lines, fits = _wrapped(name, 5.0, room)
    if fits and len(lines) <= 2:
        return SetBlock(5.0, tuple(lines))
    message = says(
        "The sender's name is longer than the two small lines the card has for it. Please shorten it."
    )
    raise DoesNotFit(message, faults=[Fault("sender.name", "too_long", message)])


def fit_message(text: str) -> SetBlock:
    """Set a typed message in its place, 63 x 24 mm: 9 pt, then down to 7 pt.

    This will return a `SetBlock`, or raise `DoesNotFit` or `NoSuchCharacter`.
    """
    for size in MESSAGE_SIZES:
        lines, fits = _wrapped(text, size, MESSAGE.width)
        if fits and len(lines) * size * MESSAGE_LEADING * _POINT <= MESSAGE.height:
            return SetBlock(size, tuple(lines))
    if not fits:
        word = max(text.split(), key=lambda part: _width(part, size))
        message = says(
            "The message has a word that is longer than a line of the card: “%(word)s”. "
            "Please shorten it, or part it with a space.",
            word=word[:60],
        )
        raise DoesNotFit(message, faults=[Fault("message", "word_too_long", message)])
    room = int(MESSAGE.height / (size * MESSAGE_LEADING * _POINT))
    over = sum(len(line) + 1 for line in lines[room:])
    message = says(
        "The message takes %(count)s lines on the card, and there is room for %(room)s. "
        "Please shorten it by about %(over)s letters.",
        count=len(lines),
        room=room,
        over=over,
    )
    raise DoesNotFit(message, faults=[Fault("message", "too_long", message)])


def _width(line: str, size: float) -> float:
    """From the first ink to the end of the line, in mm: a J that stands out to the left counts too."""
    return text_width(line, size) + overhang(line) * size / 1000 * _POINT


def _broken(line: str, size: float, position: int) -> list[str]:
    lines, fits = _wrapped(line, size, ADDRESS.width)
    if not fits:
        word = max(line.split(), key=lambda part: _width(part, size))
        message = says(
            "Line %(position)s has a word that is too long for the card: “%(word)s”. "
            "Please shorten it, or part it with a space or a hyphen and a space.",
            position=position,
            word=word,
        )
        raise DoesNotFit(message, faults=[Fault(f"address_lines.{position - 1}", "word_too_long", message)])
    return lines


def _wrapped(text: str, size: float, width: float) -> tuple[list[str], bool]:
    """Break at spaces, within a word where its own hyphens or its script allow it, as late as possible.

    The flag is False when something that cannot be broken is wider than a line.
    """
    lines: list[str] = []
    fits = True
    for word in text.split():
        for place, piece in enumerate(_pieces(word, fits=_width(word, size) <= width)):
            longer = f"{lines[-1]}{'' if place else ' '}{piece}" if lines else piece
            if lines and _width(longer, size) <= width:
                lines[-1] = longer
                continue
            fits = fits and _width(piece, size) <= width
            lines.append(piece)
    return lines, fits


def _pieces(word: str, *, fits: bool) -> list[str]:
    """Cut a word where a line may end in it: between Chinese and Japanese characters, which know no spaces; after
    its own hyphens and strokes when it is wider than a line; else nowhere."""
    if not _HAN.search(word):
        return [word] if fits else _HYPHENATED.findall(word)
    pieces = [word[0]]
    for before, character in pairwise(word):
        may_break = _HAN.match(before) or _HAN.match(character)
        if may_break and character not in _NEVER_FIRST and before not in _NEVER_LAST:
            pieces.append(character)
        else:
            pieces[-1] += character
    return pieces


# Ideographs, kana and their punctuation; Korean is written with spaces.
_HAN = re.compile("[\u2e80-\u312f\u3190-\u9fff\uf900-\ufaff\uff01-\uff60\U00020000-\U0003ffff]")
_HYPHENATED = re.compile(r"[-–/]*[^-–/]+[-–/]*|[-–/]+")
# What never begins or ends a line (JIS X 4051, the rules that an address meets).
_NEVER_FIRST = frozenset(
    "、。，．・：；！？）」』】〉》〕］｝ー々〜－ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ,.:;!?)"
)
_NEVER_LAST = frozenset("（「『【〈《〔［｛〒(")
