"""Draws lines of text a second time, by another way, to hold the printed ones against.

Pillow's raqm draws it: FriBiDi and HarfBuzz of its own, FreeType for the pixels. What raqm cannot do, a line in
several faces, is cut here by the order that another implementation of the bidi rules gives. Nothing of our own
shaping, typesetting or PDF has a part in it; only the choice of the face for a character is shared.
"""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from bidi import get_base_level, get_display
from PIL import Image, ImageChops, ImageDraw, ImageFont

from postcards.paper.fonts import Typeface, regular
from postcards.paper.shaping import face_in_line, is_plain

ONE_AT_A_TIME = threading.RLock()  # neither PDFium nor a FreeType face is safe for threads
FINE = 2  # the reference is drawn twice as large: Pillow puts glyphs on whole pixels
#: How far ink may lie from where it belongs, in pixels at 300 dpi: two rasterisers, and half a pixel of place.
TOLERANCE = 2
_INK = 128  # of 255: less is the grey edge of a stroke
# Letters of plain text stand side by side as they are: no kerning, no ligatures.
_PLAIN = ["-kern", "-liga", "-clig", "-calt", "-dlig"]
_RIGHT_TO_LEFT = ("HEBREW", "ARABIC", "SYRIAC", "THAANA")


@dataclass(frozen=True, slots=True)
class ReferenceLine:
    """A line of text as it is read, where its pen begins (pixels from the top left) and its size in pixels."""

    text: str
    x: float
    y: float
    size: float


def reference(lines: Iterable[ReferenceLine], width: int, height: int, *, country: str | None) -> Image.Image:
    """Draw `lines` onto a picture of `width` x `height` pixels. This will return ink as 255 on 0."""
    picture = Image.new("L", (width * FINE, height * FINE), 0)
    with ONE_AT_A_TIME:
        _draw(ImageDraw.Draw(picture), lines, country)
    return picture.reduce(FINE)


def _draw(pen: ImageDraw.ImageDraw, lines: Iterable[ReferenceLine], country: str | None) -> None:
    for line in lines:
        x = line.x * FINE
        for text, face, direction, features in _stretches(line.text, country):
            font = _font(str(face.path), round(line.size * FINE, 2))
            how = {"direction": direction, "features": features}
            pen.text((x, line.y * FINE), text, fill=255, font=font, anchor="ls", **how)  # type: ignore[arg-type]
            x += font.getlength(text, **how)  # type: ignore[arg-type]


def differing(printed: Image.Image, wanted: Image.Image) -> int:
    """Hold two pictures of ink (255 on 0) against each other, both ways.

    This will return how many pixels of either have no ink of the other within `TOLERANCE`.
    """
    return _alone(printed, wanted) + _alone(wanted, printed)


def missing(printed: Image.Image, wanted: Image.Image) -> int:
    """How many pixels that should have ink have none near them; other ink does not matter."""
    return _alone(wanted, printed)


def _alone(one: Image.Image, other: Image.Image) -> int:
    grown = other
    for _ in range(TOLERANCE):
        grown = _grown(grown)
    return sum(ImageChops.subtract(one, grown).histogram()[_INK:])


def _grown(ink: Image.Image) -> Image.Image:
    """Every pixel as dark as the darkest of the nine around it."""
    for dx, dy in ((1, 0), (0, 1)):
        moved = ImageChops.offset(ink, dx, dy), ImageChops.offset(ink, -dx, -dy)
        ink = ImageChops.lighter(ImageChops.lighter(ink, moved[0]), moved[1])
    return ink


def _stretches(text: str, country: str | None) -> Iterator[tuple[str, Typeface, str, list[str] | None]]:
    """Pieces of one face and one direction, from left to right, each in the order in which it is read."""
    if is_plain(text):
        yield text, regular(), "ltr", _PLAIN
        return
    seen = get_display(text)
    held, face, was_turned = "", regular(), False
    for character, turned in zip(seen, _directions(seen, bool(get_base_level(text))), strict=True):
        wanted = face_in_line(character, face, country)
        if held and (wanted is not face or turned != was_turned):
            yield _stretch(held, face, was_turned)
            held = ""
        held, face, was_turned = held + character, wanted, turned
    if held:
        yield _stretch(held, face, was_turned)


def _stretch(seen: str, face: Typeface, turned: bool) -> tuple[str, Typeface, str, None]:
    return seen[::-1] if turned else seen, face, "rtl" if turned else "ltr", None


def _directions(seen: str, base: bool) -> list[bool]:
    """For each character of a line in seen order whether it is written from right to left.

    What has no direction of its own takes that of its neighbours where they agree, else the line's (rules N1,
    N2); beside it, numbers count as the line does.
    """
    kinds = [_turned(character) for character in seen]
    at = 0
    while at < len(kinds):
        if kinds[at] is not None:
            at += 1
            continue
        end = at
        while end < len(kinds) and kinds[end] is None:
            end += 1
        around = {_beside(seen[place], base) for place in (at - 1, end) if 0 <= place < len(seen)}
        if at == 0 or end == len(seen):
            around.add(base)
        kinds[at:end] = [around.pop() if len(around) == 1 else base] * (end - at)
        at = end
    return [bool(kind) for kind in kinds]


def _beside(character: str, base: bool) -> bool:
    return base if unicodedata.bidirectional(character) in ("EN", "AN") else bool(_turned(character))


@lru_cache(maxsize=4096)
def _turned(character: str) -> bool | None:
    """Whether a character is written from right to left; None where its neighbours decide."""
    kind = unicodedata.bidirectional(character)
    if kind in ("R", "AL"):
        return True
    if kind == "NSM":
        return unicodedata.name(character, "").startswith(_RIGHT_TO_LEFT)
    return False if kind in ("L", "EN", "AN") else None


@lru_cache(maxsize=32)
def _font(path: str, size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.RAQM)
