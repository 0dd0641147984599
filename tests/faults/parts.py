"""Real workers and servers for the tests of faults: started by us, ended by pid, and by nobody else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from postcards import config


def environment(settings: config.Settings, broker_url: str) -> dict[str, str]:
    """This will give the environment in which a child knows what these settings say."""
    return os.environ | {
        "POSTCARDS_HOME": str(settings.home),
        "POSTCARDS_DATABASE_URL": settings.database_url,
        "POSTCARDS_BROKER_URL": broker_url,
        "POSTCARDS_MASTER_KEY": settings.master_key,
        "POSTCARDS_SECRET_KEY": settings.secret_key,
    }


@contextmanager
def worker(settings: config.Settings, broker_url: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """This will run a Celery worker with two processes, and beat in it, until the block ends."""
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    command = [sys.executable, "-m", "celery", "-A", "workers.app", "worker", "--beat", "--concurrency", "2"]
    command += ["--schedule", str(settings.home / f"beat-{time.monotonic_ns()}"), "--loglevel", "info"]
    command += ["--without-gossip", "--without-mingle"]
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, env=environment(settings, broker_url), stdout=out, stderr=out, start_new_session=True
        )
    try:
        wait_until(lambda: b"ready." in log.read_bytes(), "the worker is ready", seconds=40)
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """This will end a process and its children at once, as a power cut would (it leads a group of its own)."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=10)


def wait_until(sees: Callable[[], object], what: str, *, seconds: float = 30) -> None:
    """This will wait until `sees()` is true; it fails naming `what` was waited for."""
    deadline = time.monotonic() + seconds
    while not sees():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain until {what}"
        time.sleep(0.1)
