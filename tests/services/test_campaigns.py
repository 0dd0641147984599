"""Campaigns: created as data with their drawer, opened, paused, closed, their cap changed; and the first card."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from sqlalchemy import select

from postcards.cli.first_card import open_with_first_card
from postcards.errors import Denied, Invalid, NotFound
from postcards.models import Card
from postcards.queries import campaigns as queries
from postcards.queries.stamps import Drawer, drawer
from postcards.rules.edition import Edition, load_edition
from postcards.services import campaigns, cards
from postcards.services.faces import PictureGone, own_picture, picture_key
from tests.plugins.cast import CARD, House, Town


def _drawer(house: House, town: Town) -> Drawer:
    with house.begin() as session:
        return drawer(session, town.id)


def test_the_drawer_holds_as_many_stamps_as_the_cap(house: House) -> None:
    town = house.open_campaign("vilnius", cap=10_000)
    assert _drawer(house, town) == Drawer(used=0, lent=0, free=10_000, held=0, withdrawn=0)


@pytest.mark.parametrize("edition", ["vilnius", "ukraine", "romania"])
def test_each_edition_opens_with_its_own_languages_and_venues(house: House, edition: str) -> None:
    town = house.open_campaign(edition, cap=5)
    registered = town.register()
    assert registered.number == 1
    assert {"vilnius": "lt", "ukraine": "uk", "romania": "ro"}[edition] == town.edition.default_language
    if edition == "romania":
        assert [venue.kind for venue in town.edition.venues] == ["library"] * 5
        assert "donor" in {credit.role for credit in town.edition.credits}


def test_a_slug_is_taken_once(house: House, vilnius: Town) -> None:
    with pytest.raises(Denied, match="already"), house.begin() as session:
        campaigns.create(session, edition=vilnius.edition, vault=house.kit.vault, by="test", at=house.at)


def test_the_front_page_stays_with_the_oldest_open_campaign(
    house: House, vilnius: Town, bucharest: Town
) -> None:
    def shown() -> str | None:
        with house.begin() as session:
            found = queries.default(session)
            return found.slug if found else None

    def put(slug: str, status: str) -> None:
        with house.begin() as session:
            campaigns.set_status(session, slug=slug, status=status, by="test", at=house.at)

    assert shown() == "vilnius"
    put("vilnius", "paused")
    assert shown() == "romania"
    put("vilnius", "open")
    put("romania", "closed")
    assert shown() == "vilnius"
    put("vilnius", "closed")
    assert shown() == "romania"  # none is open: the newest


def test_a_campaign_opens_pauses_and_closes_and_says_what_it_cannot(house: House, vilnius: Town) -> None:
    for status in ("paused", "open", "closed", "open"):
        with house.begin() as session:
            assert (
                campaigns.set_status(session, slug="vilnius", status=status, by="test", at=house.at).status
                == status
            )
    with house.begin() as session:
        campaigns.set_status(session, slug="vilnius", status="closed", by="test", at=house.at)
    with pytest.raises(Denied, match="cannot become paused"), house.begin() as session:
        campaigns.set_status(session, slug="vilnius", status="paused", by="test", at=house.at)
    with pytest.raises(NotFound, match="There are: vilnius"), house.begin() as session:
        campaigns.set_status(session, slug="kaunas", status="open", by="test", at=house.at)


def test_the_cap_grows_and_shrinks_over_free_stamps_only(
    house: House, vilnius: Town, bucharest: Town
) -> None:
    def set_cap(cap: int) -> None:
        with house.begin() as session:
            campaigns.set_cap(session, slug="vilnius", cap=cap, by="test", at=house.at)

    set_cap(25)
    assert _drawer(house, vilnius).free == 25
    set_cap(2)
    assert [vilnius.register().number, vilnius.register().number] == [1, 2]
    with pytest.raises(Denied, match="cannot go below 2"):
        set_cap(1)
    with pytest.raises(Invalid):
        set_cap(0)
    set_cap(3)
    assert vilnius.register().number == 3
    assert _drawer(house, vilnius) == Drawer(used=3, lent=0, free=0, held=0, withdrawn=0)
    assert _drawer(house, bucharest) == Drawer(used=1, lent=0, free=19, held=0, withdrawn=0)


def test_a_stamp_that_was_ever_given_stays_when_the_cap_shrinks(house: House, vilnius: Town) -> None:
    made = vilnius.register()
    with house.begin() as session:
        cards.void(
            session,
            campaign_id=vilnius.id,
            card_id=made.id,
            reason="test",
            paper="none",
            by="test",
            at=house.at,
        )
    with house.begin() as session:
        campaigns.set_cap(session, slug="vilnius", cap=1, by="test", at=house.at)
    assert vilnius.register().number == 1


def a_draft(house: House) -> None:
    with house.begin() as session:
        campaigns.create(
            session,
            edition=load_edition("vilnius").changed(cap=3),
            vault=house.kit.vault,
            by="test",
            at=house.at,
        )


def test_the_patrons_card_is_the_first_and_takes_an_ordinary_stamp(house: House, tmp_path: Path) -> None:
    a_draft(house)
    file = tmp_path / "first.json"
    consent = {"arrival_notice": True}
    file.write_text(
        json.dumps(
            {"sender": CARD["sender"], "recipient": CARD["recipient"], "language": "lt", "consent": consent}
        )
    )
    for _ in range(2):
        assert open_with_first_card(house.kit, "vilnius", str(file)) == 1
    with house.begin() as session:
        assert campaigns.find(session, slug="vilnius").status == "open"
        card = session.scalars(select(Card)).one()
        assert (card.number, card.language, card.arrival_notice) == (1, "lt", True)
        assert drawer(session, card.campaign_id).used == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"recipient": {**CARD["recipient"], "postal_code": "1"}}, "recipient.postal_code"),
        ({"registered_at": "2026-12-18T10:15:00"}, "registered_at"),
        ({"registered_at": "yesterday"}, "registered_at"),
        ({"consent": {"version": "1066-1"}}, "consent.version"),
        ({"consent": "yes"}, "consent"),
        ({"sendr": "Ona"}, "sendr"),
        ({"number": 7}, "number"),
        ({"sender": "Ona"}, "sender"),
    ],
)
def test_a_patrons_card_with_a_fault_opens_nothing(
    house: House, tmp_path: Path, change: dict[str, object], field: str
) -> None:
    a_draft(house)
    file = tmp_path / "first.json"
    file.write_text(json.dumps({"sender": CARD["sender"], "recipient": CARD["recipient"]} | change))
    with pytest.raises(Invalid) as refused:
        open_with_first_card(house.kit, "vilnius", str(file))
    assert [fault.field for fault in refused.value.faults] == [field]
    with house.begin() as session:
        assert campaigns.find(session, slug="vilnius").status == "draft"


def test_a_patrons_card_that_would_not_be_the_first_is_not_registered(
    house: House, vilnius: Town, tmp_path: Path
) -> None:
    vilnius.register()
    with house.begin() as session:
        campaigns.set_status(session, slug="vilnius", status="paused", by="test", at=house.at)
    file = tmp_path / "first.json"
    file.write_text(json.dumps({"sender": CARD["sender"], "recipient": CARD["recipient"]}))
    with pytest.raises(Denied, match=r"No\. 2"):
        open_with_first_card(house.kit, "vilnius", str(file))
    assert _drawer(house, vilnius).used == 1
    with house.begin() as session:
        assert campaigns.find(session, slug="vilnius").status == "paused"


def test_an_edition_with_a_picture_needs_it_kept_first(house: House) -> None:
    vilnius = load_edition("vilnius")
    data = vilnius.to_dict()
    edition = Edition.from_dict(data | {"card": data["card"] | {"picture": "winter.png"}})
    with pytest.raises(Invalid, match="winter"), house.begin() as session:
        campaigns.create(session, edition=edition, vault=house.kit.vault, by="test", at=house.at)
    kept = edition.with_kept_picture(hashlib.sha256(b"a picture").hexdigest())
    with pytest.raises(PictureGone, match="not in the storage"):
        own_picture(kept, house.kit.files)
    house.kit.files.put(picture_key(kept.card.picture_sha256 or ""), b"another picture")
    with pytest.raises(PictureGone, match="altered"):
        own_picture(kept, house.kit.files)
    house.kit.files.put(picture_key(kept.card.picture_sha256 or ""), b"a picture")
    assert own_picture(kept, house.kit.files) == b"a picture"
    assert own_picture(vilnius, house.kit.files) is None
