"""Print runs: drawn in parts by whoever is there, the same byte for byte, and proved by the books."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import pikepdf
import pytest
from sqlalchemy import text

from postcards.errors import Invalid, NotFound
from postcards.queries import print_log, print_pulls
from postcards.queries.print_runs import newest
from postcards.services import (
    print_control,
    print_handout,
    print_parts,
    print_requests,
    printing,
)
from postcards.services.print_requests import NothingToPrint, TakenByRun
from tests.plugins.cast import Town
from tests.services.posting import status_of
from tests.services.pressing import press, public_press
from tests.services.print_desk import (
    MINUTE,
    Clock,
    ask,
    books,
    do,
    draw,
    file_of,
    move_house,
    registered,
    seen,
    void,
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
    assert [(one.number, one.why) for one in pull] == [(4, "replaced"), (5, "void"), (8, "replaced")]
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
