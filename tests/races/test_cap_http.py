"""The cap over HTTP, on the real web server with two processes: the same promises as in test_cap."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
from sqlalchemy import text

from postcards import config
from postcards.services import cards, registration
from postcards.services.registration_statement import TAKE_AND_WRITE
from tests.plugins.cast import House, Town, bearer
from tests.services.test_registering_at_once import driver_url, first_values

WRITERS = 24


def _numbers(town: Town) -> list[int]:
    with town.house.begin() as session:
        rows = session.execute(
            text("SELECT number FROM card WHERE campaign_id = :id AND status <> 'void' ORDER BY number"),
            {"id": town.id},
        )
        return list(rows.scalars())


def _post_all(url: str, town: Town, bodies: list[dict[str, Any]]) -> list[httpx.Response]:
    start = threading.Barrier(WRITERS)

    def post(place: int) -> httpx.Response:
        if place < WRITERS:
            start.wait(timeout=30)
        return client.post("/api/v1/kiosk/cards", json=bodies[place])

    with (
        httpx.Client(base_url=url, timeout=30, headers=bearer(town.kiosks[0].token)) as client,
        ThreadPoolExecutor(WRITERS) as pool,
    ):
        return list(pool.map(post, range(len(bodies))))


def test_400_visitors_and_200_stamps(house: House, web_server: str) -> None:
    town = house.open_campaign("vilnius", cap=200)
    stop = threading.Event()
    voided = 0

    def void_some() -> None:
        nonlocal voided
        while not stop.wait(0.05):
            with house.begin() as session:
                card_id = session.scalar(
                    text("SELECT id FROM card WHERE campaign_id = :id AND status = 'registered' LIMIT 1"),
                    {"id": town.id},
                )
                if card_id is not None and voided < 10:
                    cards.void(
                        session,
                        campaign_id=town.id,
                        card_id=card_id,
                        reason="test",
                        paper="none",
                        by="test",
                        at=house.at,
                    )
                    voided += 1

    voider = threading.Thread(target=void_some)
    voider.start()
    answers = _post_all(web_server, town, [town.body() for _ in range(400)])
    stop.set()
    voider.join()
    assert {answer.status_code for answer in answers} == {201, 409}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"cap_reached"}
    free = 200 - len(_numbers(town))
    again = _post_all(web_server, town, [town.body() for _ in range(max(WRITERS, free))])
    assert sum(answer.status_code == 201 for answer in again) == free
    assert _numbers(town) == list(range(1, 201))


def test_120_visitors_who_all_ask_twice_get_120_cards_and_nobody_is_refused(
    house: House, web_server: str
) -> None:
    town = house.open_campaign("vilnius", cap=120)
    bodies = [town.body() for _ in range(120)] * 2
    bodies += [town.body(recipient={"postal_code": "x"}) for _ in range(20)]
    random.Random(5).shuffle(bodies)
    answers = _post_all(web_server, town, bodies)
    assert Counter(answer.status_code for answer in answers) == {201: 120, 200: 120, 422: 20}
    cards_made = {
        (answer.json()["id"], answer.json()["number"]) for answer in answers if answer.status_code != 422
    }
    assert len(cards_made) == 120
    assert _numbers(town) == list(range(1, 121))


def test_16_clients_with_the_same_id_get_the_same_answer(house: House, web_server: str) -> None:
    town = house.open_campaign("vilnius", cap=5)
    body = town.body(id=str(uuid.uuid4()))
    answers = _post_all(web_server, town, [body] * WRITERS)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: WRITERS - 1}
    assert len({answer.text for answer in answers}) == 1


def test_the_same_request_twice_at_once_with_a_stamp_in_each_hand_is_answered_alike(
    house: House, settings: config.Settings, web_server: str
) -> None:
    """The first is written and not committed; the second waits for a stamp, gets one, and finds the id taken."""
    town = house.open_campaign("vilnius", cap=2)
    body = town.body(id=str(uuid.uuid4()))
    origin, prepared = registration.origin_of(town.identity()), town.prepare(town.request(id=body["id"]))
    url = driver_url(settings)
    with (
        psycopg.connect(url) as first,
        psycopg.connect(url) as other,
        httpx.Client(base_url=web_server, timeout=30, headers=bearer(town.kiosks[0].token)) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        first.execute(TAKE_AND_WRITE, first_values(origin, prepared, town))
        other.execute("SELECT FROM stamp WHERE status = 'free' AND number = 2 FOR UPDATE")
        answer = pool.submit(client.post, "/api/v1/kiosk/cards", json=body)
        _until(house, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1")
        other.rollback()
        _until(house, "SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted")
        first.commit()
        assert (answer.result().status_code, answer.result().json()["number"]) == (200, 1)
    assert _numbers(town) == [1]


def _until(house: House, query: str) -> None:
    """Wait until the second request has come so far."""
    deadline = time.monotonic() + 30
    while True:
        with house.begin() as session:
            if session.scalar(text(query)):
                return
        assert time.monotonic() < deadline, query
        time.sleep(0.01)
