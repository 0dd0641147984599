"""What a manifest says: lines in bundles, totals per country, its header, and one way to write it down.

Everything here is whole numbers and text, so the canonical form is the same bytes wherever it is made.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from postcards.rules.edition import Edition

#: Columns of the machine copy, in order: partners read them by place.
MACHINE_COLUMNS = ("line", "card_number", "country", "postal_code", "bundle")

#: Most cards in a bundle: a hundred A6 cards of 250 g/m² are about 3 cm and 390 g, what one hand holds.
BUNDLE_CARDS = 100

#: Signs by which a spreadsheet takes a cell for a formula (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Item:
    """A card as the Post needs to know it; `postal_code` is "" where the country has none."""

    card_number: int
    country: str
    postal_code: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a manifest; the fields are `MACHINE_COLUMNS`."""

    line: int
    card_number: int
    country: str
    postal_code: str
    bundle: str


@dataclass(frozen=True, slots=True)
class Total:
    """What goes to one country, or lies in one bundle of it."""

    name: str
    country: str
    cards: int
    weight_mg: int


@dataclass(frozen=True, slots=True)
class Content:
    """A manifest whole: what is sealed, and what its files are made from."""

    header: dict[str, Any]
    lines: tuple[Line, ...]

    def canonical(self) -> bytes:
        """This will give the bytes that are hashed and sealed."""
        return canonical({"header": self.header, "lines": [asdict(line) for line in self.lines]})

    @staticmethod
    def read(data: bytes) -> Content:
        """This will read what `canonical` wrote."""
        found = json.loads(data)
        return Content(found["header"], tuple(Line(**line) for line in found["lines"]))

    @property
    def sha256(self) -> bytes:
        """The hash of the canonical form, 32 bytes."""
        return hashlib.sha256(self.canonical()).digest()


@dataclass(frozen=True, slots=True)
class MadeFile:
    """One file of a manifest, ready to be kept."""

    name: str
    media_type: str
    content: bytes

    @property
    def sha256(self) -> bytes:
        """The hash of its bytes, 32 bytes."""
        return hashlib.sha256(self.content).digest()


def arrange(items: Iterable[Item], *, bundle_cards: int = BUNDLE_CARDS) -> tuple[Line, ...]:
    """Order by country, then number; a bundle holds one country's cards and at most `bundle_cards`.

    This will return the lines, counted from 1; bundles are named "DE-01", "DE-02" and so on.
    """
    in_country: Counter[str] = Counter()
    lines = []
    for place, item in enumerate(sorted(items, key=lambda each: (each.country, each.card_number)), start=1):
        bundle = in_country[item.country] // bundle_cards + 1
        in_country[item.country] += 1
        lines.append(
            Line(place, item.card_number, item.country, item.postal_code, f"{item.country}-{bundle:02d}")
        )
    return tuple(lines)


def totals(lines: Sequence[Line], *, weight_mg: int) -> tuple[Total, ...]:
    """This will return what goes to each country, in the order of lines; `weight_mg` is one card's."""
    return _added(((line.country, line.country) for line in lines), weight_mg)


def bundles(lines: Sequence[Line], *, weight_mg: int) -> tuple[Total, ...]:
    """This will return what each bundle holds, in the order of the lines."""
    return _added(((line.bundle, line.country) for line in lines), weight_mg)


def header(
    lines: Sequence[Line],
    *,
    number: int,
    version: int,
    sequence: int,
    edition: Edition,
    cut_off: dt.datetime,
    sealed_at: dt.datetime,
    journal_head: dict[str, Any],
) -> dict[str, Any]:
    """This will return the header: POSTAL facts first, then totals; all of it survives the files.

    `sequence` is the manifest's place in the chain (the same as its number until something is corrected).
    `journal_head` ("entries", "sha256") is where the journal's chain ended: with it in the Post's hands, nobody can
    rewrite what was written down before.
    """
    weight = edition.card.weight_mg
    partner = edition.postal_partner
    return {
        "format": "far-is-close manifest 1",
        "number": number,
        "version": version,
        "sequence": sequence,
        "campaign": {"slug": edition.slug, "name": edition.name},
        "language": edition.default_language,
        "mailer": {"name": mailer(edition), "address": list(edition.card.return_address)},
        "post": {"name": partner.name, "induction_office": partner.induction_office},
        "contract": partner.contract,
        "licence": edition.indicia.licence,
        "category": partner.category,
        "item_kind": "postcards",
        "deposit_date": edition.day(cut_off).isoformat(),
        "cut_off": _moment(cut_off, edition),
        "sealed_at": _moment(sealed_at, edition),
        "count": len(lines),
        "unit_weight_mg": weight,
        "total_weight_mg": weight * len(lines),
        "totals": [
            {"country": total.country, "cards": total.cards, "weight_mg": total.weight_mg}
            for total in totals(lines, weight_mg=weight)
        ],
        "bundles": [
            {"bundle": bundle.name, "country": bundle.country, "cards": bundle.cards}
            for bundle in bundles(lines, weight_mg=weight)
        ],
        "journal_head": journal_head,
        "signatures": ["mailer", "post"],
    }


def mailer(edition: Edition) -> str:
    """This will name who hands the cards over: the organisers among those credited, else the campaign."""
    organisers = [credit.name for credit in edition.credits if credit.role == "organiser"]
    return ", ".join(organisers) or edition.name


def canonical(value: object) -> bytes:
    """This will write JSON in one way only: keys sorted, no spaces, UTF-8. TypeError for a fraction."""
    _refuse_fractions(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def guarded(cell: str) -> str:
    """This will return the cell so that no spreadsheet takes it for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def sums(files: Iterable[tuple[str, bytes]]) -> bytes:
    """This will write SHA256SUMS as `sha256sum --check` reads it, from names and 32-byte hashes."""
    return "".join(f"{sha256.hex()}  {name}\n" for name, sha256 in files).encode()


def _added(names: Iterable[tuple[str, str]], weight_mg: int) -> tuple[Total, ...]:
    counted = Counter(names)
    return tuple(Total(name, country, n, n * weight_mg) for (name, country), n in counted.items())


def _moment(at: dt.datetime, edition: Edition) -> str:
    return at.astimezone(edition.zone).isoformat(timespec="seconds")


def _refuse_fractions(value: object) -> None:
    if isinstance(value, float):
        raise TypeError("a fraction has no canonical form")
    for part in (
        value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    ):
        _refuse_fractions(part)
