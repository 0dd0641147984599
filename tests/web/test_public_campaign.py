"""The campaign's page, its wall and its counts: true, and pointing at nobody."""

from __future__ import annotations

import datetime as dt

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, text

from postcards.queries.public_campaign import OTHER, SMALLEST, grouped
from postcards.services import campaigns
from tests.plugins.cast import House
from tests.services.travelling import NOON, Town

BROWSER = {"Accept": "text/html", "Accept-Language": "en"}


@pytest.fixture
def town(house: House) -> Town:
    return Town(house)


@pytest.mark.parametrize(
    ("countries", "told"),
    [
        ({}, {}),
        ({"DE": 4}, {}),
        ({"DE": 3, "PL": 1}, {}),
        ({"DE": 3, "PL": 2}, {OTHER: 5}),
        ({"DE": 5}, {"DE": 5}),
        ({"DE": 9, "PL": 5, "NO": 3, "IE": 2}, {"DE": 9, "PL": 5, OTHER: 5}),
        ({"DE": 9, "PL": 6, "NO": 3}, {"DE": 9, OTHER: 9}),
        ({"DE": 9, "PL": 6, "NO": 0}, {"DE": 9, "PL": 6}),
        ({"DE": 100, "NO": 1}, {OTHER: 101}),
        ({"DE": 7, "PL": 7, "NO": 4}, {"PL": 7, OTHER: 11}),
    ],
)
def test_small_countries_hide_among_others(countries: dict[str, int], told: dict[str, int]) -> None:
    assert grouped(countries) == told


def test_no_group_is_small_and_nothing_is_lost_but_the_smallest_totals() -> None:
    for a in range(8):
        for b in range(8):
            for c in range(8):
                countries = {"AA": a, "BB": b, "CC": c}
                told = grouped(countries)
                assert all(cards >= SMALLEST for cards in told.values())
                assert sum(told.values()) in ({a + b + c} if a + b + c >= SMALLEST else {0})
                assert all(told[country] == countries[country] for country in told if country != OTHER)


def test_the_counts_agree_with_each_other(town: Town, client: FlaskClient, house: House) -> None:
    other = Town(house, slug="other")
    other.card()
    for country, n in (("DE", 6), ("PL", 5), ("NO", 3), ("IE", 2)):
        for _ in range(n):
            town.card(country=country)
    answer = client.get("/api/v1/campaigns/vilnius")
    assert answer.status_code == 200
    told = answer.get_json()
    assert told["by_status"] == {"handed_over": 16}
    assert told["by_country"] == {"DE": 6, "PL": 5, "other": 5}
    assert (told["cap"], told["registered"]) == (200, 16)
    assert (
        told["cap"]
        == told["registered"] + told["lent"] + told["remaining"] + told["held"] + told["withdrawn"]
    )
    assert told["travel"] == {"median_days": None, "cards": 0, "by_country": {}}
    assert client.get("/api/v1/campaigns/other").get_json()["registered"] == 1
    assert client.get("/api/v1/campaigns/nobody").status_code == 404


def test_travel_times_are_medians_with_their_counts(town: Town, client: FlaskClient) -> None:
    for days in (6, 8, 9, 10, 40):
        card = town.card()
        arrive(town, str(card.id), days)
    arrive(town, str(town.card(country="NO").id), 12)
    told = client.get("/api/v1/campaigns/vilnius").get_json()["travel"]
    assert told["by_country"] == {"DE": {"median_days": 9.0, "cards": 5}}
    assert (told["median_days"], told["cards"]) == (9.5, 6)


def arrive(town: Town, card_id: str, days: int) -> None:
    with town.begin() as session:
        session.execute(
            text("UPDATE card SET status = 'arrived', arrived_at = :at WHERE id = CAST(:id AS uuid)"),
            {"id": card_id, "at": NOON + dt.timedelta(days=days)},
        )


def test_without_a_campaign_the_first_page_says_so(client: FlaskClient) -> None:
    answer = client.get("/", headers=BROWSER)
    assert answer.status_code == 200
    assert "There is no campaign here yet" in answer.text


@pytest.mark.parametrize("language", ["lt", "en", "pl", "ru"])
def test_the_page_stands_in_each_language_of_the_campaign(
    town: Town, client: FlaskClient, language: str
) -> None:
    town.card()
    for path in ("/", "/c/vilnius", "/wall/vilnius"):
        answer = client.get(f"{path}?lang={language}", headers=BROWSER)
        assert answer.status_code == 200
        assert f'<html lang="{language}"' in answer.text
        assert town.edition.text("title", language) in answer.text
    page = client.get(f"/c/vilnius?lang={language}", headers=BROWSER).text
    for venue in town.edition.venues:
        assert venue.address in page
    for credit in town.edition.credits:
        assert credit.name in page


@pytest.mark.parametrize("edition", ["ukraine", "romania"])
def test_other_editions_have_their_page_too(house: House, client: FlaskClient, edition: str) -> None:
    town = Town(house, edition=edition, slug=edition)
    for language in town.edition.languages:
        answer = client.get(f"/c/{edition}?lang={language}", headers=BROWSER)
        assert answer.status_code == 200
        assert town.edition.text("invitation", language) in answer.text


def test_the_page_of_a_paused_and_a_closed_campaign_says_so(town: Town, client: FlaskClient) -> None:
    for status, words in (("paused", "taking a short break"), ("closed", "This campaign has ended")):
        with town.begin() as session:
            campaigns.set_status(session, slug="vilnius", status=status, by="cli", at=NOON)
        assert words in client.get("/c/vilnius", headers=BROWSER).text


def test_an_unknown_campaign_is_not_found(client: FlaskClient) -> None:
    for path in ("/c/nobody", "/wall/nobody", "/api/v1/campaigns/nobody"):
        assert client.get(path).status_code == 404


def test_a_page_asks_the_database_a_fixed_number_of_times(
    town: Town, client: FlaskClient, house: House
) -> None:
    asked: list[str] = []
    event.listen(house.kit.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    counts = []
    for _ in range(3):
        town.card()
        asked.clear()
        assert client.get("/c/vilnius", headers=BROWSER).status_code == 200
        counts.append(len([sql for sql in asked if sql.lstrip().upper().startswith(("SELECT", "WITH"))]))
    assert counts == [5, 3, 3], "campaign, edition (kept), tallies, drawer, travel (kept)"
