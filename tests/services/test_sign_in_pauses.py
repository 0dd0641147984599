"""Pauses grow with each wrong try, are the same for everybody, and end."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from postcards.services import sign_in_pauses
from postcards.services.sign_in_pauses import FOR_EMAIL, FORGIVEN, Patience, Paused
from tests.plugins.cast import House

RUTA, VENUE = b"r" * 32, b"v" * 32
THREE_FREE = Patience(free=3, longest=dt.timedelta(minutes=1))


def fail(house: House, at: dt.datetime, *marks: bytes, patience: Patience = THREE_FREE) -> int:
    """This will try in vain and give the pause that stood before it, in seconds (0: it was looked at)."""
    try:
        with house.begin() as session:
            sign_in_pauses.count_try(session, tries=[(mark, patience) for mark in marks or (RUTA,)], at=at)
    except Paused as paused:
        return paused.retry_after
    return 0


def test_pauses_grow_and_stay_bearable(house: House) -> None:
    at, pauses = house.at, []
    for _ in range(10):
        assert fail(house, at) == 0
        with house.begin() as session:
            until = session.scalars(text("SELECT not_before FROM sign_in_attempts")).one()
        pauses.append((until - at).total_seconds())
        at = until
    assert pauses == [0, 0, 0, 5, 10, 20, 40, 60, 60, 60]


def test_no_pause_is_longer_than_it_should_be() -> None:
    assert [FOR_EMAIL.pause(n).total_seconds() for n in (1, 4, 5, 6, 7)] == [0, 0, 5, 10, 20]
    assert FOR_EMAIL.pause(10_000) == dt.timedelta(minutes=10)


def test_knocking_during_a_pause_does_not_make_it_longer(house: House) -> None:
    for _ in range(4):
        assert fail(house, house.at) == 0
    assert [fail(house, house.at + dt.timedelta(seconds=n)) for n in (0, 1, 4)] == [5, 4, 1]
    assert fail(house, house.at + dt.timedelta(seconds=5)) == 0


def test_a_hundred_tries_at_once_are_not_one(house: House) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: fail(house, house.at), range(100)))
    assert answers.count(0) == 4


def test_a_try_that_is_refused_for_one_mark_counts_for_none(house: House) -> None:
    for _ in range(4):
        fail(house, house.at, VENUE)
    assert fail(house, house.at, RUTA, VENUE) == 5
    with house.begin() as session:
        assert session.scalar(text("SELECT count(*) FROM sign_in_attempts")) == 1


def test_the_right_password_clears_and_time_forgives(house: House) -> None:
    for _ in range(3):
        fail(house, house.at, RUTA, VENUE)
    with house.begin() as session:
        sign_in_pauses.take_back(session, clear=[RUTA], lessen=[VENUE], at=house.at)
        rows = session.execute(text("SELECT mark, failures FROM sign_in_attempts")).all()
    assert [(bytes(row.mark), row.failures) for row in rows] == [(VENUE, 2)]
    fail(house, house.at, VENUE)
    fail(house, house.at, VENUE)
    assert fail(house, house.at, VENUE) == 5
    later = house.at + FORGIVEN + dt.timedelta(seconds=1)
    assert [fail(house, later, VENUE) for _ in range(5)] == [0, 0, 0, 0, 5]
    with house.begin() as session:
        sign_in_pauses.take_back(session, clear=[], lessen=[], at=later + FORGIVEN + dt.timedelta(seconds=1))
        assert session.scalar(text("SELECT count(*) FROM sign_in_attempts")) == 0


@pytest.mark.parametrize("order", [(RUTA, VENUE), (VENUE, RUTA)])
def test_two_marks_are_locked_in_one_order(house: House, order: tuple[bytes, bytes]) -> None:
    with ThreadPoolExecutor(8) as pool:
        turns = [order, order[::-1]] * 20
        answers = list(pool.map(lambda marks: fail(house, house.at, *marks), turns))
    assert answers.count(0) == 4
