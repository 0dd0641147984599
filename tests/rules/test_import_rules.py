"""Tables of cards: headings and words in six languages, rows with every fault, reports that load again."""

from __future__ import annotations

import datetime as dt
import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postcards.errors import Fault, Invalid
from postcards.rules.edition import load_edition
from postcards.rules.import_columns import Columns, Row, field_of, heading_of, letters, read_headings
from postcards.rules.import_headings import HEADINGS
from postcards.rules.import_report import REPORT_HEADINGS, guarded, report_headings, report_line, unguarded
from postcards.rules.import_rows import RowRead, is_empty, own_cells, read_row
from postcards.rules.import_values import country_of, language_of, nearest_country, yes_or_no

VILNIUS = load_edition("vilnius")
UKRAINE = load_edition("ukraine")
AT = dt.datetime(2026, 12, 14, 10, 0, tzinfo=dt.UTC)
LANGUAGES = ("en", "lt", "pl", "ru", "uk", "ro")
PLAIN = (
    "sender name",
    "recipient name",
    "street line 1",
    "street line 2",
    "postcode",
    "town",
    "country",
    "consent",
)
CELLS = ("Ona", "Jonas", "Hauptstraße 5", "", "10115", "Berlin", "Germany", "2026-1")


def columns(*headings: str, consent_declared: bool = False) -> Columns:
    return read_headings(headings or PLAIN, consent_declared=consent_declared)


def row_of(**changes: str) -> RowRead:
    cells = [changes.get(heading.replace(" ", "_"), cell) for heading, cell in zip(PLAIN, CELLS, strict=True)]
    return read_row(Row(2, tuple(cells)), columns(), edition=VILNIUS, consent=None, at=AT)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_table_headed_in_any_language_is_understood(language: str) -> None:
    found = columns(*(heading_of(field, language) for field in HEADINGS))
    assert [field for _, field in found.found()] == list(HEADINGS)


def test_no_heading_stands_for_two_fields() -> None:
    spelt = [
        (letters(word), field)
        for field, said in HEADINGS.items()
        for words in said.values()
        for word in words
    ]
    assert not [(word, field) for word, field in spelt if field_of(word) != field]
    assert all(set(said) == set(LANGUAGES) for said in HEADINGS.values())


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Sender.Name", "sender.name"),
        (" SIUNTĖJO  EL. PAŠTAS ", "sender.email"),
        ("recipient_postal_code", "recipient.postal_code"),
        ("recipient.lines.0", "recipient.lines"),
        ("Address 2", "recipient.lines"),
        ("E-Mail", "sender.email"),
        ("Namen", None),
    ],
)
def test_signs_and_capitals_do_not_count(heading: str, field: str | None) -> None:
    assert field_of(heading) == field


def test_street_lines_go_by_their_numbers() -> None:
    found = columns("street line 2", "sender", "recipient", "country", "street line 1", "street", "consent")
    assert found.lines == (5, 4, 0)


def test_every_fault_of_the_headings_is_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        columns("sender name", "recipeint name", "country", "Šalis", "shoe size")
    faults = {(fault.field, fault.code) for fault in refused.value.faults}
    assert faults == {
        ("recipeint name", "heading_unknown"), ("recipient.country", "heading_twice"),
        ("shoe size", "heading_unknown"), ("recipient.name", "heading_missing"),
        ("recipient.lines", "heading_missing"), ("consent.version", "heading_missing"),
    }  # fmt: skip
    assert "Did you mean “recipient name”?" in refused.value.message
    with pytest.raises(Invalid, match="at most 7 lines"):
        columns("sender", "recipient", "country", "consent", *(f"line {n}" for n in range(1, 9)))
    assert columns("sender", "recipient", "country", "street", consent_declared=True).lines == (3,)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("DE", "DE"), ("de", "DE"), ("DEU", "DE"), ("Germany", "DE"), ("Vokietija", "DE"), ("NIEMCY", "DE"),
        ("Германия", "DE"), ("UK", "GB"), ("USA", "US"), ("Didžioji Britanija", "GB"), ("Jungtinė Karalystė", "GB"),
        ("Czech Republic", "CZ"), ("Côte d’Ivoire", "CI"), ("Cote d'Ivoire", "CI"), ("Lietuva", "LT"),
        ("Allemagne", None), ("", None), ("Atlantis", None), ("XX", None), ("EU", None),
    ],
)  # fmt: skip
def test_a_country_is_named_by_code_or_in_the_campaign_s_languages(said: str, code: str | None) -> None:
    assert country_of(said, ("lt", "pl", "ru", "en")) == code


def test_every_country_of_every_campaign_language_finds_its_way_back() -> None:
    from postcards.rules.address_data import countries
    from postcards.rules.country_line import country_name

    for language in LANGUAGES:
        lost = [
            code for code in countries() if country_of(country_name(code, language), (language, "en")) != code
        ]
        assert lost == []


def test_words_for_yes_no_and_languages() -> None:
    assert [yes_or_no(word) for word in ("taip", "TAK", "да", "x", "1", "✓", "+")] == [True] * 7
    assert [yes_or_no(word) for word in ("", " ", "ne", "нет", "ні", "0", "False")] == [False] * 7
    assert yes_or_no("perhaps") is None
    assert [language_of(word, ("lt", "en", "pl")) for word in ("LT", "lietuvių", "Polish", "angielski", "xx")] == [
        "lt", "lt", "pl", "en", "xx",
    ]  # fmt: skip
    assert nearest_country("Germny", ("en",)) == "DE"


def test_a_row_becomes_the_words_of_a_card() -> None:
    read = row_of()
    assert read.faults == ()
    assert (read.words.address.country, read.words.address.lines) == ("DE", ("Hauptstraße 5",))
    assert (read.words.sender_name, read.words.recipient_name, read.words.language) == ("Ona", "Jonas", "lt")
    assert (read.words.consent_version, read.words.arrival_notice) == ("2026-1", False)
    assert (read.words.sender_email, read.words.address.region, read.words.message) == (None, None, None)


def test_the_same_words_in_another_order_are_the_same_content() -> None:
    turned = read_headings(tuple(reversed(PLAIN)), consent_declared=False)
    other = read_row(
        Row(9, (*reversed(CELLS[:-2]),)),
        replace(turned, headings=turned.headings),
        edition=VILNIUS,
        consent=None,
        at=AT,
    )
    assert other.faults  # two cells short: shifted
    same = read_row(Row(9, tuple(reversed(CELLS))), turned, edition=VILNIUS, consent=None, at=AT)
    assert same.canonical == row_of(country=" vokietija ").canonical == row_of(country="de").canonical
    assert same.canonical != row_of(recipient_name="Jone").canonical


@pytest.mark.parametrize(
    ("said", "declared", "version", "codes"),
    [
        ("2026-1", None, "2026-1", []),
        ("taip", None, "2026-1", []),
        ("", "2026-1", "2026-1", []),
        ("", None, "", ["missing"]),
        ("no", "2026-1", "no", ["missing"]),
        ("1999", "2026-1", "1999", ["consent_version"]),
    ],
)
def test_consent_is_the_row_s_own_word_then_the_file_s(
    said: str, declared: str | None, version: str, codes: list[str]
) -> None:
    cells = (*CELLS[:-1], said)
    read = read_row(Row(2, cells), columns(), edition=VILNIUS, consent=declared, at=AT)
    assert [fault.code for fault in read.faults] == codes
    if not codes:
        assert read.words.consent_version == version


def test_what_cannot_be_read_is_named() -> None:
    read = row_of(country="Germny")
    assert [(fault.field, fault.code) for fault in read.faults] == [("recipient.country", "country")]
    assert "Did you mean DE?" in read.faults[0].message
    wide = read_row(Row(2, (*CELLS, "lost")), columns(), edition=VILNIUS, consent=None, at=AT)
    assert [(fault.field, fault.code) for fault in wide.faults] == [("row", "no_heading")]


def test_an_empty_row_says_nothing() -> None:
    assert is_empty(Row(3, ("", " ", "\t")), columns())
    assert not is_empty(Row(3, ("", "x")), columns())


def test_a_report_is_loaded_again_without_its_own_columns() -> None:
    faults = (Fault("sender.name", "blank", "Please fill this in."), Fault("row", "missing", "is missing."))
    cells = ("=cmd()", "'=x", "+1", "-", "@a", "'quoted'", "plain", "\tx")
    line = report_line(copy=2, line=17, faults=faults, cells=cells)
    assert line[:5] == [
        "2",
        "17",
        "sender.name; row",
        "blank; missing",
        "Please fill this in. row is missing.",
    ]
    headings = tuple(report_headings(PLAIN))
    assert headings[:5] == REPORT_HEADINGS
    again = read_headings(headings, consent_declared=False)
    assert (again.is_report, again.own) == (True, 5)
    assert own_cells(Row(2, tuple(line)), again) == cells
    read = read_row(Row(2, tuple(line)), again, edition=VILNIUS, consent=None, at=AT)
    assert read.copy == 2
    assert not is_empty(Row(2, tuple(line)), again)
    assert is_empty(Row(2, ("2", "17", "", "", "", "", "")), again)


@given(st.text(alphabet=string.printable + "'\u2212=+-@", max_size=12))
def test_guarding_a_cell_can_be_taken_back_and_leaves_no_formula(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell
    assert not guarded(cell).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@given(st.lists(st.text(max_size=30), min_size=1, max_size=12), st.lists(st.text(max_size=30), max_size=14))
def test_no_table_makes_it_fall_over(headings: list[str], cells: list[str]) -> None:
    for heads in (headings, list(PLAIN), [*REPORT_HEADINGS, *PLAIN]):
        try:
            found = read_headings(heads, consent_declared=True)
        except Invalid:
            continue
        read = read_row(Row(2, tuple(cells)), found, edition=UKRAINE, consent=None, at=AT)
        assert read.canonical
