"""A house of the demo's own: a fresh HOME, a running `up` in it, and nothing left when the demo ends."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

from postcards import embedded
from postcards.cli.demo_client import Client, DemoFailed
from postcards.embedded.process import Process

#: Seconds that `up` may take until everything answers, and to end.
START_WITHIN, STOP_WITHIN = 90.0, 30.0


class House:
    """Use it as a context: the servers run inside the block."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="postcards-demo-"))
        self.url = ""
        self._process: Process | None = None

    def __enter__(self) -> House:
        try:
            self._start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    @property
    def environment(self) -> dict[str, str]:
        """Ours without any setting of the real house, so that the demo meets no real card and no mail server."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("POSTCARDS_")}
        return kept | {"POSTCARDS_HOME": str(self.home / "home"), "POSTCARDS_PUBLIC_URL": self.url}

    @property
    def outbox(self) -> Path:
        """Where mail lands that nobody sends."""
        return self.home / "home" / "outbox"

    def look(self) -> None:
        """This will raise `DemoFailed` when the servers have ended."""
        if self._process is None or self._process.poll() is not None:
            raise DemoFailed(f"`postcards up` ended by itself: {self._last_words()}")

    def _start(self) -> None:
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._process = Process(  # in a session of its own: Ctrl-C comes to us alone, and we stop it in order
            [sys.executable, "-m", "postcards", "up", "--port", str(port)],
            log=self.home / "up.log",
            env=self.environment,
            stop_signal=signal.SIGINT,
            grace=STOP_WITHIN,
        )
        until = time.monotonic() + START_WITHIN
        client = Client(self.url)
        while not client.is_up():
            self.look()
            if time.monotonic() > until:
                raise DemoFailed(
                    f"`postcards up` did not get ready in {START_WITHIN:.0f} s: {self._last_words()}"
                )
            time.sleep(0.25)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.stop()
        embedded.remove_data(self.home / "home")
        shutil.rmtree(self.home, ignore_errors=True)

    def _last_words(self) -> str:
        lines = [line for line in self._process.last_lines() if line.strip()] if self._process else []
        return lines[-1].strip() if lines else "it said nothing"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
