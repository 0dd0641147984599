"""Who wants no other card gets none unasked: cards to them are held, and no restored backup forgets their wish."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from postcards.errors import NotFound
from postcards.services import block_list, erasure, erasure_replay, holding, retention
from postcards.services.checking import check_books
from tests.plugins.cast import House, Town


def one(house: House, sql: str, **values: Any) -> Any:
    with house.begin() as session:
        return session.scalar(text(sql), values)


def books(house: House) -> list[str]:
    kit = house.kit
    with kit.snapshot() as session:
        found = check_books(session, files=kit.sealed_files, vault=kit.vault, ledger=kit.ledger, at=house.at)
    return [finding.message for finding in found]


def replay(house: House) -> erasure_replay.Replayed:
    kit = house.kit
    with house.begin() as session:
        return erasure_replay.replay(
            session, lines=kit.ledger.read(), files=kit.files, outbox=kit.outbox, by="cli", at=house.at
        )


def block(session: Session, house: House, town: Town, card_id: uuid.UUID) -> bool:
    return block_list.block(
        session, campaign_id=town.id, card_id=card_id, ledger=house.kit.ledger.add, by="cli", at=house.at
    )


def test_a_card_to_one_who_wants_none_is_held_before_the_post_gets_it(house: House, vilnius: Town) -> None:
    first, other = vilnius.register(), vilnius.register(recipient={"name": "Petras Petraitis"})
    with house.begin() as session:
        assert block(session, house, vilnius, first.id)
        assert not block(session, house, vilnius, first.id)
    with house.begin() as session:
        erasure.erase(
            session, campaign_id=vilnius.id, card_id=first.id, tools=house.kit.forgetting(), asked="number", by="cli",
            at=house.at,
        )  # fmt: skip
    with house.begin() as session, pytest.raises(block_list.AddressGone):
        block(session, house, vilnius, first.id)
    second = vilnius.register()
    with house.begin() as session:
        session.execute(
            text(
                "UPDATE card SET status = 'printed', printed_at = received_at, held = '{campaign_paused}'"
                " WHERE status <> 'void'"
            )
        )
    for card in (second, other):  # let go for another reason: nobody thought of the recipient then
        with house.begin() as session:
            holding.release(session, campaign_id=vilnius.id, card_id=card.id, by="staff:1", at=house.at)

    def hold() -> int:
        with house.begin() as session:
            return block_list.hold(session, campaign_id=vilnius.id, by="beat", at=house.at)

    assert (hold(), hold()) == (1, 0)
    assert one(house, "SELECT held FROM card WHERE id = :id", id=second.id) == ["recipient_declined"]
    assert one(house, "SELECT held FROM card WHERE id = :id", id=other.id) == []
    with house.begin() as session:
        holding.release(session, campaign_id=vilnius.id, card_id=second.id, by="staff:1", at=house.at)
    assert hold() == 0
    assert "Petrait" not in str(one(house, "SELECT json_agg(d) FROM do_not_write d"))


def test_who_wants_no_other_card_is_known_again_after_a_backup(house: House, vilnius: Town) -> None:
    """The wish is newer than the backup; the ledger beside the keys brings it back, once."""
    card = vilnius.register()
    with house.begin() as session:
        block(session, house, vilnius, card.id)
    [wish] = [line for line in house.kit.ledger.read() if line.get("kind") == "do_not_write"]
    kept = one(house, "SELECT recipient_index FROM do_not_write")
    with house.begin() as session:
        session.execute(text("DELETE FROM do_not_write"))
    assert "only in the ledger beside the keys: 1" in books(house)[0]
    assert [replay(house).wishes, replay(house).wishes] == [1, 0]
    assert one(house, "SELECT recipient_index FROM do_not_write WHERE at = :at", at=house.at) == kept
    assert books(house) == []
    # A ledger from before such lines, or one that was lost: the night makes it whole, with the very same line.
    house.kit.ledger.path.unlink()
    assert "not in the ledger beside the keys: 1" in books(house)[0]
    retention.run(
        house.kit.begin, campaign_id=vilnius.id, tools=house.kit.forgetting(), worker="w", by="beat",
        clock=lambda: house.at,
    )  # fmt: skip
    assert house.kit.ledger.read() == [wish]
    assert books(house) == []


def test_a_wish_that_was_rolled_back_is_in_no_ledger(house: House, vilnius: Town) -> None:
    card = vilnius.register()

    def broken_off() -> None:
        with house.begin() as session:
            assert block(session, house, vilnius, card.id)
            raise NotFound("something else was not there")

    with pytest.raises(NotFound):
        broken_off()
    assert house.kit.ledger.read() == []
    assert one(house, "SELECT count(*) FROM do_not_write") == 0
