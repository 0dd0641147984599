"""Print runs that meet a kiosk, another run, an erasure or the months over the same card: no paper travels wrongly."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import text

from postcards.errors import NotFound
from postcards.models import PrintRun
from postcards.queries import print_pulls
from postcards.services import cards, erasure, print_control, print_files, printing
from postcards.services.erasure import Erased
from postcards.services.registration import Registered
from tests.plugins.cast import AT, Town
from tests.services.posting import status_of
from tests.services.pressing import press
from tests.services.print_desk import (
    MINUTE,
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
    assert pulled(vilnius, run) == [(2, "corrected")]
    assert books(vilnius) == []


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
    assert [part.status for part in seen(vilnius, run).parts] == ["gone", "failed"]
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
    key = print_files.file_key(vilnius.id, run.id, 1)
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
