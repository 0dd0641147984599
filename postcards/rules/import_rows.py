"""A row of a table read as the words of one card, with everything that could not be read named."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from postcards.errors import Fault, says, says_all
from postcards.rules.address import Address
from postcards.rules.card_words import CardWords
from postcards.rules.edition import Edition
from postcards.rules.import_columns import Columns, Row
from postcards.rules.import_report import unguarded
from postcards.rules.import_values import country_of, language_of, nearest_country, yes_or_no
from postcards.rules.text import clean


@dataclass(frozen=True, slots=True)
class RowRead:
    """What a row says. `content` is the same for the same words in whatever columns, order or kind of file.

    `copy` is what our report remembered of rows that are the same, None in any other table.
    """

    words: CardWords
    content: dict[str, Any]
    faults: tuple[Fault, ...]
    copy: int | None

    @property
    def canonical(self) -> bytes:
        """The content as bytes: equal content, equal bytes."""
        written = json.dumps(self.content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return written.encode("utf-8", "surrogatepass")


def is_empty(row: Row, columns: Columns) -> bool:
    """This will tell whether the row says nothing at all, such as those below a table."""
    return not any(cell.strip() for cell in row.cells[columns.own :])


def own_cells(row: Row, columns: Columns) -> tuple[str, ...]:
    """This will give the row's own cells, as wide as the table and as they were before a report guarded them."""
    cells = row.cells[columns.own :]
    cells += ("",) * (len(columns.headings) - columns.own - len(cells))
    return tuple(map(unguarded, cells)) if columns.is_report else cells


def read_row(
    row: Row, columns: Columns, *, edition: Edition, consent: str | None, at: dt.datetime
) -> RowRead:
    """This will read a row. `consent` is the version declared for the whole file; the row's own word goes first."""
    cells = own_cells(row, columns)
    faults: list[Fault] = []

    def said(field: str) -> str:
        place = columns.places.get(field)
        return clean(cells[place - columns.own]) if place is not None else ""

    for index, cell in enumerate(cells):
        in_headings = index + columns.own < len(columns.headings)
        heading = columns.headings[index + columns.own] if in_headings else ""
        if cell.strip() and not heading:
            where = says(
                "Column %(column)s holds text and has no heading. Give it one, or empty it.", column=index + 1
            )
            faults.append(Fault("row", "no_heading", where))
            break
    lines = tuple(line for place in columns.lines if (line := clean(cells[place - columns.own])))
    named = said("recipient.country")
    country = country_of(named, _languages(edition))
    if country is None:
        faults.append(_no_country(named, edition))
    notice = yes_or_no(said("consent.arrival_notice"))
    if notice is None:
        faults.append(Fault("consent.arrival_notice", "yes_or_no", "Say yes or no; nothing means no."))
    version = said("consent.version")
    language = said("language")
    content = {
        "sender": [said("sender.name"), said("sender.email")],
        "recipient": [
            said("recipient.name"), country or named, list(lines), said("recipient.postal_code"),
            said("recipient.city"), said("recipient.region"),
        ],
        "message": said("message"),
        "language": language_of(language, edition.languages) if language else "",
        "arrival_notice": notice,
        "consent": version,
        "volunteer": said("volunteer"),
    }  # fmt: skip
    words = CardWords(
        sender_name=said("sender.name"),
        sender_email=said("sender.email") or None,
        recipient_name=said("recipient.name"),
        address=Address(
            country=country or named,
            lines=lines,
            postal_code=said("recipient.postal_code") or None,
            city=said("recipient.city") or None,
            region=said("recipient.region") or None,
        ),
        message=said("message") or None,
        language=language_of(language, edition.languages) if language else edition.default_language,
        consent_version=_consent(version, declared=consent, edition=edition, at=at, faults=faults),
        arrival_notice=bool(notice),
        volunteer=said("volunteer") or None,
    )
    return RowRead(words, content, tuple(faults), _copy(row, columns))


def _languages(edition: Edition) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*edition.languages, "en")))


def _no_country(named: str, edition: Edition) -> Fault:
    field = "recipient.country"
    if not named:
        return Fault(field, "blank", "Name the country, or give its two letters.")
    near = nearest_country(named, _languages(edition))
    words = says("This is no country we know: write its two letters, such as DE, or its name.")
    hint = says("Did you mean %(country)s?", country=near)
    return Fault(field, "country", says_all([words, hint]) if near else words)


def _consent(
    version: str, *, declared: str | None, edition: Edition, at: dt.datetime, faults: list[Fault]
) -> str:
    """The version that the row names; "yes" is today's; nothing is what was declared for the file."""
    if edition.consent_version(version) is not None:
        return version
    answer = yes_or_no(version)
    if version and answer:
        return edition.current_consent(at).version
    if not version and declared is not None:
        return declared
    current = edition.current_consent(at).version
    if version and answer is None:
        words = says(
            "This is not a consent text this campaign ever had. Today's is %(version)s.", version=current
        )
        faults.append(Fault("consent.version", "consent_version", words))
    else:
        words = says(
            "The sender has to agree first. Give the version they agreed to, such as %(version)s.",
            version=current,
        )
        faults.append(Fault("consent.version", "missing", words))
    return version


def _copy(row: Row, columns: Columns) -> int | None:
    if not columns.is_report or not row.cells:
        return None
    said = row.cells[0].strip()
    return int(said) if said.isascii() and said.isdecimal() and 1 <= len(said) <= 6 else None
