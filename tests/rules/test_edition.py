"""An edition is wholly right or refused with every fault and its line; what it says about itself is so."""

from __future__ import annotations

import json
import tomllib
from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postcards.errors import Fault, Invalid, NotFound
from postcards.rules.edition import TEXT_KEYS, Edition, load_edition, packaged_editions, parse_edition
from tests.rules.planting import VILNIUS, planted, refusal

NAMES = ("romania", "ukraine", "vilnius")
ZONE = ZoneInfo("Europe/Vilnius")


@pytest.fixture(scope="module")
def vilnius() -> Edition:
    return load_edition("vilnius")


# -- the three that come with the product -----------------------------------------------------------------


def test_three_editions_come_along() -> None:
    assert packaged_editions() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_edition_survives_the_database(name: str) -> None:
    edition = load_edition(name)
    assert edition.slug == name
    stored = json.loads(json.dumps(edition.to_dict(), allow_nan=False))
    assert Edition.from_dict(stored) == edition
    assert Edition.from_dict(stored).to_dict() == stored


@pytest.mark.parametrize("name", NAMES)
def test_an_edition_says_everything_in_each_of_its_languages(name: str) -> None:
    edition = load_edition(name)
    for language in edition.languages:
        for key, required in TEXT_KEYS.items():
            assert edition.text(key, language) or not required, (key, language)
        assert len(edition.current_consent(datetime.now(UTC)).texts[language]) > 300
    # Nothing was left in another language: no two of them say the same.
    for texts in (*edition.texts.values(), *(consent.texts for consent in edition.consent)):
        assert len(set(texts.values())) == len(edition.languages)


def test_vilnius_is_what_the_organisers_agreed_on(vilnius: Edition) -> None:
    assert (vilnius.cap, vilnius.languages, vilnius.default_language) == (
        10_000,
        ("lt", "en", "pl", "ru"),
        "lt",
    )
    assert (vilnius.origin_country, vilnius.abroad_only, vilnius.guardian_age) == ("LT", True, 14)
    assert sorted(venue.kind for venue in vilnius.venues) == ["café", "café", "café", "library", "town-hall"]
    assert vilnius.patron is not None
    assert vilnius.patron.first_card_year == 2011
    assert {credit.role for credit in vilnius.credits} == {"organiser", "sponsor", "media-partner"}
    assert (vilnius.dispatch.cut_off, vilnius.dispatch.manifest_size) == (time(18), 400)
    assert vilnius.cachet.ring == "FAR IS CLOSE · 60 · VILNIUS"
    assert vilnius.consent[0].version == "2026-1"
    days = vilnius.retention
    assert (days.message_after_hand_over, days.recipient_after_hand_over, days.email_after_arrival) == (
        0,
        90,
        7,
    )
    assert (days.email_at_most, days.everything_after_end) == (180, 180)


def test_ukraine_and_romania_are_their_own() -> None:
    ukraine, romania = load_edition("ukraine"), load_edition("romania")
    assert (ukraine.languages, ukraine.origin_country, ukraine.stories) == (("uk", "en"), "UA", True)
    assert ukraine.card.sender == "name"
    assert ukraine.abroad_only is False
    assert (romania.languages, romania.origin_country, romania.guardian_age) == (("ro", "en", "uk"), "RO", 16)
    assert [venue.kind for venue in romania.venues] == ["library"] * 5
    assert [credit.role for credit in romania.credits].count("donor") == 2
    assert not any(letter in json.dumps(romania.to_dict(), ensure_ascii=False) for letter in "şţŞŢ")


# -- what it answers --------------------------------------------------------------------------------------


def test_words_fall_back_to_the_first_language(vilnius: Edition) -> None:
    assert vilnius.text("title", "en") == vilnius.text("title", "en-GB") == vilnius.text("title", "EN_us")
    assert (
        vilnius.text("title", "de") == vilnius.text("title") == vilnius.text("title", "") == "Toli yra arti"
    )
    assert load_edition("ukraine").text("closed", "uk") == ""
    with pytest.raises(KeyError):
        vilnius.text("titel", "lt")


def test_a_venue_is_found_and_keeps_its_hours(vilnius: Edition) -> None:
    hall = vilnius.venue("town-hall")
    assert str(hall.hours_on(date(2026, 12, 17))) == "10:00-18:00"
    assert str(hall.hours_on(date(2026, 12, 18))) == "09:00-21:00"  # the day itself
    assert str(hall.hours_on(date(2026, 12, 20))) == "closed"
    river = vilnius.venue("cafe-upes-langas")
    assert str(river.hours_on(date(2026, 12, 14))) == "closed"  # no word about Mondays
    assert str(river.hours_on(date(2026, 12, 15))) == "10:00-14:00, 15:00-20:00"
    with pytest.raises(NotFound, match="town-hall"):
        vilnius.venue("moon")


def test_an_older_consent_that_was_in_force_stays_one_and_a_later_one_waits() -> None:
    more = '\n[[consent]]\nversion = "2026-2"\nin_force_from = 2026-12-10\n[consent.texts]\n'
    edition = parse_edition(VILNIUS + more + 'lt = "a"\nen = "b"\npl = "c"\nru = "d"\n', name="x")
    midnight = datetime(2026, 12, 10, tzinfo=ZONE)
    before = midnight - timedelta(seconds=1)
    assert edition.current_consent(before).version == "2026-1"
    assert edition.current_consent(midnight).version == "2026-2"
    assert edition.consent_in_force("2026-1", midnight)
    assert edition.consent_in_force("2026-2", midnight.astimezone(UTC))
    assert not edition.consent_in_force("2026-2", before)
    assert not edition.consent_in_force("2026-3", midnight)
    # The first counts from the beginning: a campaign may open before the day in its file.
    assert edition.consent_in_force("2026-1", datetime(2026, 1, 1, tzinfo=UTC))
    assert edition.current_consent(datetime(2026, 1, 1, tzinfo=UTC)).version == "2026-1"


def test_a_destination_is_closed_from_its_first_day_to_its_last(vilnius: Edition) -> None:
    assert [vilnius.is_suspended("HT", date(2026, 11, 30) + timedelta(days=n)) for n in (0, 1, 31, 32)] == [
        False,
        True,
        True,
        False,
    ]
    assert vilnius.is_suspended("SD", date(2099, 1, 1))  # no last day is known
    assert not vilnius.is_suspended("SD", date(2023, 4, 16))
    assert not vilnius.is_suspended("DE", date(2026, 12, 1))
    assert [found.country for found in vilnius.suspensions(date(2027, 1, 1))] == ["SD"]


# -- the cut-off ------------------------------------------------------------------------------------------


def test_six_in_the_evening_is_six_in_the_evening_when_the_clocks_change(vilnius: Edition) -> None:
    for day, hour, offset in [
        (date(2026, 10, 24), 15, "+03:00"),
        (date(2026, 10, 25), 16, "+02:00"),  # clocks back at 4
        (date(2027, 3, 27), 16, "+02:00"),
        (date(2027, 3, 28), 15, "+03:00"),  # clocks forward at 3
    ]:
        moment = vilnius.cut_off_at(day)
        assert moment == datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
        assert moment.isoformat() == f"{day}T18:00:00{offset}"
    # Clocks of one zone would say 24 hours; the manifest waits for 25 and for 23.
    assert vilnius.cut_off_at(date(2026, 10, 25)) - vilnius.cut_off_at(date(2026, 10, 24)) == timedelta(
        hours=25
    )
    assert vilnius.cut_off_at(date(2027, 3, 28)) - vilnius.cut_off_at(date(2027, 3, 27)) == timedelta(
        hours=23
    )


def with_cut_off(clock: str) -> Edition:
    days = 'days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]'
    text = planted(('"18:00"', f'"{clock}"'), ('days = ["mon", "tue", "wed", "thu", "fri"]', days))
    return parse_edition(text, name="x")


def test_a_time_that_comes_twice_means_the_first_and_one_that_is_skipped_comes_an_hour_later() -> None:
    edition = with_cut_off("03:30")
    assert edition.cut_off_at(date(2026, 10, 25)).isoformat() == "2026-10-25T03:30:00+03:00"
    assert edition.cut_off_at(date(2027, 3, 28)).isoformat() == "2027-03-28T04:30:00+03:00"
    first = edition.cut_off_at(date(2026, 10, 25))
    # Half past three comes again an hour later; the next cut-off is tomorrow's all the same.
    assert edition.next_cut_off(first + timedelta(minutes=59)).isoformat() == "2026-10-26T03:30:00+02:00"
    assert edition.next_cut_off(first - timedelta(seconds=1)) == first


@pytest.mark.parametrize("start", [date(2026, 10, 20), date(2027, 3, 23)])
@pytest.mark.parametrize("clock", ["00:00", "02:59", "03:00", "03:30", "04:00", "18:00", "23:59"])
def test_each_day_has_one_cut_off_whatever_the_clocks_do(start: date, clock: str) -> None:
    edition = with_cut_off(clock)
    moment = datetime(start.year, start.month, start.day, tzinfo=UTC)
    found = []
    for _ in range(240):  # ten days, hour by hour
        upcoming = edition.next_cut_off(moment)
        assert upcoming > moment
        found.append(upcoming)
        moment += timedelta(hours=1)
    cut_offs = sorted(set(found))
    assert len({edition.day(at) for at in cut_offs}) == len(cut_offs) in (10, 11)
    assert all(timedelta(hours=22) < b - a < timedelta(hours=26) for a, b in pairwise(cut_offs))


def test_no_cut_off_on_a_day_without_dispatch(vilnius: Edition) -> None:
    thursday = datetime(2026, 12, 23, 18, 0, tzinfo=ZONE)  # the cut-off itself: the next one is meant
    # the 24th and 25th take nothing, the 26th and 27th are a weekend
    assert vilnius.next_cut_off(thursday).isoformat() == "2026-12-28T18:00:00+02:00"
    assert vilnius.next_cut_off(thursday - timedelta(seconds=1)) == thursday
    assert vilnius.next_cut_off(datetime(2026, 12, 23, 16, 0, tzinfo=UTC)).day == 28


# -- files, and keeping -----------------------------------------------------------------------------------


def test_an_edition_of_ones_own_is_a_file(tmp_path: Path, vilnius: Edition) -> None:
    file = tmp_path / "own.toml"
    file.write_text(planted(('slug = "vilnius"', 'slug = "kaunas"')), "utf-8")
    assert load_edition(file).slug == load_edition(str(file)).slug == "kaunas"
    with pytest.raises(NotFound, match="romania, ukraine, vilnius"):
        load_edition("atlantis")
    with pytest.raises(NotFound):
        load_edition(tmp_path)
    file.write_bytes(b"a = 1\nb = '\xff'\n")
    with pytest.raises(Invalid, match="line 2"):
        load_edition(file)


def test_slug_and_cap_can_be_changed_but_not_to_nonsense(vilnius: Edition) -> None:
    smaller = vilnius.changed(slug="vilnius-2", cap=200)
    assert (smaller.slug, smaller.cap) == ("vilnius-2", 200)
    assert smaller.venues == vilnius.venues
    assert vilnius.changed() == vilnius
    with pytest.raises(Invalid, match="cap") as caught:
        vilnius.changed(cap=0)
    assert caught.value.faults[0].message == "cap: is 0; it must be between 1 and 1000000."
    with pytest.raises(FrozenInstanceError):
        vilnius.cap = 5  # type: ignore[misc]


def test_reading_changes_nothing_of_what_was_given(vilnius: Edition) -> None:
    data = vilnius.to_dict()
    copy = json.dumps(data)
    Edition.from_dict(data)
    assert json.dumps(data) == copy


@settings(max_examples=200, deadline=None)
@given(st.text() | st.text("[]{}=\"'#.,\n ab1-:T\\", max_size=60))
def test_garbage_is_refused_and_never_an_accident(text: str) -> None:
    assert refusal(text).faults


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates() | st.times()
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_anything_in_the_place_of_anything_is_answered(data: st.DataObject) -> None:
    """Any one part of a right edition is replaced: a fault that names it, or an edition that survives."""
    document = tomllib.loads(VILNIUS)
    here: Any = document
    path: list[Any] = []
    while True:
        key = data.draw(st.sampled_from(sorted(here) if isinstance(here, dict) else range(len(here))))
        path.append(key)
        if not isinstance(here[key], dict | list) or not here[key] or data.draw(st.booleans()):
            break
        here = here[key]
    here[key] = data.draw(anything)
    faults: tuple[Fault, ...] = ()
    edition = None
    try:
        edition = Edition.from_dict(document)
    except Invalid as refused:
        faults = refused.faults
    if edition is None:
        assert faults
        assert all(fault.message.startswith(f"{fault.field or 'the file'}: ") for fault in faults)
    else:
        assert Edition.from_dict(json.loads(json.dumps(edition.to_dict()))) == edition
