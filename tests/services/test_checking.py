"""The books are proved: a campaign that the services made has no finding, and each planted fault is found by name."""

from __future__ import annotations

import inspect
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from postcards.services.checking import Finding, check_books
from tests.plugins.cast import House, Town
from tests.services.planted_faults import FAULTS
from tests.services.whole_campaign import WholeCampaign, whole_campaign


@pytest.fixture
def whole(vilnius: Town, bucharest: Town) -> WholeCampaign:
    """Vilnius with a card at every stage, Bucharest beside it."""
    return whole_campaign(vilnius)


def books(house: House, session: Session, campaign_id: int | None = None) -> list[Finding]:
    return check_books(
        session,
        files=house.kit.sealed_files,
        vault=house.kit.vault,
        ledger=house.kit.ledger,
        campaign_id=campaign_id,
        at=house.at,
    )


def test_the_books_of_a_whole_campaign_are_right(house: House, whole: WholeCampaign, bucharest: Town) -> None:
    for campaign_id in (None, whole.town.id, bucharest.id):
        with house.kit.snapshot() as session:
            assert books(house, session, campaign_id) == []
    statuses = {"registered", "printed", "sealed", "handed_over", "refused", "arrived", "void"}
    with house.begin() as session:
        assert {*session.scalars(text("SELECT DISTINCT status FROM card"))} == statuses


def test_each_planted_fault_is_found_and_named(house: House, whole: WholeCampaign, bucharest: Town) -> None:
    """One by one, in a transaction that is rolled back; the stranger's books stay right beside it."""
    missed = {}
    for fault in FAULTS:
        with taken_back(house) as session:
            planted = session.execute(text(fault.sql), _values(fault.sql, whole))
            assert planted.rowcount >= 1, fault.sql  # type: ignore[attr-defined]
            found = books(house, session)
            words = _named(fault.words, whole)
            if not any(one.kind == fault.kind and words in one.message for one in found):
                missed[fault.kind, words] = found
            assert books(house, session, bucharest.id) == []
    assert missed == {}


def test_a_fault_was_planted_for_every_kind_of_finding() -> None:
    from postcards.services.checks import (
        cards,
        data_keys,
        journal_chain,
        kept_files,
        manifest_contents,
        manifests,
        paper,
        retention,
        stamps,
    )

    kinds = {
        sentence.kind
        for module in (stamps, cards, paper, manifests, retention)
        for sentence in module.SENTENCES
    }
    for module in (manifest_contents, kept_files, journal_chain, data_keys, retention):
        kinds |= set(re.findall(r'Finding\(\s*"(\w+)"', inspect.getsource(module)))
    # What stands in a file cannot be planted by SQL: test_erasure.py alters the ledger itself.
    in_files = {"erasure_not_replayed", "ledger_unreadable", "wish_not_replayed"}
    assert kinds - in_files == {fault.kind for fault in FAULTS}


def test_a_file_altered_in_the_storage_is_found(house: House, whole: WholeCampaign) -> None:
    with house.begin() as session:
        key = session.scalars(
            text("SELECT file_key FROM manifest_file WHERE name = 'manifest.pdf' ORDER BY file_key LIMIT 1")
        ).one()
    kept = bytearray(house.kit.files.get(key))
    kept[len(kept) // 2] ^= 1
    house.kit.files.put(key, bytes(kept))
    with house.kit.snapshot() as session:
        found = books(house, session)
    assert [one.kind for one in found] == ["file_unreadable"]
    assert "manifest.pdf" in found[0].subject
    assert "damaged" in found[0].message


def test_many_rows_of_one_kind_are_counted_after_the_first(house: House) -> None:
    town = house.open_campaign("vilnius", cap=1000)
    with taken_back(house) as session:
        session.execute(text("DELETE FROM stamp WHERE number > 500"))
        found = books(house, session, town.id)
    assert len(found) == 201
    assert found[-1].message == "… and 300 more like these."


@contextmanager
def taken_back(house: House) -> Iterator[Session]:
    """A transaction in which no trigger or foreign key stands in a fault's way, and that is rolled back."""
    with suppress(Unplant), house.begin() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        yield session
        raise Unplant


class Unplant(Exception):
    """Ends a transaction and takes the planted fault away again."""


def _values(sql: str, whole: WholeCampaign) -> dict[str, object]:
    values: dict[str, object] = {name: card.id for name, card in whole.cards.items()}
    values |= {"v": whole.town.id, "booklet": whole.booklet, "at": whole.town.house.at}
    found = {name: value for name, value in values.items() if f":{name}" in sql}
    return {name: str(value) if f"|| :{name}" in sql else value for name, value in found.items()}


def _named(words: str, whole: WholeCampaign) -> str:
    names: list[tuple[str, uuid.UUID | None, int, str]] = [
        (name, card.id, card.number, card.tracking_code) for name, card in whole.cards.items()
    ]
    for name, card_id, number, code in sorted(names, key=lambda one: -len(one[0])):
        words = words.replace(f"#{name}", str(number)).replace(f"@{name}", code)
        words = words.replace(f":{name}", str(card_id))
    return words.replace(":booklet", str(whole.booklet))
