"""Where crop marks stand round cards on a sheet: on the outer edge only, outside the bleed, or in white frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

MARK_WIDTH_PT = 0.25
MARK_LENGTH = 5.0  # of a crop mark, where the margin allows it
LEAST_MARK = 1.0  # a margin below this holds no mark
TICK_LENGTH = 4.0  # of a mark within the white frame (5 mm) of cards without bleed
GUTTER = 0.5  # mm between two cards from which on a mark on the cut stays off both
TOLERANCE = 0.001  # mm: rounding of sums, nothing that a guillotine could see

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Mark:
    """A crop mark: a straight line from one point to another, in mm."""

    x1: float
    y1: float
    x2: float
    y2: float


def crop_marks(
    xs: Sequence[Span], ys: Sequence[Span], *, width: float, height: float, bleed: float, turned: bool
) -> tuple[Mark, ...]:
    """The marks for cards that fill the columns `xs` and the rows `ys` (from, to; mm) of a sheet.

    `turned` says that the cards lie on their left side. This will return the marks in mm.
    """
    marks: list[Mark] = []
    for x, inside in _cuts(xs, width, bleed):
        # A card that is turned to the left has its left edge, the only one free of postal zones, below.
        for start, end in _ends(ys, height, bleed, both_inside=inside, first_inside=turned):
            marks.append(Mark(x, start, x, end))
    for y, inside in _cuts(ys, height, bleed):
        for start, end in _ends(xs, width, bleed, both_inside=inside, first_inside=not turned):
            marks.append(Mark(start, y, end, y))
    return tuple(marks)


def _cuts(spans: Sequence[Span], size: float, bleed: float) -> Iterator[tuple[float, bool]]:
    """Each cut across `spans`, and whether a mark on it stays off the cards, between two of them."""
    if bleed > 0:
        for start, end in spans:
            yield start, False
            yield end, False
        return
    if spans[0][0] > TOLERANCE:  # without bleed an edge that is the sheet's own needs no cut
        yield spans[0][0], False
    for (_, before), (after, _) in pairwise(spans):
        yield (before + after) / 2, after - before >= GUTTER  # one cut serves both neighbours
    if spans[-1][1] < size - TOLERANCE:
        yield spans[-1][1], False


def _ends(
    spans: Sequence[Span], size: float, bleed: float, *, both_inside: bool, first_inside: bool
) -> Iterator[Span]:
    """Where the two marks of a cut start and end: in the margin, or else in the cards' white frame."""
    first, last = spans[0][0] - bleed, spans[-1][1] + bleed
    if first >= LEAST_MARK:
        yield first - min(MARK_LENGTH, first), first
    elif bleed == 0 and (both_inside or first_inside):
        yield 0.0, TICK_LENGTH
    if size - last >= LEAST_MARK:
        yield last, last + min(MARK_LENGTH, size - last)
    elif bleed == 0 and both_inside:
        yield size - TICK_LENGTH, size
