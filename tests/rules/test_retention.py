"""When each part of people's data goes: the periods of the notices, and what they count from."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from postcards.rules.edition import load_edition
from postcards.rules.retention import CardDates, due, end_of, everything_goes, night_before, parts_go

VILNIUS = load_edition("vilnius")
KEEPS = VILNIUS.retention
DAY = dt.timedelta(days=1)
START = dt.datetime(2026, 12, 10, 9, tzinfo=dt.UTC)
END = dt.datetime(2027, 1, 31, 22, tzinfo=dt.UTC)


def card(status: str, **at: int) -> CardDates:
    """A card of the first day; the rest in days after it."""
    moments = {name: START + days * DAY for name, days in at.items()}
    return CardDates(
        status, START, moments.get("handed_over"), moments.get("arrived"), moments.get("given_up")
    )


def days(of: CardDates) -> dict[str, float]:
    return {part: (at - START) / DAY for part, at in parts_go(of, retention=KEEPS, end=END).items()}


LAST = (END + 180 * DAY - START) / DAY


def test_each_part_has_its_own_time() -> None:
    assert days(card("handed_over", handed_over=5)) == {
        "message": 5, "recipient": 95, "email": 180, "sender": 180, "volunteer": 180, "thanks": LAST,
    }  # fmt: skip
    assert days(card("arrived", handed_over=5, arrived=20)) == {
        "message": 5, "recipient": 95, "email": 27, "sender": 95, "volunteer": 95, "thanks": LAST,
    }  # fmt: skip


@pytest.mark.parametrize("status", ["registered", "printed", "sealed", "refused"])
def test_what_has_not_left_us_is_kept_until_the_end_at_most(status: str) -> None:
    # A mended card may remember an earlier hand-over; its words are still needed for printing.
    kept = days(card(status, handed_over=1))
    assert (kept["message"], kept["recipient"], kept["sender"], kept["email"]) == (LAST, LAST, LAST, 180)


def test_a_card_that_came_back_keeps_its_words_as_long_as_one_that_travels() -> None:
    assert days(card("returned", handed_over=5))["recipient"] == 95


def test_an_arrival_without_the_posts_answer_counts_as_hand_over() -> None:
    kept = days(card("arrived", arrived=30))
    assert (kept["message"], kept["recipient"], kept["email"]) == (30, 120, 37)


def test_a_card_that_was_given_up_goes_within_a_week() -> None:
    assert set(days(card("void", given_up=3)).values()) == {10}


def test_nothing_outlives_the_end() -> None:
    late = replace(
        card("arrived"), received_at=END, handed_over_at=END + 150 * DAY, arrived_at=END + 179 * DAY
    )
    assert max(parts_go(late, retention=KEEPS, end=END).values()) == everything_goes(KEEPS, END)
    at = everything_goes(KEEPS, END)
    for status in ("registered", "sealed", "handed_over", "void"):
        assert len(due(card(status), retention=KEEPS, end=END, at=at)) == 6


def test_what_is_due_is_due_at_its_moment_and_not_before() -> None:
    away = card("handed_over", handed_over=5)
    at = START + 95 * DAY
    assert due(away, retention=KEEPS, end=END, at=at) == ("message", "recipient")
    assert due(away, retention=KEEPS, end=END, at=at - dt.timedelta(seconds=1)) == ("message",)


def test_a_campaign_ends_on_its_last_day_or_when_it_is_closed_before() -> None:
    closes = VILNIUS.dates.closes
    midnight = dt.datetime.combine(closes + DAY, dt.time(), tzinfo=VILNIUS.zone)
    assert end_of(VILNIUS, closed_at=None, last_card_at=None) == midnight
    assert end_of(VILNIUS, closed_at=midnight - 9 * DAY, last_card_at=None) == midnight - 9 * DAY
    assert end_of(VILNIUS, closed_at=midnight + 99 * DAY, last_card_at=START) == midnight
    assert end_of(VILNIUS, closed_at=None, last_card_at=midnight + 9 * DAY) == midnight + 9 * DAY


@pytest.mark.parametrize(
    ("at", "night"),
    [
        ("2026-12-14T00:59:00+00:00", "2026-12-13T01:00:00+00:00"),
        ("2026-12-14T01:00:00+00:00", "2026-12-14T01:00:00+00:00"),
        ("2027-07-01T00:00:00+00:00", "2027-07-01T00:00:00+00:00"),
        ("2027-03-28T12:00:00+00:00", "2027-03-28T01:00:00+00:00"),
    ],
)
def test_nights_are_counted_by_the_campaigns_clock(at: str, night: str) -> None:
    """Winter, summer, and the night in which there is no three o'clock."""
    assert night_before(VILNIUS, dt.datetime.fromisoformat(at)) == dt.datetime.fromisoformat(night)
