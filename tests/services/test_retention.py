"""What is over goes, at its time and not before; broken off, it is taken up; two workers do not collide."""

from __future__ import annotations

import datetime as dt
import uuid
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from postcards.errors import Denied
from postcards.models import Person
from postcards.queries import retention as seen
from postcards.services import campaigns, erasure, overs, people, retention, tracking
from postcards.services.checking import check_books
from postcards.services.retention import Done, UnderWay
from postcards.vault import KeyMissing
from tests.plugins.cast import House, Town
from tests.services.whole_campaign import WholeCampaign, whole_campaign

DAY = dt.timedelta(days=1)


@pytest.fixture
def whole(vilnius: Town, bucharest: Town) -> WholeCampaign:
    return whole_campaign(vilnius)


def run(house: House, town: Town, *, days: float, transactions: int = 10**6) -> Done:
    """A night, so many days after the campaign's cards were made."""
    left = iter(range(transactions))

    def begin() -> AbstractContextManager[Session]:
        if next(left, None) is None:
            raise PowerCut
        return house.kit.begin()

    return retention.run(
        begin, campaign_id=town.id, tools=house.kit.forgetting(), worker="worker", by="beat",
        clock=lambda: house.at + days * DAY,
    )  # fmt: skip


def look(session: Session, house: House, town: Town, *, days: float) -> Done:
    return retention.look(session, campaign_id=town.id, vault=house.kit.vault, at=house.at + days * DAY)


class PowerCut(Exception):
    """The process is gone between two transactions."""


def one(house: House, sql: str, **values: Any) -> Any:
    with house.begin() as session:
        return session.scalar(text(sql), values)


def parts_of(house: House, town: Town, card_id: uuid.UUID) -> tuple[str, ...]:
    with house.begin() as session:
        found = seen.card(session, campaign_id=town.id, card_id=card_id, at=house.at)
    return found.parts if found else ()


def books(house: House, days: float, campaign_id: int | None = None) -> list[str]:
    with house.kit.snapshot() as session:
        found = check_books(
            session, files=house.kit.sealed_files, vault=house.kit.vault, ledger=house.kit.ledger,
            at=house.at + days * DAY, campaign_id=campaign_id,
        )  # fmt: skip
    return [finding.message for finding in found]


def end_of(house: House, town: Town) -> float:
    """Days from the house's clock until everything goes."""
    with house.begin() as session:
        return (seen.calendar(session, town.id).everything_goes - house.at) / DAY


def test_each_part_goes_in_its_time_and_the_stranger_keeps_all(
    house: House, whole: WholeCampaign, bucharest: Town
) -> None:
    town, handed_over, arrived = whole.town, whole.id("handed_over"), whole.id("arrived")
    everything = ("recipient", "email", "sender", "volunteer")
    assert run(house, town, days=1).cards == 0
    assert parts_of(house, town, arrived) == everything
    assert run(house, town, days=6.9).cards == 0
    # The e-mail a week after the arrival, and what was given up a week after that.
    done = run(house, town, days=7.1)
    assert (done.cards, done.parts["email"], done.parts["recipient"]) == (4, 4, 2)
    assert parts_of(house, town, arrived) == ("recipient", "sender", "volunteer")
    with house.begin() as session:
        sender = people.open_sender(house.kit.vault, session.get_one(Person, arrived))
        assert sender == people.Sender("Ona Petraitienė", None)
    assert parts_of(house, town, whole.id("void")) == ()
    run(house, town, days=90.1)
    assert parts_of(house, town, arrived) == ()
    assert parts_of(house, town, handed_over) == ("email", "sender", "volunteer")
    assert parts_of(house, town, whole.id("registered")) == everything
    run(house, town, days=180.1)
    assert parts_of(house, town, handed_over) == ()
    assert parts_of(house, town, whole.id("registered")) == ("recipient", "sender", "volunteer")
    assert one(
        house, "SELECT count(*) FROM person WHERE campaign_id = :c AND recipient IS NOT NULL", c=bucharest.id
    )
    assert books(house, 180.1) == []


def test_a_typed_message_goes_at_hand_over(house: House, vilnius: Town) -> None:
    card = vilnius.register(message="Labas!")
    with house.begin() as session:
        session.execute(
            text("UPDATE card SET status = 'handed_over', handed_over_at = :at WHERE id = :id"),
            {"at": house.at, "id": card.id},
        )
    assert run(house, vilnius, days=0).parts == {"message": 1}


def test_lists_become_tombstones_with_the_recipients_on_them(house: House, whole: WholeCampaign) -> None:
    keys = "SELECT file_key FROM manifest_file WHERE name = 'manifest.csv' ORDER BY file_key LIMIT 1"
    key = one(house, keys)
    assert run(house, whole.town, days=89).manifests == []
    assert house.kit.files.size(key) > 0
    done = run(house, whole.town, days=91)
    assert done.manifests == [1]
    assert one(house, "SELECT count(*) FROM manifest WHERE content IS NULL") == 1
    assert books(house, 91) == []
    assert run(house, whole.town, days=end_of(house, whole.town)).manifests == [2]


def test_when_all_is_over_nothing_opens_any_more(house: House, whole: WholeCampaign) -> None:
    town, last = whole.town, end_of(house, whole.town)
    with house.begin() as session:
        tracking.leave_thanks(
            session, vault=house.kit.vault, code=whole.cards["arrived"].tracking_code, text="Ačiū!", by="recipient",
            at=house.at,
        )  # fmt: skip
        campaigns.set_status(session, slug=town.slug, status="closed", by="test", at=house.at + 60 * DAY)
    last = end_of(house, town)
    backup = one(house, "SELECT recipient FROM person WHERE card_id = :id", id=whole.id("registered"))
    key_id = one(house, "SELECT data_key FROM campaign WHERE id = :id", id=town.id)
    run(house, town, days=last - 0.1)
    assert one(house, "SELECT count(*) FROM arrival WHERE thanks IS NOT NULL") == 1
    done = run(house, town, days=last)
    assert done.keys.resting == 1
    assert one(house, "SELECT count(*) FROM arrival WHERE thanks IS NOT NULL") == 0
    assert (
        one(house, "SELECT count(*) FROM kiosk WHERE device_name IS NOT NULL AND campaign_id = :c", c=town.id)
        == 0
    )
    assert one(house, "SELECT count(*) FROM card WHERE campaign_id = :c AND country <> ''", c=town.id) == 13
    house.kit.vault.open(key_id, backup, about=f"{whole.id('registered')}/recipient")
    done = run(house, town, days=last + 1)
    assert done.keys.destroyed == 1
    with pytest.raises(KeyMissing):
        house.kit.vault.open(key_id, backup, about=f"{whole.id('registered')}/recipient")
    assert one(house, "SELECT count(*) FROM journal WHERE action = 'data_key.destroyed'") == 1
    assert books(house, last + 1, town.id) == []
    assert run(house, town, days=last + 2).keys.destroyed == 0
    with house.begin() as session, pytest.raises(Denied, match="over"):
        campaigns.set_status(session, slug=town.slug, status="open", by="test", at=house.at)


def test_a_campaign_that_nobody_closed_keeps_its_key_and_nothing_else(house: House, vilnius: Town) -> None:
    vilnius.register()
    last = end_of(house, vilnius)
    run(house, vilnius, days=last)
    assert one(house, "SELECT count(*) FROM person WHERE recipient IS NOT NULL OR sender IS NOT NULL") == 0
    assert len(house.kit.vault.data_keys()) == 1
    vilnius.register()
    assert books(house, 0) == []


@pytest.mark.parametrize("transactions", [1, 2, 3])
def test_broken_off_anywhere_it_is_taken_up_again(house: House, vilnius: Town, transactions: int) -> None:
    card = vilnius.register()
    with house.begin() as session:
        session.execute(
            text("UPDATE card SET status = 'handed_over', handed_over_at = :at"), {"at": house.at}
        )
    with pytest.raises(PowerCut):
        run(house, vilnius, days=181, transactions=transactions)
    with house.begin() as session:  # the worker is gone for longer than its lease
        session.execute(text("UPDATE retention_turn SET claimed_until = :at"), {"at": house.at})
    run(house, vilnius, days=181)
    assert parts_of(house, vilnius, card.id) == ()
    assert (
        one(house, "SELECT count(*) FROM retention_turn WHERE claimed_by IS NULL AND done_at IS NOT NULL")
        == 1
    )


def test_two_workers_do_not_collide(house: House, vilnius: Town) -> None:
    with house.begin() as session:
        session.execute(
            text("INSERT INTO retention_turn VALUES (:c, 'another', :until, NULL)"),
            {"c": vilnius.id, "until": house.at + dt.timedelta(minutes=1)},
        )
    with pytest.raises(UnderWay):
        run(house, vilnius, days=0)
    run(house, vilnius, days=1)


def test_a_night_comes_once_a_day_for_every_campaign(house: House, vilnius: Town, bucharest: Town) -> None:
    def night(hours: float) -> list[str]:
        done = retention.run_due(
            house.kit.begin, tools=house.kit.forgetting(), worker="worker", by="beat",
            clock=lambda: house.at + dt.timedelta(hours=hours),
        )  # fmt: skip
        return [each.slug for each in done]

    assert night(0) == ["vilnius", "romania"]
    assert night(10) == []
    assert night(24) == ["vilnius", "romania"]


def test_an_address_that_a_worker_is_writing_to_stays_for_that(house: House, whole: WholeCampaign) -> None:
    with house.begin() as session:
        session.execute(
            text("UPDATE mail SET status = 'sending', claimed_by = 'w', claimed_until = :at"),
            {"at": house.at + 8 * DAY},
        )
    run(house, whole.town, days=7.1)
    assert "email" in parts_of(house, whole.town, whole.id("arrived"))
    run(house, whole.town, days=8.1)
    assert "email" not in parts_of(house, whole.town, whole.id("arrived"))


def test_mail_that_was_laid_down_goes_with_the_address(house: House, whole: WholeCampaign) -> None:
    outbox = house.kit.settings.home / "outbox"
    outbox.mkdir(parents=True)
    mail = one(house, "SELECT id FROM mail WHERE card_id = :id", id=whole.id("arrived"))
    orphan = uuid.UUID(int=7)
    for name in (f"{mail}.eml", f"{orphan}.eml", "notes.txt"):
        (outbox / name).write_text("To: ona@example.org")
    run(house, whole.town, days=1)
    assert sorted(path.name for path in outbox.iterdir()) == sorted([f"{mail}.eml", "notes.txt"])
    run(house, whole.town, days=8)
    assert [path.name for path in outbox.iterdir()] == ["notes.txt"]


def test_a_look_says_the_same_and_changes_nothing(house: House, whole: WholeCampaign) -> None:
    with house.kit.snapshot() as session:
        told = look(session, house, whole.town, days=91)
    done = run(house, whole.town, days=91)
    assert (told.cards, told.parts, told.manifests) == (done.cards, done.parts, done.manifests)
    assert (told.records, told.keys) == (done.records, done.keys) == (0, overs.Keys())
    assert told.cards > 0


def test_a_look_counts_the_free_words_and_the_keys_that_would_go_too(
    house: House, whole: WholeCampaign
) -> None:
    """Night after night it says beforehand what the night then does: words go, the key rests, the key goes."""
    town = whole.town
    with house.begin() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text("UPDATE print_run SET reason = 'Jonas was smudged', failure = 'Jonas too'"))
        session.execute(text("UPDATE receipt SET note = 'Jonas has moved'"))
        session.execute(text("UPDATE receipt_refusal SET reason = 'Jonas Petraitis has moved'"))
        session.execute(
            text("UPDATE card SET void_reason = 'Jonas says so' WHERE id = :id"), {"id": whole.id("void")}
        )
        campaigns.set_status(session, slug=town.slug, status="closed", by="test", at=house.at + 60 * DAY)
    last, seen_keys = end_of(house, town), []
    for days in (last - 0.1, last, last, last + 1, last + 2):
        with house.kit.snapshot() as session:
            told = look(session, house, town, days=days)
        done = run(house, town, days=days)
        assert (told.cards, told.parts, told.manifests) == (done.cards, done.parts, done.manifests)
        assert (told.print_runs, told.records, told.keys) == (done.print_runs, done.records, done.keys)
        seen_keys.append((done.records > 0, done.keys.resting, done.keys.destroyed))
    assert seen_keys == [(False, 0, 0), (True, 1, 0), (False, 1, 0), (False, 0, 1), (False, 0, 0)]
    assert one(house, "SELECT string_agg(reason, '') FROM receipt_refusal") == ""
    assert one(house, "SELECT void_reason FROM card WHERE id = :id", id=whole.id("void")) is None


def test_records_may_lose_their_free_words_and_nothing_else(house: House, whole: WholeCampaign) -> None:
    with house.begin() as session:
        erasure.erase(
            session, campaign_id=whole.town.id, card_id=whole.id("void"), tools=house.kit.forgetting(),
            asked="number", by="cli", at=house.at,
        )  # fmt: skip
    for statement in (
        "UPDATE receipt SET note = 'other words'",
        "UPDATE receipt SET accepted = 1, note = ''",
        "UPDATE receipt_refusal SET reason = 'other words'",
        "UPDATE receipt_refusal SET note = 'other words', reason = ''",
        "UPDATE receipt_refusal SET card_id = gen_random_uuid(), reason = ''",
        "UPDATE print_log SET by = 'staff:2'",
        "DELETE FROM print_log",
        "UPDATE erasure SET by = 'nobody'",
        "DELETE FROM erasure",
    ):
        with pytest.raises(DBAPIError, match="only grows"), house.begin() as session:
            session.execute(text(statement))
    with house.begin() as session:
        session.execute(text("UPDATE receipt SET note = ''"))
        session.execute(text("UPDATE receipt_refusal SET note = ''"))
        session.execute(text("UPDATE receipt_refusal SET reason = ''"))
