"""Which column of a table holds what: found by its heading, in any of our languages; nothing is left unread."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from postcards.errors import Fault, InLanguages, Invalid, says, says_all
from postcards.rules.import_headings import HEADINGS
from postcards.rules.import_report import REPORT_HEADINGS

#: Without these no row can become a card. The consent may be declared for the whole file instead.
REQUIRED: Final = ("sender.name", "recipient.name", "recipient.lines", "recipient.country")
#: More street columns than an address can have printed lines (rules/address.py).
_LINES_MAX: Final = 7
_SHOWN: Final = 60  # characters of a heading that a message repeats


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its line in the file, counted from 1 with the headings, and its cells as text."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field stands. `is_report` when the table is one of our own lists of refused rows, mended."""

    headings: tuple[str, ...]
    places: dict[str, int]
    lines: tuple[int, ...]
    is_report: bool

    @property
    def has_consent(self) -> bool:
        return "consent.version" in self.places

    @property
    def own(self) -> int:
        """How many columns at the front are our report's."""
        return len(REPORT_HEADINGS) if self.is_report else 0

    def found(self) -> list[tuple[str, str]]:
        """This will list (heading, field) in the table's order."""
        pairs = [(place, field) for field, place in self.places.items()]
        pairs += [(place, "recipient.lines") for place in self.lines]
        return [(self.headings[place], field) for place, field in sorted(pairs)]


def letters(text: str) -> str:
    """This will give what two headings or names are compared by: letters and digits, no case, no marks."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in bare if c.isalnum())


def field_of(heading: str) -> str | None:
    """This will give the field that a heading names, None for one that names none."""
    found = letters(heading)
    return _fields().get(found) or _fields().get(found.rstrip("0123456789"))


def heading_of(field: str, language: str) -> str:
    """This will give the heading that we ourselves write for a field."""
    known = HEADINGS[field]
    return known.get(language, known["en"])[0]


def read_headings(cells: Sequence[str], *, consent_declared: bool) -> Columns:
    """This will find the columns. Raises `Invalid` naming every heading that is unknown, twice there or missing."""
    headings = tuple(cell.strip() for cell in cells)
    own = tuple(heading.casefold().lstrip("\ufeff") for heading in headings[: len(REPORT_HEADINGS)])
    is_report = own == REPORT_HEADINGS
    faults: list[Fault] = []
    places: dict[str, int] = {}
    lines: list[tuple[int, int]] = []
    for place, heading in enumerate(headings):
        if not heading or (is_report and place < len(REPORT_HEADINGS)):
            continue
        field = field_of(heading)
        if field is None:
            faults.append(_unknown(heading))
        elif field == "recipient.lines":
            lines.append((_number(heading), place))
        elif field in places:
            words = says(
                "The columns “%(first)s” and “%(second)s” both hold the %(field)s. Keep one.",
                first=headings[places[field]],
                second=_short(heading),
                field=_name(field),
            )
            faults.append(Fault(field, "heading_twice", words))
        else:
            places[field] = place
    if len(lines) > _LINES_MAX:
        words = says(
            "There are %(columns)s columns of street lines; an address has at most %(most)s lines.",
            columns=len(lines),
            most=_LINES_MAX,
        )
        faults.append(Fault("recipient.lines", "too_many_lines", words))
    faults += _missing(places, has_lines=bool(lines), consent_declared=consent_declared)
    if faults:
        raise Invalid(says_all([fault.message for fault in faults]), faults=faults, code="headings")
    ordered = tuple(place for _, place in sorted(lines))
    return Columns(headings, places, ordered, is_report)


def _missing(places: dict[str, int], *, has_lines: bool, consent_declared: bool) -> list[Fault]:
    lacking = [
        field for field in REQUIRED if field not in places and not (field == "recipient.lines" and has_lines)
    ]
    faults = []
    for field in lacking:
        words = says(
            "There is no column for the %(field)s: head one “%(heading)s”.",
            field=_name(field),
            heading=_name(field),
        )
        faults.append(Fault(field, "heading_missing", words))
    if "consent.version" not in places and not consent_declared:
        words = says(
            "There is no column “consent version”. Add it, or declare the consent for the whole file."
        )
        faults.append(Fault("consent.version", "heading_missing", words))
    return faults


def _unknown(heading: str) -> Fault:
    near = difflib.get_close_matches(letters(heading)[:_SHOWN], _fields(), n=1, cutoff=0.6)
    hint = (
        says("Did you mean “%(heading)s”?", heading=_spelt()[near[0]])
        if near
        else says("Rename it, or take the column out.")
    )
    words = says("“%(heading)s” is no heading we know.", heading=_short(heading))
    return Fault(_short(heading), "heading_unknown", says_all([words, hint]))


def _short(heading: str) -> str:
    shown = "".join(c if c.isprintable() else "\ufffd" for c in heading)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


def _number(heading: str) -> int:
    """The line's number at the end of its heading; one without comes first."""
    found = re.search(r"(\d{1,3})\D*$", heading)
    return int(found[1]) if found else 0


def _name(field: str) -> InLanguages:
    """The heading that its reader would write."""
    return InLanguages(heading_of(field, "en"), {lang: words[0] for lang, words in HEADINGS[field].items()})


@cache
def _fields() -> dict[str, str]:
    """Every heading by its letters -> its field; each field's own dotted name is one of them."""
    found: dict[str, str] = {}
    for field, languages in HEADINGS.items():
        for spelt in (field, *(word for words in languages.values() for word in words)):
            found.setdefault(letters(spelt), field)
    return found


@cache
def _spelt() -> dict[str, str]:
    """Every heading by its letters -> as it is written."""
    found = {letters(field): field for field in HEADINGS}
    return found | {
        letters(word): word for said in HEADINGS.values() for words in said.values() for word in words
    }
