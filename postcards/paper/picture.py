"""The picture side: two shores at evening, a lit window on each, a letter crossing the light between them.

Flat inks and no gradients, so it prints the same on a copier and on an offset press; ink stays below 280 %.
The art is ours. It bears no country, no value and no frame of teeth: nobody can take it for postage.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from postcards.paper import layout
from postcards.paper.art import WHITE, Art, Ink, Point, points, smooth
from postcards.paper.cachet import draw_cachet
from postcards.paper.typesetting import text_width
from postcards.rules.face import Look
from postcards.rules.sheet import BLEED

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
_WORDS_FOOT = 95.2  # the last baseline of name and credits


def draw_picture(art: Art, look: Look, *, bleed: float) -> None:
    """Draw everything that is the same on all picture sides.

    With `bleed` the art runs `bleed` mm beyond the trimmed edge; without, it stands in a white frame of 5 mm.
    """
    edge = layout.FRAME if bleed == 0 else -bleed
    window = [
        (edge, edge),
        (layout.CARD.right - edge, edge),
        (layout.CARD.right - edge, layout.CARD.bottom - edge),
        (edge, layout.CARD.bottom - edge),
    ]
    art.push()
    art.clip(window)
    if look.picture is None:
        _sky(art)
        _water(art)
        _left_shore(art)
        _right_shore(art)
        _line_of_post(art)
    else:
        _own(art, look, edge)
    art.pop()
    if words_on_picture(look):
        _words(art, look)
    if look.cachet_placement == "picture":
        x, y = layout.CACHET_PICTURE
        draw_cachet(art, x, y, layout.CACHET_RADIUS, look.cachet_ring, ink=CREAM, paper=_SKY[1][1])


def words_on_picture(look: Look) -> bool:
    """This will return whether name and credits stand on the picture, in light letters on a dark ground."""
    return look.picture is None or look.picture_words


OWN = b"Own"  # the name of the own picture among the form's resources


def _own(art: Art, look: Look, edge: float) -> None:
    """The picture that the edition brought; in a frame, it is made smaller first, so that little is cut away."""
    scale = 1.0 if edge < 0 else (layout.CARD.width - 2 * edge) / layout.CARD.width
    middle_x, middle_y = layout.CARD.right / 2, layout.CARD.bottom / 2
    half_x, half_y = scale * (middle_x + BLEED), scale * (middle_y + BLEED)
    art.image(OWN, middle_x - half_x, middle_y - half_y, middle_x + half_x, middle_y + half_y)
    if look.picture_words:
        art.box(-4, _band_top(look), 152, 109, fill=NIGHT)


def _band_top(look: Look) -> float:
    size, rows = _credits(look.credits)
    return min(83.6, _WORDS_FOOT - len(rows) * size * 0.49 - 1.8)


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
        # None is cut in two by an edge, be it that of the card or that of a frame.
        whole = not any(abs(star_x - x) < 0.6 for x in (0, 5, 143, 148)) and not -0.6 < star_y < 5.6
        if distance > 56 and whole:
            art.circle(star_x, star_y, sky.choice((0.14, 0.18, 0.28)), fill=CREAM)


def _water(art: Art) -> None:
    art.box(-4, _HORIZON, 152, 109, fill=NIGHT)
    x = _SUN[0]
    for half, depth, ink in _WATER:
        art.path(_lens(x, _HORIZON, half, depth), fill=ink)
    # The sun's road: strokes that grow with nearness.
    road = random.Random(7)  # noqa: S311 - no secret
    y, step = _HORIZON + 0.9, 0.9
    while y < 83:
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
    art.path(
        smooth(points("-4 47, 6 44.5, 15 47, 24 52.5, 36 57.5, 50 61.2, 56 62.4")) + " L-4 62.4 Z",
        fill=FAR_HILL,
    )
    _land(
        art,
        points(
            "-4 52, 3 50, 10 48.2, 15 48.4, 20 51.6, 28 56.6, 38 61.4, 47 64.6, 55 66.4, 57.4 67, "
            "54 67.8, 47 69.2, 40 71.6, 34 75, 30 84"
        ),
        HILL,
    )
    _tower(art, 11.4, 48.6)
    _church(art, 24.2, 57.5)
    town = (
        (-3.0, 63.4, 6.0, 7.4),
        (2.6, 64.2, 5.0, 6.0),
        (7.2, 62.8, 5.4, 8.2),
        (12.2, 64.4, 4.6, 6.6),
        (16.4, 63.8, 5.2, 8.6),
        (21.2, 65.6, 4.6, 6.8),
        (25.4, 65.0, 5.4, 8.8),
        (30.4, 67.2, 4.8, 6.6),
        (34.8, 68.8, 4.4, 5.6),
    )
    for x, top, width, height in town:
        _house(art, x, top, width, height + 10)
    _land(
        art,
        points(
            "-4 71, 6 71.6, 16 72.2, 27 73, 35 73.6, 42 74.6, 48 76.4, 50.6 78.2, 50 80.4, 51.6 84, "
            "56 88.2, 64 92.4, 76 97, 92 101, 112 104, 130 110"
        ),
        NIGHT,
    )
    for x, y in points("-0.5 67.8, 9 66.8, 10.8 66.8, 14.2 68.6, 22.6 69.4, 28.6 69.6, 36.4 71.6"):
        art.box(x, y, x + 0.75, y + 1.15, fill=(0.0, 0.34, 0.62, 0.12))
    _lit_window(art, 18.3, 67.4)


def _right_shore(art: Art) -> None:
    """Mountains, and a light for ships."""
    peaks = points(
        "152 47.5, 146 42, 143.4 44, 139 38.6, 134.6 33.6, 131.2 37.4, 128.6 36.6, 123 45.2, "
        "119.6 48.6, 116.8 47.4, 110 55.4, 103 59.8, 96 62.4, 152 62.4"
    )
    art.path(peaks, fill=FAR_HILL)
    art.path(
        points(
            "134.6 33.6, 131.2 37.4, 128.6 36.6, 127.2 38.8, 129.6 38.5, 131 40.6, 133 38.8, 135 41, "
            "136.6 38.7, 139.2 40, 139 38.6"
        ),
        fill=(0.06, 0.26, 0.18, 0.0),
    )
    _land(
        art,
        points(
            "118 90, 113 75, 108 70, 102.4 67.4, 98.6 66.4, 102 65.6, 108 64.4, 114 63.2, 121 60.8, "
            "128 58.2, 136 55.2, 144 53, 152 51"
        ),
        HILL,
    )
    _lighthouse(art, 112.6, 66.0)
    for x, top, width, height in (
        (126.5, 60.8, 4.6, 8),
        (131.6, 59.2, 5.2, 9),
        (137.4, 57.6, 5.6, 9),
        (143.6, 56, 5, 9),
    ):
        _house(art, x, top, width, height + 12)
    _land(
        art,
        points(
            "88 110, 96 102, 104 96, 109 90.6, 110.4 85, 109.4 80, 106.6 75.8, 104.4 72.6, 105.6 70.2, "
            "110 68.8, 117 68, 126 68.4, 134 67, 143 66.4, 152 64.6"
        ),
        NIGHT,
    )
    for x, y in ((127.6, 64.2), (139.2, 61.6), (144.2, 60.2), (145.6, 60.2)):
        art.box(x, y, x + 0.75, y + 1.15, fill=(0.0, 0.34, 0.62, 0.12))
    _lit_window(art, 133.8, 62.6)


def _house(art: Art, x: float, top: float, width: float, height: float) -> None:
    roof = -width * 0.42
    art.path(
        points(f"0 0, {width / 2} {roof}, {width} 0, {width} {height}, 0 {height}", x=x, y=top), fill=NIGHT
    )


def _tower(art: Art, x: float, foot: float) -> None:
    walls = (
        "-2.5 1.2, -2.3 -8.2, -2.9 -8.8, -2.9 -10.8, -1.9 -10.8, -1.9 -9.9, -0.6 -9.9, -0.6 -10.8, "
        "0.6 -10.8, 0.6 -9.9, 1.9 -9.9, 1.9 -10.8, 2.9 -10.8, 2.9 -8.8, 2.3 -8.2, 2.5 1.2"
    )
    art.path(points(walls, x=x, y=foot), fill=NIGHT)
    art.line(x, foot - 10, x, foot - 15.6, stroke=NIGHT, width=0.7)
    above = smooth(points("0 -15.6, 1.3 -16.1, 2.5 -15.5, 4.2 -15.4", x=x, y=foot))
    below = smooth(points("4.2 -13.4, 2.5 -13.4, 1.3 -13.9, 0 -13.6", x=x, y=foot), start=False)
    flag = (0.04, 0.62, 0.44, 0.0)
    art.path(f"{above} L{x + 4.2:.2f} {foot - 13.4:.2f} {below} Z", fill=flag)


def _church(art: Art, x: float, foot: float) -> None:
    for middle, height in ((x, 12.6), (x + 5.2, 11.4)):
        eaves, shoulder = -height * 0.38, -height * 0.42
        spire = f"-1.3 8, -1.3 {eaves}, -0.9 {shoulder}, 0 {-height}, 0.9 {shoulder}, 1.3 {eaves}, 1.3 8"
        art.path(points(spire, x=middle, y=foot), fill=NIGHT)
        top = foot - height
        art.line(middle, top + 0.4, middle, top - 1.5, stroke=NIGHT, width=0.6)
        art.line(middle - 0.55, top - 0.8, middle + 0.55, top - 0.8, stroke=NIGHT, width=0.6)
    art.path(points("0.6 8, 0.6 -2.4, 2.6 -4.4, 4.6 -2.4, 4.6 8", x=x, y=foot), fill=NIGHT)


def _lighthouse(art: Art, x: float, foot: float) -> None:
    art.path(points("-1.7 6, -1.05 -12, 1.05 -12, 1.7 6", x=x, y=foot), fill=NIGHT)
    for up in (1.6, 6.4):
        wide = 1.56 - up * 0.036
        narrow = wide - 0.09
        stripe = points(f"{-wide} 0, {-narrow} -2.4, {narrow} -2.4, {wide} 0", x=x, y=foot - up)
        art.path(stripe, fill=(0.16, 0.66, 0.36, 0.04))
    art.box(x - 1.6, foot - 12.5, x + 1.6, foot - 11.9, fill=NIGHT)
    art.box(x - 0.8, foot - 14.4, x + 0.8, foot - 12.5, fill=LAMP)
    art.path(points("-1.15 -14.4, 0 -16.2, 1.15 -14.4", x=x, y=foot), fill=NIGHT)


def _lit_window(art: Art, x: float, y: float) -> None:
    """Somebody is awake: the window that writes, the window that waits."""
    art.circle(x, y, 2.1, fill=(0.42, 0.74, 0.42, 0.16))
    art.circle(x, y, 1.45, fill=(0.10, 0.56, 0.62, 0.04))
    art.box(x - 0.62, y - 0.85, x + 0.62, y + 0.85, fill=LAMP)
    art.line(x, y - 0.85, x, y + 0.85, stroke=(0.1, 0.5, 0.7, 0.1), width=0.25)
    art.line(x - 0.62, y, x + 0.62, y, stroke=(0.1, 0.5, 0.7, 0.1), width=0.25)


def _line_of_post(art: Art) -> None:
    """From window to window, with the loop that every good letter makes."""
    before = points(
        "19.4 65.4, 25 52, 35 38.5, 48 28.5, 60 24.6, 69 26.6, 72.4 32.4, 68.6 37.2, 62.6 35.6, "
        "61.4 29.2, 66.6 22.4, 76 18.4, 86 17.4, 93.4 18.6"
    )
    after = points("103.6 22.4, 113 29, 121.6 38.4, 128.6 49.4, 133 60.4")
    art.dashes(1.4, 2.9)
    art.path(smooth(before), stroke=CREAM, width=0.75)
    art.dashes(0.01, 2.9)
    art.path(smooth(after), stroke=CREAM, width=0.75)
    art.dashes()
    _plane(art, 98.4, 20.0, 5.6, 0.38)


def _plane(art: Art, x: float, y: float, size: float, angle: float) -> None:
    for text, ink in (
        ("1 0, -0.95 -0.66, -0.52 -0.04", WHITE),
        ("1 0, -0.52 -0.04, -0.56 0.46", (0.22, 0.26, 0.04, 0.04)),
        ("1 0, -0.24 0.13, -0.56 0.46", (0.44, 0.46, 0.06, 0.10)),
        ("1 0, -0.24 0.13, -0.62 0.62", CREAM),
    ):
        art.path(points(text, x=x, y=y, scale=size, angle=angle), fill=ink)


def _words(art: Art, look: Look) -> None:
    """The name on the near shore, the credits across from it."""
    left, right, foot = 10.5, layout.CARD.right - 10.5, _WORDS_FOOT
    size, room = 19.0, 60.0
    while text_width(look.title, size, heavy=True, spacing=0.4) > room:
        size -= 0.25
    art.text(look.title, left, foot - 4.2, size, ink=CREAM, heavy=True, spacing=0.4)
    if look.place:
        art.text(look.place, left + 0.3, foot, 7.0, ink=(0.02, 0.34, 0.46, 0.0), spacing=0.7)
    size, rows = _credits(look.credits)
    leading = size * 0.49
    for row, credit in enumerate(rows):
        art.text(credit, right, foot - leading * (len(rows) - 1 - row), size, ink=CREAM, align=1)


def _credits(names: Sequence[str], *, room: float = 46.0, most: int = 6) -> tuple[float, list[str]]:
    """Every name: one on a line while they are few, else in running lines, as large as there is room."""
    size = 5.4
    while True:
        rows = list(names)
        if len(rows) > most:
            rows = [""]
            for name in names:
                longer = f"{rows[-1]} · {name}" if rows[-1] else name
                if text_width(longer, size) <= room or not rows[-1]:
                    rows[-1] = longer
                else:
                    rows.append(name)
        if size < 4 or (len(rows) <= most and all(text_width(row, size) <= room for row in rows)):
            return size, rows
        size -= 0.2
