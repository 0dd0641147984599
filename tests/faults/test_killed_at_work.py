"""Whoever works is killed at the worst moment, and not by chance: it stands at a lock of ours when the blow comes."""

from __future__ import annotations

import datetime as dt
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from postcards import config, jobs
from postcards.services import print_requests, tracking
from tests.faults.parts import (
    a_lease_later,
    books,
    held,
    kill_group,
    now,
    print_cards,
    seal,
    value,
    wait_until,
    worker,
)
from tests.gateways.post_office import post_office
from tests.plugins.cast import House, Town


@pytest.fixture(autouse=True)
def messages(broker_url: str) -> Iterator[None]:
    """What is asked for is sent, as from the web."""
    jobs.connect(broker_url)
    yield
    jobs.disconnect()


def _wait_for(house: House, statement: str, wanted: object, what: str) -> None:
    wait_until(lambda: value(house, statement) == wanted, what, seconds=90)


def _ask_for_paper(house: House, town: Town) -> None:
    with house.begin() as session:
        print_requests.request_run(session, campaign_id=town.id, sheet="a4-4up", by="test", at=now())


@contextmanager
def _killed(house: House, process: subprocess.Popen[bytes], table: str) -> Iterator[None]:
    """Whatever the block asks for is begun, comes to the table, and dies there."""
    with held(house, table) as who_waits:
        yield
        wait_until(who_waits, f"the worker comes to {table}", seconds=60)
        kill_group(process)


@pytest.mark.timeout(240)
def test_the_worker_dies_while_it_seals_and_while_it_makes_the_files(
    house: House, settings: config.Settings, broker_url: str, tmp_path: Path
) -> None:
    """The cut-off is sealed by the next one that beat asks, once; the files come when the lease is over."""
    a_week_ago = House(house.kit, now() - dt.timedelta(days=8))
    town = a_week_ago.open_campaign("vilnius", cap=30)
    print_cards(a_week_ago, town, 7)
    with (
        worker(settings, broker_url, tmp_path / "first.log") as process,
        _killed(house, process, "manifest_line"),
    ):
        jobs.send(jobs.SEAL_DUE)
    assert value(house, "SELECT count(*) FROM manifest") == 0
    assert value(house, "SELECT count(*) FROM card WHERE status = 'printed'") == 7
    assert books(house) == []

    with (
        worker(settings, broker_url, tmp_path / "second.log") as process,
        _killed(house, process, "manifest_file"),
    ):
        jobs.send(jobs.SEAL_DUE)
    assert value(house, "SELECT count(*) FROM manifest") == 1
    assert (
        value(house, "SELECT count(*) FROM manifest WHERE files_at IS NULL AND claimed_by IS NOT NULL") == 1
    )

    a_lease_later(house.begin)
    with worker(settings, broker_url, tmp_path / "third.log"):
        _wait_for(house, "SELECT count(*) FROM manifest WHERE files_at IS NOT NULL", 1, "the files are made")
    assert value(house, "SELECT count(*) FROM manifest_line") == 7
    assert value(house, "SELECT count(*) FROM card WHERE status = 'sealed'") == 7
    assert value(house, "SELECT min(number) || '-' || max(number) FROM manifest") == "1-1"
    assert books(house) == []


@pytest.mark.timeout(240)
def test_the_worker_dies_while_it_draws_and_its_connection_is_cut(
    house: House, vilnius: Town, settings: config.Settings, broker_url: str, tmp_path: Path
) -> None:
    for _ in range(5):
        vilnius.register()
    with worker(settings, broker_url, tmp_path / "first.log") as process, _killed(house, process, "person"):
        _ask_for_paper(house, vilnius)
    assert value(house, "SELECT count(*) FROM card WHERE status = 'registered'") == 5
    assert value(house, "SELECT count(*) FROM print_log") == 0
    assert books(house) == []

    a_lease_later(house.begin)
    with worker(settings, broker_url, tmp_path / "second.log"):
        with held(house, "person") as who_waits:
            wait_until(who_waits, "the next worker draws", seconds=60)
            with house.begin() as session:
                session.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": who_waits()})
        a_lease_later(house.begin)
        _wait_for(house, "SELECT status FROM print_run", "ready", "the run is drawn")
    assert value(house, "SELECT count(*) FROM card WHERE status = 'printed'") == 5
    assert value(house, "SELECT count(*) FROM print_log") == 5
    assert books(house) == []


@pytest.mark.timeout(240)
def test_the_worker_dies_while_it_mails(
    house: House, vilnius: Town, settings: config.Settings, broker_url: str, tmp_path: Path
) -> None:
    """Before the server took the mail: it is sent once. After, and before we wrote it down: once more, the same
    mail by its Message-ID, so that a reader's program shows it once. No death costs more than that."""
    print_cards(house, vilnius, 2)
    seal(house, vilnius)
    with house.begin() as session:
        codes = session.scalars(sa.text("SELECT code FROM card ORDER BY number")).all()
    with post_office() as office:
        to_the_office = {"POSTCARDS_SMTP_URL": office.url}
        office.hold_before = True
        with worker(settings, broker_url, tmp_path / "first.log", more=to_the_office) as process:
            with house.begin() as session:
                tracking.confirm_arrival(session, code=codes[0], by="recipient", at=now())
            wait_until(lambda: office.waiting, "the mail is at the door", seconds=60)
            kill_group(process)
        wait_until(lambda: not office.waiting, "the line is down")
        assert office.taken == []

        a_lease_later(house.begin)
        office.hold_before, office.hold_after = False, True
        with worker(settings, broker_url, tmp_path / "second.log", more=to_the_office) as process:
            wait_until(lambda: office.taken, "the mail is taken", seconds=60)
            kill_group(process)
        assert value(house, "SELECT status FROM mail") == "sending"

        a_lease_later(house.begin)
        office.hold_after = False
        with worker(settings, broker_url, tmp_path / "third.log", more=to_the_office):
            _wait_for(house, "SELECT status FROM mail", "sent", "the mail is sent")
            with house.begin() as session:
                tracking.confirm_arrival(session, code=codes[1], by="recipient", at=now())
            _wait_for(house, "SELECT count(*) FROM mail WHERE status = 'sent'", 2, "the other is sent")
    first, again, other = (str(mail["Message-ID"]) for mail in office.taken)
    assert first == again != other
    assert value(house, "SELECT sum(attempts) FROM mail") == 4
