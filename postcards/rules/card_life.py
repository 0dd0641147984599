"""The life of a card: which status may follow which, and why. Everything else about statuses asks here."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class CardStatus(StrEnum):
    """Where a card stands. Held, in a tray and claimed by a print run are columns of their own."""

    REGISTERED = "registered"
    PRINTED = "printed"
    SEALED = "sealed"
    HANDED_OVER = "handed_over"
    REFUSED = "refused"
    RETURNED = "returned"
    ARRIVED = "arrived"
    VOID = "void"


_S = CardStatus

# (old, new) -> what happens between them, in the words of the diagram.
TRANSITIONS: Final = MappingProxyType(
    {
        (_S.REGISTERED, _S.PRINTED): "printed",
        (_S.REGISTERED, _S.VOID): "given up",
        (_S.PRINTED, _S.REGISTERED): "corrected or spoiled: a new code",
        (_S.PRINTED, _S.SEALED): "put on a sealed manifest",
        (_S.PRINTED, _S.VOID): "given up",
        (_S.SEALED, _S.PRINTED): "withdrawn by a new version before hand-over",
        (_S.SEALED, _S.HANDED_OVER): "taken by the post",
        (_S.SEALED, _S.REFUSED): "refused by the post",
        (_S.SEALED, _S.ARRIVED): "confirmed by the recipient",
        (_S.HANDED_OVER, _S.ARRIVED): "confirmed by the recipient",
        (_S.HANDED_OVER, _S.REFUSED): "refused by the post after all",
        (_S.HANDED_OVER, _S.RETURNED): "came back",
        (_S.REFUSED, _S.REGISTERED): "mended: a new code",
        (_S.REFUSED, _S.ARRIVED): "confirmed by the recipient after all",
        (_S.REFUSED, _S.VOID): "given up",
        (_S.RETURNED, _S.REGISTERED): "mended: a new code",
        (_S.RETURNED, _S.ARRIVED): "confirmed by the recipient after all",
        (_S.RETURNED, _S.VOID): "given up",
    }
)

# An arrival is a recipient's word, which no later receipt takes back; a void card's stamp is in the drawer.
FINAL: Final = frozenset(CardStatus) - frozenset(old for old, _ in TRANSITIONS)


def may_become(old: CardStatus, new: CardStatus) -> bool:
    """Whether a card may go from `old` to `new`. This will return False for old == new: nothing happened."""
    return (old, new) in TRANSITIONS


def before(new: CardStatus) -> frozenset[CardStatus]:
    """The statuses from which `new` can be reached in one step, for `UPDATE … WHERE status IN (…)`.

    This will return an empty set for nothing but a status that no card can enter.
    """
    return frozenset(old for old, then in TRANSITIONS if then is new)


def diagram() -> str:
    """The life of a card as Mermaid text, which the docs hold and a test compares.

    This will return the same lines every time.
    """
    lines = ["stateDiagram-v2", f"    [*] --> {_S.REGISTERED}: uses a stamp"]
    lines += [f"    {old} --> {new}: {words}" for (old, new), words in TRANSITIONS.items()]
    lines += [f"    {status} --> [*]" for status in CardStatus if status in FINAL]
    return "\n".join(lines) + "\n"
