"""Pages rendered once and filled in for each card: what is the same for many cards is worded once.

A recipient's page is the same for every card of a campaign that has come as far, but for its number, code and days.
So it is rendered with marks in their places, cut there, and kept; a card's own words are put between the pieces.
What the database says about the card is read for every request, before a frame is chosen: a frame knows no card.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass

from flask import current_app
from markupsafe import escape

from postcards.rules.edition import Edition
from postcards.web.pages import assets_stamp

#: A mark is a word's name between two private characters of Unicode, which no sentence holds.
_BEGIN, _END = "\ue000", "\ue001"

#: Frames of one process: ways that cards have come, times languages, times campaigns, with much room.
AT_MOST = 2_000

Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Frame:
    """A page in pieces, UTF-8, with the name of the word that belongs between each two."""

    pieces: tuple[bytes, ...]
    holes: tuple[str, ...]

    def filled(self, words: Words) -> bytes:
        """This will give the page with `words` in their places, escaped as a template would."""
        parts = [self.pieces[0]]
        for hole, piece in zip(self.holes, self.pieces[1:], strict=True):
            parts.append(str(escape(words[hole])).encode())
            parts.append(piece)
        return b"".join(parts)


def framed(render: Callable[[Words], str], names: Collection[str]) -> Frame:
    """This will have a page rendered with marks for words of these names, and cut it at the marks."""
    page = render({name: f"{_BEGIN}{name}{_END}" for name in names})
    pieces = re.split(f"{_BEGIN}({'|'.join(names)}){_END}", page)
    return Frame(tuple(piece.encode() for piece in pieces[::2]), tuple(pieces[1::2]))


class Frames:
    """The frames that an app has rendered; a changed edition or style sheet makes them anew."""

    def __init__(self, *, at_most: int = AT_MOST) -> None:
        self._at_most = at_most
        self._kept: dict[Hashable, tuple[Edition, int, Frame]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def fill(self, key: Hashable, words: Words, *, edition: Edition, render: Callable[[Words], str]) -> bytes:
        """This will fill the frame of `key`, which is rendered when it is new.

        `key` names all that the page shows but `words` and what hangs on `edition`: the state of the card, which words
        there are, the reader's language.
        """
        stamp = assets_stamp()
        kept = self._kept.get(key)
        if kept is None or kept[0] is not edition or kept[1] != stamp:
            frame = framed(render, words)
            if len(self._kept) >= self._at_most:
                self._kept.clear()
            self._kept[key] = (edition, stamp, frame)
            return frame.filled(words)
        return kept[2].filled(words)


def frames() -> Frames:
    """This will give the frames of the running app."""
    found: Frames = current_app.extensions.setdefault("frames", Frames())
    return found
