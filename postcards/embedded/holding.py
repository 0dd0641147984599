"""Who runs the servers of a HOME, and who uses them meanwhile: two locks and a note."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from postcards.embedded.home import hold, make_home, open_lock, take, take_within, write_private
from postcards.errors import Denied


@dataclass(frozen=True, slots=True)
class RunningHome:
    """Whoever runs the servers of a HOME. `address` is where people reach it, empty for a mere command."""

    pid: int
    database_url: str
    broker_url: str
    address: str = ""
    port: int | None = None
    ready: bool = False


class HomeTaken(Denied):
    """Somebody else runs the servers of this HOME. `holder` is who, when it has said so already."""

    code = "home_taken"

    def __init__(self, message: str, holder: RunningHome | None) -> None:
        super().__init__(message)
        self.holder = holder


class Holding:
    """The right to run the servers of a HOME, and the note that tells others about it."""

    def __init__(self, home: Path, handle: int) -> None:
        self.home = home
        self._handle = handle

    def tell(self, note: RunningHome) -> None:
        """This will let others know where the servers answer."""
        write_private(_note(self.home), json.dumps(asdict(note)))

    def untell(self) -> None:
        """This will keep newcomers away; whoever is here already stays."""
        _note(self.home).unlink(missing_ok=True)

    def wait_for_guests(self) -> None:
        """This will wait until no other command uses our servers any more."""
        with hold(self.home, "guests"):
            pass

    def release(self) -> None:
        """This will give the right back."""
        self.untell()
        os.close(self._handle)


def hold_servers(home: Path) -> Holding:
    """This will take the right to run the servers of HOME, or raise `HomeTaken`."""
    make_home(home)
    handle = open_lock(home, "servers")
    if not take_within(handle, 0.3):
        os.close(handle)
        holder = _read_note(home)
        who = f"process {holder.pid}" if holder else "another process"
        at = f" at {holder.address}" if holder and holder.address else ""
        raise HomeTaken(f"Far is Close is already running on {home} ({who}{at}).", holder)
    _note(home).unlink(missing_ok=True)  # left by one that was killed
    return Holding(home, handle)


def holder_of(home: Path) -> RunningHome | None:
    """This will say who runs the servers of HOME just now. The lock decides, the note only gives details."""
    if not (home / "locks").is_dir():
        return None
    handle = open_lock(home, "servers")
    try:
        return None if take(handle, fcntl.LOCK_SH) else _read_note(home)
    finally:
        os.close(handle)


def running(home: Path) -> RunningHome | None:
    """This will return the `up` that runs on HOME, or None."""
    holder = holder_of(home)
    return holder if holder is not None and holder.address else None


@contextlib.contextmanager
def guest_of(home: Path) -> Iterator[RunningHome | None]:
    """This will give the servers that run on HOME, held open for the block; None when there are none."""
    handle = open_lock(home, "guests")
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        holder = holder_of(home)  # looked at after the lock: from now on a leaving holder waits for us
        yield holder if holder is not None and holder.ready else None
    finally:
        os.close(handle)


def _note(home: Path) -> Path:
    return home / "run" / "running.json"


def _read_note(home: Path) -> RunningHome | None:
    try:
        return RunningHome(**json.loads(_note(home).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
