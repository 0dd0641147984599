"""A newcomer's machine: `postcards up` in a process of its own, and nothing known but what its screen says."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from postcards import embedded
from tests.plugins.cast import free_port

#: How long `up` may take to show its screen on a slow machine, seconds.
PATIENCE = 60


@dataclass(frozen=True)
class RunningUp:
    """A running `up` and its screen."""

    home: Path
    url: str
    screen: str
    env: dict[str, str]

    def after(self, words: str) -> str:
        """This will give what stands behind `words` on its line of the screen."""
        found = re.search(rf"{re.escape(words)}\s+(\S.*)$", self.screen, re.MULTILINE)
        assert found is not None, f"the screen does not say {words!r}:\n{self.screen}"
        return found[1].strip()

    def command(self, *arguments: str, exit_code: int = 0, stdin: str | None = None) -> str:
        """This will run a `postcards` command beside the running `up`, and give what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "postcards", *arguments],
            env=self.env,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == exit_code, (arguments, done.returncode, done.stdout, done.stderr)
        return done.stdout + (done.stderr if exit_code else "")


@contextmanager
def up(home: Path, *options: str, patience: float = PATIENCE) -> Iterator[RunningUp]:
    """This will run `postcards up` until the block ends, then stop it as Ctrl-C does; it must stop by itself.

    `patience` is how long it may take to show its screen, seconds.
    """
    port = free_port()
    env = {name: value for name, value in os.environ.items() if not name.startswith("POSTCARDS_")}
    env["POSTCARDS_HOME"] = str(home)
    log = home.with_suffix(".screen")
    with log.open("w") as screen:
        process = subprocess.Popen(
            [sys.executable, "-m", "postcards", "up", "--port", str(port), *options],
            env=env,
            stdout=screen,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + patience
        while "One-time sign-ins" not in log.read_text() or "every card says TEST" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        yield RunningUp(home, f"http://127.0.0.1:{port}", log.read_text(), env)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=20)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            embedded.remove_data(home)
