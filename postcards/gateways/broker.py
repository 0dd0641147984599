"""Knocks at the broker's door: is it there, in less than a second? Sending jobs is postcards/jobs.py."""

from __future__ import annotations

import socket
from urllib.parse import SplitResult, unquote, urlsplit

from postcards.errors import Unavailable

#: Seconds that a knock may take: half of them to be let in, half for the answer.
WITHIN = 0.9
PORTS = {"redis": 6379, "rediss": 6379, "amqp": 5672, "amqps": 5671}


def check(broker_url: str, *, timeout: float = WITHIN) -> None:
    """This will return when the broker answers, and raise `Unavailable` when it does not.

    Valkey and Redis are asked for a PING; behind TLS, and of RabbitMQ, an open port is enough.
    """
    parts = urlsplit(broker_url)
    try:
        with _door(parts, timeout / 2) as door:
            if parts.scheme in ("redis", "redis+socket"):
                door.sendall(b"PING\r\n")
                answer = door.recv(64)
                # A password is asked for: somebody is there, and jobs.py knows it.
                if not answer.startswith((b"+PONG", b"-NOAUTH")):
                    raise Unavailable("The broker answers, but not as a broker does.", code="broker_away")
    except OSError as error:
        raise Unavailable(
            "The broker cannot be reached.", code="broker_away", cause=type(error).__name__
        ) from error


def _door(parts: SplitResult, timeout: float) -> socket.socket:
    if parts.scheme != "redis+socket":
        return socket.create_connection(
            (parts.hostname or "localhost", parts.port or PORTS[parts.scheme]), timeout
        )
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        door.settimeout(timeout)
        door.connect(unquote(parts.path))
    except OSError:
        door.close()
        raise
    return door
