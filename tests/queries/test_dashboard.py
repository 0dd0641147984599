"""The desk's first page: what it counts, what it calls out, and how few queries it takes."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, text

from postcards.queries.dashboard import Dashboard, dashboard
from postcards.queries.print_runs import Untaken
from postcards.services import kiosks, print_handout
from tests.plugins.cast import House, Town
from tests.services.print_desk import Clock, ask, do, draw, seen
from tests.services.whole_campaign import whole_campaign

#: Tallies, what waits, the drawer, kiosks, manifests, print runs.
QUERIES = 6


MAIL = """
    INSERT INTO mail (id, campaign_id, card_id, kind, not_before, requested_at)
    VALUES (:id, :c, :card, 'arrival_notice', :at, :at)
"""
MANIFEST = """
    INSERT INTO manifest (id, campaign_id, number, status, lines, sealed_at, sealed_by, header, key_id,
        content, content_sha256, files_at, sums_sha256)
    VALUES (:id, :c, 1, 'sealed', 0, :at, 'beat', '{}', 'k', '', '', :at, '')
"""
PRINT_RUN = """
    INSERT INTO print_run (id, campaign_id, run, sheet, draft, cards, first_number, last_number, requested_by,
        requested_at)
    VALUES (:id, :c, 1, 'a6', false, 1, 1, 1, 'staff:1', :at)
"""


@contextmanager
def counted(house: House) -> Iterator[list[str]]:
    """Collects the statements that reach the database, but for those that open and close a transaction."""
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        seen.append(statement)

    event.listen(house.kit.engine, "after_cursor_execute", note)
    yield seen
    event.remove(house.kit.engine, "after_cursor_execute", note)


def look(town: Town, at: dt.datetime | None = None) -> Dashboard:
    with town.house.kit.snapshot() as session:
        return dashboard(session, campaign_id=town.id, edition=town.edition, at=at or town.house.at)


def alive(house: House, at: dt.datetime) -> None:
    with house.begin() as session:
        session.execute(text("INSERT INTO heartbeat (name, at) VALUES ('beat', :at)"), {"at": at})


def test_it_takes_the_same_few_queries_whatever_there_is(
    house: House, vilnius: Town, bucharest: Town
) -> None:
    with counted(house) as empty:
        look(vilnius)
    vilnius.register()
    with counted(house) as one:
        look(vilnius)
    for number in range(2):
        vilnius.add_kiosk(f"Tablet {number}")
        vilnius.register(recipient={"country": "PL", "postal_code": "00-850", "city": "Warszawa"})
    whole_campaign(house.open_campaign("vilnius", slug="other", cap=30))
    with counted(house) as three:
        board = look(vilnius)
    assert len(board.kiosks) == 3
    assert len(empty) == len(one) == len(three) == QUERIES


def test_no_query_scans_the_cards(house: House, vilnius: Town) -> None:
    """Asked of the planner, with sequential scans priced out: the cards are reached through partial indexes only."""
    vilnius.register()
    with counted(house) as statements:
        look(vilnius)
    about_cards = [statement for statement in statements if " card " in statement]
    assert len(about_cards) == 1
    with house.begin() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = session.scalars(
            text("EXPLAIN SELECT count(*) FROM card WHERE campaign_id = 1 AND held <> '{}'")
        ).all()
    assert "ix_card_held" in "\n".join(plan)
    assert "FROM card WHERE campaign_id = %(campaign_id)s AND held <> '{}'" in about_cards[0]


def test_it_counts_each_campaign_for_itself(house: House, vilnius: Town, bucharest: Town) -> None:
    whole = whole_campaign(vilnius)
    board = look(vilnius)
    assert board.by_status == {
        "registered": 3, "printed": 3, "sealed": 1, "handed_over": 1, "refused": 1, "arrived": 2, "void": 2,
    }  # fmt: skip
    drawer = board.drawer
    assert (drawer.used, drawer.lent, drawer.withdrawn, drawer.held, drawer.cap) == (11, 2, 1, 0, 20)
    assert [(row.number, row.version, row.is_newest) for row in board.manifests] == [
        (2, 2, True),
        (2, 1, False),
        (1, 1, True),
    ]
    assert (board.manifests[2].status, board.manifests[2].accepted, board.manifests[2].refused) == (
        "reconciled",
        2,
        1,
    )
    assert [run.status for run in board.runs] == ["queued", "ready"]
    assert sum(row.cards for row in board.venues) == sum(row.cards for row in board.countries) == 11
    assert {row.key: row.cards for row in board.countries} == {"DE": 9, "PL": 1, "NO": 1}
    assert {row.key for row in board.venues} == {venue.slug for venue in vilnius.edition.venues}
    germany = next(row for row in board.countries if row.key == "DE")
    assert germany.cards == germany.waiting + germany.under_way + germany.arrived
    assert sum(kiosk.lent for kiosk in board.kiosks) == 2
    assert whole.town.id == vilnius.id

    stranger = look(bucharest)
    assert stranger.by_status == {"registered": 1}
    assert (stranger.drawer.used, stranger.manifests, stranger.runs) == (1, [], [])
    assert len(stranger.kiosks) == 1


def test_all_is_well_when_beat_ticks_and_nothing_waits(house: House, vilnius: Town) -> None:
    vilnius.register()
    alive(house, house.at)
    assert look(vilnius).needs_attention == 0


def test_a_silent_beat_is_called_out(house: House, vilnius: Town) -> None:
    assert look(vilnius).beat_is_silent
    alive(house, house.at - dt.timedelta(seconds=119))
    assert not look(vilnius).beat_is_silent
    assert look(vilnius, house.at + dt.timedelta(seconds=2)).beat_is_silent


def test_a_kiosk_is_silent_after_twenty_minutes_and_called_out_while_its_venue_is_open(
    house: House, vilnius: Town
) -> None:
    monday_noon = house.at  # 14 December 2026, 12:00 in Vilnius: the town hall is open
    assert not look(vilnius, monday_noon + dt.timedelta(minutes=20)).kiosks[0].silent
    late = look(vilnius, monday_noon + dt.timedelta(minutes=21))
    assert late.kiosks[0].silent
    assert [kiosk.name for kiosk in late.silent_kiosks] == [late.kiosks[0].name]
    at_night = look(vilnius, monday_noon + dt.timedelta(hours=14))
    assert at_night.kiosks[0].silent
    assert at_night.silent_kiosks == []
    with house.begin() as session:
        kiosks.retire(
            session, campaign_id=vilnius.id, kiosk_id=vilnius.kiosks[0].id, by="staff:1", at=house.at
        )
    assert not look(vilnius, monday_noon + dt.timedelta(minutes=21)).kiosks[0].silent


@pytest.mark.parametrize(
    ("sql", "field", "value"),
    [
        ("UPDATE card SET held = '{campaign_paused}'", "held", 1),
        ("UPDATE card SET held = '{campaign_paused}'", "held_numbers", (1,)),
        ("UPDATE mail SET status = 'failed'", "failed_mails", 1),
        ("UPDATE manifest SET status = 'disputed' WHERE number = 1", "disputed_manifests", (1,)),
        ("UPDATE print_run SET status = 'failed'", "failed_runs", (1,)),
    ],
)
def test_what_waits_for_a_person_is_called_out(
    house: House, vilnius: Town, sql: str, field: str, value: object
) -> None:
    card = vilnius.register()
    ids = {"c": vilnius.id, "card": card.id, "at": house.at, "id": uuid.uuid4()}
    with house.begin() as session:
        for statement in (MAIL, MANIFEST, PRINT_RUN):
            session.execute(text(statement), ids)
    alive(house, house.at)
    assert look(vilnius).needs_attention == 0
    with house.begin() as session:
        session.execute(text(sql))
    board = look(vilnius)
    assert getattr(board.waiting, field) == value
    assert board.needs_attention == 1


def test_a_run_whose_file_nobody_takes_is_called_out_after_two_hours(house: House, vilnius: Town) -> None:
    vilnius.register()
    vilnius.register()
    late = house.at + dt.timedelta(hours=14)  # in the night, when no kiosk has to be heard of
    alive(house, late)
    clock = Clock()
    clock.at = late - dt.timedelta(hours=2, seconds=1)
    run = ask(vilnius)
    draw(vilnius, run, clock=clock)
    draw(vilnius, ask(vilnius, numbers=(1, 1), draft=True), clock=clock)
    assert look(vilnius, late - dt.timedelta(seconds=1)).waiting.untaken_runs == ()
    board = look(vilnius, late)
    assert board.waiting.untaken_runs == (Untaken(run.id, run.run, clock.at),)
    assert board.needs_attention == 1
    with house.begin() as session:
        session.execute(text("UPDATE card SET status = 'sealed' WHERE number = 1"))
    assert len(look(vilnius, late).waiting.untaken_runs) == 1
    with house.begin() as session:
        session.execute(text("UPDATE card SET status = 'sealed' WHERE number = 2"))
    assert look(vilnius, late).waiting.untaken_runs == (), "all its cards have gone on"
    with house.begin() as session:
        session.execute(text("UPDATE card SET status = 'printed'"))
    do(vilnius, print_handout.take, run)
    assert look(vilnius, late).needs_attention == 0


def test_a_run_all_of_whose_cards_have_other_paper_is_not_called_out(house: House, vilnius: Town) -> None:
    vilnius.register()
    late = house.at + dt.timedelta(hours=14)
    alive(house, late)
    clock = Clock()
    clock.at = late - dt.timedelta(hours=3)
    first = ask(vilnius)
    draw(vilnius, first, clock=clock)
    again = ask(vilnius, numbers=(1, 1), reason="nobody has the file", at=clock.at)
    draw(vilnius, again, clock=clock)
    assert len(look(vilnius, late).waiting.untaken_runs) == 2, "none of the two was taken"
    do(vilnius, print_handout.take, again)
    assert look(vilnius, late).waiting.untaken_runs == ()
    assert not seen(vilnius, first).is_left_lying(late)


def test_a_manifest_without_files_is_called_out_after_two_minutes(house: House, vilnius: Town) -> None:
    alive(house, house.at + dt.timedelta(minutes=3))
    with house.begin() as session:
        session.execute(
            text(
                "INSERT INTO manifest (id, campaign_id, number, status, lines, sealed_at, sealed_by, header, key_id, "
                "content, content_sha256) VALUES (:id, :c, 1, 'sealed', 0, :at, 'beat', '{}', 'k', '', '')"
            ),
            {"id": uuid.uuid4(), "c": vilnius.id, "at": house.at},
        )
    assert look(vilnius, house.at + dt.timedelta(minutes=2)).waiting.late_manifests == ()
    assert look(vilnius, house.at + dt.timedelta(minutes=2, seconds=1)).waiting.late_manifests == (1,)


def test_cards_to_a_country_that_the_post_does_not_serve_are_called_out(house: House, vilnius: Town) -> None:
    with house.begin() as session:
        session.execute(
            text(
                "INSERT INTO tally_delta (campaign_id, venue_slug, country, status, cards) VALUES "
                "(:c, '', 'HT', 'printed', 3), (:c, '', 'HT', 'registered', 2), (:c, '', 'HT', 'arrived', 9), "
                "(:c, '', 'DE', 'printed', 1)"
            ),
            {"c": vilnius.id},
        )
    assert [(one.country, one.cards) for one in look(vilnius).suspended] == [("HT", 5)]
    assert look(vilnius, house.at + dt.timedelta(days=30)).suspended == []
