"""The Post's answer counts once, explains every card, takes no arrival back, and is never overwritten."""

from __future__ import annotations

import datetime as dt
import threading
import uuid

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from postcards.errors import Invalid, NotFound, Refusal
from postcards.queries import manifests as manifest_queries
from postcards.queries import tallies
from postcards.services import manifest_tombstones, tracking
from postcards.services.checking import check_books
from postcards.services.receipts import AlreadyAnswered, IdReused
from tests.plugins.cast import AT, Town
from tests.services.posting import LATER, answer, make_all, one, printed, seal, status_of


@pytest.fixture
def cards(vilnius: Town) -> list[int]:
    """Three cards on manifest 1."""
    numbers = [printed(vilnius, country) for country in ("DE", "DE", "NO")]
    seal(vilnius)
    make_all(vilnius)
    return numbers


def arrive(town: Town, number: int) -> None:
    code = str(one(town, "SELECT code FROM card WHERE number = :n", n=number))
    with town.house.begin() as session:
        tracking.confirm_arrival(session, code=code, by="recipient", at=AT + dt.timedelta(hours=1))


def books(town: Town) -> list[str]:
    tools = town.house.kit
    with tools.snapshot() as session:
        return [
            finding.message for finding in check_books(session, files=tools.sealed_files, vault=tools.vault)
        ]


def counts(town: Town) -> dict[str, int]:
    with town.house.begin() as session:
        return tallies.by_status(tallies.read(session, town.id))


def test_accepted_cards_are_handed_over_and_refused_ones_wait(vilnius: Town, cards: list[int]) -> None:
    found = answer(vilnius, accepted=2, refused=[(cards[1], "illegible")])
    assert (found.status, found.manifest_status, found.first) == ("accepted", "reconciled", True)
    assert [status_of(vilnius, number) for number in cards] == ["handed_over", "refused", "handed_over"]
    assert counts(vilnius) == {"handed_over": 2, "refused": 1}
    assert one(vilnius, "SELECT count(*) FROM manifest_line WHERE is_open") == 0
    assert one(
        vilnius, "SELECT handed_over_at FROM card WHERE number = :n", n=cards[0]
    ) == LATER - dt.timedelta(hours=1)
    with vilnius.house.begin() as session:
        [kept] = manifest_queries.detail(session, campaign_id=vilnius.id, number=1).receipts
    assert [(card.number, card.country, card.reason) for card in kept.cards] == [
        (cards[1], "DE", "illegible")
    ]
    assert books(vilnius) == []


def test_the_same_answer_again_changes_nothing(vilnius: Town, cards: list[int]) -> None:
    same = uuid.uuid4()
    answer(vilnius, accepted=3, receipt=same)
    again = answer(vilnius, accepted=3, receipt=same)
    assert (again.first, again.status) == (False, "accepted")
    assert one(vilnius, "SELECT count(*) FROM receipt WHERE true") == 1
    with pytest.raises(IdReused):
        answer(vilnius, accepted=2, refused=[(cards[0], "torn")], receipt=same, body=b"other")


def test_a_second_answer_to_a_settled_manifest_is_refused(vilnius: Town, cards: list[int]) -> None:
    answer(vilnius, accepted=3)
    with pytest.raises(AlreadyAnswered):
        answer(vilnius, accepted=3)


def test_a_difference_must_be_said(vilnius: Town, cards: list[int]) -> None:
    for accepted, difference, remedy in (
        (2, 0, "of -1."),
        (4, 0, "of 1."),
        (2, 2, "of -1."),
        (3, 1, "must be 0"),
    ):
        with pytest.raises(Invalid) as refused:
            answer(vilnius, accepted=accepted, difference=difference)
        [fault] = refused.value.faults
        assert fault.field == "difference"
        assert remedy in fault.message
    assert one(vilnius, "SELECT count(*) FROM receipt WHERE true") == 0


@pytest.mark.parametrize("difference", [1, -1])
def test_a_disputed_answer_is_kept_and_moves_nothing_until_it_is_settled(
    vilnius: Town, cards: list[int], difference: int
) -> None:
    found = answer(vilnius, accepted=2, difference=difference)
    assert (found.status, found.manifest_status) == ("disputed", "disputed")
    assert one(vilnius, "SELECT difference FROM receipt WHERE true") == -1, "whichever sign the Post gave it"
    assert one(vilnius, "SELECT detail->>'difference' FROM journal WHERE action = 'receipt.recorded'") == "-1"
    assert {status_of(vilnius, number) for number in cards} == {"sealed"}
    assert books(vilnius) == []
    with pytest.raises(DBAPIError, match="only grows"), vilnius.house.begin() as session:
        session.execute(text("UPDATE receipt SET accepted = 3"))
    settled = answer(vilnius, accepted=2, refused=[(cards[2], "not there")])
    assert (settled.status, settled.manifest_status) == ("accepted", "reconciled")
    assert one(vilnius, "SELECT count(*) FROM receipt WHERE true") == 2
    assert status_of(vilnius, cards[2]) == "refused"
    assert books(vilnius) == []


def test_an_arrival_is_never_taken_back(vilnius: Town, cards: list[int]) -> None:
    arrive(vilnius, cards[0])
    arrive(vilnius, cards[1])
    answer(vilnius, accepted=2, refused=[(cards[1], "illegible")])
    assert [status_of(vilnius, number) for number in cards] == ["arrived", "arrived", "handed_over"]
    left, came = (
        one(vilnius, f"SELECT {column} FROM card WHERE number = :n", n=cards[0])
        for column in ("handed_over_at", "arrived_at")
    )
    assert left <= came
    assert counts(vilnius) == {"arrived": 2, "handed_over": 1}
    assert books(vilnius) == []


def test_cards_that_are_not_there_or_named_twice_are_named(vilnius: Town, cards: list[int]) -> None:
    other = printed(vilnius)
    with pytest.raises(Invalid) as refused:
        answer(vilnius, accepted=0, refused=[(other, "torn"), (cards[0], "torn"), (cards[0], "wet")])
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [
        ("refused.0.number", "not_on_manifest"),
        ("refused.1.number", "named_twice"),
        ("refused.2.number", "named_twice"),
    ]


@pytest.mark.parametrize("reason", ["", "  ", "x" * 101, "to\u202eru", "a\nb"])
def test_a_reason_is_text_that_can_be_read(vilnius: Town, cards: list[int], reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        answer(vilnius, accepted=2, refused=[(cards[0], reason)])
    assert [fault.field for fault in refused.value.faults] == ["refused.0.reason"]


def test_the_post_may_say_any_time_but_deadlines_count_from_a_possible_one(
    vilnius: Town, cards: list[int]
) -> None:
    answer(vilnius, accepted=3, received_at=dt.datetime(2099, 1, 1, tzinfo=dt.UTC))
    assert one(vilnius, "SELECT handed_over_at FROM manifest WHERE number = 1") == LATER
    assert one(vilnius, "SELECT received_at FROM receipt WHERE true").year == 2099


def test_another_campaigns_manifest_is_not_found(vilnius: Town, bucharest: Town, cards: list[int]) -> None:
    with pytest.raises(NotFound):
        answer(bucharest, accepted=3)


def test_after_its_time_a_manifest_is_a_tombstone(vilnius: Town, cards: list[int]) -> None:
    printed(vilnius)
    seal(vilnius)
    make_all(vilnius)
    answer(vilnius, accepted=3)
    files = vilnius.house.kit.sealed_files

    def forget(before: dt.datetime, sealed_before: dt.datetime = AT) -> list[str]:
        with vilnius.house.begin() as session:
            over = manifest_tombstones.over(
                session, campaign_id=vilnius.id, handed_over_before=before, sealed_before=sealed_before
            )
            for each in over:
                manifest_tombstones.forget(session, manifest_id=each.id, by="beat", at=LATER)
        keys = [key for each in over for key in each.file_keys]
        for key in keys:
            files.delete(key)
        return keys

    assert forget(LATER - dt.timedelta(hours=2)) == []
    assert len(forget(LATER)) == 7
    assert forget(LATER) == []  # what is gone is asked for no more
    assert one(vilnius, "SELECT count(*) FROM journal WHERE action = 'manifest.forgotten'") == 1
    assert (
        books(vilnius) == []
    )  # the chain holds without the files, and the second manifest still has its own
    assert len(forget(LATER, sealed_before=LATER)) == 7


def test_sixteen_at_once_are_one_answer(vilnius: Town, cards: list[int]) -> None:
    same, start = uuid.uuid4(), threading.Barrier(16)
    found: list[bool | str] = []

    def say(index: int) -> None:
        start.wait()
        try:
            found.append(answer(vilnius, accepted=3, receipt=same if index % 2 else uuid.uuid4()).first)
        except Refusal as refusal:
            found.append(refusal.code)

    threads = [threading.Thread(target=say, args=(index,)) for index in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found.count(True) == 1
    assert set(found) <= {True, False, "already_answered"}
    assert one(vilnius, "SELECT count(*) FROM receipt WHERE true") == 1
    assert books(vilnius) == []
