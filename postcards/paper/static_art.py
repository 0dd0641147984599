"""What is the same on all cards of a campaign, drawn once in a process and kept ready to go into any file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from postcards.paper import layout
from postcards.paper.address_side import draw_address_side, draw_writing_lines, number_text, warning
from postcards.paper.art import WHITE, Art
from postcards.paper.pdf_file import packed
from postcards.paper.picture import CREAM, NIGHT, draw_picture, words_on_picture
from postcards.paper.typesetting import Typesetter, text_width
from postcards.rules.face import Look
from postcards.rules.sheet import CARD_HEIGHT, CARD_WIDTH


@dataclass(frozen=True, slots=True)
class StaticArt:
    """The contents of three forms, compressed, and a typesetter that knows the letters in them."""

    address_side: bytes
    writing_lines: bytes
    picture_side: bytes
    letters: Typesetter


@lru_cache(maxsize=4)  # a few campaigns; an own picture is part of the key
def static_art(look: Look, bleed: float) -> StaticArt:
    """This will return the art of both sides; with `bleed` (mm) the picture runs that far beyond the edge."""
    letters = Typesetter()

    def drawn(draw: Callable[[Art], None]) -> bytes:
        art = Art(letters)
        draw(art)
        return packed(art.operators())

    return StaticArt(
        drawn(lambda art: draw_address_side(art, look)),
        drawn(draw_writing_lines),
        drawn(lambda art: _draw_picture_side(art, look, bleed)),
        letters,
    )


def number_place(bleed: float) -> tuple[float, float]:
    """Where the small number ends on the picture side, in mm from the lower left: in the frame, or on the picture."""
    return (CARD_WIDTH - 10.5, CARD_HEIGHT - 99.4) if bleed else (CARD_WIDTH - layout.FRAME, 1.9)


def _draw_picture_side(art: Art, look: Look, bleed: float) -> None:
    draw_picture(art, look, bleed=bleed)
    if bleed and not words_on_picture(look):
        # No band to stand on, and nobody knows what is below: a patch for the small number.
        right, y = number_place(bleed)
        wide = text_width(number_text(look.cap, look.cap), layout.SMALL_NUMBER_SIZE)
        foot = CARD_HEIGHT - y
        art.box(right - wide - 0.8, foot - 1.9, right + 0.8, foot + 0.8, fill=WHITE)
    if word := warning(look):
        size = 118.0
        while text_width(word, size, heavy=True) > CARD_WIDTH - 30:
            size -= 1
        left = (CARD_WIDTH - text_width(word, size, heavy=True)) / 2
        for ink, width in ((NIGHT, 4.6), (CREAM, 2.0)):  # to be seen on the sun as in the night
            art.outlined_text(word, left, 66, size, ink=ink, width=width)
