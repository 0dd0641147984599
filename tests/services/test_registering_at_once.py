"""The everyday registration, one statement on the driver's own connection: made once, or not at all."""

from __future__ import annotations

import uuid

import psycopg
import pytest
from sqlalchemy import text

from postcards import config, db
from postcards.errors import Unavailable
from postcards.services import registration
from postcards.services.registration import Registered
from postcards.services.registration_statement import TAKE_AND_WRITE
from tests.plugins.cast import House, Town


def _at_once(town: Town, **changes: object) -> Registered | None:
    return registration.register_at_once(
        town.house.kit.at_once,
        origin=registration.origin_of(town.identity()),
        prepared=town.prepare(town.request(**changes)),
        by="kiosk",
        at=town.house.at,
    )


def _count(house: House, what: str) -> int:
    with house.begin() as session:
        return int(session.execute(text(what)).scalar_one())


def test_a_card_comes_with_all_that_belongs_to_it(house: House, vilnius: Town) -> None:
    made = _at_once(vilnius)
    assert made is not None
    assert made.is_new
    assert made.number == 1
    for table in ("card", "person", "tracking_code", "tally_delta"):
        assert _count(house, f"SELECT count(*) FROM {table}") == 1, table
    assert _count(house, "SELECT count(*) FROM journal WHERE action = 'card.registered'") == 1


def test_the_same_id_again_is_left_to_the_steps_one_by_one(house: House, vilnius: Town) -> None:
    card_id = str(uuid.uuid4())
    assert _at_once(vilnius, id=card_id) is not None
    assert _at_once(vilnius, id=card_id) is None
    assert _count(house, "SELECT count(*) FROM stamp WHERE status = 'used'") == 1


def test_no_stamp_is_left_to_the_steps_one_by_one(house: House) -> None:
    town = house.open_campaign("vilnius", cap=1)
    assert _at_once(town) is not None
    assert _at_once(town) is None


def test_what_a_constraint_forbids_takes_no_stamp(house: House, vilnius: Town) -> None:
    at_once = house.kit.at_once
    with pytest.raises(db.Clash):
        at_once.one(b"UPDATE stamp SET status = 'used' WHERE number = 1 RETURNING number", {})
    assert at_once.one(b"SELECT count(*) FROM stamp WHERE status <> 'free'", {}) == (0,)


def test_a_connection_that_was_cut_is_told_as_away_and_the_next_card_is_made(
    house: House, vilnius: Town
) -> None:
    at_once = house.kit.at_once
    process = at_once.one(b"SELECT pg_backend_pid()", {})
    assert process is not None
    with house.begin() as session:
        session.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": process[0]})
    with pytest.raises(Unavailable) as refused:
        _at_once(vilnius)
    assert refused.value.code == "database_away"
    assert _at_once(vilnius) is not None


def test_the_request_that_took_the_last_stamp_is_not_told_that_none_is_left(
    house: House, settings: config.Settings
) -> None:
    """A device sends the same card again while its first request is on its way into the database."""
    town = house.open_campaign("vilnius", cap=1)
    origin, prepared = registration.origin_of(town.identity()), town.prepare(town.request())
    with psycopg.connect(driver_url(settings)) as first:
        first.execute(TAKE_AND_WRITE, first_values(origin, prepared, town))
        with house.begin() as session:
            again = registration.register_card(
                session,
                origin=origin,
                prepared=prepared,
                pause=lambda _: first.commit(),
                by="kiosk",
                at=house.at,
            )
    assert (again.number, again.is_new) == (1, False)


def test_the_same_request_twice_at_once_near_the_end_is_asked_to_come_again(
    house: House, settings: config.Settings
) -> None:
    """Both have a stamp in their hands: one card is made, and no stamp is lost."""
    town = house.open_campaign("vilnius", cap=2)
    origin, prepared = registration.origin_of(town.identity()), town.prepare(town.request())
    url = driver_url(settings)
    with psycopg.connect(url) as first, psycopg.connect(url) as other:
        first.execute(TAKE_AND_WRITE, first_values(origin, prepared, town))
        other.execute("SELECT FROM stamp WHERE status = 'free' AND number = 2 FOR UPDATE")

        def pause(_: float) -> None:
            first.commit()
            other.rollback()

        with pytest.raises(registration.UnderWay), house.begin() as session:
            registration.register_card(
                session, origin=origin, prepared=prepared, pause=pause, by="kiosk", at=house.at
            )
    assert _count(house, "SELECT count(*) FROM card") == 1
    assert _count(house, "SELECT count(*) FROM stamp WHERE status = 'free'") == 1


def driver_url(settings: config.Settings) -> str:
    return settings.database_url.replace("postgresql+psycopg://", "postgresql://")


def first_values(
    origin: registration.Origin, prepared: registration.Prepared, town: Town
) -> dict[str, object]:
    return registration._values(
        origin=origin, prepared=prepared, number=None, held=(), by="kiosk", at=town.house.at
    )
