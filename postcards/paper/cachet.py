"""The commemorative mark: two shores, a horizon, the sun between them, and a letter under way. Never postage.

One ink, so that it can also be cut into a rubber stamp. It bears no country, no value and no perforation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from postcards.paper.art import WHITE, Art, Ink, Point, points, smooth
from postcards.paper.fonts import bold
from postcards.paper.typesetting import text_width

INK: Ink = (0.95, 0.78, 0.05, 0.12)  # the blue-violet of cancelling ink; the address stays K100 alone

_INNER = 0.755  # the picture's edge, of the radius
_CAPITALS = 0.108  # height of the letters
_ABOVE = 0.800  # their baseline on the upper arc
_BELOW = 0.908  # and on the lower one, where letters stand on their outer side
_MOST = 2.55  # radians that either arc may fill, so that the dots between them have air


def draw_cachet(
    art: Art, x: float, y: float, radius: float, ring: str, *, ink: Ink = INK, paper: Ink = WHITE
) -> None:
    """Draw the mark round (x, y), `radius` mm.

    `ring` is parted at "·": the first part stands on the upper arc, the last one on the lower, what lies
    between at the foot of the picture. `paper` is the colour behind it, for what is left out of the ink.
    """
    parts = [part.strip() for part in ring.split("·") if part.strip()] or [""]
    above, below = parts[0], parts[-1] if len(parts) > 1 else ""
    middle = " ".join(parts[1:-1])
    art.circle(x, y, radius * 0.985, fill=paper, stroke=ink, width=_pt(radius * 0.030))
    art.circle(x, y, radius * 0.946, stroke=ink, width=_pt(radius * 0.008))
    art.circle(x, y, radius * _INNER, stroke=ink, width=_pt(radius * 0.014))
    half_above = _arc(art, x, y, radius, above, upper=True, ink=ink)
    half_below = _arc(art, x, y, radius, below, upper=False, ink=ink)
    # One dot on either side, in the middle of what the two words leave free.
    free = (half_above + math.pi - half_below) / 2
    for angle in (free, -free):
        dot_x = x + radius * 0.854 * math.sin(angle)
        dot_y = y - radius * 0.854 * math.cos(angle)
        art.circle(dot_x, dot_y, radius * 0.022, fill=ink)
    _picture(art, x, y, radius * (_INNER - 0.03), middle, ink=ink, paper=paper)


def _pt(mm: float) -> float:
    return mm * 72 / 25.4


def _arc(art: Art, x: float, y: float, radius: float, text: str, *, upper: bool, ink: Ink) -> float:
    """Letters along a circle, clockwise above, the other way below. Returns half the angle they fill."""
    if not text:
        return 0.0
    face = bold()
    size = _pt(radius * _CAPITALS / 0.714)  # 0.714: the height of Noto Sans's capitals
    spacing = radius * 0.045
    base = radius * (_ABOVE if upper else _BELOW)
    while True:
        widths = [face.letter_widths[letter] * size / 1000 * 25.4 / 72 for letter in text]
        length = sum(widths) + spacing * (len(text) - 1)
        if length / base <= _MOST:
            break
        size *= 0.96
        spacing *= 0.96
    angle = -length / base / 2
    for letter, width in zip(text, widths, strict=True):
        middle = angle + width / base / 2
        # The pen starts half a letter before the middle, on the tangent.
        turn = middle if upper else -middle
        centre_x = x + base * math.sin(middle)
        centre_y = y - base * math.cos(middle) if upper else y + base * math.cos(middle)
        pen_x = centre_x - width / 2 * math.cos(turn)
        pen_y = centre_y - width / 2 * math.sin(turn)
        art.letter(face, face.glyph(letter), pen_x, pen_y, size, turn, ink=ink)
        angle += (width + spacing) / base
    return length / base / 2


def _picture(art: Art, x: float, y: float, radius: float, middle: str, *, ink: Ink, paper: Ink) -> None:
    def at(text: str) -> list[Point]:
        return points(text, x=x, y=y, scale=radius)

    art.push()
    art.clip(_circle_path(x, y, radius))
    horizon = 0.10
    # The sun: a half disc, and rings that thin outward like the waves of a voice.
    art.push()
    art.clip(at(f"-1 -1, 1 -1, 1 {horizon}, -1 {horizon}"))
    art.circle(x, y + horizon * radius, radius * 0.21, fill=ink)
    for ring, width in ((0.29, 0.044), (0.38, 0.034), (0.48, 0.025), (0.59, 0.017), (0.71, 0.010)):
        art.circle(x, y + horizon * radius, radius * ring, stroke=ink, width=_pt(width * radius))
    art.pop()
    # The sea: short strokes, longest at the horizon.
    for row, (width, shift) in enumerate(
        ((0.44, 0.0), (0.28, 0.06), (0.38, -0.03), (0.46, 0.0), (0.44, 0.0), (0.56, 0.0))
    ):
        level = y + radius * (horizon + 0.07 + row * 0.105)
        art.line(
            x + (shift - width) * radius, level, x + (shift + width) * radius, level,
            stroke=ink, width=_pt(radius * 0.024),
        )  # fmt: skip
    # Two shores: on the left roofs and a tower, on the right hills and a light.
    left = at(
        "-1.05 0.98, -1.05 -0.1, -0.97 -0.16, -0.9 -0.08, -0.86 -0.08, -0.86 -0.34, -0.885 -0.34, "
        "-0.885 -0.42, -0.845 -0.42, -0.845 -0.385, -0.815 -0.385, -0.815 -0.42, -0.775 -0.42, "
        "-0.775 -0.385, -0.745 -0.385, -0.745 -0.42, -0.705 -0.42, -0.705 -0.34, -0.73 -0.34, "
        "-0.73 -0.02, -0.66 -0.1, -0.585 -0.01, -0.585 0.05, -0.54 0.05, -0.5 -0.16, -0.46 0.05, "
        "-0.42 0.08, -0.42 0.14, -0.34 0.17"
    )
    art.path(
        _closed(
            left,
            at("-0.34 0.17, -0.46 0.27, -0.42 0.38, -0.6 0.52, -0.56 0.64, -0.8 0.8"),
        ),
        fill=ink,
    )
    right = at(
        "1.05 0.98, 1.05 -0.3, 0.92 -0.22, 0.84 -0.1, 0.76 -0.02, 0.7 0, 0.66 0.06, 0.66 -0.24, "
        "0.685 -0.24, 0.685 -0.285, 0.665 -0.285, 0.665 -0.335, 0.62 -0.4, 0.575 -0.335, "
        "0.575 -0.285, 0.555 -0.285, 0.555 -0.24, 0.58 -0.24, 0.565 0.1, 0.46 0.13, 0.34 0.17"
    )
    art.path(
        _closed(right, at("0.34 0.17, 0.44 0.26, 0.4 0.36, 0.58 0.47, 0.56 0.6, 0.82 0.78")),
        fill=ink,
    )
    # One lit window on either shore, and the line of post between them.
    for wx, wy in ((-0.795, -0.22), (0.62, -0.312)):
        spot = radius * 0.035
        art.box(
            x + wx * radius - spot, y + wy * radius - spot, x + wx * radius + spot, y + wy * radius + spot,
            fill=paper,
        )  # fmt: skip
    art.pop()
    thin = _pt(radius * 0.022)
    art.dashes(_pt(radius * 0.028), _pt(radius * 0.055))
    art.path(smooth(at("-0.66 -0.5, -0.5 -0.64, -0.3 -0.72, -0.13 -0.735")), stroke=ink, width=thin)
    art.path(smooth(at("0.25 -0.66, 0.4 -0.6, 0.52 -0.5")), stroke=ink, width=thin)
    art.dashes()
    _plane(art, x + 0.08 * radius, y - 0.715 * radius, radius * 0.155, 0.16, ink=ink, paper=paper)
    if middle:
        # The number stands on the water, on a quiet ground.
        size = radius * 0.40
        ground = text_width(middle, _pt(size), heavy=True) / 2 + radius * 0.05
        art.box(
            x - ground, y + radius * 0.43, x + ground, y + radius * 0.80, fill=paper
        )  # fmt: skip
        # As shapes, like the letters of the ring: so the mark is the same drawing wherever it is shown.
        face = bold()
        pen = x - text_width(middle, _pt(size), heavy=True) / 2
        for letter in middle:
            art.letter(face, face.glyph(letter), pen, y + radius * 0.75, _pt(size), 0.0, ink=ink)
            pen += face.letter_widths[letter] * size / 1000


def _plane(art: Art, x: float, y: float, size: float, angle: float, *, ink: Ink, paper: Ink) -> None:
    """A letter folded into a plane, flying to the right."""

    def at(text: str) -> list[Point]:
        return points(text, x=x, y=y, scale=size, angle=angle)

    art.path(at("1.05 0, -1 -0.62, -0.52 -0.02"), fill=ink)
    art.path(at("1.05 0, -0.52 -0.02, -0.62 0.6"), fill=paper, stroke=ink, width=_pt(size * 0.11))
    art.path(at("1.05 0, -0.3 0.13, -0.62 0.6"), fill=ink)


def _closed(outline: Sequence[Point], shore: Sequence[Point]) -> str:
    """A land: straight roofs above, then a curved shore down to the first point."""
    roofs = "M" + "L".join(f"{px:.3f} {py:.3f} " for px, py in outline)
    return roofs + smooth(shore, start=False) + f"L{outline[0][0]:.3f} {outline[0][1] + 5:.3f} Z"


def _circle_path(x: float, y: float, radius: float) -> str:
    k = radius * 0.5522847  # of a circle by four Bézier curves
    r = radius
    return (
        f"M{x - r:.3f} {y:.3f} C{x - r:.3f} {y - k:.3f} {x - k:.3f} {y - r:.3f} {x:.3f} {y - r:.3f} "
        f"C{x + k:.3f} {y - r:.3f} {x + r:.3f} {y - k:.3f} {x + r:.3f} {y:.3f} "
        f"C{x + r:.3f} {y + k:.3f} {x + k:.3f} {y + r:.3f} {x:.3f} {y + r:.3f} "
        f"C{x - k:.3f} {y + r:.3f} {x - r:.3f} {y + k:.3f} {x - r:.3f} {y:.3f} Z"
    )
