"""Whoever never ends what they send keeps no kiosk waiting, and nobody who only looks."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest

from postcards.embedded.children import WEB_THREADS
from postcards.web.slow_bodies import PLACES
from tests.plugins.cast import Town, bearer

#: More than the threads of two processes.
SENDERS = 5 * WEB_THREADS

Drip = Callable[[str], None]


@pytest.fixture
def drip(web_server: str) -> Iterator[Drip]:
    """Begins many requests to a path, whose bodies never end."""
    with ExitStack() as opened:

        def begin(path: str) -> None:
            where = urlsplit(web_server)
            for _ in range(SENDERS):
                sender = opened.enter_context(
                    socket.create_connection((where.hostname or "", where.port or 0))
                )
                head = f"POST {path} HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Length: 1000\r\n"
                sender.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\na".encode())

        yield begin


@pytest.mark.parametrize("path", ["/nothing-here", "/sign-in", "/api/v1/kiosk/pairing", "/healthz"])
def test_kiosks_and_pages_go_on(web_server: str, drip: Drip, vilnius: Town, path: str) -> None:
    assert PLACES <= WEB_THREADS // 2
    with httpx.Client(base_url=web_server, timeout=10) as web:
        drip(path)
        wait_until_crowded(web)
        for _ in range(2 * WEB_THREADS):
            assert web.get("/healthz").status_code == 200
            made = web.post(
                "/api/v1/kiosk/cards", json=vilnius.body(), headers=bearer(vilnius.kiosks[0].token)
            )
            assert made.status_code == 201, made.text


def wait_until_crowded(web: httpx.Client) -> None:
    """A stranger is told to come again, on whichever process: by then the slow ones have their places in both."""
    in_a_row, until = 0, time.monotonic() + 30
    while in_a_row < 8:
        assert time.monotonic() < until, "nobody is kept waiting"
        with httpx.Client(base_url=web.base_url, timeout=10) as stranger:
            told = stranger.post(
                "/api/v1/kiosk/pairing", json={"pairing_code": "ABCD-EFGH", "device_name": "T"}
            )
        if told.status_code == 503:
            assert told.json()["code"] == "crowded"
            assert int(told.headers["Retry-After"]) >= 1
        in_a_row = in_a_row + 1 if told.status_code == 503 else 0


def test_when_they_are_gone_strangers_are_heard_again(web_server: str, vilnius: Town) -> None:
    where = urlsplit(web_server)
    body = {"pairing_code": "ABCD-EFGH", "device_name": "T"}
    with httpx.Client(base_url=web_server, timeout=10) as web:
        for _ in range(2 * SENDERS):
            with socket.create_connection((where.hostname or "", where.port or 0)) as sender:
                sender.sendall(
                    f"POST /sign-in HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Length: 9\r\n\r\n".encode()
                )
        until = time.monotonic() + 30
        while web.post("/api/v1/kiosk/pairing", json=body).status_code == 503:
            assert time.monotonic() < until
        assert web.post("/api/v1/kiosk/pairing", json=body).status_code == 404
