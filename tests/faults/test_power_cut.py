"""The plug is pulled while visitors register; `up` again: every card once, nothing lost, the books agree."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from postcards import db, embedded
from postcards.embedded.holding import running
from tests.faults.parts import a_lease_later
from tests.journeys.newcomer import RunningUp, Up
from tests.plugins.cast import CARD, bearer

CLIENTS = 16


class Visitors:
    """Sixteen kiosks' worth of requests, each repeated with the same id until it has an answer."""

    def __init__(self, url: str, token: str, consent: str) -> None:
        self.url, self.token, self.consent = url, token, consent
        self.answers: dict[str, dict[str, Any]] = {}
        self.odd: list[str] = []
        self.unavailable = 0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._register) for _ in range(CLIENTS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """This will let every visitor get the answer they wait for, and end."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=60)
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
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                answer = client.post("/api/v1/kiosk/cards", json=body)
            except httpx.TransportError:
                time.sleep(0.1)  # the line is down; the same request again
                continue
            if answer.status_code in (200, 201):
                self.answers[body["id"]] = answer.json()
                return
            if answer.status_code == 503:
                self.unavailable += 1
                assert int(answer.headers["Retry-After"]) >= 1
                time.sleep(0.2)
                continue
            self.odd.append(f"{answer.status_code} {answer.text}")
            return
        self.odd.append("no answer within a minute")


def _pair(house: RunningUp) -> tuple[str, str]:
    with httpx.Client(base_url=house.url) as client:
        paired = client.post(
            "/api/v1/kiosk/pairing",
            json={"pairing_code": house.after("pairing code"), "device_name": "Tablet"},
        ).json()
        me = client.get("/api/v1/kiosk", headers=bearer(paired["token"])).json()
    return paired["token"], me["campaign"]["consent"]["version"]


def _prove(house: RunningUp, visitors: Visitors) -> None:
    assert visitors.odd == []
    numbers = [answer["number"] for answer in visitors.answers.values()]
    assert len(set(numbers)) == len(numbers)
    shown = json.loads(house.command("campaign", "show", "vilnius", "--json"))
    assert shown["stamps"]["used"] == len(numbers) == sum(shown["cards"].values())
    assert "agree" in house.command("check")


def _a_lease_later(home: Path) -> None:
    """What the dead had claimed is free again, as it is after a minute."""
    known = running(home)
    assert known is not None
    engine = db.make_engine(known.database_url, pool_size=1)
    a_lease_later(lambda: db.transaction(engine))
    engine.dispose()


@pytest.mark.timeout(240)
def test_everything_dies_at_once_and_goes_on(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = Up(home)
    try:
        house = first.wait()
        token, consent = _pair(house)
        visitors = Visitors(house.url, token, consent)
        visitors.start()
        for cut in range(2):
            time.sleep(1.5)
            if cut == 1:
                printing = house.begin_command(
                    "print", "vilnius", "--sheet", "a4-4up", "--out", str(home / "cut.pdf")
                )
                time.sleep(1.5)
            first.process.kill()  # the supervisor; its guards take everything else down with it
            first.process.wait()
            first = Up(home, port=first.port)
            house = first.wait()
        time.sleep(1.5)
        visitors.finish()
        assert len(visitors.answers) > CLIENTS
        _a_lease_later(home)
        said, why = printing.communicate(timeout=90)
        assert printing.returncode in (0, 1), (said, why)
        assert "Traceback" not in why
        _prove(house, visitors)
    finally:
        first.stop()
        embedded.remove_data(home)


@pytest.mark.timeout(240)
def test_the_database_and_the_web_die_one_by_one_under_16_clients(tmp_path: Path) -> None:
    """Clients see 503 or a cut line, then go on; no card is made twice."""
    home = tmp_path / "home"
    running = Up(home)
    try:
        house = running.wait()
        token, consent = _pair(house)
        visitors = Visitors(house.url, token, consent)
        visitors.start()
        time.sleep(1.5)
        os.kill(int((home / "postgres" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        time.sleep(4)
        _kill_below(running.process.pid, "granian")
        time.sleep(4)
        _kill_below(running.process.pid, "valkey-server")
        time.sleep(3)
        visitors.finish()
        assert len(visitors.answers) > CLIENTS
        _prove(house, visitors)
    finally:
        running.stop()
        embedded.remove_data(home)


def _kill_below(parent: int, name: str) -> None:
    """Ends them at once. The guard above one falls, too, and may take it down before its own turn comes."""
    found = _children(parent, name)
    assert found, name
    for pid in found:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _children(parent: int, name: str) -> list[int]:
    """The processes below `parent` whose command line holds `name`; ours, for `parent` is."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                status = (entry / "stat").read_text()
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            parents[int(entry.name)] = (int(status.rpartition(")")[2].split()[1]), command)
    below = {parent}
    while grown := {pid for pid, (above, _) in parents.items() if above in below} - below:
        below |= grown
    return [pid for pid in below if pid != parent and name in parents[pid][1]]
