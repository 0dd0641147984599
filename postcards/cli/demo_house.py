"""A house of the demo's own: a fresh HOME, a running `up` in it, and nothing left when the demo ends."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

from postcards import embedded
from postcards.cli.demo_client import Client, DemoFailed

#: Seconds that `up` may take until everything answers, and to end.
START_WITHIN, STOP_WITHIN = 90.0, 30.0


class House:
    """Use it as a context: the servers run inside the block."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="postcards-demo-"))
        self.url = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._words = self.home / "up.log"

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
        with self._words.open("wb") as words:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "postcards", "up", "--port", str(port)],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C comes to us alone, and we stop it in order
            )
        until = time.monotonic() + START_WITHIN
        client = Client(self.url)
        while not client.is_up():
            self.look()
            if time.monotonic() > until:
                raise DemoFailed(f"`postcards up` did not get ready in {START_WITHIN:.0f} s: {self._last_words()}")
            time.sleep(0.25)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        embedded.remove_data(self.home / "home")
        shutil.rmtree(self.home, ignore_errors=True)

    def _last_words(self) -> str:
        lines = [line for line in self._words.read_text(errors="replace").splitlines() if line.strip()]
        return lines[-1].strip() if lines else "it said nothing"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
