"""Print runs: drawn in parts by whoever is there, the same byte for byte, stopped and resumed, proved by the books."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import uuid
import zipfile
from dataclasses import replace
from typing import Any

import pikepdf
import pytest
from sqlalchemy import text

from postcards.errors import Invalid, NotFound
from postcards.models import PrintRun
from postcards.paper.cover_sheet import draw_cover
from postcards.queries import print_log, print_pulls
from postcards.queries.print_runs import RunSeen, newest, run_seen
from postcards.rules.address import Address
from postcards.services import (
    cards,
    people,
    print_control,
    print_files,
    print_handout,
    print_parts,
    print_requests,
    printers,
    printing,
    spoiling,
    tracking,
)
from postcards.services.cards import Changes, RecipientChange
from postcards.services.checking import check_books
from postcards.services.print_control import NotNow
from postcards.services.print_requests import NothingToPrint, TakenByRun
from postcards.services.registration import Registered
from tests.plugins.cast import AT, Town
from tests.services.posting import seal, status_of
from tests.services.pressing import press, public_press

MINUTE = dt.timedelta(minutes=1)


class Clock:
    """A clock of its own that stands still until it is turned."""

    def __init__(self) -> None:
        self.at = AT

    def __call__(self) -> dt.datetime:
        return self.at


def ask(town: Town, **how: Any) -> PrintRun:
    usual: dict[str, Any] = {"sheet": "a4-4up", "part_sheets": 1, "by": "staff:1", "at": AT}
    with town.house.begin() as session:
        return print_requests.request_run(session, campaign_id=town.id, **usual | how)


def draw(town: Town, run: PrintRun, *, clock: Clock | None = None, with_press: Any = None) -> RunSeen:
    printing.draw(
        town.house.begin,
        run_id=run.id,
        press=with_press or press(town.house),
        worker="worker",
        clock=clock or Clock(),
    )
    return seen(town, run)


def seen(town: Town, run: PrintRun) -> RunSeen:
    with town.house.begin() as session:
        return run_seen(session, campaign_id=town.id, run_id=run.id)


def registered(town: Town, cards_wanted: int) -> list[Registered]:
    return [town.register() for _ in range(cards_wanted)]


def file_of(town: Town, run: RunSeen) -> bytes:
    cover = io.BytesIO()
    with town.house.begin() as session:
        draw_cover(print_handout.cover_of(session, run=run), cover)
    return b"".join(print_handout.pieces(run, files=town.house.kit.sealed_files, cover=cover.getvalue()))


def do(town: Town, deed: Any, run: PrintRun, **how: Any) -> Any:
    with town.house.begin() as session:
        return deed(session, campaign_id=town.id, run_id=run.id, **{"by": "staff:1", "at": AT} | how)


def books(town: Town) -> list[str]:
    tools = town.house.kit
    with tools.snapshot() as session:
        return [found.message for found in check_books(session, files=tools.sealed_files, vault=tools.vault)]


def void(town: Town, card: Registered) -> None:
    with town.house.begin() as session:
        cards.void(
            session, campaign_id=town.id, card_id=card.id, reason="wish", paper="none", by="staff:1", at=AT
        )


def move_house(town: Town, card: Registered) -> None:
    """The recipient has a new address, which shows on the card."""
    from postcards.paper.entry import check_entry

    address = Address("DE", ("Nebenstraße 7",), "10115", "Berlin", None)
    with town.house.begin() as session:
        cards.correct(
            session,
            campaign_id=town.id,
            card_id=card.id,
            changes=Changes(recipient=RecipientChange("Jonas Petraitis", address)),
            edition=town.edition,
            vault=town.house.kit.vault,
            print_check=check_entry,
            by="staff:1",
            at=AT,
        )


def spoil_words(town: Town, card: Registered) -> None:
    """What no door lets in: a word that fits no line of the card."""
    kit = town.house.kit
    with town.house.begin() as session:
        key_id = session.scalars(text("SELECT key_id FROM person WHERE card_id = :id"), {"id": card.id}).one()
        parts = people.sealed_parts(
            kit.vault,
            key_id=key_id,
            card_id=card.id,
            sender=people.Sender("Ona", None),
            recipient=people.Recipient("Jonas", Address("DE", ("W" * 60,), "10115", "Berlin", None)),
            message=None,
            volunteer=None,
        )
        session.execute(
            text("UPDATE person SET recipient = :sealed WHERE card_id = :id"),
            {"sealed": parts["recipient"], "id": card.id},
        )


def test_a_run_is_drawn_in_parts_and_handed_out_with_its_cover_sheet(vilnius: Town) -> None:
    registered(vilnius, 10)
    run = ask(vilnius)
    assert (run.cards, run.parts, run.first_number, run.last_number) == (10, 3, 1, 10)
    done = draw(vilnius, run, with_press=public_press(vilnius.house))
    assert [(part.cards, part.drawn, part.sheets, part.status) for part in done.parts] == [
        (4, 4, 1, "drawn"), (4, 4, 1, "drawn"), (2, 2, 1, "drawn")
    ]  # fmt: skip
    assert (done.status, done.file_name) == ("ready", "vilnius-run-001.zip")
    with zipfile.ZipFile(io.BytesIO(file_of(vilnius, done))) as book:
        assert book.testzip() is None
        assert book.namelist() == ["vilnius-run-001-cover.pdf"] + [
            f"vilnius-run-001-part-{part}.pdf" for part in (1, 2, 3)
        ]
        for name in book.namelist():
            with pikepdf.open(io.BytesIO(book.read(name))) as pdf:
                assert len(pdf.pages) == (1 if "cover" in name else 2)
    assert file_of(vilnius, done) == file_of(vilnius, seen(vilnius, run))
    with vilnius.house.begin() as session:
        logged = print_log.print_log(session, campaign_id=vilnius.id)
        [row] = newest(session, campaign_id=vilnius.id)
    assert [line.number for line in logged] == list(range(10, 0, -1))
    assert {(line.by, line.run, line.reason) for line in logged} == {("staff:1", 1, None)}
    assert (row.parts, row.drawn, row.files) == (3, 10, 3)
    assert books(vilnius) == []


def test_one_part_is_one_pdf(vilnius: Town) -> None:
    registered(vilnius, 3)
    done = draw(vilnius, ask(vilnius, part_sheets=500))
    data = file_of(vilnius, done)
    assert done.file_name == "vilnius-run-001.pdf"
    assert data.startswith(b"%PDF-")
    assert len(data) == print_handout.size(done)


def test_the_same_run_drawn_twice_is_the_same_bytes(vilnius: Town) -> None:
    registered(vilnius, 6)
    run = ask(vilnius, order="stack", draft=True)
    first = [part.file_sha256 for part in draw(vilnius, run).parts]
    with vilnius.house.begin() as session:
        session.execute(text("UPDATE print_part SET status = 'waiting', file_key = NULL, key_id = NULL"))
        session.execute(text("UPDATE print_run SET status = 'queued'"))
    again = [part.file_sha256 for part in draw(vilnius, run).parts]
    assert first == again
    assert None not in first
    assert len(set(first)) == 2


def test_a_lost_worker_costs_its_part_and_may_not_come_back(vilnius: Town) -> None:
    registered(vilnius, 6)
    run, clock, house = ask(vilnius), Clock(), vilnius.house
    with house.begin() as session:
        lost = print_parts.claim(session, run_id=run.id, worker="lost", at=clock())
    assert lost is not None
    half = draw(vilnius, run, clock=clock)
    assert [part.status for part in half.parts] == ["drawing", "drawn"]
    clock.at += 2 * MINUTE
    done = draw(vilnius, run, clock=clock)
    assert (done.status, [part.attempts for part in done.parts]) == ("ready", [2, 1])
    with pytest.raises(print_parts.ClaimLost), house.begin() as session:
        print_parts.renew(session, lost, drawn=1, at=clock())
    assert books(vilnius) == []


def test_a_part_that_loses_every_worker_fails_the_run(vilnius: Town) -> None:
    registered(vilnius, 2)
    run, clock = ask(vilnius), Clock()
    for _ in range(print_parts.MOST_ATTEMPTS):
        with vilnius.house.begin() as session:
            assert print_parts.claim(session, run_id=run.id, worker="lost", at=clock()) is not None
        clock.at += 2 * MINUTE
    failed = draw(vilnius, run, clock=clock)
    assert failed.status == "failed"
    assert failed.failure == "Part 1 could not be drawn: its worker was lost 5 times."
    assert books(vilnius) == []
    do(vilnius, print_control.resume, run)
    assert draw(vilnius, run, clock=clock).status == "ready"


def test_progress_says_cards_rate_and_time_left(vilnius: Town) -> None:
    registered(vilnius, 10)
    run, clock = ask(vilnius), Clock()
    house = vilnius.house
    printing.draw_part(house.begin, run_id=run.id, press=press(house), worker="worker", clock=clock)
    with house.begin() as session:
        print_parts.claim(session, run_id=run.id, worker="other", at=clock())
    far = seen(vilnius, run).progress(clock() + dt.timedelta(seconds=2))
    assert (far.cards, far.drawn, far.parts, far.parts_done, far.workers) == (10, 4, 3, 1, 1)
    assert (far.rate, far.seconds_left) == (2.0, 3)
    assert seen(vilnius, run).progress(clock()).rate is None


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


def test_what_changes_before_it_is_drawn_stays_blank_and_after_it_is_pulled(vilnius: Town) -> None:
    made = registered(vilnius, 8)
    run = ask(vilnius)
    void(vilnius, made[1])
    move_house(vilnius, made[2])
    house = vilnius.house
    printing.draw_part(house.begin, run_id=run.id, press=press(house), worker="worker", clock=Clock())
    move_house(vilnius, made[3])
    done = draw(vilnius, run)
    assert done.status == "ready"
    void(vilnius, made[4])
    move_house(vilnius, made[7])
    done = seen(vilnius, run)
    with house.begin() as session:
        pull = print_pulls.pulls(session, run=done)
        blank = print_pulls.blanks(session, run=done)
    assert [(one.number, one.why) for one in blank] == [(2, "left_out"), (3, "left_out")]
    assert [(one.number, one.why) for one in pull] == [(4, "corrected"), (5, "void"), (8, "replaced")]
    places = [(one.place.part, one.place.sheet, one.place.row, one.place.column) for one in pull]
    assert places == [(1, 1, 2, 2), (2, 1, 1, 1), (2, 1, 2, 2)]
    assert [status_of(vilnius, number) for number in (1, 3, 4, 6, 8)] == [
        "printed", "registered", "registered", "printed", "registered"
    ]  # fmt: skip
    assert books(vilnius) == []
    # Drawn again in the next run, under the same code: the stale paper is still to be pulled.
    later = draw(vilnius, ask(vilnius))
    assert [part.drawn for part in later.parts] == [3]
    with house.begin() as session:
        assert [one.number for one in print_pulls.pulls(session, run=done)] == [4, 5, 8]
        assert print_pulls.pulls(session, run=later) == []


def test_a_run_of_which_nothing_is_left_is_cancelled(vilnius: Town) -> None:
    [card] = registered(vilnius, 1)
    run = ask(vilnius)
    void(vilnius, card)
    done = draw(vilnius, run)
    assert (done.status, done.parts[0].status) == ("cancelled", "empty")
    assert books(vilnius) == []


def test_a_second_print_of_a_card_asks_why(vilnius: Town) -> None:
    registered(vilnius, 2)
    draw(vilnius, ask(vilnius))
    with pytest.raises(NothingToPrint):
        ask(vilnius)
    with pytest.raises(Invalid) as refused:
        ask(vilnius, numbers=(1, 2))
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [("reason", "missing")]
    assert draw(vilnius, ask(vilnius, numbers=(2, 2), draft=True)).status == "ready"
    draw(vilnius, ask(vilnius, numbers=(2, 2), reason="smudged"))
    with vilnius.house.begin() as session:
        logged = print_log.print_log(session, campaign_id=vilnius.id, number=2)
    assert [(line.run, line.reason) for line in sorted(logged, key=lambda line: line.run or 0)] == [
        (1, None), (3, "smudged")
    ]  # fmt: skip
    assert books(vilnius) == []


def test_cards_that_another_run_has_taken_are_named(vilnius: Town) -> None:
    registered(vilnius, 3)
    ask(vilnius)
    with pytest.raises(TakenByRun, match="Print run 1 has taken 3 cards already"):
        ask(vilnius)


def test_a_venue_prints_its_own_cards(vilnius: Town) -> None:
    registered(vilnius, 2)
    other = vilnius.edition.venues[1].slug
    with vilnius.house.begin() as session:
        session.execute(text("UPDATE card SET venue_slug = :v WHERE number = 2"), {"v": other})
    run = ask(vilnius, venue=other)
    assert (run.cards, run.first_number, run.venue_slug) == (1, 2, other)
    with pytest.raises(NotFound):
        ask(vilnius, venue="nowhere")


def test_a_look_at_what_would_be_printed_claims_nothing(vilnius: Town) -> None:
    registered(vilnius, 3)
    with vilnius.house.begin() as session:
        would = print_requests.would_print(session, campaign_id=vilnius.id, numbers=(2, 9))
    assert [row.number for row in would] == [2, 3]
    assert ask(vilnius).cards == 3


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
    assert [part.status for part in seen(vilnius, run).parts] == ["gone", "waiting"]
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
    seal(vilnius)
    with pytest.raises(NotNow, match="on a manifest already"):
        do(vilnius, print_control.cancel, run)


def test_a_spoiled_card_is_printed_again_under_its_number_with_a_new_code(vilnius: Town) -> None:
    first, second, third = registered(vilnius, 3)
    draw(vilnius, ask(vilnius, numbers=(1, 2)))

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
    run = draw(vilnius, ask(vilnius))
    assert (run.first_number, run.last_number) == (1, 3)
    with vilnius.house.begin() as session:
        logged = print_log.print_log(session, campaign_id=vilnius.id, number=1)
    assert sorted((line.spoiled, line.code == first.tracking_code) for line in logged) == [
        (False, False), (True, True)
    ]  # fmt: skip
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
