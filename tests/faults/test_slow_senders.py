"""Whoever never ends what they send keeps no kiosk waiting, and nobody who only looks."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest

from postcards.embedded.children import WEB_THREADS
from postcards.web.slow_bodies import PLACES, QUEUE
from tests.plugins.cast import Town, bearer

#: More than the threads of two processes.
SENDERS = 5 * WEB_THREADS

PAIRING = {"pairing_code": "ABCD-EFGH", "device_name": "T"}

Drip = Callable[[str, int], None]


@pytest.fixture
def drip(web_server: str) -> Iterator[Drip]:
    """Begins so many requests to a path, whose bodies never end."""
    with ExitStack() as opened:

        def begin(path: str, how_many: int) -> None:
            where = urlsplit(web_server)
            for _ in range(how_many):
                sender = opened.enter_context(
                    socket.create_connection((where.hostname or "", where.port or 0))
                )
                head = f"POST {path} HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Length: 1000\r\n"
                sender.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\na".encode())

        yield begin


@pytest.mark.parametrize("path", ["/nothing-here", "/sign-in", "/api/v1/kiosk/pairing", "/healthz"])
def test_kiosks_and_pages_go_on(web_server: str, drip: Drip, vilnius: Town, path: str) -> None:
    assert PLACES + QUEUE < WEB_THREADS
    drip(path, SENDERS)
    told, until = 0, time.monotonic() + 60
    while told < 8:  # in a row: connections are not dealt evenly to the processes, so some more drip in
        assert time.monotonic() < until, "nobody is told to come again"
        stranger = httpx.post(f"{web_server}/sign-out", data={"csrf_token": "x"}, timeout=10)
        if stranger.status_code == 503:
            assert int(stranger.headers["Retry-After"]) >= 1
            told += 1
        else:
            assert stranger.status_code == 403
            told = 0
            drip(path, PLACES)
    form = {
        "Content-Type": "application/x-www-form-urlencoded"
    }  # without fields, as the recipient's page sends it
    arrived = httpx.post(f"{web_server}/T/0000000000000/arrival", headers=form, content=b"", timeout=10)
    assert arrived.status_code == 404
    for _ in range(2 * WEB_THREADS):
        with httpx.Client(base_url=web_server, timeout=10) as web:  # a new connection, to either process
            assert web.get("/healthz").status_code == 200
            token = bearer(vilnius.kiosks[0].token)
            made = web.post("/api/v1/kiosk/cards", json=vilnius.body(), headers=token)
            assert made.status_code == 201, made.text


def test_when_they_are_gone_strangers_are_heard_again(web_server: str, vilnius: Town) -> None:
    where = urlsplit(web_server)
    with httpx.Client(base_url=web_server, timeout=10) as web:
        for _ in range(SENDERS):
            with socket.create_connection((where.hostname or "", where.port or 0)) as sender:
                sender.sendall(
                    f"POST /sign-in HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Length: 9\r\n\r\n".encode()
                )
        until = time.monotonic() + 30
        while (heard := web.post("/api/v1/kiosk/pairing", json=PAIRING)).status_code == 503:
            assert time.monotonic() < until
        assert heard.status_code == 404


def test_nobody_who_says_nothing_takes_the_room_of_others(web_server: str) -> None:
    where = urlsplit(web_server)
    with ExitStack() as opened:
        for _ in range(400):
            opened.enter_context(socket.create_connection((where.hostname or "", where.port or 0)))
        for _ in range(20):
            assert httpx.get(f"{web_server}/healthz", timeout=30).status_code == 200


def test_a_burst_of_whole_requests_is_heard(web_server: str) -> None:
    def sign_out() -> int:
        return httpx.post(f"{web_server}/sign-out", data={"csrf_token": "x"}, timeout=30).status_code

    with ThreadPoolExecutor(PLACES + QUEUE) as pool:
        heard = Counter(pool.map(lambda _: sign_out(), range(100)))
    assert heard == {403: 100}
