"""Somebody asks, and what is kept of people goes: from every place, once, and a backup does not bring it back."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from postcards.errors import NotFound
from postcards.gateways.erasure_ledger import LedgerDamaged
from postcards.rules.tracking_code import spaced
from postcards.services import (
    cards,
    erasure,
    erasure_replay,
    registration,
    retention,
    tracking,
)
from postcards.services.checking import check_books
from postcards.services.erasure import Erased, NumberGivenAgain
from postcards.services.tracking import Mistyped, UnknownCode
from tests.plugins.cast import House, Town
from tests.services.whole_campaign import WholeCampaign, whole_campaign


@pytest.fixture
def whole(vilnius: Town, bucharest: Town) -> WholeCampaign:
    return whole_campaign(vilnius)


def erase(house: House, town: Town, card_id: uuid.UUID, **how: Any) -> Erased:
    with house.begin() as session:
        return erasure.erase(
            session, campaign_id=town.id, card_id=card_id, tools=house.kit.forgetting(), by="cli", at=house.at,
            **{"asked": "number"} | how,
        )  # fmt: skip


def one(house: House, sql: str, **values: Any) -> Any:
    with house.begin() as session:
        return session.scalar(text(sql), values)


def books(house: House) -> list[str]:
    with house.kit.snapshot() as session:
        found = check_books(
            session, files=house.kit.sealed_files, vault=house.kit.vault, ledger=house.kit.ledger, at=house.at
        )
    return [finding.message for finding in found]


LEFT = """
    SELECT count(*) FROM person p LEFT JOIN arrival a USING (card_id)
    WHERE card_id = :id AND (coalesce(sender, recipient, message, volunteer, thanks) IS NOT NULL
          OR coalesce(email_index, recipient_index) IS NOT NULL)
"""


@pytest.mark.timeout(120)
def test_a_card_at_any_stage_is_erased_once_and_the_books_agree(house: House, whole: WholeCampaign) -> None:
    town = whole.town
    with house.begin() as session:
        tracking.leave_thanks(
            session, vault=house.kit.vault, code=whole.cards["arrived"].tracking_code, text="Ačiū!", by="recipient",
            at=house.at,
        )  # fmt: skip
    stages = {
        "registered": ("void", "none", "free"), "printed": ("void", "missing", "withdrawn"),
        "in_waiting_run": ("void", "missing", "withdrawn"), "refused": ("void", "missing", "withdrawn"),
        "sealed": ("sealed", None, "used"), "handed_over": ("handed_over", None, "used"),
        "arrived": ("arrived", None, "used"), "void": ("void", None, "used"),  # another card has its stamp by now
    }  # fmt: skip
    for name, (status, paper, stamp) in stages.items():
        done = erase(house, town, whole.id(name))
        assert {"sender", "recipient", "email", "volunteer"} <= set(done.parts), name
        assert (done.voided, done.paper) == (paper is not None, paper), name
        assert one(house, LEFT, id=whole.id(name)) == 0
        assert one(house, "SELECT status FROM card WHERE id = :id", id=whole.id(name)) == status
        number = {"c": town.id, "n": whole.number(name)}
        assert (
            one(house, "SELECT status FROM stamp WHERE campaign_id = :c AND number = :n", **number) == stamp
        )
        assert one(house, "SELECT count(*) FROM mail WHERE card_id = :id", id=whole.id(name)) == 0
        again = erase(house, town, whole.id(name))
        assert (again.parts, again.voided) == ((), False), name
    assert one(house, "SELECT count(*) FROM journal WHERE action = 'card.erased'") == len(stages)
    assert len(house.kit.ledger.read()) == len(stages)
    assert "ona" not in house.kit.ledger.path.read_text().lower()
    assert one(house, LEFT, id=whole.id("in_run")) == 1
    assert books(house) == []


def test_paper_that_was_destroyed_frees_the_stamp_for_the_end_of_the_drawer(
    house: House, whole: WholeCampaign
) -> None:
    done = erase(house, whole.town, whole.id("printed"), paper="destroyed")
    assert (done.paper, done.manifests) == ("destroyed", ())
    assert whole.town.register().number != done.number


def test_what_the_post_was_shown_is_named(house: House, whole: WholeCampaign) -> None:
    done = erase(house, whole.town, whole.id("handed_over"))
    assert (done.travels, done.manifests) == (True, (1,))


def test_a_typed_message_and_a_reason_in_free_words_go_too(house: House, vilnius: Town) -> None:
    card = vilnius.register(message="Labas!")
    with house.begin() as session:
        session.execute(text("UPDATE card SET status = 'void', paper = 'none', void_reason = 'Ona says so'"))
    assert "message" in erase(house, vilnius, card.id).parts
    assert one(house, "SELECT void_reason FROM card") is None


def test_what_was_remarked_about_a_card_goes_with_its_people_and_with_no_others(
    house: House, whole: WholeCampaign
) -> None:
    tables = (
        ("print_log", "reason"),
        ("spoiled_print", "reason"),
        ("receipt_refusal", "note"),
        ("receipt_refusal", "reason"),
    )
    erased, other = whole.id("handed_over"), whole.id("printed")
    with house.begin() as session:
        for card in (erased, other):
            session.execute(
                text(
                    """
                    INSERT INTO print_log (id, campaign_id, card_id, number, code, printed_at, recorded_at, by, reason)
                    SELECT gen_random_uuid(), campaign_id, id, number, code, :at, :at, 'test', 'for Jonas'
                    FROM card WHERE id = :id
                    """
                ),
                {"id": card, "at": house.at},
            )
            session.execute(
                text(
                    """
                    INSERT INTO spoiled_print (code, campaign_id, card_id, number, reason, spoiled_at, by)
                    SELECT code, campaign_id, id, number, 'Jonas was smudged', :at, 'test' FROM card WHERE id = :id
                    """
                ),
                {"id": card, "at": house.at},
            )
            session.execute(
                text(
                    """
                    INSERT INTO receipt_refusal (receipt_id, card_id, campaign_id, reason, note)
                    SELECT id, :id, campaign_id, 'Jonas Petraitis has moved', 'Jonas has moved' FROM receipt LIMIT 1
                    """
                ),
                {"id": card},
            )
    erase(house, whole.town, erased)
    for table, column in tables:
        words = f"SELECT coalesce(string_agg(nullif({column}, ''), ' '), '') FROM {table} WHERE card_id = :id"
        assert one(house, words, id=erased) == "", table
        assert "Jonas" in one(house, words, id=other), table


@pytest.mark.parametrize("reason", ["illegible", "Address incomplete", "damaged"])
def test_why_the_post_refused_a_card_stays_where_it_names_nobody(
    house: House, whole: WholeCampaign, reason: str
) -> None:
    with house.begin() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text("UPDATE receipt_refusal SET reason = :reason"), {"reason": reason})
    erase(house, whole.town, whole.id("refused"))
    assert (
        one(house, "SELECT reason FROM receipt_refusal WHERE card_id = :id", id=whole.id("refused")) == reason
    )


def test_every_card_of_an_address_and_of_nobody_else(house: House, vilnius: Town, bucharest: Town) -> None:
    hers = [vilnius.register(sender={"email": "Ona@Example.org"}) for _ in range(2)]
    vilnius.register(sender={"email": "jonas@example.org"})

    def found(email: str) -> list[uuid.UUID]:
        with house.begin() as session:
            cards, _ = erasure.by_email(session, campaign_id=vilnius.id, email=email, vault=house.kit.vault)
        return cards

    assert found(" ona@example.ORG ") == [card.id for card in hers]
    for card in hers:
        erase(house, vilnius, card.id)
    assert found("ona@example.org") == []
    assert len(found("jonas@example.org")) == 1


def test_a_number_that_was_given_again_is_not_erased_by_mistake(house: House) -> None:
    town = house.open_campaign("vilnius", cap=1)
    first = town.register()
    erase(house, town, first.id)
    with house.begin() as session:
        assert erasure.by_number(session, campaign_id=town.id, number=1) == [first.id]
    second = town.register()
    with house.begin() as session:
        with pytest.raises(NumberGivenAgain, match="--again"):
            erasure.by_number(session, campaign_id=town.id, number=1)
        assert erasure.by_number(session, campaign_id=town.id, number=1, again=True) == [second.id]
        with pytest.raises(NotFound):
            erasure.by_number(session, campaign_id=town.id, number=2)


def test_a_number_names_no_card_while_an_earlier_one_of_it_still_holds_something(house: House) -> None:
    """A card that was given up leaves its number to the next visitor at once, and its people for a week."""
    town = house.open_campaign("vilnius", cap=1)
    first = town.register()
    with house.begin() as session:
        cards.void(
            session, campaign_id=town.id, card_id=first.id, reason="wish", paper="none", by="cli", at=house.at
        )
    second = replace(town, house=replace(house, at=house.at + dt.timedelta(hours=1))).register()
    assert second.number == first.number

    def named(**how: Any) -> list[uuid.UUID]:
        with house.begin() as session:
            return erasure.by_number(session, campaign_id=town.id, number=1, **how)

    with pytest.raises(NumberGivenAgain, match="--code") as refused:
        named()
    told = str(refused.value)
    assert 0 < told.index(spaced(second.tracking_code)) < told.index(spaced(first.tracking_code))
    assert named(again=True) == [second.id]
    erase(house, town, second.id)
    with pytest.raises(NumberGivenAgain, match=spaced(first.tracking_code)):
        named()  # what is left of the number is the first visitor's
    erase(house, town, first.id)
    assert named() == [second.id]


def test_a_code_names_its_card_whoever_has_the_number_now(
    house: House, bucharest: Town, vilnius: Town
) -> None:
    first = vilnius.register()
    erase(house, vilnius, first.id)

    def named(code: str, town: Town = vilnius) -> list[uuid.UUID]:
        with house.begin() as session:
            return erasure.by_code(session, campaign_id=town.id, code=code)

    for code in (first.tracking_code, f" {spaced(first.tracking_code).lower()}\n", spaced(first.slip_code)):
        assert named(code) == [first.id]
    with pytest.raises(UnknownCode):
        named(first.tracking_code, bucharest)
    for code in ("", "1", first.tracking_code[:-1], first.tracking_code[::-1] + "0"):
        with pytest.raises(Mistyped):
            named(code)


def test_the_same_request_again_brings_nobody_back(house: House, vilnius: Town) -> None:
    request = vilnius.request()
    kiosk = vilnius.identity()

    def register() -> registration.Registered:
        prepared = vilnius.prepare(request)
        with house.begin() as session:
            return registration.register_card(
                session, origin=registration.origin_of(kiosk), prepared=prepared, by="kiosk:x", at=house.at
            )

    card = register()
    erase(house, vilnius, card.id)
    assert register().is_new is False
    assert one(house, LEFT, id=card.id) == 0


def test_print_files_with_the_erased_card_are_gone(house: House, whole: WholeCampaign) -> None:
    key = one(house, "SELECT file_key FROM print_part WHERE file_key IS NOT NULL")
    assert erase(house, whole.town, whole.id("in_run")).print_runs == (1,)
    with pytest.raises(NotFound):
        house.kit.files.size(key)
    assert books(house) == []


# The ledger


def test_whom_a_backup_brings_back_the_ledger_erases_again(
    house: House, vilnius: Town, bucharest: Town
) -> None:
    """The database is put back to where it was, row by row; the file beside the keys was not."""
    cards = [vilnius.register() for _ in range(3)]
    rows = "SELECT sender, recipient, volunteer, email_index, recipient_index FROM person WHERE card_id = :id"
    with house.begin() as session:
        kept = {
            card.id: dict(session.execute(text(rows), {"id": card.id}).mappings().one()) for card in cards
        }
        session.execute(
            text("UPDATE card SET status = 'sealed', sealed_at = :at WHERE id = :id"),
            {"id": cards[1].id, "at": house.at},
        )
    for card in cards[:2]:
        erase(house, vilnius, card.id)
    _travel_back(house, kept)
    assert one(house, LEFT, id=cards[0].id) == 1

    done = replay(house)
    assert (done.again, done.known, done.elsewhere) == (2, 0, 0)
    for card, status, stamp in (
        (cards[0], "void", "free"),
        (cards[1], "void", "withdrawn"),
        (cards[2], "registered", "used"),
    ):
        assert one(house, LEFT, id=card.id) == (1 if card is cards[2] else 0)
        assert one(house, "SELECT status FROM card WHERE id = :id", id=card.id) == status
        assert (
            one(
                house,
                "SELECT status FROM stamp WHERE number = :n AND campaign_id = :c",
                n=card.number,
                c=vilnius.id,
            )
            == stamp
        )
    assert replay(house).known == 2
    assert books(house) == []


def replay(house: House) -> erasure_replay.Replayed:
    with house.begin() as session:
        return erasure_replay.replay(
            session, lines=house.kit.ledger.read(), files=house.kit.files, outbox=house.kit.outbox, by="cli",
            at=house.at,
        )  # fmt: skip


def _travel_back(house: House, kept: dict[uuid.UUID, dict[str, Any]]) -> None:
    """As if a copy from before had been put in place: people are there again, and nobody was erased."""
    with house.begin() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text("DELETE FROM erasure"))
        session.execute(text("DELETE FROM journal WHERE action IN ('card.erased', 'card.voided')"))
        session.execute(text("DELETE FROM tally_delta WHERE status = 'void' OR cards < 0"))
        session.execute(text("UPDATE tracking_code SET ended = NULL, ended_at = NULL WHERE ended = 'void'"))
        for card_id, parts in kept.items():
            columns = ", ".join(f"{part} = :{part}" for part in parts)
            session.execute(text(f"UPDATE person SET {columns} WHERE card_id = :id"), parts | {"id": card_id})
            session.execute(
                text(
                    "UPDATE card SET status = 'registered', void_reason = NULL, paper = NULL, sealed_at = NULL, "
                    "arrival_notice = true WHERE id = :id"
                ),
                {"id": card_id},
            )
            session.execute(
                text(
                    "UPDATE stamp SET status = 'used', card_id = card.id, turn = card.number FROM card "
                    "WHERE card.id = :id AND stamp.campaign_id = card.campaign_id AND stamp.number = card.number"
                ),
                {"id": card_id},
            )


def test_a_ledger_that_lost_lines_is_noticed_and_made_whole_at_night(house: House, vilnius: Town) -> None:
    card = vilnius.register()
    erase(house, vilnius, card.id)
    house.kit.ledger.path.unlink()
    assert "is not in the ledger beside the keys" in books(house)[0]
    retention.run(
        house.kit.begin, campaign_id=vilnius.id, tools=house.kit.forgetting(), worker="w", by="beat",
        clock=lambda: house.at,
    )  # fmt: skip
    assert [line["card"] for line in house.kit.ledger.read()] == [str(card.id)]
    assert books(house) == []


def test_an_erasure_that_only_the_file_knows_is_a_finding(house: House, vilnius: Town) -> None:
    card = vilnius.register()
    erase(house, vilnius, card.id)
    with house.begin() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text("DELETE FROM erasure"))
    assert "`postcards db replay-erasures` makes up for it" in books(house)[0]


def test_a_line_that_a_power_cut_left_unfinished_is_written_anew(house: House, vilnius: Town) -> None:
    card = vilnius.register()
    erase(house, vilnius, card.id)
    ledger = house.kit.ledger
    whole = ledger.path.read_text()
    ledger.path.write_text(whole + whole[:40])
    assert len(ledger.read()) == 1
    ledger.add([json.loads(whole), json.loads(whole) | {"id": str(uuid.uuid4())}])
    assert len(ledger.read()) == 2
    ledger.path.write_text(whole.replace('"card"', "card"))
    with pytest.raises(LedgerDamaged, match="line 1"):
        ledger.read()
    assert "is damaged" in books(house)[0]
    assert ledger.path.stat().st_mode & 0o777 == 0o600
    assert dt.datetime.fromisoformat(json.loads(whole)["at"]) == house.at
