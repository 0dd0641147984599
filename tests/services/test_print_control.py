"""What a person does with print runs and their paper: stop, go on, take out, cancel, spoil, measure a printer."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from postcards.errors import Invalid, NotFound
from postcards.models import PrintRun
from postcards.queries import print_log
from postcards.queries.print_runs import run_seen
from postcards.services import (
    print_control,
    print_files,
    print_handout,
    printers,
    printing,
    spoiling,
    tracking,
)
from postcards.services.print_control import NotNow
from tests.plugins.cast import AT, Town
from tests.services.posting import seal, status_of
from tests.services.pressing import press
from tests.services.print_desk import (
    Clock,
    ask,
    books,
    do,
    draw,
    move_house,
    registered,
    seen,
    spoil_words,
)


def test_a_paused_run_drops_what_is_being_drawn_and_goes_on_where_it_was(vilnius: Town) -> None:
    registered(vilnius, 10)
    run, house = ask(vilnius), vilnius.house
    ours = press(house)
    parts = itertools.count(1)

    def draw_and_be_paused(*args: Any, **how: Any) -> int:
        if next(parts) == 2:
            do(vilnius, print_control.pause, run)
        return ours.draw_run(*args, **how)

    paused = draw(vilnius, run, with_press=replace(ours, draw_run=draw_and_be_paused))
    assert (paused.status, paused.paused_for) == ("paused", "person")
    assert [part.status for part in paused.parts] == ["drawn", "waiting", "waiting"]
    assert draw(vilnius, run).status == "paused"
    do(vilnius, print_control.pause, run)
    assert books(vilnius) == []
    do(vilnius, print_control.resume, run)
    assert draw(vilnius, run).status == "ready"
    with pytest.raises(NotNow, match="Print run 1 is ready, so it cannot be paused"):
        do(vilnius, print_control.pause, run)


def test_a_full_disk_pauses_the_run_until_there_is_room(vilnius: Town) -> None:
    registered(vilnius, 6)
    run, kit = ask(vilnius), vilnius.house.kit
    place = kit.settings.home / "files"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("a file where the folder should be")
    paused = draw(vilnius, run)
    assert (paused.status, paused.paused_for) == ("paused", "storage")
    assert paused.failure is not None
    assert "storage for files cannot be used" in paused.failure
    again = print_control.resume_after_storage
    assert again(kit.begin, files=kit.files, by="beat", clock=Clock()) == 0
    assert books(vilnius) == []
    place.unlink()
    assert again(kit.begin, files=kit.files, by="beat", clock=Clock()) == 1
    assert draw(vilnius, run).status == "ready"
    assert books(vilnius) == []


def test_a_card_that_cannot_be_printed_stops_the_run_and_is_taken_out(vilnius: Town) -> None:
    made = registered(vilnius, 6)
    spoil_words(vilnius, made[1])
    spoil_words(vilnius, made[4])
    run = ask(vilnius)
    failed = draw(vilnius, run)
    assert (failed.status, failed.failure) == ("failed", "2 cards cannot be printed: No. 2, 5.")
    with vilnius.house.begin() as session:
        faulty = print_control.faulty_cards(session, run_id=run.id, vault=vilnius.house.kit.vault)
    assert [card.number for card in faulty] == [2, 5]
    assert "WWWW" in faulty[0].why
    assert books(vilnius) == []
    with pytest.raises(NotFound):
        do(vilnius, print_handout.take, run)
    with pytest.raises(Invalid, match=r"No\. 1 is not one of the cards"):
        do(vilnius, print_control.take_out, run, numbers=[1])
    assert do(vilnius, print_control.take_out, run, numbers=[2]) == [2]
    assert draw(vilnius, run).failure == "One card cannot be printed: No. 5."
    assert do(vilnius, print_control.take_out, run) == [5]
    done = draw(vilnius, run)
    assert (done.status, done.blanks, [part.drawn for part in done.parts]) == ("ready", 2, [3, 1])
    with vilnius.house.begin() as session:
        held = session.execute(
            text("SELECT number, held, status FROM card WHERE held <> '{}' ORDER BY 1")
        ).all()
    assert [tuple(row) for row in held] == [
        (2, ["print_fault"], "registered"), (5, ["print_fault"], "registered")
    ]  # fmt: skip
    move_house(vilnius, made[1])
    assert ask(vilnius).first_number == 2  # corrected, so it is not held any more
    assert books(vilnius) == []


def test_a_cancelled_run_gives_its_cards_back_and_its_files_go(vilnius: Town) -> None:
    registered(vilnius, 6)
    run, house = ask(vilnius), vilnius.house
    printing.draw_part(house.begin, run_id=run.id, press=press(house), worker="worker", clock=Clock())
    do(vilnius, print_control.cancel, run)
    do(vilnius, print_control.cancel, run)
    sealed = house.kit.sealed_files
    [key] = [part.file_key for part in seen(vilnius, run).parts if part.file_key]
    assert print_files.clear_cancelled(house.begin, files=sealed, by="beat", at=AT) == 1
    with pytest.raises(NotFound):
        sealed.get(key, key_id="any")
    assert [part.status for part in seen(vilnius, run).parts] == ["gone", "gone"]
    assert ask(vilnius).cards == 6
    assert books(vilnius) == []


def test_a_ready_run_can_be_cancelled_until_its_file_is_taken(vilnius: Town) -> None:
    first, second = registered(vilnius, 2)
    run = ask(vilnius)
    draw(vilnius, run)
    do(vilnius, print_control.cancel, run)
    with vilnius.house.begin() as session:
        codes = session.scalars(text("SELECT code FROM card ORDER BY number")).all()
        with pytest.raises(tracking.CodeEnded):
            tracking.find_by_code(session, code=first.tracking_code)
    assert codes[0] != first.tracking_code
    assert status_of(vilnius, 2) == "registered"
    assert books(vilnius) == []
    run = ask(vilnius)
    draw(vilnius, run)
    do(vilnius, print_handout.take, run)
    with pytest.raises(NotNow, match="was taken"):
        do(vilnius, print_control.cancel, run)
    assert second.number == 2


def test_a_run_on_a_manifest_cannot_be_cancelled(vilnius: Town) -> None:
    registered(vilnius, 2)
    run = ask(vilnius)
    draw(vilnius, run)
    do(vilnius, print_handout.take, run)
    seal(vilnius)
    with (
        vilnius.house.begin() as session
    ):  # as it was before sealing asked whether anybody had taken the file
        session.execute(text("UPDATE print_run SET taken_at = NULL, taken_by = NULL"))
    with pytest.raises(NotNow, match="on a manifest already"):
        do(vilnius, print_control.cancel, run)


def test_a_spoiled_card_is_printed_again_under_its_number_with_a_new_code(vilnius: Town) -> None:
    first, second, third = registered(vilnius, 3)
    draw(vilnius, before := ask(vilnius, numbers=(1, 2)))

    def spoil(*numbers: int) -> list[int]:
        with vilnius.house.begin() as session:
            return spoiling.spoil(
                session, campaign_id=vilnius.id, numbers=numbers, reason="smudged", by="staff:1", at=AT
            )

    with pytest.raises(spoiling.NotSpoilable, match="not printed yet"):
        spoil(1, third.number)
    with pytest.raises(NotFound):
        spoil(19)
    assert spoil(first.number) == [1]
    assert books(vilnius) == []
    with vilnius.house.begin() as session, pytest.raises(tracking.CodeEnded):
        tracking.find_by_code(session, code=first.tracking_code)
    run = draw(vilnius, wanted := ask(vilnius))
    assert (run.first_number, run.last_number) == (1, 3)
    with vilnius.house.begin() as session:
        logged = print_log.print_log(session, campaign_id=vilnius.id, number=1)
    assert sorted((line.spoiled, line.code == first.tracking_code) for line in logged) == [
        (False, False), (True, True)
    ]  # fmt: skip
    for each in (before, wanted):
        do(vilnius, print_handout.take, each)
    seal(vilnius)
    with pytest.raises(spoiling.NotSpoilable, match="on a manifest"):
        spoil(second.number)
    assert books(vilnius) == []


def test_files_go_when_their_time_is_over_or_a_person_in_them_is_erased(vilnius: Town) -> None:
    made = registered(vilnius, 6)
    run, house = ask(vilnius), vilnius.house
    done = draw(vilnius, run)
    files = house.kit.sealed_files

    def forget(at: dt.datetime) -> list[int]:
        with house.begin() as session:
            return print_files.forget(session, campaign_id=vilnius.id, files=files, by="beat", at=at)

    assert forget(AT) == []
    with house.begin() as session:
        session.execute(text("UPDATE person SET recipient = NULL WHERE card_id = :id"), {"id": made[0].id})
    assert forget(AT) == [1]
    assert [part.status for part in seen(vilnius, run).parts] == ["gone", "drawn"]
    assert forget(AT + dt.timedelta(days=31)) == [1]
    gone = seen(vilnius, run)
    assert (gone.files, gone.forgotten_at is not None) == ((), True)
    with pytest.raises(NotFound):
        files.get(done.parts[1].file_key or "", key_id=done.parts[1].key_id or "")
    with pytest.raises(NotFound):
        do(vilnius, print_handout.take, run)


def test_each_printer_keeps_its_own_calibration(vilnius: Town) -> None:
    registered(vilnius, 2)

    def save(**how: Any) -> None:
        with vilnius.house.begin() as session:
            printers.save(session, campaign_id=vilnius.id, by="staff:1", at=AT, **how)

    save(name="Hall", duplex="short-edge", front=(0.5, -0.25), back=(0.0, 1.0))
    save(name="Hall", duplex="short-edge", front=(0.4, -0.2))
    with pytest.raises(Invalid) as refused:
        save(name=" ", duplex="sideways", front=(90.0, 0.0))
    assert [fault.field for fault in refused.value.faults] == ["name", "duplex", "front_x"]
    run = ask(vilnius, printer="Hall", draft=True)
    assert (run.printer, run.duplex, run.front_x, run.front_y, run.back_y) == (
        "Hall",
        "short-edge",
        0.4,
        -0.2,
        0,
    )
    plain = ask(vilnius, draft=True)
    moved, straight = (draw(vilnius, one).parts[0].file_sha256 for one in (run, plain))
    assert moved != straight
    with pytest.raises(NotFound, match="no printer called “Loft”"):
        ask(vilnius, printer="Loft")
    with vilnius.house.begin() as session:
        printers.remove(session, campaign_id=vilnius.id, name="Hall", by="staff:1", at=AT)


def test_a_run_of_another_campaign_is_unknown(vilnius: Town, bucharest: Town) -> None:
    run = ask(bucharest)
    with vilnius.house.begin() as session, pytest.raises(NotFound):
        run_seen(session, campaign_id=vilnius.id, run_id=run.id)
    for deed in (print_control.pause, print_control.resume, print_control.cancel, print_control.take_out):
        with pytest.raises(NotFound):
            do(vilnius, deed, run)
    with pytest.raises(NotFound):
        do(vilnius, print_control.pause, PrintRun(id=uuid.uuid4()))


def test_a_picture_that_is_gone_fails_the_run_until_it_is_back(vilnius: Town) -> None:
    registered(vilnius, 1)
    run = ask(vilnius)
    with vilnius.house.begin() as session:
        session.execute(
            text(
                "UPDATE campaign SET edition = jsonb_set(edition, '{card}', edition -> 'card' || "
                "jsonb_build_object('picture', 'sea.jpg', 'picture_sha256', repeat('ab', 32))) WHERE id = :id"
            ),
            {"id": vilnius.id},
        )
    failed = draw(vilnius, run)
    assert (failed.status, failed.failure) == (
        "failed",
        "The picture sea.jpg of this campaign is not in the storage.",
    )
    with pytest.raises(NotNow, match="did not fail for a card"):
        do(vilnius, print_control.take_out, run)
    assert books(vilnius) == []
