"""The mark as SVG for the web: the very strokes that go on paper, read back from what was drawn for the card."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from postcards.paper.art import WHITE, Art
from postcards.paper.cachet import draw_cachet
from postcards.paper.typesetting import MM, Typesetter

#: The drawing's side in millimetres while it is drawn.
SIDE = 100.0
#: Units of the SVG in a millimetre of the drawing. Shown 144 px wide, one is a fourteenth of a pixel; whole numbers of
#: them, each counted from the point before, halve what a recipient's phone has to load (17 kB with absolute ones).
UNITS = 20

_TOKEN = re.compile(r"\[[^]]*\]|\S+")
_PATHS = frozenset("mlc")
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
    box = f"0 0 {SIDE * UNITS:g} {SIDE * UNITS:g}"
    return f'<svg class="cachet" viewBox="{box}" aria-hidden="true" focusable="false">{body}</svg>'


def _elements(operators: str) -> Iterator[str]:
    """Reads PDF operators, those that a cachet is made of; another one is a mistake of ours."""
    operands: list[str] = []
    path = _Path()
    fill_is_paper = False
    width, dashes = "", ""
    opened: list[int] = []  # clips since each `q`
    clips = 0
    for sign in _TOKEN.findall(operators):
        if sign[0] in "-.[0123456789":
            operands.append(sign)
            continue
        if sign in _PATHS:
            path.draw(sign, operands)
        elif sign == "h":
            path.close()
        elif sign in _PAINTS:
            yield _painted(path.written(), *_PAINTS[sign], fill_is_paper, width, dashes, sign.endswith("*"))
            path = _Path()
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
            yield f'<clipPath id="{name}"><path d="{path.written()}"/></clipPath><g clip-path="url(#{name})">'
            path = _Path()
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


class _Path:
    """A path's `d`, in relative commands and with no sign more than needed."""

    def __init__(self) -> None:
        self._written: list[str] = []
        self._at = self._began = (0, 0)
        self._last = ""

    def draw(self, command: str, operands: list[str]) -> None:
        """This will add a PDF path operator: its points in points of print, from below."""
        steps = []
        points = [_units(float(x), float(y)) for x, y in zip(operands[::2], operands[1::2], strict=True)]
        for x, y in points:
            steps += [x - self._at[0], y - self._at[1]]
        self._at = points[-1]
        if command == "m":
            self._began = self._at
        repeated = command == self._last and command != "m"  # a repeated move would be read as a line
        numbers = "".join(f"{step}" if step < 0 else f" {step}" for step in steps)
        self._written.append(numbers if repeated else command + numbers.lstrip())
        self._last = command

    def close(self) -> None:
        """This will end the outline where it began."""
        self._written.append("z")
        self._at, self._last = self._began, "z"

    def written(self) -> str:
        """This will give the path."""
        return "".join(self._written)


def _units(x: float, y: float) -> tuple[int, int]:
    return round(x / MM * UNITS), round((SIDE - y / MM) * UNITS)


def _length(points: str) -> str:
    return f"{round(float(points) / MM * UNITS, 1):g}"
