"""Files with people's data, encrypted piece by piece: the storage without the key tells nobody anything.

Each piece of a mebibyte is sealed on its own and knows its file, its place and whether it is the last one:
pieces that were altered, swapped, moved to another file or cut off at the end do not open.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Protocol

from postcards.errors import NotFound
from postcards.gateways.files import FileStore, Stored
from postcards.vault import NONCE

#: Plain bytes in a piece, and what sealing adds: the nonce and AES-GCM's tag (NIST SP 800-38D: 16 bytes).
PIECE = 1024 * 1024
ADDED = NONCE + 16
SEALED_PIECE = PIECE + ADDED


class FileDamaged(NotFound):
    """The file is there, and is not what we put there."""

    code = "file_damaged"


class Seals(Protocol):
    """What seals and opens: the vault."""

    def seal(self, key_id: str, plain: bytes, *, about: str) -> bytes: ...

    def open(self, key_id: str, sealed: bytes, *, about: str) -> bytes: ...


class SealedFiles:
    """A file store whose files open only with the data key that they were put with."""

    def __init__(self, store: FileStore, vault: Seals) -> None:
        self._store = store
        self._vault = vault

    def put(self, key: str, source: bytes | Iterable[bytes], *, key_id: str) -> Stored:
        """This will keep `source` sealed; the length and SHA-256 returned are those of the *plain* file."""
        pieces = _in_pieces((source,) if isinstance(source, bytes) else source)
        digest, length = hashlib.sha256(), 0

        def sealed() -> Iterator[bytes]:
            nonlocal length
            for index, (piece, last) in enumerate(pieces):
                digest.update(piece)
                length += len(piece)
                yield self._vault.seal(key_id, piece, about=_about(key, index, last))

        self._store.put(key, sealed())
        return Stored(length, digest.digest())

    def get(self, key: str, *, key_id: str) -> bytes:
        """This will return the whole plain file. Raises as `stream` does."""
        return b"".join(self.stream(key, key_id=key_id))

    def stream(self, key: str, *, key_id: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """This will yield the plain bytes from `start` up to, not including, `end`, a piece at a time.

        Raises `FileMissing` at the call, `FileDamaged` where a piece does not open, `KeyMissing` when the key
        is destroyed.
        """
        sealed_size = self._store.size(key)
        size = _plain_size(sealed_size)
        return self._pieces(key, key_id, sealed_size, max(start, 0), size if end is None else min(end, size))

    def size(self, key: str) -> int:
        """This will return the length of the plain file in bytes; `FileMissing` when there is none."""
        return _plain_size(self._store.size(key))

    def delete(self, key: str) -> None:
        """This will take the file away; nothing happens when there is none."""
        self._store.delete(key)

    def _pieces(self, key: str, key_id: str, sealed_size: int, start: int, end: int) -> Iterator[bytes]:
        count = -(-sealed_size // SEALED_PIECE)
        first, last_wanted = start // PIECE, max(end - 1, start) // PIECE
        for index in range(first, min(last_wanted + 1, count)):
            place = index * SEALED_PIECE
            sealed = b"".join(self._store.stream(key, place, min(place + SEALED_PIECE, sealed_size)))
            try:
                plain = self._vault.open(key_id, sealed, about=_about(key, index, index == count - 1))
            except ValueError as error:
                raise FileDamaged("This file was damaged in the storage and cannot be read.") from error
            yield plain[max(start - index * PIECE, 0) : max(end - index * PIECE, 0)]


def _about(key: str, index: int, last: bool) -> str:
    return f"{key}/{index}/{'last' if last else 'more'}"


def _plain_size(sealed_size: int) -> int:
    if sealed_size < ADDED:
        raise FileDamaged("This file was damaged in the storage and cannot be read.")
    return sealed_size - ADDED * -(-sealed_size // SEALED_PIECE)


def _in_pieces(source: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Pieces of exactly `PIECE` bytes but for the last, which is marked and may be empty only when all is."""
    waiting = bytearray()
    for chunk in source:
        waiting += chunk
        while len(waiting) > PIECE:
            yield bytes(waiting[:PIECE]), False
            del waiting[:PIECE]
    yield bytes(waiting), True
