"""A worker that was believed lost and wakes up harms nothing: what it keeps is never the file that counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from postcards.errors import NotFound
from postcards.models import PrintRun
from postcards.services import erasure, print_control, print_files, print_parts, printing
from postcards.services.registration import Registered
from tests.plugins.cast import AT, Town
from tests.services.pressing import press
from tests.services.print_desk import Clock, ask, books, do, draw, registered, seen, void


@dataclass
class Suspended:
    """The house's own storage, of a worker that stands still just before it keeps its first file."""

    files: Any
    meanwhile: Callable[[], object] | None

    def put(self, key: str, source: bytes | Iterator[bytes], *, key_id: str) -> Any:
        deed, self.meanwhile = self.meanwhile, None
        if deed is not None:
            deed()
        return self.files.put(key, source, key_id=key_id)

    def delete(self, key: str) -> None:
        self.files.delete(key)


def kept(town: Town) -> list[str]:
    """The files of print runs that lie in the storage."""
    folder = town.house.kit.settings.home / "files" / "print-runs"
    return sorted(path.name for path in folder.rglob("*.pdf"))


def lose_every_worker(town: Town, run: PrintRun, clock: Clock) -> None:
    """Each keeps a file of the first part and dies before it says so; the run fails."""
    for turn in range(1, print_parts.MOST_ATTEMPTS + 1):
        with town.house.begin() as session:
            assert print_parts.claim(session, run_id=run.id, worker="lost", at=clock()) is not None
        town.house.kit.files.put(
            print_files.file_key(town.id, run.id, 1, turn), b"sealed names and addresses"
        )
        clock.at += 2 * print_parts.LEASE
    assert draw(town, run, clock=clock).status == "failed"


def test_a_worker_that_wakes_up_lays_its_file_beside_the_one_that_counts_and_takes_it_away(
    vilnius: Town,
) -> None:
    made = registered(vilnius, 3)
    run, house = ask(vilnius), vilnius.house
    clock = Clock()

    def meanwhile() -> None:
        clock.at = AT + 2 * print_parts.LEASE
        void(vilnius, made[2])
        assert draw(vilnius, run, clock=clock).status == "ready"

    slow = replace(press(house), files=Suspended(house.kit.sealed_files, meanwhile))
    printing.draw(house.begin, run_id=run.id, press=slow, worker="slow", clock=clock)
    done = seen(vilnius, run)
    [part] = done.parts
    assert (done.status, part.drawn, kept(vilnius)) == ("ready", 2, ["1-2.pdf"])
    files = house.kit.sealed_files
    whole = b"".join(files.stream(part.file_key or "", key_id=part.key_id or ""))
    assert len(whole) == part.file_bytes, "what the row tells of, and not what the other drew"
    assert books(vilnius) == []


def test_what_lost_workers_kept_goes_when_the_part_is_drawn_or_its_run_cancelled(vilnius: Town) -> None:
    registered(vilnius, 2)
    run, kit = ask(vilnius), vilnius.house.kit
    clock = Clock()

    def lose_a_worker() -> None:
        with vilnius.house.begin() as session:
            claimed = print_parts.claim(session, run_id=run.id, worker="lost", at=clock())
        assert claimed is not None
        key = print_files.file_key(vilnius.id, run.id, claimed.part.part, claimed.turn)
        kit.files.put(key, b"sealed names and addresses")
        clock.at += 2 * print_parts.LEASE

    lose_a_worker()
    do(vilnius, print_control.pause, run)
    do(vilnius, print_control.resume, run)
    lose_a_worker()
    assert kept(vilnius) == ["1-1.pdf", "1-2.pdf"]
    done = draw(vilnius, run, clock=clock)
    assert (done.status, kept(vilnius)) == ("ready", ["1-3.pdf"])
    do(vilnius, print_control.cancel, run)
    print_files.clear_cancelled(vilnius.house.begin, files=kit.sealed_files, by="beat", at=AT)
    assert kept(vilnius) == []
    with pytest.raises(NotFound):
        kit.files.size(done.parts[0].file_key or "")
    assert books(vilnius) == []


def test_what_lost_workers_kept_of_a_run_that_failed_goes_when_its_time_is_over(vilnius: Town) -> None:
    registered(vilnius, 1)
    run, kit = ask(vilnius), vilnius.house.kit
    clock = Clock()
    lose_every_worker(vilnius, run, clock)

    def night(days: int) -> list[int]:
        with vilnius.house.begin() as session:
            at = AT + dt.timedelta(days=days)
            return print_files.forget(
                session, campaign_id=vilnius.id, files=kit.sealed_files, by="beat", at=at
            )

    assert (night(29), len(kept(vilnius))) == ([], print_parts.MOST_ATTEMPTS)
    assert (night(31), kept(vilnius)) == ([], [])
    do(vilnius, print_control.resume, run)
    assert (draw(vilnius, run, clock=clock).status, kept(vilnius)) == ("ready", ["1-6.pdf"])


def test_the_files_of_a_long_run_go_a_few_parts_in_a_transaction(vilnius: Town) -> None:
    """However slow the store, no transaction waits for a whole run; the run is told once, and is over once."""
    registered(vilnius, 12)
    run, house = ask(vilnius, sheet="a6"), vilnius.house
    assert draw(vilnius, run).status == "ready"
    had = kept(vilnius)
    deleted: list[list[str]] = []

    class Slow:
        def delete(self, key: str) -> None:
            deleted[-1].append(key)
            house.kit.files.delete(key)

    def begin() -> Any:
        deleted.append([])
        return house.kit.begin()

    def night(days: int) -> list[int]:
        at = AT + dt.timedelta(days=days)
        return print_files.forget_all(
            begin, campaign_id=vilnius.id, files=Slow(), by="beat", clock=lambda: at
        )

    assert (night(29), len(had), kept(vilnius)) == ([], 12, had)
    deleted.clear()
    assert (night(31), kept(vilnius)) == ([1], [])
    assert [len({key for key in keys if key.rpartition("/")[2] in had}) for keys in deleted] == [10, 2]
    assert seen(vilnius, run).forgotten_at is not None
    assert night(32) == []
    assert books(vilnius) == []


def test_what_lost_workers_kept_goes_with_a_person_who_is_erased(vilnius: Town) -> None:
    made = registered(vilnius, 6)
    run, kit = ask(vilnius), vilnius.house.kit
    clock = Clock()
    lose_every_worker(vilnius, run, clock)

    def erased(card: Registered) -> int:
        with vilnius.house.begin() as session:
            erasure.erase(
                session,
                campaign_id=vilnius.id,
                card_id=card.id,
                tools=kit.forgetting(),
                asked="number",
                by="cli",
                at=clock(),
            )
        return len(kept(vilnius))

    assert erased(made[5]) == print_parts.MOST_ATTEMPTS, "of another part, which nobody ever took"
    assert erased(made[0]) == 0
    assert seen(vilnius, run).status == "failed"
    assert [part.status for part in seen(vilnius, run).parts] == ["failed", "waiting"]
    do(vilnius, print_control.resume, run)
    assert draw(vilnius, run, clock=clock).status == "ready"
    assert books(vilnius) == []


def test_what_was_drawn_of_a_run_that_nobody_resumes_goes_when_its_time_is_over(vilnius: Town) -> None:
    registered(vilnius, 10)
    run, kit = ask(vilnius), vilnius.house.kit
    ours = press(vilnius.house)

    def draw_and_be_paused(*args: Any, **how: Any) -> int:
        if kept(vilnius):
            do(vilnius, print_control.pause, run)
        return ours.draw_run(*args, **how)

    assert draw(vilnius, run, with_press=replace(ours, draw_run=draw_and_be_paused)).status == "paused"
    assert kept(vilnius) == ["1-1.pdf"]
    with vilnius.house.begin() as session:
        at = AT + dt.timedelta(days=31)
        print_files.forget(session, campaign_id=vilnius.id, files=kit.sealed_files, by="beat", at=at)
    assert kept(vilnius) == []
    do(vilnius, print_control.resume, run)
    assert (draw(vilnius, run).status, len(kept(vilnius))) == ("ready", 3)
    assert books(vilnius) == []
