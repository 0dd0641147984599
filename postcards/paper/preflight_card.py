"""Holds what stands on a card against what should, by the numbers in the finished file: words, places, the QR.

Nothing here names anybody: a fault says which line or block, never what it says.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from postcards.paper import layout
from postcards.paper.address_side import number_text
from postcards.paper.fonts import regular, typeface_for
from postcards.paper.layout import Zone
from postcards.paper.preflight_page import Block, Line, Symbol
from postcards.paper.qr import qr_rows
from postcards.paper.shaping import is_plain
from postcards.paper.typesetting import MM
from postcards.rules.face import Face, Look
from postcards.rules.sheet import CARD_HEIGHT
from postcards.rules.tracking_code import spaced

Fault = tuple[str, str]  # which check, and what is wrong
_SLACK = 0.03  # mm: coordinates in the file have two places, of points
# A line's ink, as parts of its size from the baseline: Noto's tallest letters and deepest tails.
_ABOVE, _BELOW = 1.07, 0.30
# What two lines may not share: small letters and nearly all tails. Accents and tails of neighbours may interlock.
_BODY = (0.56, 0.12)
_WARNING = 20  # points: larger is only TEST and PRACTICE
_INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f")


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle that is taken, in points from the card's lower left corner."""

    what: str
    left: float
    bottom: float
    right: float
    top: float


def front_faults(look: Look, face: Face, block: Block, taken: Sequence[Box]) -> Iterator[Fault]:
    """Look through an address side. `taken` are the boxes of what all cards share (`shared_boxes`)."""
    middle = layout.ADDRESS.left - 5
    address = [line for line in block.lines if line.x + line.width / 2 > middle * MM]
    left = [line for line in block.lines if line.x + line.width / 2 <= middle * MM]
    yield from _address_faults(face, address)
    if len(block.symbols) != 1:
        yield "qr", f"There are {len(block.symbols)} QR codes where one belongs."
    yield from (fault for symbol in block.symbols for fault in _qr_faults(face, symbol))
    rest = _rest(look, face, left)
    if rest is None:
        yield "number", "The number on it is not the card's."
    else:
        codes, others = rest
        if [line.text for line in codes] != spaced(face.tracking_code).split(" "):
            yield "code", "The code in letters is not the card's."
        words = (face.sender_name or "") + (face.message or "")
        if _letters("".join(line.text for line in others)) != _letters(words):
            yield "words", "The sender's name or the message on it is not what was registered."
    if any(not _within(line, layout.LEFT_HALF) for line in left):
        yield "zone", "Something of the left half reaches out of it."
    boxes = [*taken, *(_box("a line of text", line) for line in left)]
    boxes += [_quiet(symbol) for symbol in block.symbols]
    yield from _overlaps(boxes, own=len(taken))


def back_faults(look: Look, face: Face, block: Block) -> Iterator[Fault]:
    """Look through a picture side: the number in its corner is what tells a misfeed."""
    if [line.text for line in block.lines] != [number_text(face.number, look.cap)]:
        yield "number", "The small number on the picture side is not the card's."


def shared_boxes(look: Look, lines: Sequence[Line]) -> list[Box]:
    """What the form that all cards share takes of the left half; `lines` are its lines of text.

    The word on a TEST card is meant to lie across everything.
    """
    middle = layout.LEFT_HALF.right * MM
    own = [line for line in lines if line.x < middle and line.size < _WARNING]
    boxes = [_box("the heading or the return address", line) for line in own]
    if look.cachet_placement == "left":
        x, y = layout.CACHET_LEFT
        reach = layout.CACHET_RADIUS * 0.93  # a circle: its box's corners are free
        boxes.append(
            Box("the cachet", (x - reach) * MM, (CARD_HEIGHT - y - reach) * MM, (x + reach) * MM,
                (CARD_HEIGHT - y + reach) * MM)
        )  # fmt: skip
    return boxes


def _address_faults(face: Face, lines: Sequence[Line]) -> Iterator[Fault]:
    for place, line in enumerate(lines, start=1):
        if not _within(line, layout.ADDRESS):
            yield "address", f"Line {place} of the address reaches out of its place."
        if not layout.ADDRESS_SIZES[-1] - 0.01 <= line.size <= layout.ADDRESS_SIZES[0] + 0.01:
            yield "address", f"Line {place} of the address is set at {line.size:g} points."
    if len({line.size for line in lines}) > 1:
        yield "address", "The lines of the address have different sizes."
    if len(lines) > layout.ADDRESS_LINES:
        yield "address", f"The address has {len(lines)} lines, and there is room for {layout.ADDRESS_LINES}."
    if any(lower.y >= upper.y - 1 for upper, lower in pairwise(lines)):
        yield "address", "The lines of the address do not stand below one another."
    if all(is_plain(line) for line in face.address_lines):
        wanted = [code for line in face.address_lines for code in _codes(line)]
        same = [code for line in lines for code in _inked(line)] == wanted
    else:
        same = _letters("".join(line.text for line in lines)) == _letters("".join(face.address_lines))
    if not same:
        yield "words", "The address on it is not the address that was registered."
    if face.address_lines and is_plain(face.address_lines[-1]):
        last = _inked(lines[-1]) if lines else []
        if not last or _codes(face.address_lines[-1])[-len(last) :] != last:
            yield "country", "The last line of the address is not the country."


def _qr_faults(face: Face, symbol: Symbol) -> Iterator[Fault]:
    if not face.url.endswith(f"/{face.tracking_code}"):
        yield "qr", "The address in the QR code is not that of the code in letters."
    if symbol.rows != qr_rows(face.url):
        yield "qr", "The QR code is not that of this card."
    module = symbol.width / len(symbol.rows) / MM
    if abs(module - layout.QR_MODULE) > 0.002 or abs(symbol.width - symbol.height) > 0.01:
        yield "qr", f"A module of the QR code is {module:.3f} mm wide; {layout.QR_MODULE} mm is right."
    quiet = _quiet(symbol)
    if quiet.bottom < (CARD_HEIGHT - layout.CODING.top) * MM or quiet.left < 0:
        yield "zone", "The QR code reaches out of the left half."


def _rest(look: Look, face: Face, lines: Sequence[Line]) -> tuple[list[Line], list[Line]] | None:
    """The lines of the code and all others, once the number's is taken away; None without a number."""
    number = number_text(face.number, look.cap)
    at = next((place for place, line in enumerate(lines) if line.text == number), None)
    if at is None:
        return None
    groups = len(spaced(face.tracking_code).split(" "))
    others = [*lines[:at], *lines[at + 1 :]]
    codes = [line for line in others if line.size == layout.CODE_SIZE][:groups]
    return codes, [line for line in others if all(line is not code for code in codes)]


def _within(line: Line, zone: Zone) -> bool:
    slack = _SLACK * MM
    return (
        line.x >= zone.left * MM - slack
        and line.right <= zone.right * MM + slack
        and line.y + _ABOVE * line.size <= (CARD_HEIGHT - zone.top) * MM + slack
        and line.y - _BELOW * line.size >= (CARD_HEIGHT - zone.bottom) * MM - slack
    )


def _box(what: str, line: Line) -> Box:
    above, below = _BODY
    return Box(what, line.x, line.y - below * line.size, line.right, line.y + above * line.size)


def _quiet(symbol: Symbol) -> Box:
    edge = layout.QR_QUIET * symbol.width / len(symbol.rows)
    return Box("the QR code", symbol.x - edge, symbol.y - edge, symbol.x + symbol.width + edge,
               symbol.y + symbol.height + edge)  # fmt: skip


def _overlaps(boxes: Sequence[Box], *, own: int) -> Iterator[Fault]:
    """Boxes that lie on one another, but for those of which both are on every card (the first `own`)."""
    for at in range(own, len(boxes)):
        box = boxes[at]
        for other in boxes[:at]:
            if (
                box.left < other.right - 0.05
                and other.left < box.right - 0.05
                and box.bottom < other.top - 0.05
                and other.bottom < box.top - 0.05
            ):
                yield "overlap", f"{box.what.capitalize()} lies on {other.what}."


def _inked(line: Line) -> list[int]:
    """The glyphs of a line of plain text, without its spaces."""
    face = regular()
    spaces = face.glyph(" "), face.glyph("\u00a0")
    return [code for code in line.codes if code not in spaces]


def _codes(text: str) -> list[int]:
    glyph: Callable[[str], int] = regular().glyph
    return [glyph(letter) for letter in "".join(text.split())]


def _letters(text: str) -> list[tuple[str, int]]:
    """The glyphs that a text's letters have by themselves, in the order of their numbers: the order of letters on
    paper is not that of reading, and two letters of one shape cannot be told apart in a file."""
    return sorted([_letter(each) for each in unicodedata.normalize("NFC", text) if _letter(each) != _NOTHING])


@lru_cache(maxsize=1 << 14)
def _letter(letter: str) -> tuple[str, int]:
    if letter.isspace() or letter in _INVISIBLE:
        return _NOTHING
    face = typeface_for(letter)
    return (face.name, face.glyph(letter)) if face else ("", ord(letter))


_NOTHING = ("", 0)
