"""How long requests and jobs took: counted in each process's memory, told through files to whoever asks any of them.

Several web processes and short-lived workers share one answer to `/metrics`. Each process writes its sums into a file
of its own in HOME/run/measures, and holds a lock while it lives; the sums of one that has ended, however it ended, are
added to those of all before it. So nothing grows with the number of processes, and no process id is believed (in
containers they repeat). docs/decisions/0009 says why not the library's own way.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import json
import os
import secrets
import threading
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: Upper bounds in seconds: a page takes tens of milliseconds, a registration too, a PDF longer, a print run minutes.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)

#: Seconds between two writings of a process's file: so old is what another process is told at most.
TELL_EVERY = 2.0

#: Label sets that a process keeps. Labels come from our own routes and job names; this guards against a mistake.
MOST = 5_000

#: A file of another make (other buckets) is thrown away.
MAKE = f"1 {BUCKETS}"

#: Whoever comes, goes or gathers holds it.
LOCK = "gathering.lock"

Key = tuple[str, ...]
Sums = dict[Key, list[float]]


@dataclass(frozen=True, slots=True)
class Measured:
    """One family and its labels: how many were at most each bound, of all how many, and their seconds together."""

    labels: Key
    at_most: tuple[tuple[float, float], ...]
    count: float
    seconds: float


@dataclass
class Measures:
    """The sums of this process, and the way to those of the others. `folder` need not exist."""

    folder: Path
    _sums: Sums = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _name: str = ""
    _alive: int | None = None
    _told: int = 0
    _changes: int = 0

    def observe(self, key: Key, seconds: float) -> None:
        """This will count one event of `key`, (family, labels…), that took `seconds`."""
        with self._lock:
            row = self._sums.get(key)
            if row is None:
                if len(self._sums) >= MOST:
                    return
                row = self._sums[key] = [0.0] * (len(BUCKETS) + 2)
            row[bisect_left(BUCKETS, seconds)] += 1
            row[-1] += seconds
            self._changes += 1

    def tell(self) -> None:
        """This will write this process's sums where others find them; a folder that cannot be written is no fault."""
        with contextlib.suppress(OSError):
            if not self._name:
                self._begin()
            with self._lock:
                if self._told == self._changes:
                    return
                self._told = self._changes
                sums = {key: row[:] for key, row in self._sums.items()}
            _write(self.folder / f"{self._name}.json", sums)

    def close(self) -> None:
        """This will tell a last time, and let this process be counted among the ended."""
        self.tell()
        if self._alive is not None:
            os.close(self._alive)
            self._alive = None

    def tell_always(self) -> None:
        """This will tell every two seconds, and at the end, as long as this process lives. Call it after a fork."""
        self.tell()
        threading.Thread(target=self._tell_on, name="measures", daemon=True).start()
        atexit.register(self.close)

    def everything(self, family: str) -> list[Measured]:
        """This will add up this process and all others, dead or alive, by the labels of `family`."""
        with self._lock:
            sums = {key: row[:] for key, row in self._sums.items()}
        with contextlib.suppress(OSError):
            for name, others in self._gathered():
                if name != self._name:
                    _add(sums, others)
        return [_measured(key[1:], row) for key, row in sorted(sums.items()) if key[0] == family]

    def _begin(self) -> None:
        """Takes a name and its lock, and sweeps up after those who have ended."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _held(self.folder / LOCK):
            name = secrets.token_hex(8)
            handle = os.open(self.folder / f"{name}.alive", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX)
            # Only now: a name without its lock would be counted among the ended, while it goes on.
            self._name, self._alive = name, handle
            for alive in self.folder.glob("*.alive"):  # of processes that ended before they told anything
                if not alive.with_suffix(".json").exists() and _is_free(alive):
                    alive.unlink(missing_ok=True)
        self._gathered()

    def _tell_on(self) -> None:
        wait = threading.Event()
        while not wait.wait(TELL_EVERY):
            self.tell()

    def _gathered(self) -> list[tuple[str, Sums]]:
        """The sums of every process by its name; those of ended ones as one, named "ended"."""
        if not self.folder.is_dir():
            return []
        with _held(self.folder / LOCK):
            ended, counted = _read_ended(self.folder)
            living, dead = [], []
            for file in sorted(self.folder.glob("*.json")):
                if file.stem == "ended":
                    continue
                if file.stem == self._name or not _is_free(file.with_suffix(".alive")):
                    living.append((file.stem, _read(file)))
                else:
                    dead.append(file)
            for file in dead:
                if file.stem not in counted:
                    _add(ended, _read(file))
            if dead:
                # Named in the sums first: whoever is cut off before the files are gone counts none twice.
                _write(self.folder / "ended.json", ended, counted=[file.stem for file in dead])
                for file in dead:
                    file.unlink(missing_ok=True)
                    file.with_suffix(".alive").unlink(missing_ok=True)
            return [("ended", ended), *living]


def _measured(labels: Key, row: list[float]) -> Measured:
    below, at_most = 0.0, []
    for bound, n in zip(BUCKETS, row, strict=False):
        below += n
        at_most.append((bound, below))
    return Measured(labels, tuple(at_most), sum(row[:-1]), row[-1])


def _add(sums: Sums, others: Sums) -> None:
    for key, row in others.items():
        mine = sums.setdefault(key, [0.0] * (len(BUCKETS) + 2))
        sums[key] = [a + b for a, b in zip(mine, row, strict=True)]


def _write(file: Path, sums: Sums, **more: Any) -> None:
    """Whole or not at all: a reader never sees half."""
    content = {"make": MAKE, "sums": [[list(key), row] for key, row in sums.items()], **more}
    half = file.with_suffix(f".{secrets.token_hex(4)}.half")
    handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump(content, out)
    half.replace(file)


def _read(file: Path) -> Sums:
    return _sums_of(_content(file))


def _read_ended(folder: Path) -> tuple[Sums, set[str]]:
    content = _content(folder / "ended.json")
    return _sums_of(content), set(content.get("counted", ()))


def _content(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) and content.get("make") == MAKE else {}


def _sums_of(content: dict[str, Any]) -> Sums:
    return {tuple(key): row for key, row in content.get("sums", ())}


def _is_free(alive: Path) -> bool:
    """Whether nobody holds the lock any more. A lock ends with its process, also by `kill -9`."""
    try:
        handle = os.open(alive, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True


@contextlib.contextmanager
def _held(lock: Path) -> Iterator[None]:
    handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
