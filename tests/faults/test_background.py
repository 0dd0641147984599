"""What runs in the background loses nothing and doubles nothing: workers, messages and the broker come and go."""

from __future__ import annotations

import datetime as dt
import socket
import time
from pathlib import Path

import pytest
import redis
import sqlalchemy as sa

from postcards import config, jobs
from postcards.services import cards, dispatch, print_requests
from postcards.services.checking import check_books
from tests.faults.parts import kill_group, wait_until, worker
from tests.plugins.cast import House, Town


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _value(house: House, statement: str) -> object:
    with house.begin() as session:
        return session.scalar(sa.text(statement))


def _books(house: House) -> list[str]:
    with house.kit.snapshot() as session:
        findings = check_books(session, files=house.kit.sealed_files, vault=house.kit.vault)
    return [f"{finding.subject}: {finding.message}" for finding in findings]


def _printed(house: House, town: Town, cards_wanted: int) -> None:
    for _ in range(cards_wanted):
        made = town.register()
        with house.begin() as session:
            cards.record_print(
                session,
                campaign_id=town.id,
                card_id=made.id,
                print_id=made.id,
                printed_at=house.at,
                reason=None,
                public_url=None,
                by="test",
                at=house.at,
            )


def _seal(house: House, town: Town) -> None:
    dispatch.seal_all(
        house.kit.begin,
        campaign_id=town.id,
        edition=town.edition,
        vault=house.kit.vault,
        by="test",
        clock=_now,
    )


@pytest.mark.timeout(180)
def test_a_lost_message_only_delays(
    house: House, vilnius: Town, settings: config.Settings, broker_url: str, tmp_path: Path
) -> None:
    """Nobody sent a message at all: the sweeper finds the rows."""
    for _ in range(3):
        vilnius.register()
    with house.begin() as session:
        print_requests.request_run(session, campaign_id=vilnius.id, sheet="a4-4up", by="test", at=_now())
    with worker(settings, broker_url, tmp_path / "worker.log"):
        wait_until(
            lambda: _value(house, "SELECT status FROM print_run") == "ready", "the run is drawn", seconds=60
        )
        _seal(house, vilnius)
        wait_until(
            lambda: _value(house, "SELECT count(*) FROM manifest WHERE files_at IS NOT NULL") == 1,
            "the manifest has its files",
            seconds=60,
        )
        wait_until(lambda: _value(house, "SELECT count(*) FROM tally_delta") == 0, "tallies are folded")
    assert _books(house) == []


@pytest.mark.timeout(240)
def test_a_worker_killed_again_and_again_loses_nothing_and_doubles_nothing(
    house: House, settings: config.Settings, broker_url: str, tmp_path: Path
) -> None:
    town = house.open_campaign("vilnius", cap=60)
    _printed(house, town, 30)
    jobs.connect(broker_url)
    try:
        for round_ in range(3):
            with worker(settings, broker_url, tmp_path / f"worker-{round_}.log") as process:
                if round_ == 0:
                    _seal(house, town)
                for _ in range(10):
                    town.register()
                with house.begin() as session:
                    print_requests.request_run(
                        session, campaign_id=town.id, sheet="a4-4up", by="test", at=_now()
                    )
                time.sleep(0.15 * round_)
                kill_group(process)
        # A lease of a minute would be waited for; let it be over now, as a minute later.
        with house.begin() as session:
            session.execute(
                sa.text("UPDATE print_run SET claimed_until = now() WHERE claimed_by IS NOT NULL")
            )
            session.execute(sa.text("UPDATE manifest SET claimed_until = now() WHERE claimed_by IS NOT NULL"))
        with worker(settings, broker_url, tmp_path / "worker-last.log"):
            wait_until(
                lambda: _value(house, "SELECT count(*) FROM print_run WHERE status = 'ready'") == 3,
                "all runs are drawn",
                seconds=90,
            )
            wait_until(
                lambda: _value(house, "SELECT count(*) FROM manifest WHERE files_at IS NULL") == 0,
                "all files are made",
                seconds=60,
            )
    finally:
        jobs.disconnect()
    assert _value(house, "SELECT count(*) FROM card WHERE status = 'printed'") == 30
    assert _value(house, "SELECT count(*) FROM card WHERE status = 'sealed'") == 30
    assert _value(house, "SELECT count(*) FROM print_log WHERE print_run_id IS NOT NULL") == 30
    assert _books(house) == []


@pytest.mark.timeout(120)
def test_a_broker_that_comes_back_empty_delays_work_only(
    house: House, vilnius: Town, settings: config.Settings, broker_url: str, tmp_path: Path
) -> None:
    _printed(house, vilnius, 5)
    jobs.connect(broker_url)
    try:
        _seal(house, vilnius)
    finally:
        jobs.disconnect()
    with redis.Redis(unix_socket_path=broker_url.removeprefix("redis+socket://")) as broker:
        broker.flushall()
    with worker(settings, broker_url, tmp_path / "worker.log"):
        wait_until(
            lambda: _value(house, "SELECT count(*) FROM manifest WHERE files_at IS NOT NULL") == 1,
            "the manifest has its files",
            seconds=60,
        )
    assert _books(house) == []


def test_a_broker_that_hangs_slows_nobody(house: House, vilnius: Town) -> None:
    """It takes the connection and never answers. The message is dropped; the row waits."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(50)
        jobs.connect(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        try:
            vilnius.register()
            began = time.monotonic()
            with house.begin() as session:
                print_requests.request_run(session, campaign_id=vilnius.id, sheet="a6", by="test", at=_now())
            waited = time.monotonic() - began
        finally:
            jobs.disconnect()
    assert waited < jobs.SEND_WITHIN
    assert _value(house, "SELECT status FROM print_run") == "queued"
