"""Valkey for one machine: the broker, over a unix socket, its messages in an append-only file."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from pathlib import Path

from postcards.embedded import home as homes
from postcards.embedded import wheel
from postcards.embedded.postgres import LEAVE_SECONDS, START_SECONDS, DidNotStart
from postcards.embedded.process import Process


class Valkey:
    """The broker of one HOME. A message it loses only delays work: the rows in the database are the truth."""

    name = "valkey"

    def __init__(self, home: Path, *, sockets: Path, durable: bool) -> None:
        self.home = home
        self.durable = durable
        self.socket = sockets / "valkey.sock"
        self.process: Process | None = None

    @property
    def url(self) -> str:
        """Celery's address of the broker."""
        return f"redis+socket://{self.socket}"

    def start(self) -> None:
        """This will start the server and return before it answers."""
        lock = homes.open_lock(self.home, "valkey")
        try:
            if not homes.take_within(lock, LEAVE_SECONDS):
                raise DidNotStart(f"The broker of {self.home} is still in use by an earlier run; try again.")
            data = self.home / "valkey"
            data.mkdir(mode=0o700, exist_ok=True)
            self.socket.unlink(missing_ok=True)
            self.process = Process(
                [
                    *(wheel.valkey_program(), "--port", "0", "--unixsocket", self.socket),
                    *("--unixsocketperm", "700", "--dir", data, "--daemonize", "no", "--logfile", ""),
                    *("--appendonly", "yes" if self.durable else "no", "--appendfsync", "everysec"),
                    *("--save", "", "--maxmemory-policy", "noeviction"),
                ],
                log=self.home / "logs" / "valkey.log",
                env={"PATH": os.defpath, "LC_ALL": "C"},
                cwd=data,
                stop_signal=signal.SIGTERM,
                grace=3,
                keep=[lock],
            )
        finally:
            os.close(lock)

    def wait(self) -> None:
        """This will return when the broker answers, or raise `DidNotStart` with its last words."""
        homes.wait_until(lambda: self._answers() or self.poll() is not None, seconds=START_SECONDS)
        if self.poll() is not None or not self._answers():
            words = "\n".join(self.process.last_lines() if self.process else [])
            self.stop()
            raise DidNotStart(f"The broker did not start. Its log ends with:\n{words}")

    def poll(self) -> int | None:
        """This will return None while the server runs."""
        return self.process.poll() if self.process else 0

    def stop(self) -> None:
        """This will shut the broker down."""
        if self.process is not None:
            self.process.stop()

    def _answers(self) -> bool:
        """It answers "LOADING" instead of "PONG" while it reads its file."""
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            connection.connect(str(self.socket))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        return False
