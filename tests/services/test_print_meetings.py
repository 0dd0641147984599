"""Print runs that meet a kiosk, another run, an erasure or the months over the same card: no paper travels wrongly."""

from __future__ import annotations

import datetime as dt
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import ORMExecuteState, Session

from postcards.errors import NotFound
from postcards.models import PrintRun
from postcards.queries import print_pulls
from postcards.services import (
    cards,
    erasure,
    print_control,
    print_files,
    print_parts,
    printing,
    tracking,
)
from postcards.services.cards import Changes, SenderChange
from postcards.services.erasure import Erased
from postcards.services.registration import Registered
from tests.plugins.cast import AT, Town
from tests.services.posting import status_of
from tests.services.pressing import press
from tests.services.print_desk import (
    MINUTE,
    MOVED,
    Clock,
    ask,
    books,
    change,
    do,
    draw,
    move_house,
    registered,
    seen,
    spoil_words,
)

LATER = AT + MINUTE


def draw_a_part(town: Town, run: PrintRun) -> None:
    printing.draw_part(
        town.house.begin, run_id=run.id, press=press(town.house), worker="worker", clock=Clock()
    )


def pulled(town: Town, run: PrintRun) -> list[tuple[int, str]]:
    with town.house.begin() as session:
        return [(one.number, one.why) for one in print_pulls.pulls(session, run=seen(town, run))]


def erase(town: Town, card: Registered) -> Erased:
    with town.house.begin() as session:
        return erasure.erase(
            session, campaign_id=town.id, card_id=card.id, tools=town.house.kit.forgetting(), asked="desk",
            by="staff:1", at=AT,
        )  # fmt: skip


def ask_the_database(town: Town, sql: str, **values: Any) -> Sequence[Any]:
    with town.house.begin() as session:
        return session.scalars(text(sql), values).all()


def test_old_paper_of_a_card_that_a_kiosk_corrected_and_printed_meanwhile_is_pulled(vilnius: Town) -> None:
    made = registered(vilnius, 6)
    run = ask(vilnius)
    draw_a_part(vilnius, run)
    move_house(vilnius, made[1])
    with vilnius.house.begin() as session:
        cards.record_print(
            session, campaign_id=vilnius.id, card_id=made[1].id, print_id=uuid.uuid4(), printed_at=LATER,
            reason=None, public_url=None, by="kiosk:x", at=LATER,
        )  # fmt: skip
    assert draw(vilnius, run).status == "ready"
    assert pulled(vilnius, run) == [(2, "replaced")]
    assert books(vilnius) == []


def test_old_paper_of_a_card_that_was_corrected_while_a_run_held_it_bears_a_code_that_is_over(
    vilnius: Town,
) -> None:
    """Its words are in the file already; should that paper be sent, it leads nowhere, and the new one has its code."""
    made = registered(vilnius, 6)
    run = ask(vilnius)
    draw_a_part(vilnius, run)
    old = made[1].tracking_code
    move_house(vilnius, made[1])
    assert draw(vilnius, run).status == "ready"
    second = ask(vilnius)
    assert draw(vilnius, second).status == "ready"
    [new] = ask_the_database(vilnius, "SELECT code FROM card WHERE number = 2")
    with vilnius.house.begin() as session:
        assert tracking.find_by_code(session, code=new).status == "printed"
        with pytest.raises(tracking.CodeEnded, match="replaced"):
            tracking.find_by_code(session, code=old)
        assert tracking.find_by_slip_code(session, slip_code=made[1].slip_code).number == 2
    assert (pulled(vilnius, run), pulled(vilnius, second)) == ([(2, "replaced")], [])
    assert ask_the_database(vilnius, "SELECT code FROM print_log WHERE number = 2") == [new]
    assert books(vilnius) == []


def test_a_change_that_does_not_show_leaves_the_card_in_its_run_with_its_code(vilnius: Town) -> None:
    [card] = registered(vilnius, 1)
    run = ask(vilnius)
    wished = Changes(sender=SenderChange("Ona Petraitienė", "another@example.org"))
    with vilnius.house.begin() as session:
        change(vilnius, card, wished, session)
    done = draw(vilnius, run)
    assert (done.status, done.blanks) == ("ready", 0)
    assert ask_the_database(vilnius, "SELECT code FROM card WHERE status = 'printed'") == [card.tracking_code]


def test_a_card_that_is_corrected_between_the_two_looks_of_the_run_is_left_out(vilnius: Town) -> None:
    """The run has chosen its cards, and opens them in its next breath; a kiosk commits its correction in between."""
    made = registered(vilnius, 3)
    changed: list[int] = []

    @contextmanager
    def begin() -> Iterator[Session]:
        with vilnius.house.begin() as session:

            def between(state: ORMExecuteState) -> None:
                if state.is_select and "JOIN person" in str(state.statement) and not changed:
                    changed.append(1)
                    move_house(vilnius, made[1])

            event.listen(session, "do_orm_execute", between)
            yield session

    run = ask(vilnius)
    printing.draw(begin, run_id=run.id, press=press(vilnius.house), worker="worker", clock=Clock())
    assert changed == [1]
    done = seen(vilnius, run)
    assert (done.status, done.blanks) == ("ready", 1)
    assert (status_of(vilnius, 2), pulled(vilnius, run)) == ("registered", [])
    assert books(vilnius) == []


def test_a_run_that_ends_while_a_card_is_corrected_sees_the_correction(vilnius: Town) -> None:
    """Both want the card's row. The correction has it, the run waits: its paper of that card is stale."""
    made = registered(vilnius, 3)
    run = ask(vilnius)
    with ThreadPoolExecutor(1) as other:
        with vilnius.house.begin() as session:
            change(vilnius, made[1], MOVED, session)
            drawing = other.submit(draw, vilnius, run)
            until_somebody_waits(vilnius)
        assert drawing.result(60).status == "ready"
    assert (status_of(vilnius, 2), pulled(vilnius, run)) == ("registered", [(2, "replaced")])
    assert books(vilnius) == []


def test_a_card_that_is_corrected_while_its_run_ends_is_corrected_as_a_printed_one(vilnius: Town) -> None:
    """The run has its row, the correction waits: then the card is printed, and becomes registered again."""
    made = registered(vilnius, 3)
    run = ask(vilnius)
    ended, correcting = threading.Event(), threading.Event()

    @contextmanager
    def begin() -> Iterator[Session]:
        with vilnius.house.begin() as session:
            yield session
            if session.scalar(text("SELECT status FROM print_run")) == "ready":
                ended.set()
                assert correcting.wait(60)

    with ThreadPoolExecutor(2) as others:
        drawing = others.submit(
            printing.draw, begin, run_id=run.id, press=press(vilnius.house), worker="worker", clock=Clock()
        )
        assert ended.wait(60)
        moving = others.submit(move_house, vilnius, made[1])
        until_somebody_waits(vilnius)
        correcting.set()
        drawing.result(60)
        moving.result(60)
    assert (status_of(vilnius, 2), pulled(vilnius, run)) == ("registered", [(2, "replaced")])
    assert ask_the_database(
        vilnius, "SELECT detail->>'before' FROM journal WHERE action = 'card.corrected'"
    ) == ["printed"]
    assert books(vilnius) == []


def until_somebody_waits(town: Town) -> None:
    """Until a transaction of this database stands before another's lock."""
    waiting = (
        "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    ends = time.monotonic() + 60
    while not ask_the_database(town, waiting):
        assert time.monotonic() < ends, "nobody waits"
        time.sleep(0.01)


def test_two_runs_that_are_cancelled_before_anybody_took_them_leave_no_card_without_paper(
    vilnius: Town,
) -> None:
    registered(vilnius, 1)
    first = ask(vilnius)
    draw(vilnius, first)
    second = ask(vilnius, numbers=(1, 1), reason="again")
    draw(vilnius, second)
    do(vilnius, print_control.cancel, first)
    assert status_of(vilnius, 1) == "printed"
    do(vilnius, print_control.cancel, second)
    assert status_of(vilnius, 1) == "registered"
    assert books(vilnius) == []


def test_a_card_that_a_draft_found_faulty_too_is_let_go_by_the_real_run(vilnius: Town) -> None:
    spoil_words(vilnius, registered(vilnius, 2)[0])
    draft, real = ask(vilnius, draft=True), ask(vilnius)
    for run in (draft, real):
        draw(vilnius, run)
        do(vilnius, print_control.take_out, run)
    assert draw(vilnius, real).status == "ready"
    assert ask_the_database(vilnius, "SELECT number FROM card WHERE print_run_id IS NOT NULL") == []
    assert ask_the_database(vilnius, "SELECT held FROM card WHERE number = 1") == [["print_fault"]]
    assert books(vilnius) == []


def test_a_run_that_failed_long_ago_is_drawn_anew_before_its_cards_are_printed(vilnius: Town) -> None:
    spoil_words(vilnius, registered(vilnius, 6)[5])
    run = ask(vilnius)
    assert draw(vilnius, run).status == "failed"
    files = vilnius.house.kit.sealed_files
    with vilnius.house.begin() as session:
        at = AT + dt.timedelta(days=31)
        assert print_files.forget(session, campaign_id=vilnius.id, files=files, by="beat", at=at) == [1]
    assert [part.status for part in seen(vilnius, run).parts] == ["gone", "gone"]
    do(vilnius, print_control.resume, run)
    assert draw(vilnius, run).status == "failed"
    do(vilnius, print_control.take_out, run)
    done = draw(vilnius, run)
    assert (done.status, len(done.files), done.forgotten_at) == ("ready", 2, None)
    assert books(vilnius) == []


def test_who_is_erased_leaves_the_run_alone_that_is_not_ready_and_is_not_in_its_file(vilnius: Town) -> None:
    made = registered(vilnius, 10)
    spoil_words(vilnius, made[8])
    run = ask(vilnius)
    assert draw(vilnius, run).status == "failed"
    [key] = [part.file_key for part in seen(vilnius, run).parts if part.part == 1]
    assert erase(vilnius, made[0]).print_runs == ()
    with pytest.raises(NotFound):
        vilnius.house.kit.files.size(key or "")
    assert [part.status for part in seen(vilnius, run).parts] == ["waiting", "drawn", "failed"]
    assert len(ask_the_database(vilnius, "SELECT position FROM print_fault")) == 1
    erase(vilnius, made[8])
    assert ask_the_database(vilnius, "SELECT position FROM print_fault") == []
    do(vilnius, print_control.resume, run)
    done = draw(vilnius, run)
    assert (done.status, done.blanks, len(done.files)) == ("ready", 2, 3)
    assert erase(vilnius, made[1]).print_runs == (1,)
    assert [part.status for part in seen(vilnius, run).parts] == ["gone", "drawn", "drawn"]
    assert books(vilnius) == []


def test_a_file_that_was_kept_and_never_written_down_goes_with_the_cancelled_run(vilnius: Town) -> None:
    """As when the worker dies between the two, or the run is cancelled just then."""
    registered(vilnius, 2)
    run, kit = ask(vilnius), vilnius.house.kit
    with vilnius.house.begin() as session:
        claimed = print_parts.claim(session, run_id=run.id, worker="worker", at=AT)
    assert claimed is not None
    key = print_files.file_key(vilnius.id, run.id, 1, claimed.turn)
    kit.files.put(key, b"sealed names and addresses")
    do(vilnius, print_control.cancel, run)
    for campaigns in (1, 0):
        cleared = print_files.clear_cancelled(vilnius.house.begin, files=kit.sealed_files, by="beat", at=AT)
        assert cleared == campaigns
    with pytest.raises(NotFound):
        kit.files.size(key)
    assert books(vilnius) == []


def test_a_card_without_a_recipient_is_not_kept_by_the_run_that_left_it_out(vilnius: Town) -> None:
    made = registered(vilnius, 2)
    run = ask(vilnius)
    with vilnius.house.begin() as session:
        session.execute(
            text("UPDATE person SET recipient = NULL, recipient_index = NULL WHERE card_id = :id"),
            {"id": made[0].id},
        )
    assert draw(vilnius, run).status == "ready"
    assert status_of(vilnius, 1) == "registered"
    assert ask_the_database(vilnius, "SELECT number FROM card WHERE print_run_id IS NOT NULL") == []
