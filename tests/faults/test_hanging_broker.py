"""A broker that takes every connection and never answers: no kiosk and no visitor waits for it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import socket
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from postcards import jobs
from postcards.services import kiosks, print_requests
from postcards.web.api import OPERATIONS
from postcards.web.app import create_app
from tests.faults.parts import now, value
from tests.plugins.cast import House, Town, bearer

#: Seconds that a broker may cost a kiosk (issue: "never slows a kiosk by more than a second").
AT_MOST = 1.0


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that listens, and that is all it does."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(200)
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


@pytest.fixture
def client(house: House, silent: str) -> Iterator[FlaskClient]:
    """A device that talks to a web process whose broker hangs."""
    settings = dataclasses.replace(house.kit.settings, broker_url=silent)
    jobs.connect(silent)
    yield create_app(dataclasses.replace(house.kit, settings=settings)).test_client()
    jobs.disconnect()


def _pairing(town: Town) -> dict[str, str]:
    with town.house.begin() as session:
        venue = town.edition.venues[0].slug
        _, code = kiosks.add_kiosk(
            session, campaign_id=town.id, venue_slug=venue, name="New", by="test", at=dt.datetime.now(dt.UTC)
        )
    return {"pairing_code": code, "device_name": "Tablet"}


def _requests(town: Town) -> dict[str, tuple[str, str, dict[str, Any] | None, int]]:
    """Every operation of the kiosk's, in an order that makes sense: name -> method, path, body, answer."""
    api, card, booklet = "/api/v1/kiosk", str(uuid.uuid4()), str(uuid.uuid4())
    one = f"{api}/cards/{card}"
    printed = {"id": str(uuid.uuid4()), "printed_at": now().isoformat(), "reason": None}
    return {
        "wrong_code": ("POST", f"{api}/pairing", {"pairing_code": "ABCD-EFGH", "device_name": "T"}, 404),
        "pair_kiosk": ("POST", f"{api}/pairing", _pairing(town), 201),
        "show_kiosk": ("GET", api, None, 200),
        "lend_booklet": ("POST", f"{api}/booklets", {"id": booklet, "stamps": 1}, 201),
        "return_stamps": ("POST", f"{api}/booklets/{booklet}/return", {"stamps": [1]}, 200),
        "show_address_form": ("GET", "/api/v1/address-forms/DE", None, 200),
        "read_back": ("POST", f"{api}/read-back", town.body(), 200),
        "register_card": ("POST", f"{api}/cards", town.body(id=card), 201),
        "register_batch": ("POST", f"{api}/batches", {"cards": [town.body()]}, 200),
        "show_postcard": ("GET", f"{one}/postcard.pdf", None, 200),
        "record_print": ("POST", f"{one}/prints", printed, 201),
        "correct_card": ("PATCH", one, {"message": None}, 200),
        "void_card": ("POST", f"{one}/void", {"reason": "A test", "paper": "destroyed"}, 200),
    }


def test_no_operation_of_a_kiosk_waits_for_it(client: FlaskClient, vilnius: Town) -> None:
    token = bearer(vilnius.kiosks[0].token)
    client.get("/api/v1/kiosk", headers=token)
    asked = _requests(vilnius)
    stand = {one.name for one in OPERATIONS if one.tag.startswith("kiosk")}
    assert asked.keys() - {"wrong_code"} == stand, "every operation of the kiosk's is asked"
    slow = {}
    for name, (method, path, body, wanted) in asked.items():
        began = time.monotonic()
        answer = client.open(path, method=method, json=body, headers=token)
        took = time.monotonic() - began
        assert answer.status_code == wanted, (name, answer.text)
        if took > AT_MOST:
            slow[name] = took
    assert slow == {}


def test_a_message_to_it_is_dropped_and_the_row_waits(
    house: House, client: FlaskClient, vilnius: Town
) -> None:
    vilnius.register()
    began = time.monotonic()
    with house.begin() as session:
        print_requests.request_run(session, campaign_id=vilnius.id, sheet="a6", by="test", at=now())
    assert time.monotonic() - began < jobs.SEND_WITHIN
    assert value(house, "SELECT status FROM print_run") == "queued"
