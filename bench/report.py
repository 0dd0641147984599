"""Figures and the table they make."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table: what was measured, what came out, what is wanted, and what stands behind it."""

    what: str
    measured: str
    wanted: str
    behind: str = ""


def per_second(rates: Sequence[float]) -> str:
    """This will give the median of rates, with the lowest and the highest."""
    return f"{statistics.median(rates):,.0f}/s ({min(rates):,.0f}–{max(rates):,.0f})"


def table(figures: Sequence[Figure]) -> str:
    """This will give the figures as a Markdown table."""
    lines = ["| what | measured | wanted | behind it |", "|---|---|---|---|"]
    lines += [f"| {f.what} | {f.measured} | {f.wanted} | {f.behind} |" for f in figures]
    return "\n".join(lines)
