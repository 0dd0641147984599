"""Pages rendered once and filled in for each card: what is the same for many cards is worded once.

A recipient's page is the same for every card of a campaign that has come as far, but for its number, code and days.
So it is rendered with marks in their places, cut there, and kept; a card's own words are put between the pieces.
What the database says about the card is read for every request, before a frame is chosen: a frame knows no card.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
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
    """A page in pieces, UTF-8, with the name of the word between each two; `packed` are they compressed."""

    pieces: tuple[bytes, ...]
    holes: tuple[str, ...]
    packed: tuple[bytes, ...]

    def filled(self, words: Words) -> bytes:
        """This will give the page with `words` in their places, escaped as a template would."""
        return b"".join(_between(self.pieces, self._words(words)))

    def filled_gzip(self, words: Words) -> bytes:
        """This will give the same page as gzip (RFC 1952): a third of the bytes, for a few microseconds.

        The pieces were compressed once, each for itself; a word stands between them uncompressed. So nothing of one
        card ever tells, by how well it compresses, of anything else on the page.
        """
        plain = self._words(words)
        whole = b"".join(_between(self.pieces, plain))
        blocks = _between(self.packed, [_stored(word) for word in plain])
        return b"".join((_GZIP, *blocks, _LAST, struct.pack("<LL", zlib.crc32(whole), len(whole))))

    def _words(self, words: Words) -> list[bytes]:
        return [str(escape(words[hole])).encode() for hole in self.holes]


#: A gzip header that tells no name and no time, and the empty block that ends what comes before it (RFC 1951, 3.2.6).
_GZIP = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
_LAST = b"\x03\0"


def _packed(piece: bytes) -> bytes:
    """Whole blocks that end on a byte, and need nothing of what stands before them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)


def _stored(word: bytes) -> bytes:
    """An uncompressed block (RFC 1951, 3.2.4); a word is short, far below the 65,535 bytes that one may hold."""
    return struct.pack("<BHH", 0, len(word), len(word) ^ 0xFFFF) + word


def _between(pieces: Sequence[bytes], words: Sequence[bytes]) -> Iterator[bytes]:
    yield pieces[0]
    for word, piece in zip(words, pieces[1:], strict=True):
        yield word
        yield piece


def framed(render: Callable[[Words], str], names: Collection[str]) -> Frame:
    """This will have a page rendered with marks for words of these names, and cut it at the marks."""
    page = render({name: f"{_BEGIN}{name}{_END}" for name in names})
    pieces = re.split(f"{_BEGIN}({'|'.join(names)}){_END}", page)
    plain = tuple(piece.encode() for piece in pieces[::2])
    return Frame(plain, tuple(pieces[1::2]), tuple(_packed(piece) for piece in plain))


class Frames:
    """The frames that an app has rendered; a changed edition or style sheet makes them anew."""

    def __init__(self, *, at_most: int = AT_MOST) -> None:
        self._at_most = at_most
        self._kept: dict[Hashable, tuple[Edition, int, Frame]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def of(
        self, key: Hashable, names: Collection[str], *, edition: Edition, render: Callable[[Words], str]
    ) -> Frame:
        """This will give the frame of `key`, which is rendered when it is new, with a mark for each of `names`.

        `key` names all that the page shows but the words and what hangs on `edition`: the state of the card, which
        words there are, the reader's language.
        """
        stamp = assets_stamp()
        kept = self._kept.get(key)
        if kept is not None and kept[0] is edition and kept[1] == stamp:
            return kept[2]
        frame = framed(render, names)
        if len(self._kept) >= self._at_most:
            self._kept.clear()
        self._kept[key] = (edition, stamp, frame)
        return frame


def frames() -> Frames:
    """This will give the frames of the running app."""
    found: Frames = current_app.extensions.setdefault("frames", Frames())
    return found
