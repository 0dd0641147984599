"""The ledger of erasures outside of the database: a file beside the data keys that only grows and names nobody.

A backup is older than what happens after it. Whoever restores one finds here whom it must not bring back, and who
wants no other card. One line of JSON for each; lines of one file may be joined with those of another copy in any
order. A line without a `kind` is an erasure, as all were once.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import uuid
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from postcards.errors import Invalid, Unavailable
from postcards.models.erasure import ASKED, DO_NOT_WRITE, ERASURE

NAME = "erasures.ledger"

Line = dict[str, Any]


class LedgerDamaged(Invalid):
    """A line of the file is not what we wrote: somebody has to look before anything is restored by it.

    `good` are all the other lines.
    """

    code = "ledger_damaged"
    good: tuple[Line, ...] = ()


class ErasureLedger:
    """The file; each line has an `id`, and a line is written once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def exists(self) -> bool:
        """Whether anything was ever written."""
        return self.path.is_file()

    def read(self) -> list[Line]:
        """This will give the lines, the oldest first, without one that a power cut left unfinished at the end.

        Raises `LedgerDamaged`, `Unavailable`.
        """
        if not self.exists:
            return []
        try:
            written = self.path.read_bytes()
        except OSError as error:
            raise Unavailable(f"{self.path} cannot be read ({type(error).__name__}).") from error
        found: list[Line] = []
        damaged: LedgerDamaged | None = None
        for place, text in enumerate(written.split(b"\n")[:-1], start=1):
            try:
                found.append(_line(text))
            except ValueError as error:
                damaged = damaged or LedgerDamaged(
                    f"{self.path}, line {place}, is damaged ({error}). Use another copy of it."
                )
        if damaged is not None:
            damaged.good = tuple(found)
            raise damaged
        return found

    def add(self, lines: Iterable[Line]) -> None:
        """This will write the lines whose `id` is not there yet; they are on the disk when it returns.

        What a power cut left of a last line is taken away first. Raises `Unavailable`.
        """
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(handle, "r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                known = _ids(file.read())
                torn = self._torn(file)
                if torn is not None:
                    file.truncate(torn)
                new = [line for line in lines if line["id"] not in known]
                file.seek(0, os.SEEK_END)
                file.write(b"".join(json.dumps(line).encode() + b"\n" for line in new))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise Unavailable(
                f"The ledger of erasures cannot be written ({error.strerror}); the next night tries again.",
                code="ledger_away",
            ) from error

    @staticmethod
    def _torn(file: Any) -> int | None:
        file.seek(0)
        written = file.read()
        return None if not written or written.endswith(b"\n") else written.rfind(b"\n") + 1


def _ids(written: bytes) -> set[str]:
    found = set()
    for text in written.split(b"\n")[:-1]:
        try:
            found.add(json.loads(text)["id"])
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
    return found


def _line(text: bytes) -> Line:
    """Reads a line; raises `ValueError` that says what is wrong with it, never what it says of anybody."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        line = None
    if not isinstance(line, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - a fault of the file, not of the program
    kind = line.get("kind", ERASURE)
    fields = _FIELDS.get(kind) if isinstance(kind, str) else None
    if fields is None:
        raise ValueError("its kind is unknown: a newer version wrote it, or nobody")
    for name, is_right in fields.items():
        if name not in line:
            raise ValueError(f'it has no "{name}"')
        try:
            right = is_right(line[name])
        except (ValueError, TypeError, AttributeError):
            right = False
        if not right:
            raise ValueError(f'its "{name}" is not what we wrote')
    return line


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and str(uuid.UUID(value)) == value


def _is_mark(value: Any) -> bool:
    return len(bytes.fromhex(value)) > 0


def _is_moment(value: Any) -> bool:
    return dt.datetime.fromisoformat(value).tzinfo is not None


def _is_words(value: Any) -> bool:
    return isinstance(value, str) and value != "" and value.isprintable()


_FIELDS: Mapping[str, Mapping[str, Callable[[Any], bool]]] = {
    ERASURE: {
        "id": _is_id,
        "campaign": _is_words,
        "card": _is_id,
        "asked": ASKED.__contains__,
        "parts": lambda parts: isinstance(parts, list) and all(map(_is_words, parts)),
        "status": _is_words,
        "voided": lambda voided: isinstance(voided, bool),
        "email_index": lambda index: index is None or _is_mark(index),
        "at": _is_moment,
        "by": _is_words,
    },
    DO_NOT_WRITE: {"id": _is_id, "index": _is_mark, "at": _is_moment, "by": _is_words},
}
