"""A child behind its guard: it says how it ended, it goes when told, and when its guard is killed."""

from __future__ import annotations

import os
import signal
import stat
import sys
import time
from pathlib import Path

import pytest

from postcards.embedded.process import LOG_BYTES, Process, keep_short
from tests.embedded.processes import alive, until

#: Says its own pid, then does as it is told: `sleep` politely, or `deaf` to polite signals.
CHILD = """
import os, signal, sys, time
if sys.argv[1] == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(os.getpid(), flush=True)
time.sleep(600)
"""


def start(log: Path, *words: str, grace: float = 5.0) -> Process:
    return Process([sys.executable, "-c", *words], log=log, env=os.environ, grace=grace)


def pid_in(process: Process) -> int:
    assert until(lambda: bool(process.last_lines()), seconds=10)
    return int(process.last_lines()[0])


@pytest.mark.parametrize(
    ("code", "status"),
    [("raise SystemExit(7)", 7), ("pass", 0), ("import os; os.kill(os.getpid(), 9)", 128 + 9)],
)
def test_the_exit_status_comes_through(tmp_path: Path, code: str, status: int) -> None:
    process = start(tmp_path / "log", code)
    assert until(lambda: process.poll() is not None, seconds=10)
    assert process.poll() == status
    process.stop()


def test_a_deaf_child_is_ended_after_its_grace(tmp_path: Path) -> None:
    process = start(tmp_path / "log", CHILD, "deaf", grace=0.5)
    pid = pid_in(process)
    asked = time.monotonic()
    process.stop()
    assert 0.4 < time.monotonic() - asked < 3
    assert not alive(pid)


def test_a_child_goes_when_its_guard_is_killed(tmp_path: Path) -> None:
    process = start(tmp_path / "log", CHILD, "sleep")
    pid = pid_in(process)
    os.kill(process.pid, signal.SIGKILL)
    assert until(lambda: process.poll() is not None, seconds=5)
    if sys.platform != "linux":  # there the supervisor ends the rest when it looks
        process.stop()
    assert until(lambda: not alive(pid), seconds=5)
    process.stop()


def test_logs_are_private_begin_anew_when_long_and_show_only_this_start(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"x" * (LOG_BYTES + 1))
    for word in ("first", "second"):
        assert say(log, word) == [word]
    assert log.read_text() == "first\nsecond\n"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert (tmp_path / "log.1").stat().st_size == LOG_BYTES + 1


WRITER = """
import pathlib, sys, time
print("before", flush=True)
while not pathlib.Path(sys.argv[1]).exists():
    time.sleep(0.02)
print("later", flush=True)
"""


def test_a_log_that_grows_too_long_is_put_aside_while_its_writer_goes_on(tmp_path: Path) -> None:
    log, go = tmp_path / "log", tmp_path / "go"
    process = start(log, WRITER, str(go))
    try:
        assert until(lambda: process.last_lines() == ["before"], seconds=10)
        keep_short(log)
        assert log.read_text() == "before\n", "a short log is left alone"
        with log.open("ab") as more:
            more.write(b"x" * LOG_BYTES)
        keep_short(log)
        assert (log.stat().st_size, (tmp_path / "log.1").stat().st_size) == (0, LOG_BYTES + 7)
        assert stat.S_IMODE((tmp_path / "log.1").stat().st_mode) == 0o600
        go.touch()
        assert until(lambda: process.last_lines() == ["later"], seconds=10)
        assert log.read_text() == "later\n"
    finally:
        process.stop()


def say(log: Path, word: str) -> list[str]:
    process = start(log, f"print('{word}')")
    assert until(lambda: process.poll() is not None, seconds=10)
    process.stop()
    return process.last_lines()
