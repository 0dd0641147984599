"""How the tests start scripts of our own and look at what lives."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


def environment() -> dict[str, str]:
    """This will return our environment, with the project's folder first where Python looks for modules."""
    places = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(places)}


@contextmanager
def script(code_or_file: str | Path, *words: object) -> Iterator[subprocess.Popen[str]]:
    """This will run Python with our packages at hand, and kill what still runs at the end."""
    head = ["-c", code_or_file] if isinstance(code_or_file, str) else [str(code_or_file)]
    running = subprocess.Popen(
        [sys.executable, *head, *map(str, words)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    with running:
        try:
            yield running
        finally:
            running.kill()


def line_of(running: subprocess.Popen[str], word: str) -> str:
    """This will return the next line that begins with the word, without it."""
    assert running.stdout is not None
    for line in running.stdout:
        if line.startswith(word):
            return line.removeprefix(word).strip()
    running.wait()
    raise AssertionError(f"{word} was never said: {running.stderr.read() if running.stderr else ''}")


def alive(pid: int) -> bool:
    """This will say whether a process lives; one that only waits to be buried does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] == "Z")


def until(true: Callable[[], bool], *, seconds: float) -> bool:
    """This will look until it is true, and say whether it became so in time."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
