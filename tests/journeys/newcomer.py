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
from tests.plugins.sharing import free_port

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

    def begin_command(self, *arguments: str) -> subprocess.Popen[str]:
        """This will begin a `postcards` command beside the running `up`, and not wait for it."""
        return subprocess.Popen(
            [sys.executable, "-m", "postcards", *arguments],
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


class Up:
    """A `postcards up` that was started; whoever starts it stops it."""

    def __init__(self, home: Path, *options: str, port: int | None = None) -> None:
        self.home = home
        self.port = port or free_port()
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("POSTCARDS_")}
        self.env["POSTCARDS_HOME"] = str(home)
        self._screen = home.with_suffix(".screen")
        with self._screen.open("w") as screen:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "postcards", "up", "--port", str(self.port), *options],
                env=self.env,
                stdout=screen,
                stderr=subprocess.STDOUT,
            )

    def wait(self, patience: float = PATIENCE) -> RunningUp:
        """This will wait `patience` seconds for the screen, and stop what was started when none comes."""
        deadline = time.monotonic() + patience
        while "every card says TEST" not in self._screen.read_text():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise AssertionError(f"up did not come up:\n{self._screen.read_text()}")
            time.sleep(0.2)
        return RunningUp(self.home, f"http://127.0.0.1:{self.port}", self._screen.read_text(), self.env)

    def stop(self) -> None:
        """This will stop it as Ctrl-C does; it must stop by itself."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=20)
            finally:
                if self.process.poll() is None:
                    self.process.kill()
                    self.process.wait()


@contextmanager
def up(home: Path, *options: str, patience: float = PATIENCE) -> Iterator[RunningUp]:
    """This will run `postcards up` until the block ends, then stop it and remove its data."""
    running = Up(home, *options)
    try:
        yield running.wait(patience)
    finally:
        running.stop()
        embedded.remove_data(home)
