"""The manifest's content: order, bundles, totals, canonical form, guard; and the days cards leave."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postcards.rules import manifest
from postcards.rules.dispatch import deposit, last_cut_off
from postcards.rules.edition import Edition, load_edition
from postcards.rules.manifest import Content, Item, arrange, canonical, guarded, header, sums

VILNIUS = load_edition("vilnius")

items = st.lists(
    st.builds(
        Item,
        card_number=st.integers(1, 10_000),
        country=st.sampled_from(["DE", "FR", "US", "NL", "JP"]),
        postal_code=st.sampled_from(["", "10115", "K1A 0B1"]),
    ),
    unique_by=lambda item: item.card_number,
    max_size=60,
)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


@given(items, st.integers(1, 7))
def test_every_card_stands_on_one_line_and_in_one_bundle_of_its_country(cards: list[Item], size: int) -> None:
    lines = arrange(cards, bundle_cards=size)
    assert [line.line for line in lines] == list(range(1, len(cards) + 1))
    assert sorted(line.card_number for line in lines) == sorted(card.card_number for card in cards)
    assert [(line.country, line.card_number) for line in lines] == sorted(
        (c.country, c.card_number) for c in cards
    )
    held = manifest.bundles(lines, weight_mg=1)
    assert all(bundle.cards <= size for bundle in held)
    assert len({bundle.name for bundle in held}) == len(held)
    assert all(line.bundle.startswith(f"{line.country}-") for line in lines)
    assert sum(total.cards for total in manifest.totals(lines, weight_mg=1)) == len(cards)


def test_bundles_are_counted_in_each_country() -> None:
    cards = [Item(number, "DE" if number < 6 else "FR", "") for number in range(1, 8)]
    assert [line.bundle for line in arrange(cards, bundle_cards=2)] == [
        "DE-01",
        "DE-01",
        "DE-02",
        "DE-02",
        "DE-03",
        "FR-01",
        "FR-01",
    ]


def test_the_order_in_which_cards_come_changes_nothing() -> None:
    cards = [Item(9, "FR", "75001"), Item(3, "DE", "10115"), Item(7, "DE", "")]
    assert arrange(cards) == arrange(reversed(cards))


def made(cards: list[Item]) -> Content:
    lines = arrange(cards)
    sealed_at = at("2026-12-18T16:00:05+00:00")
    return Content(
        header(
            lines,
            number=3,
            version=1,
            sequence=3,
            edition=VILNIUS,
            cut_off=deposit(VILNIUS, at=sealed_at, due=at("2026-12-18T18:00:00+02:00")),
            sealed_at=sealed_at,
            journal_head={"entries": 12, "sha256": "ab" * 32},
        ),
        lines,
    )


def test_the_header_says_what_the_post_asks_for() -> None:
    found = made([Item(1, "DE", "10115"), Item(2, "DE", "10117"), Item(5, "FR", "75001")]).header
    assert (found["number"], found["version"], found["count"]) == (3, 1, 3)
    assert found["mailer"]["name"] == "Toli yra arti"
    assert found["post"] == {"name": "Lietuvos paštas", "induction_office": "Vilniaus centrinis paštas"}
    assert (found["category"], found["contract"]) == ("A", "EXAMPLE-2026-000")
    assert (found["deposit_date"], found["cut_off"]) == ("2026-12-18", "2026-12-18T18:00:00+02:00")
    assert (found["unit_weight_mg"], found["total_weight_mg"]) == (3_900, 11_700)
    assert found["totals"] == [
        {"country": "DE", "cards": 2, "weight_mg": 7_800},
        {"country": "FR", "cards": 1, "weight_mg": 3_900},
    ]
    assert [bundle["bundle"] for bundle in found["bundles"]] == ["DE-01", "FR-01"]
    assert found["signatures"] == ["mailer", "post"]


def test_the_content_is_read_back_the_same() -> None:
    content = made([Item(1, "DE", "10115"), Item(2, "RO", "")])
    again = Content.read(content.canonical())
    assert again == content
    assert again.sha256 == content.sha256


def test_another_postcode_is_another_hash() -> None:
    assert made([Item(1, "DE", "10115")]).sha256 != made([Item(1, "DE", "10116")]).sha256


def test_the_canonical_form_is_sorted_and_takes_no_fraction() -> None:
    assert canonical({"b": [1, "š"], "a": None}) == '{"a":null,"b":[1,"š"]}'.encode()
    with pytest.raises(TypeError):
        canonical({"a": [{"b": 0.1}]})


@pytest.mark.parametrize("cell", ["=1+1", "+370", "-1", "@x", "\tx", "\rx"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert guarded(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["10115", "K1A 0B1", "", "a=b", "'x"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert guarded(cell) == cell


def test_sums_are_as_sha256sum_reads_them() -> None:
    assert sums([("a.csv", bytes(32))]) == b"0" * 64 + b"  a.csv\n"


@pytest.mark.parametrize(
    ("now", "cut_off"),
    [
        ("2026-12-18T17:59:59+02:00", "2026-12-17T18:00:00+02:00"),  # a Friday, just before
        ("2026-12-18T18:00:00+02:00", "2026-12-18T18:00:00+02:00"),  # and on the dot
        ("2026-12-20T12:00:00+02:00", "2026-12-18T18:00:00+02:00"),  # Sunday: Friday's
        ("2026-12-25T20:00:00+02:00", "2026-12-23T18:00:00+02:00"),  # the Post takes nothing at Christmas
        ("2026-10-26T17:00:00+02:00", "2026-10-23T18:00:00+03:00"),  # the clocks went back on Sunday
        ("2027-03-29T18:00:00+03:00", "2027-03-29T18:00:00+03:00"),  # and forward
    ],
)
def test_the_last_cut_off(now: str, cut_off: str) -> None:
    assert last_cut_off(VILNIUS, at(now)) == at(cut_off)


def test_a_long_pause_has_no_last_cut_off() -> None:
    holidays = tuple(dt.date(2026, 12, 1) + dt.timedelta(days=day) for day in range(31))
    paused: Edition = replace(VILNIUS, dispatch=replace(VILNIUS.dispatch, not_on=holidays))
    assert last_cut_off(paused, at("2026-12-30T12:00:00+02:00")) is None


@pytest.mark.parametrize(
    ("now", "due", "expected"),
    [
        ("2026-12-18T18:00:20+02:00", "2026-12-18T18:00:00+02:00", "2026-12-18"),  # the beat, a moment late
        ("2026-12-19T09:00:00+02:00", "2026-12-18T18:00:00+02:00", "2026-12-21"),  # a day late: next Monday
        ("2026-12-18T11:00:00+02:00", None, "2026-12-18"),  # by hand before the cut-off
        ("2026-12-18T19:00:00+02:00", None, "2026-12-21"),  # by hand after it
    ],
)
def test_the_deposit_date_is_one_that_can_still_be_reached(now: str, due: str | None, expected: str) -> None:
    found = deposit(VILNIUS, at=at(now), due=at(due) if due else None)
    assert VILNIUS.day(found).isoformat() == expected
