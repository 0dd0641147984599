"""A drawing in millimetres from the card's top left corner: reportlab's paths, our typesetter's letters.

What comes out are PDF operators for a form that is drawn once and used on every card.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from typing import Any

from reportlab.pdfgen.canvas import Canvas

from postcards.paper.fonts import Typeface
from postcards.paper.typesetting import MM, Typesetter, text_width
from postcards.rules.sheet import CARD_HEIGHT, CARD_WIDTH

Ink = tuple[float, float, float, float]  # cyan, magenta, yellow, black, 0 to 1
Point = tuple[float, float]

BLACK: Ink = (0, 0, 0, 1)
WHITE: Ink = (0, 0, 0, 0)

_TOKEN = re.compile(r"[MLCQZ]|-?\d+(?:\.\d+)?")


class Art:
    """One drawing. Every method takes millimetres, y downward; type sizes and line widths are in points."""

    def __init__(
        self, typesetter: Typesetter, *, height: float = CARD_HEIGHT, width: float = CARD_WIDTH
    ) -> None:
        self._typesetter = typesetter
        self._height = height
        # Never saved: only its operators are taken. So its own fonts and boxes do not matter.
        self._canvas: Any = Canvas(
            io.BytesIO(), pagesize=(width * MM, height * MM), pageCompression=0, invariant=1
        )

    def operators(self) -> bytes:
        """This will return what has been drawn so far, as PDF operators."""
        return str(self._canvas.getCurrentPageContent()).encode("latin-1") + b"\n"

    def x(self, x: float) -> float:
        return x * MM

    def y(self, y: float) -> float:
        return (self._height - y) * MM

    def path(
        self,
        path: str | Sequence[Point],
        *,
        fill: Ink | None = None,
        stroke: Ink | None = None,
        width: float = 0.5,
    ) -> None:
        """Fill and stroke a path: points of a polygon, or letters as in SVG (absolute M L C Q Z only)."""
        self._colours(fill, stroke, width)
        self._canvas.drawPath(self._made(path), stroke=int(stroke is not None), fill=int(fill is not None))

    def clip(self, path: str | Sequence[Point]) -> None:
        """From here to the next `pop`, draw inside `path` only."""
        self._canvas.clipPath(self._made(path), stroke=0, fill=0)

    def push(self) -> None:
        self._canvas.saveState()

    def pop(self) -> None:
        self._canvas.restoreState()

    def dashes(self, *lengths: float) -> None:
        """Lengths of dashes and gaps in points, round ends; none for a full line again."""
        self._canvas.setDash(list(lengths))
        self._canvas.setLineCap(1 if lengths else 0)

    def circle(
        self, x: float, y: float, radius: float, *, fill: Ink | None = None, stroke: Ink | None = None,
        width: float = 0.5,
    ) -> None:  # fmt: skip
        self._colours(fill, stroke, width)
        self._canvas.circle(
            self.x(x), self.y(y), radius * MM, stroke=int(stroke is not None), fill=int(fill is not None)
        )

    def box(
        self, left: float, top: float, right: float, bottom: float, *, fill: Ink | None = None,
        stroke: Ink | None = None, width: float = 0.5, round_by: float = 0.0,
    ) -> None:  # fmt: skip
        self._colours(fill, stroke, width)
        self._canvas.roundRect(
            self.x(left), self.y(bottom), (right - left) * MM, (bottom - top) * MM, round_by * MM,
            stroke=int(stroke is not None), fill=int(fill is not None),
        )  # fmt: skip

    def line(self, x1: float, y1: float, x2: float, y2: float, *, stroke: Ink, width: float = 0.5) -> None:
        self._colours(None, stroke, width)
        self._canvas.line(self.x(x1), self.y(y1), self.x(x2), self.y(y2))

    def text(
        self, text: str, x: float, y: float, size: float, *, ink: Ink = BLACK, heavy: bool = False,
        spacing: float = 0.0, align: float = 0.0,
    ) -> None:  # fmt: skip
        """A line of text on the baseline `y`; `align` 0 begins at `x`, 0.5 is centred on it, 1 ends there."""
        if align:
            # The space after the last letter is air, not text.
            x -= align * (text_width(text, size, heavy=heavy, spacing=spacing) - spacing / MM)
        self._colours(ink, None, 0)
        operators = self._typesetter.line(
            text, x=x, y=self._height - y, size=size, heavy=heavy, spacing=spacing
        )
        self._raw(operators)

    def outlined_text(self, text: str, x: float, y: float, size: float, *, ink: Ink, width: float) -> None:
        """A bold line of text of which only the outline is drawn."""
        self._colours(None, ink, width)
        operators = self._typesetter.line(text, x=x, y=self._height - y, size=size, heavy=True)
        self._raw(b"1 Tr\n" + operators + b"0 Tr\n")

    def letter(
        self, face: Typeface, glyph: int, x: float, y: float, size: float, angle: float, *, ink: Ink
    ) -> None:
        """One glyph as a shape, its origin at (x, y), turned clockwise by `angle` (radians)."""
        pen = _OutlinePen(
            self._canvas.beginPath(), self.x(x), self.y(y), size * face.per_mille / 1000, -angle
        )
        face.hb_font.draw_glyph_with_pen(glyph, pen)
        self._colours(ink, None, 0)
        self._canvas.drawPath(pen.path, stroke=0, fill=1, fillMode=1)

    def image(self, name: bytes, left: float, top: float, right: float, bottom: float) -> None:
        """An image object, under the `name` that the form's resources give it, stretched to a box."""
        place = ((right - left) * MM, (bottom - top) * MM, self.x(left), self.y(bottom))
        self._raw(b"q %.3f 0 0 %.3f %.3f %.3f cm /%b Do Q\n" % (*place, name))

    def turned(self, x: float, y: float, angle: float) -> None:
        """From here to the next `pop`, everything is turned clockwise by `angle` (radians) round (x, y)."""
        self._canvas.translate(self.x(x), self.y(y))
        self._canvas.rotate(-math.degrees(angle))
        self._canvas.translate(-self.x(x), -self.y(y))

    def _raw(self, operators: bytes) -> None:
        self._canvas._code.append(operators.decode("latin-1").rstrip("\n"))

    def _colours(self, fill: Ink | None, stroke: Ink | None, width: float) -> None:
        if fill is not None:
            self._canvas.setFillColorCMYK(*fill)
        if stroke is not None:
            self._canvas.setStrokeColorCMYK(*stroke)
            self._canvas.setLineWidth(width)

    def _made(self, path: str | Sequence[Point]) -> Any:
        made = self._canvas.beginPath()
        if not isinstance(path, str):
            path = "M" + "L".join(f"{x:.3f} {y:.3f} " for x, y in path) + "Z"
        tokens = _TOKEN.findall(path)
        at = 0
        command = "M"
        last: Point = (0.0, 0.0)
        while at < len(tokens):
            if tokens[at].isalpha():
                command = tokens[at]
                at += 1
                if command == "Z":
                    made.close()
                continue
            count = {"M": 2, "L": 2, "C": 6, "Q": 4}[command]
            numbers = [float(token) for token in tokens[at : at + count]]
            at += count
            points = [(self.x(x), self.y(y)) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
            if command == "M":
                made.moveTo(*points[0])
                command = "L"
            elif command == "L":
                made.lineTo(*points[0])
            elif command == "C":
                made.curveTo(*points[0], *points[1], *points[2])
            else:
                made.curveTo(*_cubic(last, points[0], points[1]))
            last = points[-1]
        return made


def points(
    text: str, *, x: float = 0.0, y: float = 0.0, scale: float = 1.0, angle: float = 0.0
) -> list[Point]:
    """The points of "x y, x y, …", turned clockwise by `angle` (radians), scaled, and moved to (x, y)."""
    cos, sin = math.cos(angle) * scale, math.sin(angle) * scale
    pairs = [tuple(map(float, pair.split())) for pair in text.split(",")]
    return [(x + px * cos - py * sin, y + px * sin + py * cos) for px, py in pairs]


def smooth(through: Sequence[Point], *, start: bool = True) -> str:
    """A curve that meets all of `through` (Catmull-Rom). With `start` False it goes on from the first point
    instead of moving there. This will return a path for `Art.path`.
    """
    parts = [f"M{through[0][0]:.3f} {through[0][1]:.3f}"] if start else []
    for at in range(len(through) - 1):
        p0, p1, p2 = through[max(at - 1, 0)], through[at], through[at + 1]
        p3 = through[min(at + 2, len(through) - 1)]
        c1 = (p1[0] + (p2[0] - p0[0]) / 6, p1[1] + (p2[1] - p0[1]) / 6)
        c2 = (p2[0] - (p3[0] - p1[0]) / 6, p2[1] - (p3[1] - p1[1]) / 6)
        parts.append(f"C{c1[0]:.3f} {c1[1]:.3f} {c2[0]:.3f} {c2[1]:.3f} {p2[0]:.3f} {p2[1]:.3f}")
    return " ".join(parts)


def _cubic(start: Point, control: Point, end: Point) -> tuple[float, ...]:
    """A quadratic curve as a cubic one (PDF has no other)."""
    return (
        start[0] + (control[0] - start[0]) * 2 / 3, start[1] + (control[1] - start[1]) * 2 / 3,
        end[0] + (control[0] - end[0]) * 2 / 3, end[1] + (control[1] - end[1]) * 2 / 3,
        end[0], end[1],
    )  # fmt: skip


class _OutlinePen:
    """Takes the outline of a glyph from HarfBuzz and lays it into a reportlab path, turned and moved."""

    def __init__(self, path: Any, x: float, y: float, scale: float, angle: float) -> None:
        self.path = path
        self._origin = (x, y)
        self._cos, self._sin = math.cos(angle) * scale, math.sin(angle) * scale
        self._last: Point = (0.0, 0.0)

    def _placed(self, point: Point) -> Point:
        x, y = point
        self._last = (
            self._origin[0] + x * self._cos - y * self._sin,
            self._origin[1] + x * self._sin + y * self._cos,
        )
        return self._last

    def moveTo(self, point: Point) -> None:  # noqa: N802 - the names of the pen protocol
        self.path.moveTo(*self._placed(point))

    def lineTo(self, point: Point) -> None:  # noqa: N802
        self.path.lineTo(*self._placed(point))

    def curveTo(self, first: Point, second: Point, end: Point) -> None:  # noqa: N802
        self.path.curveTo(*self._placed(first), *self._placed(second), *self._placed(end))

    def qCurveTo(self, control: Point, end: Point) -> None:  # noqa: N802
        start = self._last
        self.path.curveTo(*_cubic(start, self._placed(control), self._placed(end)))

    def closePath(self) -> None:  # noqa: N802
        self.path.close()
