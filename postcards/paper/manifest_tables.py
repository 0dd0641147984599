"""A manifest as tables and data: CSV for people, CSV and JSON for machines, and the header alone as JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import astuple

from postcards.rules.manifest import MACHINE_COLUMNS, Content, canonical, guarded
from postcards.texts import catalogue


def machine_csv(content: Content) -> bytes:
    """This will write the machine copy: RFC 4180, UTF-8, columns of `MACHINE_COLUMNS`, nothing altered."""
    return _csv([MACHINE_COLUMNS, *(astuple(line) for line in content.lines)])


def people_csv(content: Content) -> bytes:
    """This will write the copy for people: a BOM (spreadsheets see UTF-8), names of countries, no formula."""
    texts = catalogue(content.header["language"])
    _ = texts.gettext
    heading = (_("Line"), _("Card No."), _("Country"), _("Name of country"), _("Postcode"), _("Bundle"))
    rows = (
        (
            line.line,
            line.card_number,
            line.country,
            texts.country(line.country),
            line.postal_code,
            line.bundle,
        )
        for line in content.lines
    )
    return b"\xef\xbb\xbf" + _csv(
        [heading, *([guarded(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)]
    )


def header_json(content: Content, previous_sha256: bytes | None) -> bytes:
    """This will write what stays for ever: header, hash of the content, and the link to the one before."""
    return (
        canonical(
            {
                "header": content.header,
                "content_sha256": content.sha256.hex(),
                "previous_sha256": previous_sha256.hex() if previous_sha256 else None,
            }
        )
        + b"\n"
    )


def manifest_json(content: Content, previous_sha256: bytes | None) -> bytes:
    """This will write the whole manifest; header and lines alone, canonical, hash to `content_sha256`."""
    lines = [dict(zip(MACHINE_COLUMNS, astuple(line), strict=True)) for line in content.lines]
    return (
        canonical(
            {
                "header": content.header,
                "lines": lines,
                "content_sha256": content.sha256.hex(),
                "previous_sha256": previous_sha256.hex() if previous_sha256 else None,
            }
        )
        + b"\n"
    )


def _csv(rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()
