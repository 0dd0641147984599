"""Sealing under fire: two sealers, kiosks that print, a desk that corrects; each card on one open manifest or none."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import text

from postcards.errors import Refusal
from postcards.queries import campaigns
from postcards.services import cut_offs
from postcards.services.checking import check_books
from postcards.services.dispatch import NothingToSeal
from tests.plugins.cast import House
from tests.services.posting import make_all, one, printed, seal
from tests.services.test_dispatch import AFTER, small


def books(house: House) -> list[str]:
    with house.kit.snapshot() as session:
        found = check_books(session, files=house.kit.sealed_files, vault=house.kit.vault)
    return [finding.message for finding in found]


def test_two_sealers_and_kiosks_that_print_meanwhile(house: House) -> None:
    town = house.open_campaign("vilnius", cap=80)
    small(town, 3)
    for _ in range(12):
        printed(town)
    stop = threading.Event()

    def print_cards() -> int:
        for _ in range(12):
            printed(town)
        return 12

    def seal_until_stopped() -> int:
        done = 0
        while True:
            last = stop.is_set()
            try:
                done += sum(sealed.lines for sealed in seal(town))
            except NothingToSeal:
                time.sleep(0.01)
            if last:
                return done

    with ThreadPoolExecutor(4) as pool:
        sealers = [pool.submit(seal_until_stopped) for _ in range(2)]
        printers = [pool.submit(print_cards) for _ in range(2)]
        made = 12 + sum(printer.result() for printer in printers)
        stop.set()
        sealed = sum(sealer.result() for sealer in sealers)
    assert (made, sealed) == (36, 36)
    assert one(town, "SELECT count(*) FROM card WHERE status <> 'sealed'") == 0
    assert one(town, "SELECT count(DISTINCT card_id) FROM manifest_line WHERE is_open") == 36
    numbers = one(town, "SELECT array_agg(number ORDER BY number) FROM manifest WHERE true")
    assert numbers == list(range(1, len(numbers) + 1))
    make_all(town)
    assert books(house) == []


def test_a_card_that_is_corrected_while_the_sealer_waits_stays_and_the_next_takes_its_place(
    house: House,
) -> None:
    town = house.open_campaign("vilnius", cap=20)
    small(town, 2)
    numbers = [printed(town) for _ in range(3)]
    locked, go_on = threading.Event(), threading.Event()

    def correct() -> None:
        with house.begin() as session:
            session.execute(
                text("UPDATE card SET held = '{suspended}' WHERE campaign_id = :c AND number = :n"),
                {"c": town.id, "n": numbers[0]},
            )
            locked.set()
            go_on.wait(timeout=10)

    with ThreadPoolExecutor(2) as pool:
        desk = pool.submit(correct)
        locked.wait(timeout=10)
        sealer = pool.submit(seal, town)
        while not one(town, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
            time.sleep(0.01)
        go_on.set()
        desk.result()
        assert [(sealed.number, sealed.lines) for sealed in sealer.result()] == [(1, 2)]
    assert (
        one(town, "SELECT array_agg(card_number ORDER BY line) FROM manifest_line WHERE true") == numbers[1:]
    )


def test_two_beats_seal_a_cut_off_once(house: House) -> None:
    town = house.open_campaign("vilnius", cap=20)
    small(town, 2)
    for _ in range(5):
        printed(town)
    start = threading.Barrier(4)

    def beat() -> list[int]:
        start.wait(timeout=10)
        sealed = cut_offs.seal_due(house.begin, vault=house.kit.vault, by="beat", clock=lambda: AFTER)
        return [manifest.lines for manifest in sealed]

    with ThreadPoolExecutor(4) as pool:
        beats = [pool.submit(beat) for _ in range(4)]
        lines = sorted(line for found in beats for line in found.result())
    assert lines == [1, 2, 2]
    assert one(town, "SELECT count(*) FROM journal WHERE action = 'dispatch.cut_off_over'") == 1


def test_workers_at_once_make_each_file_once(house: House) -> None:
    town = house.open_campaign("vilnius", cap=20)
    small(town, 1)
    for _ in range(5):
        printed(town)
    seal(town)
    start = threading.Barrier(3)

    def work(job: Callable[[], int]) -> int:
        start.wait(timeout=10)
        done = 0
        while one(town, "SELECT count(*) FROM manifest WHERE files_at IS NULL"):
            try:
                done += job()
            except Refusal:
                time.sleep(0.01)
        return done

    with ThreadPoolExecutor(3) as pool:
        found = [pool.submit(work, lambda: make_all(town)) for _ in range(3)]
        assert sum(done.result() for done in found) == 5
    assert one(town, "SELECT count(*) FROM journal WHERE action = 'manifest.files_made'") == 5
    assert books(house) == []


def test_campaigns_are_numbered_apart(house: House) -> None:
    first, second = house.open_campaign("vilnius", cap=20), house.open_campaign("romania", cap=20)
    for town in (first, second):
        small(town, 1)
        for _ in range(4):
            printed(town, language=town.edition.default_language, id=str(uuid.uuid4()))
    campaigns._editions.clear()
    with ThreadPoolExecutor(2) as pool:
        found = [pool.submit(seal, town) for town in (first, second)]
        assert [[sealed.number for sealed in each.result()] for each in found] == [[1, 2, 3, 4]] * 2
