"""An address abroad: what must be mended before it is printed, and the lines as the country writes them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from postcards.errors import CountryNamed, Fault, Said, says, says_all
from postcards.rules.address_data import Layout, countries, fold, layout
from postcards.rules.address_form import AddressForm, FormField, address_form
from postcards.rules.address_labels import in_sentences
from postcards.rules.country_line import country_line, country_name
from postcards.rules.edition_parts import Suspension
from postcards.rules.postcodes import normal_postcode
from postcards.rules.text import clean, faults_in
from postcards.rules.ukrainian import romanise_uk

__all__ = [
    "Address",
    "AddressCheck",
    "AddressForm",
    "FormField",
    "address_form",
    "block",
    "check_address",
    "country_line",
    "printed_lines",
]

LINES_MAX: Final = 7  # printed, name and country included: what 50 mm hold at 10 pt
FIELD_MAX: Final = 100  # characters of a street line, town or region
POSTAL_CODE_MAX: Final = 20

# Romanian and Moldovan keyboards of old typed s and t with a cedilla; the letters have a comma below.
_COMMA_BELOW: Final = str.maketrans("\u015e\u015f\u0162\u0163", "\u0218\u0219\u021a\u021b")
_ROMANIAN: Final = ("RO", "MD")
_NOT_A_CODE: Final = {"UK": "GB", "EL": "GR", "EN": "GB"}


@dataclass(frozen=True, slots=True)
class Address:
    """A recipient's address as typed: `lines` are street lines, `country` an ISO 3166-1 alpha-2 code."""

    country: str
    lines: tuple[str, ...]
    postal_code: str | None = None
    city: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class AddressCheck:
    """The address in its normal form, what forbids printing it, what is only said, and `rows`: the lines to print
    between the name and the country.
    """

    address: Address
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    rows: tuple[str, ...]


def check_address(
    address: Address,
    *,
    origin: str,
    abroad_only: bool,
    suspended: Sequence[Suspension],
    field: str = "recipient",
    language: str = "en",
) -> AddressCheck:
    """Check an address for its country and its campaign.

    `suspended` are the destinations closed on the day in question (`Edition.suspensions(day)`); `language`
    chooses their notes' words. Normal form: NFC, no outer spaces, the postcode as the country writes it but
    without a printed prefix ("09124" for "LT-09124"), Romanian letters with the comma below. This will return
    every fault at once, with fields such as "recipient.lines.0"; no text makes it raise.
    """
    faults: list[Fault] = []
    warnings: list[Fault] = []

    def fault(name: str, code: str, message: Said) -> None:
        faults.append(Fault(f"{field}.{name}", code, message))

    found = _normal(address)
    for index, line in enumerate(found.lines):
        faults += faults_in(line, field=f"{field}.lines.{index}", max_length=FIELD_MAX)
    for name, text, size in (
        ("city", found.city, FIELD_MAX),
        ("region", found.region, FIELD_MAX),
        ("postal_code", found.postal_code, POSTAL_CODE_MAX),
    ):
        if text is not None:
            faults += faults_in(text, field=f"{field}.{name}", max_length=size)
    if found.country not in countries():
        fault("country", "country", _no_such_country(found.country))
        return AddressCheck(found, tuple(faults), (), _rows(found))
    rules = layout(found.country)
    if abroad_only and found.country == origin:
        here = _country(origin)
        words = says("These cards travel abroad: %(country)s cannot be their destination.", country=here)
        fault("country", "origin_country", words)
    for suspension in suspended:
        if suspension.country == found.country:
            fault("country", "suspended", _why(suspension, language))
    if not found.lines:
        fault("lines", "required", says("Please give the street and number, or the house."))
    if found.city is None and _needs_town(found, rules):
        fault("city", "required", says("Please give the town."))
    found = _check_code(found, rules, field, faults)
    _warn(found, rules, origin, field, warnings)
    rows = _rows(found)
    # The name is one line, and so is the country's, which a domestic card leaves away.
    count = 1 + len(rows) + (found.country != origin)
    if count > LINES_MAX:
        words = says(
            "This takes %(count)s printed lines of %(most)s: %(more)s too many.",
            count=count,
            most=LINES_MAX,
            more=count - LINES_MAX,
        )
        fault("lines", "too_many_lines", words)
    return AddressCheck(found, tuple(faults), tuple(warnings), rows)


def printed_lines(name: str, address: Address, *, country_line: str) -> tuple[str, ...]:
    """The address block of a card: the name first, the country last, nothing given left out.

    Text stays as typed (towns are not put in capitals); the postcode gets the prefix its country prints.
    `country_line` is what `country_line()` answers, "" for a domestic card. This will return the lines before
    any wrapping; a country without data is printed plainly.
    """
    found = _normal(address)
    return block(name, found.country, _rows(found), country_line=country_line)


def block(name: str, country: str, rows: Sequence[str], *, country_line: str) -> tuple[str, ...]:
    """This will put a checked address's rows between the name and the country, like `printed_lines`."""
    # The name keeps its line even when blank; the country's is left away when there is none.
    last = (country_line,) if country_line else ()
    return (_comma_below(clean(name), country), *rows, *last)


def _rows(found: Address) -> tuple[str, ...]:
    """The lines between name and country, of an address in its normal form; nothing given is left out."""
    values = {"C": found.city or "", "S": found.region or "", "Z": found.postal_code or ""}
    if values["S"] and fold(values["S"]) == fold(values["C"]):
        values["S"] = ""  # "București, București" names one town
    if found.country == "SG" and not values["C"]:
        values["C"] = "SINGAPORE"
    rules = layout(
        found.country if found.country in countries() else "AO"
    )  # Angola: the data's plain default
    lines: list[str] = []
    for pieces in rules.lines:
        row = ""
        for piece in pieces:
            if piece.field == "A":
                lines += found.lines
            elif value := values[piece.field]:
                prefix = "" if value.upper().startswith(piece.prefix) else piece.prefix
                row += f"{piece.separator or ' ' if row else ''}{prefix}{value}"
        lines.append(row)
    return tuple([line for line in lines if line])


def _normal(address: Address) -> Address:
    def tidy(text: str) -> str:
        return _comma_below(clean(text), address.country)

    return Address(
        country=clean(address.country),
        lines=tuple(tidy(line) for line in address.lines),
        city=None if address.city is None else tidy(address.city),
        region=None if address.region is None else tidy(address.region),
        postal_code=None if address.postal_code is None else clean(address.postal_code),
    )


def _comma_below(text: str, country: str) -> str:
    return text.translate(_COMMA_BELOW) if country in _ROMANIAN else text


def _country(code: str) -> CountryNamed:
    return CountryNamed(code, country_name(code, "en"))


def _no_such_country(code: str) -> Said:
    likely = _NOT_A_CODE.get(code.upper()) or (code.upper() if code.upper() in countries() else None)
    words = says("This must be a country's two capital letters, such as DE for Germany.")
    if likely is None:
        return words
    return says_all(
        [words, says('Did you mean "%(code)s" (%(country)s)?', code=likely, country=_country(likely))]
    )


def _why(suspension: Suspension, language: str) -> Said:
    note = suspension.note.get(language) or suspension.note.get("en") or next(iter(suspension.note.values()))
    if suspension.ends is None:
        return says("%(note)s (from %(starts)s)", note=note, starts=suspension.starts)
    return says(
        "%(note)s (from %(starts)s to %(ends)s)", note=note, starts=suspension.starts, ends=suspension.ends
    )


def _needs_town(address: Address, rules: Layout) -> bool:
    if "C" in rules.required:
        return True
    # Where a region or a code may stand for the town (Japan, Hong Kong), one of the three must be there.
    return bool(rules.shown & {"C", "S"}) and not address.region and not address.postal_code


def _check_code(address: Address, rules: Layout, field: str, faults: list[Fault]) -> Address:
    """Put the postcode into its normal form, or say what one looks like."""
    name = _country(address.country)
    path = f"{field}.postal_code"
    example = rules.examples[0] if rules.examples else ""
    if address.postal_code is None:
        if "Z" in rules.required and rules.postcode is not None:
            words = (
                says("Please give the postcode, for example %(example)s.", example=example)
                if example
                else says("Please give the postcode.")
            )
            faults.append(Fault(path, "required", words))
        return address
    if any(fault.field == path for fault in faults):
        return address
    if rules.postcode is None:
        message = says(
            "%(country)s has no postcodes: please leave this empty, or add the code to the street lines.",
            country=name,
        )
        faults.append(Fault(path, "postal_code", message))
        return address
    code = normal_postcode(address.postal_code, rules)
    if code is None:
        words = (
            says("%(country)s has no such postcode, for example %(example)s.", country=name, example=example)
            if example
            else says("%(country)s has no such postcode.", country=name)
        )
        faults.append(Fault(path, "postal_code", words))
        return address
    return replace(address, postal_code=code)


def _warn(address: Address, rules: Layout, origin: str, field: str, warnings: list[Fault]) -> None:
    """What a sorter might stumble over. Region names differ between lists, so they never forbid a card."""
    if address.region is None:
        if "S" in rules.required:
            words = says(
                "Letters to %(country)s usually name the %(region)s.",
                country=_country(address.country),
                region=in_sentences(rules.region_kind),
            )
            warnings.append(Fault(f"{field}.region", "region_missing", words))
    elif rules.regions and fold(address.region) not in rules.regions:
        words = says(
            "This is not in our list of regions of %(country)s: please look again.",
            country=_country(address.country),
        )
        warnings.append(Fault(f"{field}.region", "region_unknown", words))
    city = address.city
    if city and address.country != origin and not _latin(city):
        latin = romanise_uk(city)
        message = (
            says("Please add the town in Latin letters too, for sorters on the way: %(latin)s.", latin=latin)
            if address.country == "UA" and _latin(latin)
            else says("Please add the town in Latin letters too, for sorters on the way.")
        )
        warnings.append(Fault(f"{field}.city", "not_latin", message))


def _latin(text: str) -> bool:
    """Whether some letter of it is Latin, so that a sorter finds a name to read."""
    letters = [letter for letter in text if letter.isalpha()]
    return not letters or any(c < "\u0250" or unicodedata.name(c, "").startswith("LATIN") for c in letters)
