"""A check on a live system: what goes on while it lasts is no difference, and what is wrong still is one."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from postcards.services import block_list, erasure
from postcards.services.checking import Finding, check_books
from tests.plugins.cast import House, Town
from tests.services.whole_campaign import WholeCampaign, whole_campaign


@pytest.fixture
def whole(vilnius: Town) -> WholeCampaign:
    return whole_campaign(vilnius)


def books(house: House, session: Session) -> list[Finding]:
    return check_books(
        session,
        files=house.kit.sealed_files,
        vault=house.kit.vault,
        ledger=house.kit.ledger,
        at=house.at,
        afresh=house.kit.read,
    )


def erase(house: House, town: Town, card_id: uuid.UUID) -> None:
    with house.begin() as session:
        erasure.erase(
            session, campaign_id=town.id, card_id=card_id, tools=house.kit.forgetting(), asked="number", by="cli",
            at=house.at,
        )  # fmt: skip


def test_who_is_erased_or_declines_while_the_check_goes_on_is_no_difference(
    house: House, whole: WholeCampaign
) -> None:
    with house.kit.snapshot() as session:
        session.execute(text("SELECT count(*) FROM card"))  # its instant is now
        erase(house, whole.town, whole.id("printed"))
        erase(house, whole.town, whole.id("in_run"))  # and with it the file of its print run
        with house.begin() as another:
            block_list.block(
                another, campaign_id=whole.town.id, card_id=whole.id("arrived"), ledger=house.kit.ledger.add,
                by="recipient", at=house.at,
            )  # fmt: skip
        assert books(house, session) == []


def test_the_files_of_a_list_whose_time_is_over_meanwhile_are_no_difference(
    house: House, whole: WholeCampaign
) -> None:
    with house.kit.snapshot() as session:
        keys = session.scalars(text("SELECT file_key FROM manifest_file")).all()
        for key in keys:
            house.kit.files.delete(key)
        found = books(house, session)
        assert {one.kind for one in found} == {"file_unreadable"}
        assert len(found) == len(keys), "no list says that its time is over"
        with house.begin() as another:
            another.execute(text("UPDATE manifest SET content = NULL"))
        assert books(house, session) == []


def test_what_only_the_ledger_knows_is_a_difference_all_the_same(house: House, whole: WholeCampaign) -> None:
    erase(house, whole.town, whole.id("printed"))
    with house.begin() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text("DELETE FROM erasure"))
    with house.kit.snapshot() as session:
        assert [one.kind for one in books(house, session)] == ["erasure_not_replayed"]
