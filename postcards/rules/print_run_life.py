"""The life of a print run and of its parts: which status may follow which, and why."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class RunStatus(StrEnum):
    """Where a print run stands. That its file was taken, or that its files are gone, are columns of their own."""

    QUEUED = "queued"
    DRAWING = "drawing"
    PAUSED = "paused"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"


class PartStatus(StrEnum):
    """Where one part of a run stands."""

    WAITING = "waiting"
    DRAWING = "drawing"
    DRAWN = "drawn"  # its file is kept
    EMPTY = "empty"  # every card of it was taken out before it was drawn
    FAILED = "failed"  # a card in it cannot be printed
    GONE = "gone"  # its file's time is over, or the run was cancelled


_R = RunStatus

# (old, new) -> what happens between them, in the words of the diagram.
TRANSITIONS: Final = MappingProxyType(
    {
        (_R.QUEUED, _R.DRAWING): "a worker takes the first part",
        (_R.QUEUED, _R.PAUSED): "paused",
        (_R.QUEUED, _R.CANCELLED): "cancelled: the cards wait again",
        (_R.DRAWING, _R.READY): "all parts drawn and looked at",
        (_R.DRAWING, _R.PAUSED): "paused by a person, or the storage is away",
        (_R.DRAWING, _R.FAILED): "a card cannot be printed",
        (_R.DRAWING, _R.CANCELLED): "cancelled: the cards wait again",
        (_R.PAUSED, _R.QUEUED): "resumed by a person, or the storage is back",
        (_R.PAUSED, _R.CANCELLED): "cancelled: the cards wait again",
        (_R.FAILED, _R.QUEUED): "the faulty cards are taken out",
        (_R.FAILED, _R.CANCELLED): "cancelled: the cards wait again",
        (_R.READY, _R.CANCELLED): "cancelled before its file was taken: new codes",
    }
)

#: While a run stands here its cards are claimed: no manifest, no kiosk and no other run takes them.
HOLDS_ITS_CARDS: Final = (_R.QUEUED, _R.DRAWING, _R.PAUSED, _R.FAILED)
#: In these a worker has something to do.
WANTS_A_WORKER: Final = (_R.QUEUED, _R.DRAWING)

#: Why a run is paused: a person said so, or its files cannot be kept just now.
PAUSES: Final = ("person", "storage")

#: What became of a card's place in a run: drawn; left blank, for the card was corrected or given up before it was
#: drawn; taken out by a person; or drawn, and stale when the run was ready, for the card had changed meanwhile.
OUTCOMES: Final = ("drawn", "left_out", "taken_out", "stale")


def may_become(old: RunStatus, new: RunStatus) -> bool:
    """Whether a run may go from `old` to `new`. This will return False for old == new: nothing happened."""
    return (old, new) in TRANSITIONS


def before(new: RunStatus) -> frozenset[RunStatus]:
    """This will give the statuses from which `new` can be reached in one step."""
    return frozenset(old for old, then in TRANSITIONS if then is new)


def diagram() -> str:
    """The life of a print run as Mermaid text, which the docs hold and a test compares.

    This will return the same lines every time.
    """
    lines = ["stateDiagram-v2", f"    [*] --> {_R.QUEUED}: asked for"]
    lines += [f"    {old} --> {new}: {words}" for (old, new), words in TRANSITIONS.items()]
    lines += [f"    {_R.READY} --> [*]", f"    {_R.CANCELLED} --> [*]"]
    return "\n".join(lines) + "\n"
