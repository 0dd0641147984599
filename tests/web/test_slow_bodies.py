"""Whom a door has let in is read on any thread; strangers wait in places, and hear when there is none."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from postcards.web.slow_bodies import PLACES, QUEUE
from tests.plugins.cast import House, Town, bearer
from tests.web.signing_in import at_desk

FORM = "application/x-www-form-urlencoded"


class Dripping(io.RawIOBase):
    """A body that does not come before it may."""

    def __init__(self, may: threading.Event, begun: threading.Semaphore) -> None:
        self.may, self.begun = may, begun

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self.begun.release()
        assert self.may.wait(60)
        buffer[:1] = b"x"
        return 1


@pytest.fixture
def crowd(app: Flask) -> Iterator[threading.Event]:
    """Every place is taken, until the event is set."""
    may, begun = threading.Event(), threading.Semaphore(0)

    def send() -> int:
        slow = {"wsgi.input": io.BufferedReader(Dripping(may, begun), 1), "CONTENT_LENGTH": "5"}
        answer = app.test_client().post("/sign-in", content_type=FORM, environ_overrides=slow)
        return answer.status_code

    with ThreadPoolExecutor(PLACES) as pool:
        senders = [pool.submit(send) for _ in range(PLACES)]
        try:
            for _ in senders:
                assert begun.acquire(timeout=30)
            yield may
        finally:
            may.set()
    assert {sender.result() for sender in senders} <= {400, 403, 422}


def test_who_is_known_goes_on_and_who_is_not_is_told(
    app: Flask, house: House, vilnius: Town, crowd: threading.Event
) -> None:
    kiosk, wrong = bearer(vilnius.kiosks[0].token), bearer("unknown")
    client = app.test_client()
    assert client.post("/api/v1/kiosk/cards", json=vilnius.body(), headers=kiosk).status_code == 201
    told = client.post("/api/v1/kiosk/pairing", json={"pairing_code": "ABCD-EFGH", "device_name": "T"})
    assert (told.status_code, told.get_json()["code"]) == (503, "crowded")
    assert int(told.headers["Retry-After"]) >= 1
    refused = client.post("/api/v1/kiosk/cards", json=vilnius.body(), headers=wrong)
    assert (refused.status_code, refused.headers["Connection"]) == (401, "close"), (
        "what he sends is not waited for"
    )
    page = client.post("/sign-in", data={"email": "ona@example.org", "password": "x"})
    assert (page.status_code, "try again" in page.get_data(as_text=True)) == (503, True)
    thanks = client.post("/T/0000000000000/thanks", data={"text": "x"}, headers={"Accept": "*/*"})
    assert (thanks.status_code, thanks.mimetype) == (503, "application/problem+json")
    no_length = {
        "CONTENT_LENGTH": "",
        "wsgi.input_terminated": True,
        "wsgi.input": io.BytesIO(b"csrf_token=x"),
    }
    hidden = client.post("/sign-out", content_type=FORM, environ_overrides=no_length)
    assert hidden.status_code == 503, "as HTTP/2 sends it"
    empty = {
        "CONTENT_LENGTH": "0",
        "wsgi.input_terminated": True,
    }  # as our server says it of a form without fields
    arrived = client.post("/T/0000000000000/arrival", content_type=FORM, environ_overrides=empty)
    assert arrived.status_code == 404, "nothing comes, so nobody waits"
    assert client.get("/healthz").status_code == 200
    crowd.set()
    until = time.monotonic() + 30
    while client.post("/api/v1/kiosk/pairing", json={}).status_code == 503:
        assert time.monotonic() < until


def test_a_desk_that_is_signed_in_goes_on(
    app: Flask, house: House, vilnius: Town, request: pytest.FixtureRequest
) -> None:
    ruta = at_desk(app, house, (vilnius.id, "organiser"))
    ruta.get("/desk/c/vilnius/kiosks/")
    request.getfixturevalue("crowd")
    venue = vilnius.edition.venues[0].slug
    assert ruta.post("/desk/c/vilnius/kiosks/", name="By the door", venue=venue).status_code == 201


def test_a_burst_waits_for_its_turn(app: Flask) -> None:
    """Bodies that are nearly there: more at once than there are places, and nobody is turned away."""

    class Soon(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            time.sleep(0.005)
            return super().read(size)

    def send(_: int) -> int:
        slow = {"wsgi.input": Soon(b"csrf_token=x"), "CONTENT_LENGTH": "12"}
        return app.test_client().post("/sign-out", content_type=FORM, environ_overrides=slow).status_code

    with ThreadPoolExecutor(PLACES + QUEUE) as pool:
        assert set(pool.map(send, range(10 * PLACES))) == {403}
