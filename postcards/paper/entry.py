"""Looks at what people typed before a stamp is spent on it: does it fit, and is there a font for it?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from postcards.errors import Fault, says, says_all
from postcards.paper.address_block import (
    DoesNotFit,
    SetBlock,
    fit_address,
    fit_message,
    fit_sender,
    missing_characters,
)
from postcards.paper.fonts import unprintable
from postcards.paper.shaping import forget_lines


def check_entry(lines: Sequence[str], sender_name: str, message: str | None) -> list[Fault]:
    """This will name what cannot be printed; fields are `address_lines.N`, `sender.name` and `message`."""
    faults = [
        fault
        for field, words in (
            *((f"address_lines.{index}", line) for index, line in enumerate(lines)),
            ("sender.name", sender_name),
            ("message", message or ""),
        )
        for fault in _without_font(field, words)
    ]
    if faults:
        return faults
    fits: list[Callable[[], SetBlock]] = [lambda: fit_address(lines), lambda: fit_sender(sender_name)]
    if message:
        fits.append(lambda: fit_message(message))
    for fit in fits:
        try:
            fit()
        except DoesNotFit as refusal:
            faults += refusal.faults
    forget_lines()
    return faults


#: Signs that have a font, as far as anybody has used them yet: nearly every text is made of these alone.
_printable: set[str] = set()


def _without_font(field: str, words: str) -> list[Fault]:
    if _printable.issuperset(words):
        return []
    missing = missing_characters(words)
    _printable.update(set(words).difference(missing))
    if not missing:
        return []
    message = says_all([unprintable(missing), says("Please write it in Latin letters.")])
    return [Fault(field, "no_font", message)]
