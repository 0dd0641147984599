"""An address is refused for the right reason, and what is printed holds everything that was given."""

from __future__ import annotations

import string
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postcards.rules.address import Address, AddressCheck, check_address, country_line, printed_lines
from postcards.rules.address_data import countries, fold, layout
from postcards.rules.country_line import capitals
from postcards.rules.edition_parts import Suspension


def check(address: Address, *, origin: str = "LT", abroad_only: bool = True, suspended=()) -> AddressCheck:
    return check_address(address, origin=origin, abroad_only=abroad_only, suspended=suspended)


def codes(result: AddressCheck) -> list[tuple[str, str]]:
    return [(fault.field, fault.code) for fault in result.faults]


def block(name: str, address: Address, *, origin: str = "LT", style: str = "english") -> tuple[str, ...]:
    result = check(address, origin=origin, abroad_only=False)
    assert result.faults == ()
    last = country_line(address.country, origin=origin, style=style, language="lt")
    return printed_lines(name, result.address, country_line=last)


BERLIN = Address("DE", ("Hauptstraße 5",), "10115", "Berlin")


def berlin(**changes) -> Address:
    values = {
        "country": "DE",
        "lines": ("Hauptstraße 5",),
        "postal_code": "10115",
        "city": "Berlin",
        "region": None,
    }
    return Address(**(values | changes))


# -- the block ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        (BERLIN, ["Hauptstraße 5", "10115 Berlin", "GERMANY"]),
        (berlin(postal_code="D-10115"), ["Hauptstraße 5", "10115 Berlin", "GERMANY"]),
        (
            berlin(city="Potsdam", region="Brandenburg"),
            ["Hauptstraße 5", "Brandenburg", "10115 Potsdam", "GERMANY"],
        ),
        (Address("FR", ("1 rue X",), "F-33380", "Mios"), ["1 rue X", "33380 Mios", "FRANCE"]),
        (Address("LT", ("Pilies g. 5",), "LT-09124", "Vilnius"), ["Pilies g. 5", "LT-09124 Vilnius"]),
        (Address("LV", ("Brīvības iela 1",), "1010", "Rīga"), ["Brīvības iela 1", "Rīga, LV-1010", "LATVIA"]),
        (Address("HR", ("Ilica 1",), "10000", "Zagreb"), ["Ilica 1", "HR-10000 Zagreb", "CROATIA"]),
        (Address("CY", ("Ledra 1",), "1011", "Nicosia"), ["Ledra 1", "CY-1011 Nicosia", "CYPRUS"]),
        (Address("LU", ("rue X 1",), "L-4750", "Pétange"), ["rue X 1", "L-4750 Pétange", "LUXEMBOURG"]),
        # Japan: the town is printed
        (
            Address("JP", ("1-2-3 Marunouchi",), "1000005", "Chiyoda-ku", "Tokyo"),
            ["1-2-3 Marunouchi", "Chiyoda-ku, Tokyo", "100-0005", "JAPAN"],
        ),
        # Romania: streets stay as typed, commas below, one town is one word, code before the town
        (
            Address("RO", ("Strada Şelari 5",), "030067", "Bucureşti", "București"),
            ["Strada Șelari 5", "030067 București", "ROMANIA"],
        ),
        (
            Address("RO", ("Strada Ţebea 5",), "400001", "Cluj-Napoca", "Cluj"),
            ["Strada Țebea 5", "400001 Cluj-Napoca", "Cluj", "ROMANIA"],
        ),
        # a cedilla is right in Turkish
        (
            Address("TR", ("Şişli Cd. 1",), "34360", "Şişli", "İstanbul"),
            ["Şişli Cd. 1", "34360 Şişli/İstanbul", "TÜRKIYE"],
        ),
        # Eircode and British postcode stand alone
        (
            Address("IE", ("5 Main Street",), "a65f4e2", "Dublin", "Co. Dublin"),
            ["5 Main Street", "Dublin", "Co. Dublin", "A65 F4E2", "IRELAND"],
        ),
        (
            Address("GB", ("10 Downing Street",), "sw1a2aa", "London"),
            ["10 Downing Street", "London", "SW1A 2AA", "UNITED KINGDOM"],
        ),
        (
            Address("GB", ("1 High Street",), "CT1 2EH", "Canterbury", "Kent"),
            ["1 High Street", "Canterbury", "Kent", "CT1 2EH", "UNITED KINGDOM"],
        ),
        (
            Address("US", ("1 Main St", "Apt 4"), "95014", "Cupertino", "CA"),
            ["1 Main St", "Apt 4", "Cupertino, CA 95014", "UNITED STATES OF AMERICA"],
        ),
        (Address("SG", ("1 Orchard Rd",), "546080"), ["1 Orchard Rd", "SINGAPORE 546080", "SINGAPORE"]),
        (
            Address("SG", ("1 Orchard Rd",), "546080", "Singapore"),
            ["1 Orchard Rd", "Singapore 546080", "SINGAPORE"],
        ),
        (Address("AE", ("PO Box 1",), None, "Dubai", "Dubai"), ["PO Box 1", "Dubai", "UNITED ARAB EMIRATES"]),
        (Address("HK", ("1 Nathan Rd",), None, "Kowloon"), ["1 Nathan Rd", "Kowloon", "HONG KONG"]),
        (
            Address("UA", ("вул. Хрещатик, 1",), "01001", "Київ", "Київська область"),
            ["вул. Хрещатик, 1", "Київ", "Київська область", "01001", "UKRAINE"],
        ),
        (
            Address("HU", ("Fő utca 1.",), "1037", "Budapest"),
            ["Budapest", "Fő utca 1.", "1037", "HUNGARY"],
        ),
    ],
)
def test_lines_as_the_country_writes_them(address: Address, lines: list[str]) -> None:
    assert block("Jonas Petraitis", address) == ("Jonas Petraitis", *lines)


def test_a_fact_on_paper_that_nobody_normalised_has_its_prefix_once() -> None:
    typed = Address("LT", ("Pilies g. 5",), "lt-09124", "Vilnius")
    assert printed_lines("Ona", typed, country_line="")[-1] == "lt-09124 Vilnius"


@pytest.mark.parametrize(
    ("country", "typed", "normal"),
    [
        ("JP", "\uff11\uff10\uff10\uff0d\uff10\uff10\uff10\uff11", "100-0001"),
        ("IR", "\u06f1\u06f1\u06f9\u06f3\u06f6\u06f1\u06f2\u06f3\u06f4\u06f5", "11936-12345"),
        ("SA", "11564-1234", "11564-1234"),
        ("KZ", "a15e3x9", "A15E3X9"),
        ("PL", "00950", "00-950"),
        ("PL", "PL 00\u2013950", "00-950"),
        ("SE", "S-11455", "114 55"),
        ("NL", "1234ab", "1234 AB"),
        ("CA", "h3z2y7", "H3Z 2Y7"),
        ("BR", "40301110", "40301-110"),
        ("GB", "bfpo61", "BFPO 61"),
        ("GB", "w1a4zz", "W1A 4ZZ"),
        ("US", "221621010", "22162-1010"),
        ("AT", "A-1010", "1010"),
        ("GR", "EL-15124", "151 24"),
        ("LV", "LV1073", "LV-1073"),
        ("AD", "500", "AD500"),
        ("MD", "MD2012", "2012"),
    ],
)
def test_a_postcode_is_read_as_people_type_it_and_kept_as_the_country_writes_it(
    country: str, typed: str, normal: str
) -> None:
    result = check(Address(country, ("Street 1",), typed, "Town"))
    assert result.faults == ()
    assert result.address.postal_code == normal


def holds(lines: tuple[str, ...], value: str) -> bool:
    return any(fold(value) in fold(line) for line in lines)


@pytest.mark.parametrize("country", sorted(countries()))
def test_every_country_prints_every_field_once_name_first_country_last(country: str) -> None:
    address = Address(country, ("Streetline 1", "Yardline 2"), "QQ999", "Townname", "Regionname")
    lines = printed_lines("Recipient Name", address, country_line="COUNTRY")
    assert (lines[0], lines[-1]) == ("Recipient Name", "COUNTRY")
    assert list(lines).count("Streetline 1") == list(lines).count("Yardline 2") == 1
    for value in ("QQ999", "Townname", "Regionname"):
        assert sum(line.count(value) for line in lines) == 1, (value, lines)
    for line in lines:
        assert line == line.strip(" ,-/"), line
    assert len(lines) <= 7


@pytest.mark.parametrize("country", sorted(countries()))
def test_every_country_prints_what_there_is_without_stray_signs(country: str) -> None:
    for city, region, code in [
        ("Town", None, None),
        (None, "Region", None),
        (None, None, "Q9"),
        (None, None, None),
    ]:
        lines = printed_lines("N", Address(country, ("Street 1",), code, city, region), country_line="C")
        assert lines[0] == "N"
        assert lines[-1] == "C"
        assert all(any(letter.isalnum() for letter in (line[0], line[-1])) for line in lines)
        assert all(holds(lines, value) for value in (city, region, code) if value)


@pytest.mark.parametrize("country", sorted(countries()))
def test_every_example_postcode_of_every_country_is_accepted_and_printed(country: str) -> None:
    rules = layout(country)
    for example in rules.examples:
        for typed in (
            example,
            example.lower(),
            f"{country}-{example}",
            example.replace(" ", "").replace("-", ""),
        ):
            address = Address(country, ("Street 1",), typed, "Town", "Region")
            result = check(address, abroad_only=False)
            assert not [fault for fault in result.faults if fault.field == "recipient.postal_code"], typed
            again = check(result.address, abroad_only=False)
            assert again.address == result.address
            assert holds(printed_lines("N", result.address, country_line="C"), example)


@pytest.mark.parametrize("country", sorted(countries()))
def test_a_code_that_the_country_does_not_have_is_refused(country: str) -> None:
    result = check(Address(country, ("Street 1",), "!!?!!", "Town", "Region"), abroad_only=False)
    assert ("recipient.postal_code", "postal_code") in codes(result)


# -- faults -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (berlin(postal_code="1011"), ("recipient.postal_code", "postal_code")),
        (berlin(postal_code="LT-09124"), ("recipient.postal_code", "postal_code")),
        (berlin(postal_code=None), ("recipient.postal_code", "required")),
        (berlin(postal_code="  "), ("recipient.postal_code", "blank")),
        (berlin(postal_code="1" * 21), ("recipient.postal_code", "too_long")),
        (berlin(city=None), ("recipient.city", "required")),
        (berlin(city="\u3000"), ("recipient.city", "blank")),
        (berlin(city="Ber\u202elin"), ("recipient.city", "bidi_control")),
        (berlin(region=""), ("recipient.region", "blank")),
        (berlin(lines=()), ("recipient.lines", "required")),
        (berlin(lines=("",)), ("recipient.lines.0", "blank")),
        (berlin(lines=("Hauptstraße 5", "Hof\n2")), ("recipient.lines.1", "newline")),
        (berlin(lines=("x" * 101,)), ("recipient.lines.0", "too_long")),
        (berlin(lines=tuple("abcde")), ("recipient.lines", "too_many_lines")),
        (berlin(country="LT", postal_code="09124"), ("recipient.country", "origin_country")),
        (berlin(country="de"), ("recipient.country", "country")),
        (berlin(country="XX"), ("recipient.country", "country")),
        (berlin(country="ZZ"), ("recipient.country", "country")),
        (berlin(country=""), ("recipient.country", "country")),
        (berlin(country="UK"), ("recipient.country", "country")),
        (Address("HK", ("1 Nathan Rd",), "999077", "Kowloon"), ("recipient.postal_code", "postal_code")),
        (Address("AE", ("PO Box 1",)), ("recipient.city", "required")),
    ],
)
def test_each_fault_names_its_field(address: Address, expected: tuple[str, str]) -> None:
    assert codes(check(address)) == [expected]


def test_all_faults_come_at_once() -> None:
    found = codes(check(Address("DE", ("\u202e",), "1", None, "\n")))
    assert found == [
        ("recipient.lines.0", "bidi_control"),
        ("recipient.region", "newline"),
        ("recipient.city", "required"),
        ("recipient.postal_code", "postal_code"),
    ]


def test_a_wrong_postcode_is_told_with_an_example_of_the_country() -> None:
    [fault] = check(berlin(postal_code="1011")).faults
    assert fault.message == "Germany has no such postcode, for example 26133."
    [fault] = check(Address("HK", ("1 Nathan Rd",), "999077", "Kowloon")).faults
    assert fault.message.startswith("Hong Kong has no postcodes: please leave this empty")
    [fault] = check(berlin(country="UK")).faults
    assert 'Did you mean "GB" (United Kingdom)?' in fault.message


def test_a_right_address_has_no_faults_and_no_warnings() -> None:
    assert check(BERLIN) == AddressCheck(BERLIN, (), (), ("Hauptstraße 5", "10115 Berlin"))


def test_at_home_is_allowed_where_the_campaign_allows_it() -> None:
    kyiv = Address("UA", ("вул. Хрещатик, 1",), "UA-01001", "Київ")
    result = check(kyiv, origin="UA", abroad_only=False)
    assert result.faults == ()
    assert result.warnings == ()  # sorters at home read it
    assert country_line("UA", origin="UA", style="origin-english", language="uk") == ""
    assert printed_lines("Олена", result.address, country_line="") == (
        "Олена",
        "вул. Хрещатик, 1",
        "Київ",
        "01001",
    )


def test_a_closed_destination_is_told_with_its_note_and_days() -> None:
    closed = Suspension("DE", date(2026, 12, 1), date(2026, 12, 31), {"lt": "Streikas.", "en": "A strike."})
    open_end = Suspension("SD", date(2023, 4, 17), None, {"lt": "Karas."})
    [fault] = check(BERLIN, suspended=(closed, open_end)).faults
    assert (fault.field, fault.code) == ("recipient.country", "suspended")
    assert fault.message == "A strike. (from 2026-12-01 to 2026-12-31)"
    result = check_address(BERLIN, origin="LT", abroad_only=True, suspended=(closed,), language="lt")
    assert result.faults[0].message.startswith("Streikas.")
    [fault] = check(Address("SD", ("Street 1",), "11042", "Khartoum"), suspended=(closed, open_end)).faults
    assert fault.message == "Karas. (from 2023-04-17)"


def test_a_region_only_warns() -> None:
    def warned(region: str | None) -> list[str]:
        result = check(Address("US", ("1 Main St",), "95014", "Cupertino", region))
        assert result.faults == ()
        return [warning.code for warning in result.warnings]

    assert warned("CA") == warned("California") == warned("california") == []
    assert warned("Kalifornien") == ["region_unknown"]
    assert warned(None) == ["region_missing"]


def test_a_town_that_no_sorter_abroad_can_read_is_warned_about_with_the_official_romanisation() -> None:
    result = check(Address("UA", ("вул. Хрещатик, 1",), "01001", "Київ"))
    assert result.faults == ()
    assert [(w.field, w.code) for w in result.warnings] == [("recipient.city", "not_latin")]
    assert "Kyiv" in result.warnings[0].message
    assert check(Address("UA", ("вул. Хрещатик, 1",), "01001", "Київ / Kyiv")).warnings == ()
    assert result.address.city == "Київ"


def test_the_field_prefix_is_the_callers() -> None:
    result = check_address(berlin(city=None), origin="LT", abroad_only=True, suspended=(), field="row")
    assert result.faults[0].field == "row.city"


# -- the country's line -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "style", "language", "line"),
    [
        ("DE", "english", "lt", "GERMANY"),
        ("DE", "french", "lt", "ALLEMAGNE"),
        ("DE", "origin", "lt", "VOKIETIJA"),
        ("DE", "origin-english", "lt", "VOKIETIJA / GERMANY"),
        ("DE", "origin-french", "ro", "GERMANIA / ALLEMAGNE"),
        ("DE", "origin-english", "uk", "НІМЕЧЧИНА / GERMANY"),
        ("DE", "origin", "uk", "НІМЕЧЧИНА / GERMANY"),  # Latin letters for sorters elsewhere
        ("MT", "origin-english", "lt", "MALTA"),
        ("CI", "english", "lt", "CÔTE D’IVOIRE"),
        ("TR", "english", "lt", "TÜRKIYE"),
        ("MM", "english", "lt", "MYANMAR"),
        ("BA", "english", "lt", "BOSNIA AND HERZEGOVINA"),
        ("HK", "origin-english", "lt", "HONKONGAS / HONG KONG"),
        ("GS", "origin-english", "lt", "SOUTH GEORGIA AND SOUTH SANDWICH ISLANDS"),
        ("LT", "origin-english", "lt", ""),
    ],
)
def test_the_country_in_capitals(country: str, style: str, language: str, line: str) -> None:
    assert country_line(country, origin="LT", style=style, language=language) == line


def test_capitals_are_those_of_the_language() -> None:
    assert capitals("Litvanya, Isı, ışık, Fildişi", "tr") == "LİTVANYA, ISI, IŞIK, FİLDİŞİ"
    assert capitals("Weißrussland", "de") == "WEISSRUSSLAND"


@pytest.mark.parametrize("country", sorted(countries() - {"LT"}))
def test_every_country_has_a_line_in_latin_capitals(country: str) -> None:
    line = country_line(country, origin="LT", style="english", language="lt")
    assert line == line.upper()
    assert len(line) > 2
    assert not set(line) & set("()&/" + string.digits)


# -- anything at all ----------------------------------------------------------------------------------------

anything = st.text(st.characters(codec=None), max_size=30)
maybe = st.none() | anything
code_like = st.sampled_from(sorted(countries())) | anything


# No deadline: a country is read from disk at its first use.
@settings(max_examples=300, deadline=None)
@given(code_like, st.lists(anything, max_size=9), maybe, maybe, maybe, anything)
def test_no_text_makes_a_check_or_a_print_raise(country, lines, code, city, region, name) -> None:
    address = Address(country, tuple(lines), code, city, region)
    result = check(address)
    again = check(result.address)
    assert again.faults == result.faults
    assert again.address == result.address
    printed = printed_lines(name, result.address, country_line="C")
    assert printed[-1] == "C"
    if not result.faults:
        values = [*result.address.lines, result.address.postal_code, result.address.city]
        assert all(any(value in line for line in printed) for value in values if value)


# No deadline: a country is read from disk at its first use.
@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(countries())), st.text("0123456789ABCabc -.", max_size=10))
def test_postcodes_have_one_normal_form(country: str, typed: str) -> None:
    result = check(Address(country, ("Street 1",), typed, "Town"), abroad_only=False)
    assert check(result.address, abroad_only=False).address == result.address
