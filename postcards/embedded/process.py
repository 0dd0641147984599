"""A child process that cannot outlive us: behind a guard, stopped in order, its words kept in a log."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

GUARD = Path(__file__).with_name("guard.py")
#: A log over this size is put aside, and the one put aside before is gone: 10 MB of each part at the most.
LOG_BYTES = 5_000_000


@dataclass(frozen=True, slots=True)
class Runner:
    """The unprivileged user that a child runs as."""

    uid: int
    gid: int


class Process:
    """One running command. `stop_signal` is its polite end, `grace` how long it may take, in seconds."""

    def __init__(
        self,
        argv: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str],
        cwd: Path | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        grace: float = 5.0,
        runner: Runner | None = None,
        keep: Sequence[int] = (),
    ) -> None:
        self.log = log
        self.grace = grace
        self.started = time.monotonic()
        as_user = [] if runner is None else ["--user", str(runner.uid), "--group", str(runner.gid)]
        kept = ["--keep", *map(str, keep)] if keep else []
        with open_log(log) as out:
            self._log_start = out.tell()
            self._guard = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-S", str(GUARD), "--parent", str(os.getpid())),
                    *("--stop-signal", str(int(stop_signal)), "--grace", str(grace), *as_user, *kept),
                    *("--", *map(str, argv)),
                ],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=dict(env),
                cwd=cwd,
                pass_fds=keep,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The guard's process id, which is also the id of the group with the command in it."""
        return self._guard.pid

    def poll(self) -> int | None:
        """This will return the exit status, or None while the command runs."""
        return self._guard.poll()

    def ask_to_stop(self) -> None:
        """This will begin the polite end and return at once."""
        if self._guard.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._guard.stdin.close()

    def stop(self) -> None:
        """This will end the command: politely, after `grace` seconds by force. Again is harmless."""
        self.ask_to_stop()
        try:
            self._guard.wait(self.grace + 2)
        except subprocess.TimeoutExpired:
            self._end_group()
            self._guard.wait()
        self._end_group()

    def _end_group(self) -> None:
        """The guard may have been killed before its command: then the group still has members."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._guard.pid, signal.SIGKILL)

    def last_lines(self, count: int = 30) -> list[str]:
        """This will return what the command said last, since this start of it."""
        with self.log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            since = self._log_start if self._log_start <= size else 0  # it was put aside meanwhile
            file.seek(max(since, size - 16_384))
            return file.read().decode("utf-8", "replace").splitlines()[-count:]


@contextlib.contextmanager
def open_log(path: Path) -> Iterator[IO[bytes]]:
    """This will open a log for appending, with mode 0600, and put an overlong one aside."""
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > LOG_BYTES:
            path.replace(path.with_suffix(path.suffix + ".1"))
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as file:
        yield file


def keep_short(log: Path) -> None:
    """This will put an overlong log aside while its writer goes on.

    It writes to the end of one open file, so the file is copied and emptied; a line that comes in between is lost.
    """
    with contextlib.suppress(OSError):  # a full disk, or no log yet: the next look comes
        if log.stat().st_size > LOG_BYTES:
            aside = log.with_suffix(log.suffix + ".1")
            handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as out, log.open("rb") as whole:
                shutil.copyfileobj(whole, out)
            os.truncate(log, 0)
