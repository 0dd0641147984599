"""A campaign gets a new data key while it goes on; broken off, the rotation is taken up again; nothing is lost."""

from __future__ import annotations

import datetime as dt
import threading
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from postcards.models import Person
from postcards.paper.entry import check_entry
from postcards.services import cards, key_rotation, people, tracking
from postcards.services.checking import check_books
from postcards.services.key_rotation import KeyInUse, Rotated
from postcards.vault import KeyMissing
from tests.plugins.cast import House, Town
from tests.services.whole_campaign import whole_campaign


class PowerCut(Exception):
    """The process is gone between two transactions."""


def rotate(house: House, town: Town, *, transactions: int = 10**6) -> Rotated:
    left = iter(range(transactions))

    def begin() -> AbstractContextManager[Session]:
        if next(left, None) is None:
            raise PowerCut
        return house.kit.begin()

    return key_rotation.rotate(
        begin, campaign_id=town.id, vault=house.kit.vault, by="cli", clock=lambda: house.at
    )


def one(house: House, sql: str, **values: Any) -> Any:
    with house.begin() as session:
        return session.scalar(text(sql), values)


def keys_of(house: House, town: Town) -> set[str]:
    with house.begin() as session:
        return set(
            session.scalars(text("SELECT key_id FROM person WHERE campaign_id = :id"), {"id": town.id})
        )


def books(house: House) -> list[str]:
    with house.kit.snapshot() as session:
        return [f.message for f in check_books(session, files=house.kit.sealed_files, vault=house.kit.vault)]


def readable(house: House, town: Town) -> int:
    """Opens everything with a vault that knows only what the keys file says."""
    fresh = house.vault_anew()
    with house.begin() as session:
        found = session.query(Person).where(Person.campaign_id == town.id).all()
        for person in found:
            assert people.open_recipient(fresh, person).name == "Jonas Petraitis"
            assert people.open_sender(fresh, person).name == "Ona Petraitienė"
    return len(found)


def test_people_and_thanks_move_to_the_new_key_and_lists_keep_theirs(
    house: House, vilnius: Town, bucharest: Town
) -> None:
    whole = whole_campaign(vilnius)
    with house.begin() as session:
        tracking.leave_thanks(
            session, vault=house.kit.vault, code=whole.cards["arrived"].tracking_code, text="Ačiū!", by="recipient",
            at=house.at,
        )  # fmt: skip
    old = one(house, "SELECT data_key FROM campaign WHERE id = :id", id=vilnius.id)
    stranger = keys_of(house, bucharest)
    done = rotate(house, vilnius)
    assert (done.resumed, done.people, done.thanks, done.lost) == (False, 13, 1, 0)
    assert keys_of(house, vilnius) == {done.key_id} != {old}
    assert keys_of(house, bucharest) == stranger
    assert one(house, "SELECT key_id FROM arrival WHERE thanks IS NOT NULL") == done.key_id
    assert one(house, "SELECT count(*) FROM manifest WHERE key_id = :old", old=old) == 3
    assert books(house) == []
    assert readable(house, vilnius) == 13
    with house.begin() as session, pytest.raises(KeyInUse, match="3 manifests, 1 print runs"):
        key_rotation.destroy(
            session, key_id=old, vault=house.kit.vault, by="cli", at=house.at + dt.timedelta(days=1)
        )


def test_what_hangs_on_a_lost_key_keeps_no_later_rotation_from_its_beginning(
    house: House, vilnius: Town
) -> None:
    vilnius.register()
    first = one(house, "SELECT data_key FROM campaign")
    house.kit.vault.destroy(first)
    done = rotate(house, vilnius)
    assert (done.resumed, done.people, done.lost) == (False, 0, 1)
    vilnius.register()
    again = rotate(house, vilnius)
    assert (again.resumed, again.people, again.lost) == (False, 1, 1)
    assert keys_of(house, vilnius) == {first, again.key_id}


@pytest.mark.parametrize("transactions", [1, 2, 3, 4, 5])
def test_broken_off_anywhere_it_is_taken_up_again(house: House, vilnius: Town, transactions: int) -> None:
    for _ in range(5):
        vilnius.register()
    with pytest.raises(PowerCut):
        rotate(house, vilnius, transactions=transactions)
    assert books(house) == []
    vilnius.register()
    assert readable(house, vilnius) == 6
    rotate(house, vilnius)
    current = one(house, "SELECT data_key FROM campaign WHERE id = :id", id=vilnius.id)
    assert keys_of(house, vilnius) == {current}
    assert readable(house, vilnius) == 6
    assert books(house) == []


def test_a_key_is_destroyed_when_nothing_hangs_on_it_and_it_has_rested(house: House, vilnius: Town) -> None:
    vilnius.register()
    old = one(house, "SELECT data_key FROM campaign")

    def destroy(key_id: str, after: dt.timedelta) -> None:
        with house.begin() as session:
            key_rotation.destroy(session, key_id=key_id, vault=house.kit.vault, by="cli", at=house.at + after)

    with pytest.raises(KeyInUse, match="all new data, people's data of 1 cards"):
        destroy(old, dt.timedelta(days=1))
    rotate(house, vilnius)
    with pytest.raises(KeyInUse, match="work under way"):
        destroy(old, dt.timedelta(minutes=59))
    destroy(old, dt.timedelta(minutes=61))
    assert [key.id for key in house.kit.vault.data_keys()] == [one(house, "SELECT data_key FROM campaign")]
    assert readable(house, vilnius) == 1
    with pytest.raises(KeyMissing):
        destroy(old, dt.timedelta(days=1))
    assert one(house, "SELECT count(*) FROM journal WHERE action = 'data_key.destroyed'") == 1


def test_a_correction_in_the_same_moment_is_not_lost(house: House, vilnius: Town) -> None:
    """The row is corrected with the key it had; the rotation waits for it and moves what came out."""
    card = vilnius.register()
    corrected, go_on = threading.Event(), threading.Event()

    def correct() -> None:
        with house.begin() as session:
            cards.correct(
                session,
                campaign_id=vilnius.id,
                card_id=card.id,
                changes=cards.Changes(sender=cards.SenderChange("Ona Kazlauskienė", "ona@example.org")),
                edition=vilnius.edition,
                vault=house.kit.vault,
                print_check=check_entry,
                by="staff:1",
                at=house.at,
            )
            corrected.set()
            go_on.wait(20)

    hand = threading.Thread(target=correct)
    hand.start()
    assert corrected.wait(20)
    turning = threading.Thread(target=rotate, args=(house, vilnius))
    turning.start()
    turning.join(0.5)
    go_on.set()
    hand.join()
    turning.join()
    with house.begin() as session:
        person = session.get_one(Person, card.id)
        assert people.open_sender(house.kit.vault, person).name == "Ona Kazlauskienė"
        assert people.open_recipient(house.kit.vault, person).name == "Jonas Petraitis"
        assert person.key_id == session.scalar(text("SELECT data_key FROM campaign"))
