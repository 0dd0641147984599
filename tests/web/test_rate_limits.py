"""Too often is answered 429 with Retry-After; kiosks hardly ever, and a broken broker slows nobody."""

from __future__ import annotations

import dataclasses
import datetime as dt
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from limits import RateLimitItemPerMinute
from structlog.testing import capture_logs

from postcards.errors import TooOften
from postcards.services import kiosks
from postcards.web.addresses import counted_address
from postcards.web.app import create_app
from postcards.web.rate_limits import Buckets, Counter
from tests.plugins.cast import House, Town, bearer

THREE = RateLimitItemPerMinute(3)


@pytest.fixture
def silent_broker() -> Iterator[str]:
    """It takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


def knock_until_refused(counter: Counter, most: int = 20) -> int:
    for count in range(most):
        try:
            counter.take(THREE, "door", "somebody")
        except TooOften:
            return count
    return most


def test_a_bucket_gives_its_rate_and_what_was_saved() -> None:
    clock = [0.0]
    bucket = Buckets(100, 200, clock=lambda: clock[0])

    def taken(tries: int) -> int:
        count = 0
        for _ in range(tries):
            try:
                bucket.take("kiosk")
            except TooOften:
                continue
            count += 1
        return count

    assert taken(500) == 200
    bucket.take("another kiosk")
    for _ in range(10):
        clock[0] += 1
        assert taken(500) == pytest.approx(100, abs=1)
    for _ in range(500):  # 50 a second, for ten seconds, from an empty bucket: never refused
        clock[0] += 0.02
        assert taken(1) == 1


def test_processes_count_together_in_the_broker(broker_url: str) -> None:
    counters = [Counter(broker_url), Counter(broker_url)]
    counters[0].take(THREE, "door", "somebody")
    counters[1].take(THREE, "door", "somebody")
    counters[0].take(THREE, "door", "somebody")
    with pytest.raises(TooOften) as refused:
        counters[1].take(THREE, "door", "somebody")
    assert 1 <= refused.value.retry_after <= 60
    counters[1].take(THREE, "door", "somebody else")


def test_without_a_broker_of_that_kind_each_process_counts() -> None:
    for url in ("", "amqp://guest@127.0.0.1:1//"):
        assert knock_until_refused(Counter(url)) == 3


def test_a_silent_or_dead_broker_slows_nobody_and_is_said_once(silent_broker: str) -> None:
    for url in (silent_broker, "redis://127.0.0.1:1/0", "redis+socket:///nowhere/at/all"):
        with capture_logs() as logs:
            counter = Counter(url)
            began = time.monotonic()
            assert knock_until_refused(counter) == 3
            assert time.monotonic() - began < 0.9
        assert [entry["event"] for entry in logs] == ["rate limits are counted by each process"]


def test_a_silent_broker_does_not_slow_a_recipient(house: House, vilnius: Town, silent_broker: str) -> None:
    settings = dataclasses.replace(house.kit.settings, broker_url=silent_broker)
    client = create_app(dataclasses.replace(house.kit, settings=settings)).test_client()
    card = vilnius.register()
    began = time.monotonic()
    client.post(f"/T/{card.tracking_code}/arrival")
    assert time.monotonic() - began < 1


def test_the_same_card_cannot_be_pressed_for_ever(client: FlaskClient, vilnius: Town) -> None:
    code = vilnius.register().tracking_code
    answers = [client.post(f"/T/{code.lower() if n % 2 else code}/arrival") for n in range(31)]
    assert {answer.status_code for answer in answers[:30]} == {409}  # it was not sealed yet
    assert answers[30].status_code == 429
    assert 1 <= int(answers[30].headers["Retry-After"]) <= 60
    asked_as_json = client.post(f"/T/{code}/arrival", headers={"Accept": "application/json"})
    assert asked_as_json.get_json()["code"] == "too_often"
    assert client.post(f"/T/{code}/no-more").status_code == 429
    assert client.get(f"/T/{code}").status_code == 200


def test_good_pairing_codes_are_not_counted(app: Flask, house: House, vilnius: Town) -> None:
    client = app.test_client()
    for _ in range(62):
        with house.begin() as session:
            _, code = kiosks.add_kiosk(
                session,
                campaign_id=vilnius.id,
                venue_slug=vilnius.edition.venues[0].slug,
                name="Kiosk",
                by="test",
                at=dt.datetime.now(dt.UTC),
            )
        answer = client.post("/api/v1/kiosk/pairing", json={"pairing_code": code, "device_name": "Tablet"})
        assert answer.status_code == 201


def test_wrong_pairing_codes_are_limited_by_address(client: FlaskClient) -> None:
    def pair(code: str) -> int:
        return client.post(
            "/api/v1/kiosk/pairing", json={"pairing_code": code, "device_name": "Tablet"}
        ).status_code

    assert [pair("NONESUCH") for _ in range(61)] == [404] * 60 + [429]
    elsewhere = client.post(
        "/api/v1/kiosk/pairing",
        json={"pairing_code": "NONESUCH", "device_name": "Tablet"},
        environ_overrides={"REMOTE_ADDR": "198.51.100.7"},
    )
    assert elsewhere.status_code == 404
    forged = client.post(
        "/api/v1/kiosk/pairing",
        json={"pairing_code": "NONESUCH", "device_name": "Tablet"},
        headers={"X-Forwarded-For": "198.51.100.8"},
    )
    assert forged.status_code == 429


def test_a_busy_kiosk_is_never_refused(app: Flask, vilnius: Town) -> None:
    kiosk = vilnius.kiosks[0]
    statuses: list[int] = []

    def run() -> None:
        client = app.test_client()
        for _ in range(150):
            answer = client.get("/api/v1/address-forms/DE", headers=bearer(kiosk.token))
            statuses.append(answer.status_code)

    runners = [threading.Thread(target=run) for _ in range(4)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    assert set(statuses) == {200}, "a busy venue is no program that runs wild"


def test_a_kiosk_that_runs_wild_is_told_to_wait_and_its_neighbour_is_not(
    app: Flask, client: FlaskClient, vilnius: Town
) -> None:
    wild, other = vilnius.kiosks[0], vilnius.add_kiosk()
    counter = app.extensions["knocks"]
    counter.kiosks = Buckets(1, 2, clock=lambda: 0.0)  # small, and time stands still
    statuses = [client.get("/api/v1/kiosk", headers=bearer(wild.token)).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    refused = client.get("/api/v1/kiosk", headers=bearer(wild.token))
    assert refused.get_json()["code"] == "too_often"
    assert refused.headers["Retry-After"] == "1"
    assert client.get("/api/v1/kiosk", headers=bearer(other.token)).status_code == 200


def test_a_household_is_one_address() -> None:
    assert (
        counted_address("2001:db8:1:2:3::4") == counted_address("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    )
    assert counted_address("::ffff:198.51.100.7") == counted_address("198.51.100.7") == "198.51.100.7"
    assert counted_address("") == ""
