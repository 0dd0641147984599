"""How many stamps one booklet may hold."""

from __future__ import annotations


def fair_share(*, free: int, kiosks: int) -> int:
    """Near the end of the drawer booklets shrink, so that no kiosk sits on stamps that a queue elsewhere waits for.

    This will return at most free ÷ (2 × kiosks), and at least one.
    """
    return max(1, free // (2 * max(1, kiosks)))
