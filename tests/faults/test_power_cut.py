"""The plug is pulled while visitors register; `up` again: every card once, nothing lost, the books agree."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from postcards import embedded
from postcards.services import print_requests, tracking
from tests.faults.parts import a_lease_later, now, print_cards, seal, value, wait_until
from tests.faults.power import Standing, inside, kill_below, power_cut, standing_still
from tests.journeys.newcomer import RunningUp, Up
from tests.plugins.cast import CARD, Town, bearer

CLIENTS = 16
#: How long a kiosk may be kept without an answer, in seconds.
LONGEST = 10.0
#: How long a visitor tries again before they give up: `up` may take a minute to come back.
PATIENCE = 150


class Visitors:
    """Sixteen kiosks' worth of requests, each repeated with the same id until it has an answer."""

    def __init__(self, url: str, token: str, consent: str) -> None:
        self.url, self.token, self.consent = url, token, consent
        self.answers: dict[str, dict[str, Any]] = {}
        self.odd: list[str] = []
        #: Who was told to come back, who was served, and the longest wait, since the last `afresh`.
        self.sent_away: set[int] = set()
        self.served: set[int] = set()
        self.longest = 0.0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._register, daemon=True) for _ in range(CLIENTS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Visitors:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    def afresh(self) -> None:
        """This will forget who was sent away, who was served, and how long they waited."""
        self.sent_away, self.served, self.longest = set(), set(), 0.0

    def wait_until_served(self) -> None:
        """This will wait until every visitor was served anew."""
        self.served = set()
        wait_until(lambda: len(self.served) == CLIENTS, "every visitor is served again", seconds=90)

    def finish(self) -> None:
        """This will let every visitor get the answer they wait for, and end."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=180)
            assert not thread.is_alive(), "a visitor still waits for an answer"

    def _register(self) -> None:
        with httpx.Client(base_url=self.url, timeout=15, headers=bearer(self.token)) as client:
            while not self._stop.is_set():
                body = CARD | {
                    "id": str(uuid.uuid4()),
                    "language": "lt",
                    "consent": {"version": self.consent, "arrival_notice": False},
                }
                self._until_answered(client, body)

    def _until_answered(self, client: httpx.Client, body: dict[str, Any]) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            asked = time.monotonic()
            try:
                answer = client.post("/api/v1/kiosk/cards", json=body)
            except httpx.TransportError:
                time.sleep(0.1)  # the line is down; the same request again
                continue
            finally:
                self.longest = max(self.longest, time.monotonic() - asked)
            if answer.status_code in (200, 201):
                self.answers[body["id"]] = answer.json()
                self.served.add(threading.get_ident())
                return
            if answer.status_code == 503 and int(answer.headers.get("Retry-After", 0)) >= 1:
                self.sent_away.add(threading.get_ident())
                time.sleep(0.2)
                continue
            self.odd.append(f"{answer.status_code} {dict(answer.headers)} {answer.text}")
            return
        self.odd.append(f"no answer within {PATIENCE} s")


def _pair(house: RunningUp) -> tuple[str, str]:
    with httpx.Client(base_url=house.url) as client:
        paired = client.post(
            "/api/v1/kiosk/pairing",
            json={"pairing_code": house.after("pairing code"), "device_name": "Tablet"},
        ).json()
        me = client.get("/api/v1/kiosk", headers=bearer(paired["token"])).json()
    return paired["token"], me["campaign"]["consent"]["version"]


def _prove(house: RunningUp, visitors: Visitors, *, others: int = 0) -> None:
    assert visitors.odd == []
    numbers = [answer["number"] for answer in visitors.answers.values()]
    assert len(set(numbers)) == len(numbers)
    shown = json.loads(house.command("campaign", "show", "vilnius", "--json"))
    assert shown["stamps"]["used"] == len(numbers) + others == sum(shown["cards"].values())
    assert "agree" in house.command("check")


def _ask_for_paper(town: Town, first: int, last: int) -> uuid.UUID:
    with town.house.begin() as session:
        return print_requests.request_run(
            session, campaign_id=town.id, sheet="a4-4up", numbers=(first, last), by="test", at=now()
        ).id


def _wait_for(town: Town, statement: str, wanted: object, what: str) -> None:
    wait_until(lambda: value(town.house, statement) == wanted, what, seconds=90)


def _runs_are_ready(town: Town) -> None:
    _wait_for(town, "SELECT count(*) FROM print_run WHERE status <> 'ready'", 0, "every run is ready")


def _times_recovered(home: Path) -> int:
    """How often PostgreSQL came up after nobody had shut it down."""
    return (home / "logs" / "postgres.log").read_text(errors="replace").count("was not properly shut down")


def _cut_everything(first: Up, house: RunningUp) -> int:
    """A list is being filed, a run logged and a mail written down when the power goes; gives how many cards it took."""
    with inside(house.home) as town:
        town.add_kiosk()
        print_cards(town.house, town, 2)
        numbers = [town.register().number for _ in range(3)]
        standing = Standing(town.house)
        try:
            _ask_for_paper(town, min(numbers), max(numbers))
            standing.wait_for("print_log")
            with town.house.begin() as session:
                sealed = "SELECT code FROM card WHERE status = 'sealed' ORDER BY number LIMIT 1"
                code = session.scalar(sa.text(sealed))
                assert code is not None
                tracking.confirm_arrival(session, code=code, by="recipient", at=now())
            standing.wait_for("mail")
            sealing = house.begin_command("manifest", "seal", "vilnius")
            standing.wait_for("manifest_file")
            gone = power_cut(first.process, sealing)
            sealing.communicate(timeout=60)
        finally:
            standing.close()
    for part in ("postgres -D", "valkey", "granian", "worker", "beat", "guard.py", "manifest seal"):
        assert any(part in line for line in gone), (part, gone)
    return 5


def _nothing_is_lost(home: Path) -> None:
    """A lease after the cut the run is ready, the list has its files, the mail has left; each of them once."""
    with inside(home) as town:
        a_lease_later(town.house.begin)
        _runs_are_ready(town)
        _wait_for(
            town, "SELECT count(*) FROM manifest WHERE files_at IS NULL", 0, "the lists have their files"
        )
        _wait_for(town, "SELECT string_agg(status, ' ') FROM mail", "sent", "the mail has left")
        assert len(list((home / "outbox").glob("*.eml"))) == 1
        listed = "SELECT count(*) - count(DISTINCT card_id) FROM manifest_line HAVING count(*) > 3"
        assert value(town.house, listed) == 0
        in_runs = "SELECT count(*) FROM print_run_card WHERE outcome = 'drawn'"
        logged = "SELECT count(*) FROM print_log WHERE print_run_id IS NOT NULL"
        assert value(town.house, in_runs) == value(town.house, logged) != 0
        twice = "SELECT count(*) FROM (SELECT FROM print_log GROUP BY card_id HAVING count(*) > 1) AS again"
        assert value(town.house, twice) == 0


@pytest.mark.timeout(400)
def test_everything_dies_at_once_and_goes_on(tmp_path: Path) -> None:
    """First the supervisor alone, and its guards take the rest down; then every process in one sweep."""
    home = tmp_path / "home"
    first = Up(home)
    try:
        house = first.wait()
        with inside(home) as town:
            town.add_kiosk()
            print_cards(town.house, town, 2)
            seal(town.house, town)
        token, consent = _pair(house)
        with Visitors(house.url, token, consent) as visitors:
            visitors.wait_until_served()
            few = ("--sheet", "a4-4up", "--numbers", "5-12", "--out", str(home / "cut.pdf"))
            printing = house.begin_command("print", "vilnius", *few)
            time.sleep(1.5)
            first.process.kill()
            first.process.wait()
            first = Up(home, port=first.port)
            house = first.wait()
            said, why = printing.communicate(timeout=90)
            assert printing.returncode in (0, 1), (said, why)
            assert "Traceback" not in why
            visitors.wait_until_served()
            with inside(home) as town:
                a_lease_later(town.house.begin)
                _runs_are_ready(town)

            recovered = _times_recovered(home)
            others = 2 + _cut_everything(first, house)
            first = Up(home, port=first.port)
            house = first.wait()
            assert _times_recovered(home) == recovered + 1
            visitors.wait_until_served()
            visitors.finish()
            _nothing_is_lost(home)
            _prove(house, visitors, others=others)
    finally:
        first.stop()
        embedded.remove_data(home)


def _without_database(house: Up, visitors: Visitors, how: signal.Signals) -> None:
    """The postmaster ends. Nobody starts it again before every visitor was told to come back: its supervisor stands
    still until then."""
    postmaster = int((house.home / "postgres" / "postmaster.pid").read_text().split()[0])
    visitors.afresh()
    with standing_still(house.process.pid):
        os.kill(postmaster, how)
        wait_until(lambda: len(visitors.sent_away) == CLIENTS, "every visitor meets 503", seconds=90)
    visitors.wait_until_served()
    assert visitors.longest < LONGEST


def _the_worker_goes_on(home: Path, first: int, last: int) -> None:
    """Work that is asked for now is done, and beat is heard after that."""
    with inside(home) as town:
        asked = now()
        run = _ask_for_paper(town, first, last)
        _wait_for(town, f"SELECT status FROM print_run WHERE id = '{run}'", "ready", "the run is drawn")
        _wait_for(town, f"SELECT at > '{asked}' FROM heartbeat WHERE name = 'beat'", True, "beat is heard")


@pytest.mark.timeout(400)
def test_the_database_and_the_web_die_one_by_one_under_16_clients(tmp_path: Path) -> None:
    """Clients see 503 or a cut line, then go on; no card is made twice, and the worker lives through it all."""
    home = tmp_path / "home"
    running = Up(home)
    try:
        house = running.wait()
        token, consent = _pair(house)
        with Visitors(house.url, token, consent) as visitors:
            visitors.wait_until_served()
            _without_database(running, visitors, signal.SIGKILL)
            _the_worker_goes_on(home, 1, 4)
            _without_database(running, visitors, signal.SIGINT)
            kill_below(running.process.pid, "granian")
            visitors.wait_until_served()
            kill_below(running.process.pid, "valkey-server")
            _the_worker_goes_on(home, 5, 8)
            visitors.wait_until_served()
            visitors.finish()
            _prove(house, visitors)
            screen = home.with_suffix(".screen").read_text()
            parts = ("database", "web", "broker", "worker", "beat")
            ended = [part for part in parts if f"The {part} ended" in screen]
            assert ended == ["database", "web", "broker"], screen
    finally:
        running.stop()
        embedded.remove_data(home)
