"""The mark as SVG for the web: the very strokes that go on paper, read back from what was drawn for the card."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from postcards.paper.art import WHITE, Art
from postcards.paper.cachet import draw_cachet
from postcards.paper.typesetting import MM, Typesetter

#: The drawing's side in units of the SVG's own; as millimetres while it is drawn.
SIDE = 100.0

_TOKEN = re.compile(r"\[[^]]*\]|\S+")
_PATHS = {"m": "M", "l": "L", "c": "C"}
#: How a path is painted: is it filled, is it stroked.
_PAINTS = {"f": (True, False), "f*": (True, False), "S": (False, True), "B": (True, True), "B*": (True, True)}


@lru_cache(maxsize=64)
def cachet_svg(ring: str) -> str:
    """This will give the mark with `ring` as one <svg class="cachet">, decorative, without styles of its own.

    What is inked has `currentColor`; what shows the paper behind has the class `cachet__paper`. Raises
    `NoSuchCharacter` for a ring that cannot be printed either.
    """
    art = Art(Typesetter(), width=SIDE, height=SIDE)
    draw_cachet(art, SIDE / 2, SIDE / 2, SIDE / 2, ring)
    body = "".join(_elements(art.operators().decode("ascii")))
    box = f"0 0 {SIDE:g} {SIDE:g}"
    return f'<svg class="cachet" viewBox="{box}" aria-hidden="true" focusable="false">{body}</svg>'


def _elements(operators: str) -> Iterator[str]:
    """Reads PDF operators, those that a cachet is made of; another one is a mistake of ours."""
    operands: list[str] = []
    path: list[str] = []
    fill_is_paper = False
    width, dashes = "", ""
    opened: list[int] = []  # clips since each `q`
    clips = 0
    for sign in _TOKEN.findall(operators):
        if sign[0] in "-.[0123456789":
            operands.append(sign)
            continue
        if sign in _PATHS:
            path.append(_PATHS[sign] + _points(operands))
        elif sign == "h":
            path.append("Z")
        elif sign in _PAINTS:
            yield _painted("".join(path), *_PAINTS[sign], fill_is_paper, width, dashes, sign.endswith("*"))
            path = []
        elif sign == "k":
            fill_is_paper = tuple(map(float, operands)) == WHITE
        elif sign == "w":
            width = _length(operands[0])
        elif sign == "d":
            dashes = " ".join(map(_length, operands[0].strip("[]").split()))
        elif sign == "q":
            opened.append(0)
        elif sign == "Q":
            yield "</g>" * opened.pop()
        elif sign in ("W", "W*"):
            clips += 1
            opened[-1] += 1
            name = f"cachet-{clips}"
            yield f'<clipPath id="{name}"><path d="{"".join(path)}"/></clipPath><g clip-path="url(#{name})">'
            path = []
        elif sign not in ("n", "K", "J"):
            raise ValueError(f"A cachet is not drawn with {sign}.")
        operands = []


def _painted(
    path: str, fill: bool, stroke: bool, paper: bool, width: str, dashes: str, even_odd: bool
) -> str:
    look = ' class="cachet__paper"' if fill and paper else f' fill="{"currentColor" if fill else "none"}"'
    if fill and even_odd:
        look += ' fill-rule="evenodd"'
    if stroke:
        look += f' stroke="currentColor" stroke-width="{width}"'
        if dashes:
            look += f' stroke-dasharray="{dashes}" stroke-linecap="round"'
    return f'<path{look} d="{path}"/>'


def _points(operands: list[str]) -> str:
    numbers = [float(one) / MM for one in operands]
    pairs = zip(numbers[::2], numbers[1::2], strict=True)
    return " ".join(f"{x:.2f} {SIDE - y:.2f}" for x, y in pairs)


def _length(points: str) -> str:
    return f"{float(points) / MM:.2f}"
