"""The ledger of erasures outside of the database: a file beside the data keys that only grows and names nobody.

A backup is older than what happens after it. Whoever restores one finds here whom it must not bring back. One line
of JSON for each card; lines of one file may be joined with those of another copy in any order.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from postcards.errors import Invalid, Unavailable

NAME = "erasures.ledger"

Line = dict[str, Any]


class LedgerDamaged(Invalid):
    """A line of the file is not what we wrote: somebody has to look before anything is restored by it."""

    code = "ledger_damaged"


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
            written = self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Unavailable(f"{self.path} cannot be read ({type(error).__name__}).") from error
        found = []
        for place, text in enumerate(written.split("\n")[:-1], start=1):
            try:
                line = json.loads(text)
                line["id"], line["campaign"], line["card"], line["at"]
            except (ValueError, KeyError, TypeError) as error:
                raise LedgerDamaged(
                    f"{self.path}, line {place}, is damaged. Use another copy of it."
                ) from error
            found.append(line)
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
        except (ValueError, KeyError, TypeError):
            continue
    return found
