"""The picture side: two shores at evening, one lit window on each, and a letter crossing the light between them.

Flat inks and no gradients, so it prints the same on a copier and on an offset press; total ink stays below 280 %.
The art is ours. It bears no country, no value and no frame of teeth: nobody can take it for postage.
"""

from __future__ import annotations

import math
import random

from postcards.paper import layout
from postcards.paper.art import WHITE, Art, Ink, Point, smooth
from postcards.paper.cachet import draw_cachet
from postcards.paper.face import Look
from postcards.paper.typesetting import text_width

NIGHT: Ink = (1.0, 0.86, 0.36, 0.42)
DUSK: Ink = (0.94, 0.84, 0.24, 0.24)
HILL: Ink = (0.80, 0.80, 0.18, 0.22)
FAR_HILL: Ink = (0.58, 0.72, 0.16, 0.10)
CREAM: Ink = (0.0, 0.04, 0.20, 0.0)
LAMP: Ink = (0.0, 0.20, 0.70, 0.0)

# From the sun outward: radius in mm, ink. Light thins with distance, and yet it reaches the other shore.
_SKY: tuple[tuple[float, Ink], ...] = (
    (112, (0.94, 0.84, 0.22, 0.22)),
    (92, (0.86, 0.80, 0.14, 0.12)),
    (75, (0.70, 0.78, 0.10, 0.06)),
    (60, (0.48, 0.76, 0.16, 0.02)),
    (47, (0.22, 0.72, 0.30, 0.0)),
    (36, (0.06, 0.62, 0.44, 0.0)),
    (27, (0.0, 0.48, 0.52, 0.0)),
    (19, (0.0, 0.30, 0.50, 0.0)),
    (12, (0.0, 0.12, 0.36, 0.0)),
)
# The water holds the same light, deeper and drawn wide: half width in mm, depth below the horizon.
_WATER: tuple[tuple[float, float, Ink], ...] = (
    (96, 27.0, (0.88, 0.82, 0.18, 0.22)),
    (66, 18.5, (0.72, 0.80, 0.14, 0.14)),
    (47, 12.5, (0.46, 0.78, 0.22, 0.06)),
    (33, 8.0, (0.18, 0.72, 0.38, 0.02)),
    (22, 4.6, (0.02, 0.54, 0.50, 0.0)),
    (12, 2.2, (0.0, 0.26, 0.48, 0.0)),
)
_SUN = (80.0, 58.5)
_HORIZON = 62.0


def draw_picture(art: Art, look: Look, *, bleed: float) -> None:
    """Draw everything that is the same on all picture sides.

    With `bleed` the art runs `bleed` mm beyond the trimmed edge; without, it stands in a white frame of 5 mm.
    """
    edge = layout.FRAME if bleed == 0 else -bleed
    window = [
        (edge, edge), (layout.CARD.right - edge, edge), (layout.CARD.right - edge, layout.CARD.bottom - edge),
        (edge, layout.CARD.bottom - edge),
    ]  # fmt: skip
    art.push()
    art.clip(window)
    _sky(art)
    _water(art)
    _left_shore(art)
    _right_shore(art)
    _line_of_post(art)
    art.pop()
    _words(art, look)
    if look.cachet_placement == "picture":
        x, y = layout.CACHET_PICTURE
        draw_cachet(art, x, y, layout.CACHET_RADIUS, look.cachet_ring, ink=CREAM, paper=_SKY[1][1])


def _sky(art: Art) -> None:
    art.box(-4, -4, 152, 109, fill=DUSK)
    x, y = _SUN
    for radius, ink in _SKY:
        art.circle(x, y, radius, fill=ink)
    art.circle(x, y, 7.4, fill=CREAM)
    # Stars, the same on every card: a seed is a place in the sky, not a chance.
    sky = random.Random(60)  # noqa: S311 - no secret
    for _ in range(58):
        star_x, star_y = sky.uniform(-2, 150), sky.uniform(-2, 44)
        distance = math.hypot(star_x - x, star_y - y)
        if distance > 56:
            art.circle(star_x, star_y, sky.choice((0.14, 0.18, 0.28)), fill=CREAM)


def _water(art: Art) -> None:
    art.box(-4, _HORIZON, 152, 109, fill=NIGHT)
    x = _SUN[0]
    for half, depth, ink in _WATER:
        art.path(_lens(x, _HORIZON, half, depth), fill=ink)
    # The sun's road: strokes that grow with nearness.
    road = random.Random(7)  # noqa: S311 - no secret
    y, step = _HORIZON + 0.9, 0.9
    while y < 92:
        near = (y - _HORIZON) / 30
        half = (2.2 + 6.5 * near) * road.uniform(0.55, 1.15)
        shift = road.uniform(-1, 1) * (1 + 4 * near)
        ink = CREAM if near < 0.25 else (0.0, 0.14, 0.38, 0.0) if near < 0.55 else (0.02, 0.40, 0.50, 0.0)
        thickness = 0.16 + 0.30 * near
        art.path(_lens(x + shift, y, half, thickness) + " " + _lens(x + shift, y, half, -thickness), fill=ink)
        step *= 1.16
        y += step


def _lens(x: float, y: float, half: float, depth: float) -> str:
    """The lower half of a flat ellipse hanging from a level line."""
    k = 0.5522847
    return (
        f"M{x - half:.3f} {y:.3f} C{x - half:.3f} {y + depth * k:.3f} {x - half * k:.3f} {y + depth:.3f} "
        f"{x:.3f} {y + depth:.3f} C{x + half * k:.3f} {y + depth:.3f} {x + half:.3f} {y + depth * k:.3f} "
        f"{x + half:.3f} {y:.3f} Z"
    )


def _land(art: Art, ridge: list[Point], ink: Ink) -> None:
    """A hill: a curve along its ridge, then down to the foot of the card."""
    last, first = ridge[-1], ridge[0]
    art.path(f"{smooth(ridge)} L{last[0]:.2f} 110 L{first[0]:.2f} 110 Z", fill=ink)


def _left_shore(art: Art) -> None:
    """An old town under its tower."""
    art.path(smooth([(-4, 47), (6, 44.5), (15, 47), (24, 52.5), (36, 57.5), (50, 61.2), (56, 62.4)]) + " L-4 62.4 Z",
             fill=FAR_HILL)  # fmt: skip
    _land(art, [(-4, 52), (3, 50), (10, 48.2), (15, 48.4), (20, 52), (28, 58), (38, 62.5), (46, 65), (53, 67.4),
                (46, 70), (43, 73), (36, 76), (30, 84)], HILL)  # fmt: skip
    _tower(art, 9.6, 49.5)
    _church(art, 24.2, 57.5)
    town = (
        (-3.0, 63.4, 6.0, 7.4), (2.6, 64.2, 5.0, 6.0), (7.2, 62.8, 5.4, 8.2), (12.2, 64.4, 4.6, 6.6),
        (16.4, 63.8, 5.2, 8.6), (21.2, 65.6, 4.6, 6.8), (25.4, 65.0, 5.4, 8.8), (30.4, 67.2, 4.8, 6.6),
        (34.8, 68.8, 4.4, 5.6),
    )  # fmt: skip
    for x, top, width, height in town:
        _house(art, x, top, width, height + 10)
    _land(art, [(-4, 71), (6, 71.6), (16, 72.2), (27, 73), (36, 74.2), (43, 75.6), (47.5, 77.6), (46, 80), (50, 82.4),
                (48, 85.6), (56, 89.5), (60, 95), (76, 101), (90, 110)], NIGHT)  # fmt: skip
    for x, y in ((-0.5, 67.8), (9.0, 66.8), (10.8, 66.8), (14.2, 68.6), (22.6, 69.4), (28.6, 69.6), (36.4, 71.6)):
        art.box(x, y, x + 0.75, y + 1.15, fill=(0.0, 0.34, 0.62, 0.12))
    _lit_window(art, 18.3, 67.4)


def _right_shore(art: Art) -> None:
    """Mountains, and a light for ships."""
    peaks = [(152, 36), (146, 31.5), (143, 33.5), (138.4, 40), (135.5, 38.4), (130, 46), (126, 49.4), (122.6, 48.2),
             (116, 55), (109, 59.4), (102, 62.4), (152, 62.4)]  # fmt: skip
    art.path(peaks, fill=FAR_HILL)
    art.path([(146, 31.5), (143, 33.5), (141.2, 36), (143.4, 35.6), (144.6, 38.2), (146.6, 35.8), (148.6, 37.2),
              (149.4, 33.8)], fill=(0.10, 0.34, 0.16, 0.0))  # fmt: skip
    _land(art, [(106, 66.8), (111, 64.6), (117, 62.8), (121, 60.4), (128, 57.6), (136, 54), (144, 51.4), (152, 47.6)],
          HILL)  # fmt: skip
    _lighthouse(art, 113.4, 64.4)
    for x, top, width, height in ((126.5, 60.8, 4.6, 8), (131.6, 59.2, 5.2, 9), (137.4, 57.6, 4.4, 9), (142.4, 56, 5, 9)):
        _house(art, x, top, width, height + 12)
    _land(art, [(96, 110), (98, 100), (106, 93), (103, 88.6), (108, 85), (104.4, 81.4), (107, 77.4), (103.6, 73.6),
                (107, 69.8), (112, 68.2), (118, 67.8), (126, 68.4), (134, 67), (143, 66.4), (152, 64.6)],
          NIGHT)  # fmt: skip
    for x, y in ((127.6, 64.2), (139.2, 61.6), (144.2, 60.2), (145.6, 60.2)):
        art.box(x, y, x + 0.75, y + 1.15, fill=(0.0, 0.34, 0.62, 0.12))
    _lit_window(art, 133.8, 62.6)


def _house(art: Art, x: float, top: float, width: float, height: float) -> None:
    ridge = top - width * 0.42
    art.path([(x, top), (x + width / 2, ridge), (x + width, top), (x + width, top + height), (x, top + height)],
             fill=NIGHT)  # fmt: skip


def _tower(art: Art, x: float, foot: float) -> None:
    art.path([(x - 2.5, foot + 5), (x - 2.3, foot - 8.2), (x - 2.9, foot - 8.8), (x - 2.9, foot - 10.8),
              (x - 1.9, foot - 10.8), (x - 1.9, foot - 9.9), (x - 0.6, foot - 9.9), (x - 0.6, foot - 10.8),
              (x + 0.6, foot - 10.8), (x + 0.6, foot - 9.9), (x + 1.9, foot - 9.9), (x + 1.9, foot - 10.8),
              (x + 2.9, foot - 10.8), (x + 2.9, foot - 8.8), (x + 2.3, foot - 8.2), (x + 2.5, foot + 5)],
             fill=NIGHT)  # fmt: skip
    art.line(x, foot - 10, x, foot - 15.6, stroke=NIGHT, width=0.7)
    art.path(f"M{x} {foot - 15.6} Q{x + 1.4} {foot - 16.4} {x + 2.4} {foot - 15.5} Q{x + 3.2} {foot - 14.8} "
             f"{x + 4.2} {foot - 15.4} L{x + 4.2} {foot - 13.4} Q{x + 3.0} {foot - 12.8} {x + 2.2} {foot - 13.5} "
             f"Q{x + 1.2} {foot - 14.3} {x} {foot - 13.6} Z", fill=(0.04, 0.62, 0.44, 0.0))  # fmt: skip


def _church(art: Art, x: float, foot: float) -> None:
    for middle, height in ((x, 12.6), (x + 5.2, 11.4)):
        art.path([(middle - 1.3, foot + 8), (middle - 1.3, foot - height * 0.38), (middle - 0.9, foot - height * 0.42),
                  (middle, foot - height), (middle + 0.9, foot - height * 0.42), (middle + 1.3, foot - height * 0.38),
                  (middle + 1.3, foot + 8)], fill=NIGHT)  # fmt: skip
        top = foot - height
        art.line(middle, top + 0.4, middle, top - 1.5, stroke=NIGHT, width=0.6)
        art.line(middle - 0.55, top - 0.8, middle + 0.55, top - 0.8, stroke=NIGHT, width=0.6)
    art.path([(x + 0.6, foot + 8), (x + 0.6, foot - 2.4), (x + 2.6, foot - 4.4), (x + 4.6, foot - 2.4),
              (x + 4.6, foot + 8)], fill=NIGHT)  # fmt: skip


def _lighthouse(art: Art, x: float, foot: float) -> None:
    art.path([(x - 1.7, foot + 6), (x - 1.05, foot - 12), (x + 1.05, foot - 12), (x + 1.7, foot + 6)], fill=NIGHT)
    for up in (1.6, 6.4):
        wide = 1.56 - up * 0.036
        art.path([(x - wide, foot - up), (x - wide + 0.09, foot - up - 2.4), (x + wide - 0.09, foot - up - 2.4),
                  (x + wide, foot - up)], fill=(0.16, 0.66, 0.36, 0.04))  # fmt: skip
    art.box(x - 1.6, foot - 12.5, x + 1.6, foot - 11.9, fill=NIGHT)
    art.box(x - 0.8, foot - 14.4, x + 0.8, foot - 12.5, fill=LAMP)
    art.path([(x - 1.15, foot - 14.4), (x, foot - 16.2), (x + 1.15, foot - 14.4)], fill=NIGHT)


def _lit_window(art: Art, x: float, y: float) -> None:
    """Somebody is awake: the window that writes, the window that waits."""
    art.circle(x, y, 2.1, fill=(0.42, 0.74, 0.42, 0.16))
    art.circle(x, y, 1.45, fill=(0.10, 0.56, 0.62, 0.04))
    art.box(x - 0.62, y - 0.85, x + 0.62, y + 0.85, fill=LAMP)
    art.line(x, y - 0.85, x, y + 0.85, stroke=(0.1, 0.5, 0.7, 0.1), width=0.25)
    art.line(x - 0.62, y, x + 0.62, y, stroke=(0.1, 0.5, 0.7, 0.1), width=0.25)


def _line_of_post(art: Art) -> None:
    """From window to window, with the loop that every good letter makes."""
    before: list[Point] = [(19.4, 65.4), (25, 52), (35, 38.5), (48, 28.5), (60, 24.6), (69, 26.6), (72.4, 32.4),
                           (68.6, 37.2), (62.6, 35.6), (61.4, 29.2), (66.6, 22.4), (76, 18.4), (86, 17.4),
                           (93.4, 18.6)]  # fmt: skip
    after: list[Point] = [(103.6, 22.4), (113, 29), (121.6, 38.4), (128.6, 49.4), (133, 60.4)]
    art.dashes(1.4, 2.9)
    art.path(smooth(before), stroke=CREAM, width=0.75)
    art.dashes(0.01, 2.9)
    art.path(smooth(after), stroke=CREAM, width=0.75)
    art.dashes()
    _plane(art, 98.4, 20.0, 5.6, 0.38)


def _plane(art: Art, x: float, y: float, size: float, angle: float) -> None:
    cos, sin = math.cos(angle), math.sin(angle)

    def at(*points: Point) -> list[Point]:
        return [(x + (px * cos - py * sin) * size, y + (px * sin + py * cos) * size) for px, py in points]

    art.path(at((1.0, 0.0), (-0.95, -0.66), (-0.52, -0.04)), fill=WHITE)
    art.path(at((1.0, 0.0), (-0.52, -0.04), (-0.56, 0.46)), fill=(0.22, 0.26, 0.04, 0.04))
    art.path(at((1.0, 0.0), (-0.24, 0.13), (-0.56, 0.46)), fill=(0.44, 0.46, 0.06, 0.10))
    art.path(at((1.0, 0.0), (-0.24, 0.13), (-0.62, 0.62)), fill=CREAM)


def _words(art: Art, look: Look) -> None:
    """The name on the near shore, the credits across from it."""
    left, right, foot = 10.5, layout.CARD.right - 10.5, 95.2
    size, room = 19.0, 66.0
    while text_width(look.title, size, heavy=True, spacing=0.4) > room and size > 9:
        size -= 0.25
    art.text(look.title, left, foot - 4.2, size, ink=CREAM, heavy=True, spacing=0.4)
    if look.place:
        art.text(look.place, left + 0.3, foot, 7.0, ink=(0.02, 0.34, 0.46, 0.0), spacing=0.7)
    leading, rows = 2.65, look.credits[-7:]
    for row, credit in enumerate(rows):
        size = 5.4
        while text_width(credit, size) > 50 and size > 4:
            size -= 0.1
        art.text(credit, right, foot - leading * (len(rows) - 1 - row), size, ink=CREAM, align=1)
