"""Valkey for one machine: the broker, over a unix socket, its messages in an append-only file."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from pathlib import Path

from postcards.embedded import home as homes
from postcards.embedded import wheel
from postcards.embedded.part import DidNotStart, Part
from postcards.embedded.postgres import LEAVE_SECONDS, START_SECONDS
from postcards.embedded.process import Process


class Valkey(Part):
    """The broker of one HOME. A message it loses only delays work: the rows in the database are the truth."""

    name = "broker"
    start_seconds = START_SECONDS

    def __init__(self, home: Path, *, sockets: Path, durable: bool) -> None:
        self.home = home
        self.durable = durable
        self.socket = sockets / "valkey.sock"

    @property
    def url(self) -> str:
        """Celery's address of the broker."""
        return f"redis+socket://{self.socket}"

    def launch(self) -> Process:
        """This will start the server and return before it answers."""
        lock = homes.open_lock(self.home, "valkey")
        try:
            if not homes.take_within(lock, LEAVE_SECONDS):
                raise DidNotStart(f"The broker of {self.home} is still in use by an earlier run; try again.")
            data = self.home / "valkey"
            data.mkdir(mode=0o700, exist_ok=True)
            self.socket.unlink(missing_ok=True)
            return Process(
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
                grace=2,
                keep=[lock],
            )
        finally:
            os.close(lock)

    def is_ready(self) -> bool:
        """This will say whether it answers; while it reads its file it says "LOADING" and not "PONG"."""
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            connection.connect(str(self.socket))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        return False
