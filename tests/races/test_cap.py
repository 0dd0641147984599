"""The cap holds exactly, both ways: never one card too many, never a visitor turned away while a stamp is free."""

from __future__ import annotations

import random
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from postcards.errors import Refusal
from postcards.services import booklets, cards, registration
from postcards.services.drawer import CapReached
from postcards.services.registration import Registered
from tests.plugins.cast import House, PairedKiosk, Town

WRITERS = 24


def _at_once(jobs: list[Callable[[], Any]], writers: int = WRITERS) -> list[Any]:
    """Run jobs on `writers` threads that start together; a refusal is an answer."""
    start = threading.Barrier(min(writers, len(jobs)))

    def run(job: Callable[[], Any], first: bool) -> Any:
        if first:
            start.wait(timeout=30)
        try:
            return job()
        except Refusal as refusal:
            return refusal

    with ThreadPoolExecutor(writers) as pool:
        return list(pool.map(run, jobs, [place < writers for place in range(len(jobs))]))


def _register(town: Town, kiosk: PairedKiosk | None = None, **changes: Any) -> Registered:
    identity = town.identity(kiosk)
    prepared = town.prepare(town.request(**changes))
    with town.house.begin() as session:
        return registration.register_card(
            session,
            origin=registration.origin_of(identity),
            prepared=prepared,
            by=f"kiosk:{identity.kiosk_id}",
            at=town.house.at,
        )


def _numbers(town: Town) -> list[int]:
    with town.house.begin() as session:
        rows = session.execute(
            text("SELECT number FROM card WHERE campaign_id = :id AND status <> 'void' ORDER BY number"),
            {"id": town.id},
        )
        return list(rows.scalars())


def test_24_writers_400_tries_with_booklets_and_voids_make_200_cards(house: House, bucharest: Town) -> None:
    town = house.open_campaign("vilnius", cap=200)
    kiosks = [town.kiosks[0], *(town.add_kiosk() for _ in range(5))]
    chance = random.Random(7)
    refused: list[str] = []

    def plain() -> None:
        try:
            _register(town, chance.choice(kiosks))
        except Refusal as refusal:
            refused.append(refusal.code)

    def with_booklet() -> None:
        kiosk = chance.choice(kiosks)
        identity = town.identity(kiosk)
        try:
            with house.begin() as session:
                booklet = booklets.lend(
                    session, kiosk=identity, booklet_id=uuid.uuid4(), stamps=3, by="test", at=house.at
                )
        except CapReached as refusal:
            refused.append(refusal.code)
            return
        used = booklet.stamps[: chance.randint(0, 2)]
        for stamp in used:
            _register(town, kiosk, number=stamp.number)
        rest = [stamp.number for stamp in booklet.stamps[len(used) :]]
        with house.begin() as session:
            booklets.give_back(
                session, kiosk=identity, booklet_id=booklet.id, numbers=rest, by="test", at=house.at
            )

    def and_void() -> None:
        kiosk = chance.choice(kiosks)
        try:
            made = _register(town, kiosk)
        except Refusal as refusal:
            refused.append(refusal.code)
            return
        with house.begin() as session:
            cards.void(
                session,
                campaign_id=town.id,
                card_id=made.id,
                reason="spoilt",
                paper="destroyed",
                by="test",
                at=house.at,
            )

    kinds = [plain] * 320 + [with_booklet] * 40 + [and_void] * 40
    chance.shuffle(kinds)
    surprises = [answer for answer in _at_once(kinds) if isinstance(answer, BaseException)]
    assert surprises == []
    # What came back after the last refusal is free: fill the drawer to its end.
    while True:
        try:
            _register(town)
        except CapReached:
            break
    assert _numbers(town) == list(range(1, 201))
    assert set(refused) <= {"cap_reached"}
    with house.begin() as session:
        assert (
            session.scalar(text("SELECT count(*) FROM card WHERE campaign_id = :id"), {"id": bucharest.id})
            == 1
        )


def test_exactly_120_people_for_120_stamps_each_asking_twice_at_once_are_all_served(house: House) -> None:
    town = house.open_campaign("vilnius", cap=120)
    bodies = [{"id": str(uuid.uuid4())} for _ in range(120)]
    jobs: list[Callable[[], Any]] = []
    for body in bodies:
        jobs += [lambda body=body: _register(town, **body)] * 2  # type: ignore[misc]
    jobs += [lambda: _register(town, recipient={"postal_code": "no such code"})] * 20
    random.Random(3).shuffle(jobs)
    answers = _at_once(jobs)
    made = [answer for answer in answers if isinstance(answer, Registered)]
    assert Counter(answer.code for answer in answers if isinstance(answer, Refusal)) == {"invalid": 20}
    assert Counter(answer.is_new for answer in made) == {True: 120, False: 120}
    assert len({(answer.id, answer.number, answer.tracking_code, answer.slip_code) for answer in made}) == 120
    assert _numbers(town) == list(range(1, 121))


def test_nobody_is_refused_while_all_free_stamps_are_held_by_a_transaction_that_rolls_back(
    house: House,
) -> None:
    town = house.open_campaign("vilnius", cap=5)
    connection = house.kit.engine.connect()
    holding = connection.begin()
    connection.execute(text("SELECT number FROM stamp WHERE campaign_id = :id FOR UPDATE"), {"id": town.id})
    threading.Timer(0.4, holding.rollback).start()
    answers = _at_once([lambda: _register(town)] * 5)
    connection.close()
    assert [type(answer).__name__ for answer in answers] == ["Registered"] * 5
    assert _numbers(town) == [1, 2, 3, 4, 5]


def test_a_free_stamp_that_stays_held_is_busy_and_never_cap_reached(house: House) -> None:
    town = house.open_campaign("vilnius", cap=1)
    with house.kit.engine.connect() as connection:
        connection.execute(
            text("SELECT number FROM stamp WHERE campaign_id = :id FOR UPDATE"), {"id": town.id}
        )
        identity, prepared = town.identity(), town.prepare(town.request())
        waited: list[float] = []
        with pytest.raises(Refusal) as refused, house.begin() as session:
            registration.register_card(
                session,
                origin=registration.origin_of(identity),
                prepared=prepared,
                pause=waited.append,
                by="test",
                at=house.at,
            )
    assert refused.value.code == "busy"
    assert 1.5 < sum(waited) < 2.5
    assert _register(town).number == 1


def test_the_same_id_by_16_clients_at_once_is_one_card(house: House) -> None:
    town = house.open_campaign("vilnius", cap=20)
    card_id = str(uuid.uuid4())
    answers = _at_once([lambda: _register(town, id=card_id)] * 16)
    assert Counter(answer.is_new for answer in answers) == {True: 1, False: 15}
    assert len({(a.id, a.number, a.tracking_code, a.slip_code, a.status, a.held) for a in answers}) == 1
    assert _numbers(town) == [1]


def test_one_booklet_asked_for_by_8_clients_at_once_is_lent_once(house: House) -> None:
    town = house.open_campaign("vilnius", cap=40)
    identity, booklet_id = town.identity(), uuid.uuid4()

    def ask() -> Any:
        with house.begin() as session:
            return booklets.lend(
                session, kiosk=identity, booklet_id=booklet_id, stamps=5, by="test", at=house.at
            )

    answers = _at_once([ask] * 8)
    assert len({answer.stamps for answer in answers}) == 1
    with house.begin() as session:
        lent = session.scalar(
            text("SELECT count(*) FROM stamp WHERE campaign_id = :id AND status = 'lent'"), {"id": town.id}
        )
    assert lent == 5


def test_one_lent_stamp_wanted_by_two_cards_at_once_carries_one(house: House) -> None:
    town = house.open_campaign("vilnius", cap=40)
    identity = town.identity()
    with house.begin() as session:
        booklet = booklets.lend(
            session, kiosk=identity, booklet_id=uuid.uuid4(), stamps=1, by="test", at=house.at
        )
    number = booklet.stamps[0].number
    answers = _at_once([lambda: _register(town, number=number)] * 8)
    assert Counter(getattr(answer, "code", "made") for answer in answers) == {"made": 1, "stamp_used": 7}
