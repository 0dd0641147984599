"""The form asks for what the check wants, in six languages, and a browser lets through what is accepted."""

from __future__ import annotations

import re

import pytest

from postcards.errors import NotFound
from postcards.rules.address import Address, address_form, check_address
from postcards.rules.address_data import countries, layout

LANGUAGES = ("lt", "en", "pl", "ru", "uk", "ro")


def names(country: str, language: str = "en") -> list[str]:
    return [field.name for field in address_form(country, language=language).fields]


@pytest.mark.parametrize(
    ("country", "expected"),
    [
        ("DE", ["lines", "postal_code", "city"]),
        ("LT", ["lines", "postal_code", "city"]),
        ("GB", ["lines", "city", "postal_code"]),
        ("US", ["lines", "city", "region", "postal_code"]),
        ("IE", ["lines", "city", "region", "postal_code"]),
        ("JP", ["lines", "city", "region", "postal_code"]),
        ("RO", ["lines", "postal_code", "city", "region"]),
        ("UA", ["lines", "city", "region", "postal_code"]),
        ("AE", ["lines", "city", "region"]),
        ("HK", ["lines", "city", "region"]),
    ],
)
def test_fields_come_in_the_countrys_own_order(country: str, expected: list[str]) -> None:
    assert names(country) == expected


def test_labels_are_those_of_country_and_language() -> None:
    def labels(country: str, language: str) -> list[str]:
        return [field.label for field in address_form(country, language=language).fields]

    assert labels("US", "en") == ["Street and number", "Town", "State", "ZIP code"]
    assert labels("IE", "en")[-2:] == ["County", "Eircode"]
    assert labels("LT", "lt") == ["Gatvė ir namo numeris", "Pašto kodas", "Miestas"]
    assert labels("UA", "uk") == ["Вулиця та номер будинку", "Місто", "Область", "Поштовий індекс"]
    assert labels("DE", "de") == labels("DE", "en")
    assert labels("DE", "lt-LT") == labels("DE", "lt")


@pytest.mark.parametrize("country", sorted(countries()))
def test_every_country_has_a_form_in_every_language_that_agrees_with_the_check(country: str) -> None:
    for language in LANGUAGES:
        form = address_form(country, language=language)
        assert form.country == country
        assert all(field.label.strip() and field.max_length in (20, 100) for field in form.fields)
    required = {field.name for field in form.fields if field.required}
    found = check_address(Address(country, ()), origin="LT", abroad_only=False, suspended=())
    faulty = {fault.field.removeprefix("recipient.") for fault in found.faults}
    assert required <= faulty
    # Where a region or a code may stand for the town, none of the three is required by itself.
    assert faulty - required <= {"city"}
    assert len(names(country)) == len(set(names(country)))
    assert {"lines", "city"} <= set(names(country))


@pytest.mark.parametrize("country", sorted(code for code in countries() if layout(code).postcode))
def test_a_browser_lets_every_example_through_as_people_type_it(country: str) -> None:
    [field] = [field for field in address_form(country, language="en").fields if field.name == "postal_code"]
    assert field.pattern is not None
    pattern = re.compile(field.pattern, re.ASCII)
    assert field.example in layout(country).examples
    for example in layout(country).examples:
        ways = (
            example,
            example.lower(),
            example.replace(" ", ""),
            f"{country}-{example}",
            f"{country} {example}",
        )
        for typed in ways:
            assert pattern.fullmatch(typed), typed
    assert not pattern.fullmatch("!")
    # A browser reads it with the flag v, where a hyphen in a class that is no range must be escaped.
    assert not re.search(r"[^\\A-Z0-9a-z]-|(?<!\\)-\]|\[-", field.pattern.replace(r"\-", ""))


def test_a_country_that_is_none_is_not_found() -> None:
    for code in ("ZZ", "XX", "lt", "", "../../etc"):
        with pytest.raises(NotFound):
            address_form(code, language="en")
