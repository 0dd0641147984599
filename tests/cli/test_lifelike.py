"""Made-up people have addresses that the product itself accepts, and a made-up campaign has books that agree."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections import Counter

import pytest
from sqlalchemy import text

from postcards.cli import lifelike_people as people
from postcards.cli.lifelike import fill_once
from postcards.cli.lifelike_travel import MEDIAN_DAYS, journey
from postcards.paper.entry import check_entry
from postcards.rules.card_words import check_words
from postcards.rules.edition import load_edition
from postcards.services.checking import check_books
from postcards.web.kiosk.card_reading import read_card
from tests.plugins.cast import House

AT = dt.datetime(2026, 12, 16, 12, 30, tzinfo=dt.UTC)  # a Wednesday


@pytest.mark.parametrize("name", ["vilnius", "ukraine", "romania"])
def test_every_made_up_card_is_one_that_a_kiosk_takes(name: str) -> None:
    edition, rng = load_edition(name), random.Random(1)
    for country in people.places().keys() - {edition.origin_country}:
        for _ in range(25):
            card = people.card(rng, edition, at=AT, country=country)
            words = read_card(json.dumps(card).encode(), edition).words
            checked = check_words(words, edition=edition, at=AT)
            assert checked.faults == ()
            assert check_entry(checked.lines, checked.words.sender_name, checked.words.message) == []
            assert not {"region_unknown", "region_missing"} & set(checked.warnings), checked.lines


def test_people_are_of_many_countries_and_scripts_and_nobody_can_be_mailed() -> None:
    edition, rng = load_edition("vilnius"), random.Random(2)
    cards = [people.card(rng, edition, at=AT) for _ in range(1500)]
    assert len({card["recipient"]["country"] for card in cards}) >= 40
    names = "".join(card["recipient"]["name"] for card in cards)
    for sign in "άиიյאمाย":  # Greek, Cyrillic, Georgian, Armenian, Hebrew, Arabic, Devanagari, Thai
        assert sign in names, sign
    emails = [card["sender"]["email"] for card in cards if card["sender"]["email"]]
    assert len(emails) > 500
    assert {email.rpartition("@")[2] for email in emails} == set(people.MAIL_DOMAINS)
    assert {card["language"] for card in cards} == set(edition.languages)


def test_the_same_seed_makes_the_same_people() -> None:
    edition = load_edition("vilnius")
    one, same, other = (
        [people.card(rng, edition, at=AT) for _ in range(20)]
        for rng in (random.Random(5), random.Random(5), random.Random(6))
    )
    assert one == same
    assert one != other


def test_journeys_have_the_median_of_their_country_and_some_are_never_reported() -> None:
    rng = random.Random(3)
    for country, days in {**MEDIAN_DAYS, "TH": 17.5}.items():
        times = [journey(rng, country) for _ in range(1500)]
        known = sorted(time.total_seconds() / 86400 for time in times if time is not None)
        assert known[len(known) // 2] == pytest.approx(days, rel=0.12)
        assert 0.03 < 1 - len(known) / len(times) < 0.09


def test_an_empty_database_is_filled_with_cards_at_every_stage_whose_books_agree(house: House) -> None:
    kit = house.kit
    assert fill_once(kit, cards=260, at=AT, days=20)
    with kit.begin() as session:
        cards = Counter(session.scalars(text("SELECT status FROM card")).all())
        mails = session.execute(text("SELECT status, count(*) FROM mail GROUP BY 1")).all()
        latest = session.scalar(text("SELECT max(at) FROM journal"))
        manifests = set(session.scalars(text("SELECT DISTINCT status FROM manifest")))
        seen = set(session.scalars(text("SELECT DISTINCT venue_slug FROM card")))
    assert cards.total() == 260
    assert {"registered", "printed", "sealed", "handed_over", "arrived", "refused", "void"} <= cards.keys()
    assert {"sealed", "reconciled", "disputed"} <= manifests
    assert len(seen) == 5
    assert latest is not None
    assert latest <= AT + dt.timedelta(minutes=1)
    assert [status for status, _ in mails] == ["sent"]
    assert len(list((kit.settings.home / "outbox").glob("*.eml"))) == mails[0][1] > 0
    with kit.snapshot() as session:
        assert check_books(session, files=kit.sealed_files, vault=kit.vault) == []


def test_a_house_with_a_campaign_is_left_alone(house: House) -> None:
    house.open_campaign("romania")
    assert not fill_once(house.kit, cards=10, at=AT)
    with house.begin() as session:
        assert session.scalars(text("SELECT slug FROM campaign")).all() == ["romania"]
