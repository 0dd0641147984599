"""What runs in the background loses nothing and doubles nothing: workers, messages and the broker come and go."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import redis

from postcards import config, jobs
from postcards.services import print_handout, print_requests
from tests.faults.parts import (
    a_lease_later,
    books,
    kill_group,
    now,
    print_cards,
    seal,
    value,
    wait_until,
    worker,
)
from tests.plugins.cast import House, Town


@pytest.mark.timeout(180)
def test_a_lost_message_only_delays(
    house: House, vilnius: Town, settings: config.Settings, broker_url: str, tmp_path: Path
) -> None:
    """Nobody sent a message at all: the sweeper finds the rows."""
    for _ in range(3):
        vilnius.register()
    with house.begin() as session:
        run = print_requests.request_run(session, campaign_id=vilnius.id, sheet="a4-4up", by="test", at=now())
    with worker(settings, broker_url, tmp_path / "worker.log"):
        wait_until(
            lambda: value(house, "SELECT status FROM print_run") == "ready", "the run is drawn", seconds=60
        )
        with house.begin() as session:
            print_handout.take(session, campaign_id=vilnius.id, run_id=run.id, by="test", at=now())
        seal(house, vilnius)
        wait_until(
            lambda: value(house, "SELECT count(*) FROM manifest WHERE files_at IS NOT NULL") == 1,
            "the manifest has its files",
            seconds=60,
        )
        wait_until(lambda: value(house, "SELECT count(*) FROM tally_delta") == 0, "tallies are folded")
    assert books(house) == []


@pytest.mark.timeout(240)
def test_a_worker_killed_again_and_again_loses_nothing_and_doubles_nothing(
    house: House, settings: config.Settings, broker_url: str, tmp_path: Path
) -> None:
    town = house.open_campaign("vilnius", cap=60)
    print_cards(house, town, 30)
    jobs.connect(broker_url)
    try:
        for round_ in range(3):
            with worker(settings, broker_url, tmp_path / f"worker-{round_}.log") as process:
                if round_ == 0:
                    seal(house, town)
                for _ in range(10):
                    town.register()
                with house.begin() as session:
                    print_requests.request_run(
                        session, campaign_id=town.id, sheet="a4-4up", by="test", at=now()
                    )
                time.sleep(0.15 * round_)
                kill_group(process)
        a_lease_later(house.begin)
        with worker(settings, broker_url, tmp_path / "worker-last.log"):
            wait_until(
                lambda: value(house, "SELECT count(*) FROM print_run WHERE status = 'ready'") == 3,
                "all runs are drawn",
                seconds=90,
            )
            wait_until(
                lambda: value(house, "SELECT count(*) FROM manifest WHERE files_at IS NULL") == 0,
                "all files are made",
                seconds=60,
            )
    finally:
        jobs.disconnect()
    assert value(house, "SELECT count(*) FROM card WHERE status = 'printed'") == 30
    assert value(house, "SELECT count(*) FROM card WHERE status = 'sealed'") == 30
    assert value(house, "SELECT count(*) FROM print_log WHERE print_run_id IS NOT NULL") == 30
    assert books(house) == []


@pytest.mark.timeout(120)
def test_a_broker_that_comes_back_empty_delays_work_only(
    house: House, vilnius: Town, settings: config.Settings, broker_url: str, tmp_path: Path
) -> None:
    print_cards(house, vilnius, 5)
    jobs.connect(broker_url)
    try:
        seal(house, vilnius)
    finally:
        jobs.disconnect()
    with redis.Redis(unix_socket_path=broker_url.removeprefix("redis+socket://")) as broker:
        broker.flushall()
    with worker(settings, broker_url, tmp_path / "worker.log"):
        wait_until(
            lambda: value(house, "SELECT count(*) FROM manifest WHERE files_at IS NOT NULL") == 1,
            "the manifest has its files",
            seconds=60,
        )
    assert books(house) == []
