"""Sealing: who goes on a manifest and who waits, what a sealed manifest says, and that nothing changes it."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from postcards.errors import Invalid
from postcards.models import Manifest
from postcards.queries import campaigns, tallies
from postcards.queries import manifests as manifest_queries
from postcards.services import cut_offs, dispatch, print_handout
from postcards.services.checking import check_books
from postcards.services.dispatch import NothingToSeal
from postcards.services.manifests import content_of
from postcards.services.withdrawal import Answered, withdraw
from postcards.vault import KeyMissing
from tests.plugins.cast import AT, Town
from tests.services.posting import make_all, one, printed, seal, status_of
from tests.services.print_desk import MINUTE, ask, do, draw, seen

LANGUAGES = ("lt", "en", "pl", "ru")


def change(town: Town, path: str, value: object) -> None:
    """What an organiser changes in the edition while the campaign runs."""
    with town.house.begin() as session:
        session.execute(
            text("UPDATE campaign SET edition = jsonb_set(edition, :path, :value) WHERE id = :id"),
            {"path": path, "value": json.dumps(value), "id": town.id},
        )
    campaigns._editions.clear()


def small(town: Town, size: int) -> None:
    """Manifests of that town hold `size` cards."""
    change(town, "{dispatch,manifest_size}", size)


def books(town: Town) -> list[str]:
    tools = town.house.kit
    with tools.snapshot() as session:
        return [
            finding.message for finding in check_books(session, files=tools.sealed_files, vault=tools.vault)
        ]


def lines_of(town: Town, number: int) -> list[tuple[int, int, str, str, str]]:
    with town.house.begin() as session:
        manifest = session.query(Manifest).filter_by(campaign_id=town.id, number=number).one()
        content = content_of(town.house.kit.vault, manifest)
    return [(x.line, x.card_number, x.country, x.postal_code, x.bundle) for x in content.lines]


def test_printed_cards_are_sealed_by_country_and_number(vilnius: Town, bucharest: Town) -> None:
    numbers = [printed(vilnius, country) for country in ("PL", "DE", "NO", "DE")]
    [sealed] = seal(vilnius)
    assert (sealed.number, sealed.version, sealed.lines) == (1, 1, 4)
    assert lines_of(vilnius, 1) == [
        (1, numbers[1], "DE", "10115", "DE-01"),
        (2, numbers[3], "DE", "10115", "DE-01"),
        (3, numbers[2], "NO", "0155", "NO-01"),
        (4, numbers[0], "PL", "00-850", "PL-01"),
    ]
    assert {status_of(vilnius, number) for number in numbers} == {"sealed"}
    with vilnius.house.begin() as session:
        assert tallies.by_status(tallies.read(session, vilnius.id)) == {"sealed": 4}
        assert tallies.by_status(tallies.read(session, bucharest.id)) == {"registered": 1}
    assert one(vilnius, "SELECT status FROM manifest WHERE number = 1") == "sealed"
    assert one(vilnius, "SELECT detail->>'cards' FROM journal WHERE action = 'manifest.sealed'") == "4"
    assert books(vilnius) == []


def test_nothing_eligible_makes_no_manifest(vilnius: Town) -> None:
    vilnius.register()
    with pytest.raises(NothingToSeal):
        seal(vilnius)
    assert one(vilnius, "SELECT count(*) FROM manifest WHERE true") == 0
    printed(vilnius)
    seal(vilnius)
    with pytest.raises(NothingToSeal):
        seal(vilnius)
    assert one(vilnius, "SELECT count(*) FROM manifest WHERE true") == 1


def test_a_manifest_holds_no_more_than_its_size_and_numbers_have_no_gap(vilnius: Town) -> None:
    small(vilnius, 2)
    for _ in range(5):
        printed(vilnius)
    assert [(m.number, m.lines) for m in seal(vilnius)] == [(1, 2), (2, 2), (3, 1)]
    printed(vilnius)
    assert [(m.number, m.lines) for m in seal(vilnius)] == [(4, 1)]
    assert books(vilnius) == []


def test_each_campaign_counts_for_itself(vilnius: Town, bucharest: Town) -> None:
    printed(vilnius)
    printed(bucharest, language="ro")
    assert [m.number for m in seal(bucharest)] == [1]
    assert [m.number for m in seal(vilnius)] == [1]


@pytest.mark.parametrize(
    "wait",
    [
        "UPDATE card SET held = '{suspended}' WHERE number = :n",
        "UPDATE card SET print_run_id = (SELECT id FROM print_run) WHERE number = :n",
    ],
)
def test_held_and_claimed_cards_wait(vilnius: Town, wait: str) -> None:
    stays, goes = printed(vilnius), printed(vilnius)
    with vilnius.house.begin() as session:
        session.execute(
            text(
                "INSERT INTO print_run"
                " (id, campaign_id, run, sheet, draft, cards, first_number, last_number, requested_by, requested_at)"
                " VALUES (gen_random_uuid(), :c, 1, 'a6', false, 1, 1, 1, 't', now())"
            ),
            {"c": vilnius.id},
        )
        session.execute(text(wait), {"n": stays})
        found = manifest_queries.waiting(session, campaign_id=vilnius.id, suspended=())
        assert (found.ready, found.held + found.in_print_run) == (1, 1)
    seal(vilnius)
    assert (status_of(vilnius, stays), status_of(vilnius, goes)) == ("printed", "sealed")


def test_cards_whose_file_nobody_has_taken_wait_for_it_and_the_desk_reads_so(vilnius: Town) -> None:
    """The Post must not be shown cards without paper."""
    by_kiosk, in_file = printed(vilnius), vilnius.register().number
    run = ask(vilnius)
    assert draw(vilnius, run).status == "ready"
    assert waiting_of(vilnius) == (1, 1)
    assert [sealed.lines for sealed in seal(vilnius)] == [1]
    assert (status_of(vilnius, by_kiosk), status_of(vilnius, in_file)) == ("sealed", "printed")
    with pytest.raises(NothingToSeal, match="One waits for somebody to download the file of its print run"):
        seal(vilnius)
    assert seen(vilnius, run).lacks_paper
    do(vilnius, print_handout.take, run)
    assert waiting_of(vilnius) == (1, 0)
    assert [sealed.lines for sealed in seal(vilnius)] == [1]
    assert books(vilnius) == []


def test_a_card_goes_when_one_of_its_runs_was_taken(vilnius: Town) -> None:
    vilnius.register()
    draw(vilnius, ask(vilnius))
    again = ask(vilnius, numbers=(1, 1), reason="nobody has the file", at=AT + MINUTE)
    draw(vilnius, again)
    with pytest.raises(NothingToSeal):
        seal(vilnius)
    do(vilnius, print_handout.take, again)
    assert [sealed.lines for sealed in seal(vilnius)] == [1]


def waiting_of(town: Town) -> tuple[int, int]:
    """Cards that could go now, and those in a file that nobody has taken."""
    with town.house.begin() as session:
        found = manifest_queries.waiting(session, campaign_id=town.id, suspended=())
    return found.ready, found.without_paper


def test_a_destination_suspended_since_it_was_printed_waits_for_its_deposit_date(vilnius: Town) -> None:
    number = printed(vilnius, "IE")
    suspended = [
        {"country": "IE", "from": "2026-12-15", "to": "2026-12-31", "note": dict.fromkeys(LANGUAGES, "x")}
    ]
    change(vilnius, "{suspended}", suspended)
    with vilnius.house.begin() as session:
        waiting = manifest_queries.waiting(session, campaign_id=vilnius.id, suspended=("IE",))
    assert (waiting.ready, waiting.suspended) == (0, {"IE": 1})
    with pytest.raises(NothingToSeal):
        seal(vilnius, at=dt.datetime(2026, 12, 31, 12, 0, tzinfo=dt.UTC))
    seal(vilnius, at=dt.datetime(2026, 12, 31, 20, 0, tzinfo=dt.UTC))  # after the cut-off: goes on 4 January
    assert status_of(vilnius, number) == "sealed"


def test_an_erased_recipient_leaves_the_country_alone(vilnius: Town) -> None:
    number = printed(vilnius)
    with vilnius.house.begin() as session:
        session.execute(text("UPDATE person SET recipient = NULL"))
    seal(vilnius)
    assert lines_of(vilnius, 1) == [(1, number, "DE", "", "DE-01")]


def test_sealing_that_fails_leaves_no_trace(vilnius: Town) -> None:
    number = printed(vilnius)

    def seal_and_fail() -> None:
        with vilnius.house.begin() as session:
            dispatch.seal(
                session,
                campaign_id=vilnius.id,
                edition=vilnius.edition,
                vault=vilnius.house.kit.vault,
                by="test",
                at=AT,
            )
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError, match="power"):
        seal_and_fail()
    assert status_of(vilnius, number) == "printed"
    assert [m.number for m in seal(vilnius)] == [1]


JOINS_LATE = """
    INSERT INTO manifest_line
    SELECT manifest_id, 9, campaign_id, card_id, 9, 'DE', 'DE-01', false FROM manifest_line
"""


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE manifest SET number = 9",
        "UPDATE manifest SET header = '{}'",
        "UPDATE manifest SET status = 'draft'",
        "UPDATE manifest SET content = 'x'",
        "DELETE FROM manifest",
        "UPDATE manifest_line SET country = 'FR'",
        "UPDATE manifest_line SET card_number = 7",
        "DELETE FROM manifest_line",
        "TRUNCATE manifest_line",
        JOINS_LATE,
        "UPDATE manifest_file SET name = 'x'",
        "DELETE FROM manifest_file",
        "UPDATE manifest SET sums_sha256 = NULL, files_at = NULL",
    ],
)
def test_the_database_lets_nobody_change_what_was_sealed(vilnius: Town, change: str) -> None:
    printed(vilnius)
    seal(vilnius)
    make_all(vilnius)
    with (
        pytest.raises(DBAPIError, match=r"does not change|only grows|is sealed"),
        vilnius.house.begin() as session,
    ):
        session.execute(text(change))


def run(town: Town, *statements: str) -> None:
    with town.house.begin() as session:
        for statement in statements:
            session.execute(text(statement))


def test_no_card_stands_on_two_open_lines(vilnius: Town) -> None:
    printed(vilnius)
    seal(vilnius)
    another = """
        INSERT INTO manifest
            (id, campaign_id, number, status, lines, sealed_at, sealed_by, header, key_id, content_sha256)
        SELECT gen_random_uuid(), campaign_id, 2, 'draft', 1, now(), 't', '{}', 'k', 'x' FROM manifest
    """
    same_card = """
        INSERT INTO manifest_line
        SELECT m.id, 1, l.campaign_id, l.card_id, l.card_number, 'DE', 'DE-01', true
        FROM manifest_line l, manifest m WHERE m.number = 2
    """
    with pytest.raises(DBAPIError, match="uq_manifest_line_open"):
        run(vilnius, another, same_card)


# -- cut-offs ---------------------------------------------------------------------------------------------

BEFORE = dt.datetime(2026, 12, 14, 15, 59, 59, tzinfo=dt.UTC)  # Vilnius: 17:59:59
AFTER = dt.datetime(2026, 12, 14, 16, 0, 20, tzinfo=dt.UTC)


def beat(town: Town, at: dt.datetime) -> list[int]:
    done = cut_offs.seal_due(town.house.begin, vault=town.house.kit.vault, by="beat", clock=lambda: at)
    return [sealed.number for sealed in done]


def test_a_cut_off_is_sealed_once_when_it_has_passed(vilnius: Town) -> None:
    small(vilnius, 2)
    for _ in range(3):
        printed(vilnius)
    assert beat(vilnius, BEFORE) == []
    assert beat(vilnius, AFTER) == [1, 2]
    printed(vilnius)
    assert beat(vilnius, AFTER + dt.timedelta(hours=1)) == []
    assert beat(vilnius, AFTER + dt.timedelta(days=1)) == [3]
    assert one(vilnius, "SELECT header->>'deposit_date' FROM manifest WHERE number = 2") == "2026-12-14"


def test_a_cut_off_without_cards_is_over_too(vilnius: Town) -> None:
    assert beat(vilnius, AFTER) == []
    printed(vilnius)
    assert beat(vilnius, AFTER + dt.timedelta(minutes=1)) == []


def test_a_full_last_manifest_leaves_the_cut_off_to_be_ended(vilnius: Town) -> None:
    small(vilnius, 2)
    for _ in range(2):
        printed(vilnius)
    assert beat(vilnius, AFTER) == [1]
    printed(vilnius)
    assert beat(vilnius, AFTER + dt.timedelta(minutes=1)) == []


def test_a_cut_off_that_was_missed_is_made_up_for_with_a_later_deposit(vilnius: Town) -> None:
    printed(vilnius)
    assert beat(vilnius, AFTER + dt.timedelta(hours=12)) == [1]
    assert one(vilnius, "SELECT header->>'deposit_date' FROM manifest WHERE number = 1") == "2026-12-15"


def test_a_campaign_made_after_the_cut_off_waits_for_the_next(vilnius: Town) -> None:
    printed(vilnius)
    friday_before = AT - dt.timedelta(
        hours=1
    )  # Monday noon: the last cut-off was on Friday, before the campaign
    assert beat(vilnius, friday_before) == []


def test_a_campaign_that_cannot_be_sealed_stops_no_other(vilnius: Town, bucharest: Town) -> None:
    number = printed(bucharest, language="ro")
    printed(vilnius)
    run(vilnius, f"UPDATE campaign SET data_key = 'lost' WHERE id = {vilnius.id}")
    with pytest.raises(KeyMissing):
        beat(vilnius, AFTER + dt.timedelta(days=1))  # Bucharest sends on Tuesdays
    assert status_of(bucharest, number) == "sealed"
    assert one(vilnius, "SELECT count(*) FROM manifest WHERE true") == 0


# -- withdrawn --------------------------------------------------------------------------------------------


def take_off(town: Town, *cards: int, number: int = 1) -> tuple[int, int]:
    with town.house.begin() as session:
        sealed = withdraw(
            session,
            campaign_id=town.id,
            number=number,
            cards=cards,
            edition=town.edition,
            vault=town.house.kit.vault,
            by="test",
            at=AT,
        )
    return sealed.version, sealed.lines


def test_a_card_is_withdrawn_by_a_new_version(vilnius: Town) -> None:
    first, second, third = (printed(vilnius, country) for country in ("DE", "DE", "NO"))
    seal(vilnius)
    make_all(vilnius)
    assert take_off(vilnius, second) == (2, 2)
    assert (status_of(vilnius, first), status_of(vilnius, second)) == ("sealed", "printed")
    assert seal(vilnius)[0].number == 2  # the withdrawn card alone
    make_all(vilnius)
    with vilnius.house.begin() as session:
        old = manifest_queries.detail(session, campaign_id=vilnius.id, number=1, version=1)
        new = manifest_queries.detail(session, campaign_id=vilnius.id, number=1)
        other = manifest_queries.detail(session, campaign_id=vilnius.id, number=2)
    assert (old.newest, old.lines, new.version, new.lines) == (False, 3, 2, 2)
    assert new.header["replaces"] == {"version": 1, "content_sha256": old.content_sha256.hex()}
    assert (new.previous_sha256, other.previous_sha256) == (old.sums_sha256, new.sums_sha256)
    assert books(vilnius) == []
    assert status_of(vilnius, third) == "sealed"


def test_all_cards_may_be_withdrawn(vilnius: Town) -> None:
    number = printed(vilnius)
    seal(vilnius)
    assert take_off(vilnius, number) == (2, 0)
    make_all(vilnius)
    assert books(vilnius) == []


def test_a_stranger_card_or_an_answered_manifest_is_refused(vilnius: Town) -> None:
    number = printed(vilnius)
    seal(vilnius)
    with pytest.raises(Invalid):
        take_off(vilnius, number, 20)
    with vilnius.house.begin() as session:
        session.execute(text("UPDATE manifest SET status = 'handed_over'"))
    with pytest.raises(Answered):
        take_off(vilnius, number)
