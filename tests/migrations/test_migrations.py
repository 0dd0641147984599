"""The migrations make exactly the tables that the models describe, and the rules that only triggers can say."""

from __future__ import annotations

import datetime as dt
import threading
import uuid

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.exc import DBAPIError

from postcards import db, embedded
from postcards.errors import Unavailable
from postcards.models import Base
from postcards.models.journal import Xid8
from postcards.services import booklets
from tests.conftest import new_database
from tests.plugins.cast import House, Town


def test_the_migrations_from_empty_are_equal_to_the_models(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ischema_names, "xid8", Xid8)  # PostgreSQL's type, which SQLAlchemy does not know
    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
        assert db.is_current(connection)
    engine.dispose()


def test_two_upgrades_of_an_empty_database_at_once_wait_for_each_other(servers: embedded.Servers) -> None:
    with new_database(servers) as url:
        failures: list[DBAPIError] = []

        def upgrade() -> None:
            try:
                db.upgrade(url)
            except DBAPIError as error:
                failures.append(error)

        both = [threading.Thread(target=upgrade) for _ in range(2)]
        for one in both:
            one.start()
        for one in both:
            one.join()
        assert failures == []


def test_an_older_version_refuses_a_newer_database(servers: embedded.Servers) -> None:
    with new_database(servers) as url:
        db.upgrade(url)
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            db.refuse_newer(connection)
            connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(
            db.NewerDatabase, match=r"newer version \(its migration is 9999\)\. Start that version"
        ):
            db.upgrade(url)
        with engine.connect() as connection:
            assert not db.is_current(connection)
            stands = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one()
        assert stands == "9999"
        engine.dispose()


def test_an_upgrade_under_load_gives_way_and_tries_again(servers: embedded.Servers) -> None:
    wait, pause = dt.timedelta(milliseconds=50), dt.timedelta(milliseconds=20)
    with new_database(servers) as url:
        db.upgrade(url, "0010")
        engine = sa.create_engine(url)
        with engine.connect() as reading:
            reading.execute(sa.text("SELECT FROM print_part"))  # an open transaction, as a backup's
            with pytest.raises(Unavailable, match="Nothing was changed") as refused:
                db.upgrade(url, lock_wait=wait, pause=pause, tries=2)
            assert (refused.value.code, db.is_current(reading)) == ("migration_waits", False)
            upgrading = threading.Thread(
                target=db.upgrade, args=(url,), kwargs={"lock_wait": wait, "pause": pause, "tries": 10_000}
            )
            upgrading.start()
            with (
                engine.connect() as other
            ):  # whoever writes meanwhile waits for the migration no longer than it waits
                other.execute(sa.text("UPDATE print_part SET attempts = attempts"))
                other.rollback()
            assert upgrading.is_alive()
            reading.rollback()
            upgrading.join()
            assert db.is_current(reading)
        engine.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET by = 'somebody else'",
        "DELETE FROM journal",
        "TRUNCATE journal, journal_link",
        "UPDATE journal_link SET sha256 = sha256",
        "DELETE FROM journal_link",
        "TRUNCATE journal_link",
        "INSERT INTO stamp (campaign_id, number, turn) SELECT id, cap + 1, 1 FROM campaign",
        "UPDATE stamp SET number = number + 100",
        "UPDATE campaign SET cap = 1",
        "UPDATE stamp SET status = 'used' WHERE number = 2",
        "UPDATE stamp SET status = 'lent' WHERE number = 2",
        "UPDATE stamp SET booklet_id = (SELECT id FROM booklet LIMIT 1) WHERE status = 'free'",
        "UPDATE card SET campaign_id = campaign_id + 1",
        "UPDATE card SET status = 'posted'",
        "UPDATE card SET status = 'void'",
        "UPDATE card SET number = 9 WHERE number = 1",
        "UPDATE tracking_code SET ended = 'void'",
        """INSERT INTO tracking_code (code, slip_code, campaign_id, number, given_at)
        SELECT 'X', 'Y', campaign_id, number, given_at FROM tracking_code LIMIT 1""",
    ],
)
def test_the_database_itself_refuses(house: House, vilnius: Town, bucharest: Town, statement: str) -> None:
    vilnius.register()
    vilnius.register()
    with house.begin() as session:
        booklets.lend(
            session,
            kiosk=vilnius.identity(),
            booklet_id=uuid.uuid4(),
            stamps=2,
            by="test",
            at=house.at,
        )

    def run() -> None:
        with house.begin() as session:
            session.execute(sa.text(statement))
            session.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))

    with pytest.raises(DBAPIError):
        run()


def test_two_living_cards_cannot_share_a_number(house: House, vilnius: Town) -> None:
    first = vilnius.register()
    columns = (
        "campaign_id, number, code, country, language, consent_version, arrival_notice, registered_at, "
        "received_at, body_mark"
    )
    with pytest.raises(DBAPIError), house.begin() as session:
        session.execute(
            sa.text(
                f"INSERT INTO card (id, {columns}) SELECT gen_random_uuid(), {columns} FROM card WHERE id = :id"
            ),
            {"id": first.id},
        )
