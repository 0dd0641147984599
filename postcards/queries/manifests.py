"""What can be seen of manifests: the list, one with its files and receipts, and the cards that wait."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Boolean, func, literal_column, select
from sqlalchemy.orm import Session, aliased

from postcards.errors import NotFound, says
from postcards.models import Card, Manifest, ManifestFile, ManifestLine, Receipt, ReceiptRefusal
from postcards.queries.print_runs import has_paper


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """A manifest as a list shows it. `newest` is False when a later version took its place."""

    id: uuid.UUID
    number: int
    version: int
    status: str
    sealed_at: dt.datetime
    lines: int
    files_ready: bool
    newest: bool


Hash = bytes


@dataclass(frozen=True, slots=True)
class FileFound:
    """One file of a manifest; this stays when retention has taken the file itself."""

    name: str
    media_type: str
    bytes: int
    sha256: Hash
    file_key: str


@dataclass(frozen=True, slots=True)
class RefusedCard:
    """A card that the Post did not take."""

    number: int
    country: str
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class ReceiptFound:
    """One answer of the Post."""

    id: uuid.UUID
    status: str
    accepted: int
    refused: int
    difference: int
    note: str
    received_at: dt.datetime
    recorded_at: dt.datetime
    cards: tuple[RefusedCard, ...]


@dataclass(frozen=True, slots=True)
class ManifestFound:
    """One manifest whole. `header` is what was sealed; `gone` when its content is, in its time or with its key."""

    id: uuid.UUID
    number: int
    version: int
    status: str
    sealed_at: dt.datetime
    lines: int
    header: dict[str, Any]
    key_id: str
    content_sha256: Hash
    previous_sha256: Hash | None
    sums_sha256: Hash | None
    files_at: dt.datetime | None
    handed_over_at: dt.datetime | None
    gone: bool
    newest: bool
    files: tuple[FileFound, ...]
    receipts: tuple[ReceiptFound, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Printed cards that are not on a manifest: how many could go now, and why the others wait.

    `without_paper` are those in the file of a print run that nobody has taken yet.
    """

    ready: int
    held: int
    in_print_run: int
    without_paper: int
    suspended: dict[str, int]


Cursor = tuple[int, int]

#: The largest number that the database can be asked about (PostgreSQL's integer).
LARGEST = 2**31 - 1

_later = aliased(Manifest)
_NEWEST = ~(
    select(_later.id)
    .where(
        _later.campaign_id == Manifest.campaign_id,
        _later.number == Manifest.number,
        _later.version > Manifest.version,
    )
    .exists()
)
_ROW = (
    Manifest.id,
    Manifest.number,
    Manifest.version,
    Manifest.status,
    Manifest.sealed_at,
    Manifest.lines,
    Manifest.files_at.is_not(None).label("files_ready"),
    _NEWEST.label("newest"),
)


def page(
    session: Session,
    *,
    campaign_id: int,
    status: str | None = None,
    after: Cursor | None = None,
    limit: int = 50,
    newest_first: bool = False,
) -> list[ManifestRow]:
    """This will list up to `limit` manifests by number, each in its newest version.

    `after` is the (number, version) at which the page before ended.
    """
    place = (Manifest.number, Manifest.version)
    query = select(*_ROW).where(Manifest.campaign_id == campaign_id, Manifest.status != "draft", _NEWEST)
    if status is not None:
        query = query.where(Manifest.status == status)
    if after is not None and max(after) > LARGEST:
        return []
    if after is not None:
        pair = func.row(*place)
        query = query.where(pair < func.row(*after) if newest_first else pair > func.row(*after))
    order = [column.desc() for column in place] if newest_first else list(place)
    return [ManifestRow(*row) for row in session.execute(query.order_by(*order).limit(limit))]


def newest(session: Session, *, campaign_id: int, number: int, version: int | None = None) -> ManifestRow:
    """This will give the newest version of a manifest, or the version asked for. Raises `NotFound`."""
    if max(number, abs(version or 0)) > LARGEST:
        raise NotFound("There is no such manifest.")
    query = select(*_ROW).where(
        Manifest.campaign_id == campaign_id, Manifest.number == number, Manifest.status != "draft"
    )
    if version is not None:
        query = query.where(Manifest.version == version)
    row = session.execute(query.order_by(Manifest.version.desc()).limit(1)).one_or_none()
    if row is None:
        raise NotFound(
            says("There is no manifest %(number)s in version %(version)s.", number=number, version=version)
            if version
            else says("There is no manifest %(number)s.", number=number)
        )
    return ManifestRow(*row)


def detail(session: Session, *, campaign_id: int, number: int, version: int | None = None) -> ManifestFound:
    """This will give one manifest with its files and receipts, its newest version unless told. `NotFound`."""
    found = newest(session, campaign_id=campaign_id, number=number, version=version)
    row = session.execute(
        select(
            Manifest.header,
            Manifest.key_id,
            Manifest.content_sha256,
            Manifest.previous_sha256,
            Manifest.sums_sha256,
            Manifest.files_at,
            Manifest.handed_over_at,
            Manifest.content.is_(None).label("gone"),
        ).where(Manifest.id == found.id)
    ).one()
    return ManifestFound(
        id=found.id,
        number=found.number,
        version=found.version,
        status=found.status,
        sealed_at=found.sealed_at,
        lines=found.lines,
        newest=found.newest,
        files=files(session, manifest_id=found.id),
        receipts=receipts(session, manifest_id=found.id),
        **row._mapping,
    )


def files(session: Session, *, manifest_id: uuid.UUID) -> tuple[FileFound, ...]:
    """This will list a manifest's files in their order; none before they are made."""
    rows = session.execute(
        select(
            ManifestFile.name,
            ManifestFile.media_type,
            ManifestFile.bytes,
            ManifestFile.sha256,
            ManifestFile.file_key,
        )
        .where(ManifestFile.manifest_id == manifest_id)
        .order_by(ManifestFile.position)
    )
    return tuple(FileFound(*row) for row in rows)


def receipts(session: Session, *, manifest_id: uuid.UUID) -> tuple[ReceiptFound, ...]:
    """This will list the Post's answers to a manifest, oldest first, each with the cards it refused."""
    refused: dict[uuid.UUID, list[RefusedCard]] = {}
    for row in session.execute(
        select(
            ReceiptRefusal.receipt_id, Card.number, Card.country, ReceiptRefusal.reason, ReceiptRefusal.note
        )
        .join(Receipt, Receipt.id == ReceiptRefusal.receipt_id)
        .join(Card, Card.id == ReceiptRefusal.card_id)
        .where(Receipt.manifest_id == manifest_id)
        .order_by(Card.number)
    ):
        refused.setdefault(row.receipt_id, []).append(
            RefusedCard(row.number, row.country, row.reason, row.note)
        )
    rows = session.execute(
        select(
            Receipt.id,
            Receipt.status,
            Receipt.accepted,
            Receipt.refused,
            Receipt.difference,
            Receipt.note,
            Receipt.received_at,
            Receipt.recorded_at,
        )
        .where(Receipt.manifest_id == manifest_id)
        .order_by(Receipt.recorded_at, Receipt.id)
    )
    return tuple(ReceiptFound(*row, cards=tuple(refused.get(row.id, ()))) for row in rows)


def waiting(session: Session, *, campaign_id: int, suspended: Collection[str]) -> Waiting:
    """This will count the printed cards that are on no manifest, by what they wait for.

    `suspended` are the countries that the Post does not serve on the next deposit date.
    """
    is_held, in_run = func.cardinality(Card.held) > literal_column("0"), Card.print_run_id.is_not(None)
    on_paper = literal_column(has_paper("card"), Boolean)
    rows = session.execute(
        select(
            Card.country,
            is_held.label("is_held"),
            in_run.label("in_run"),
            on_paper.label("on_paper"),
            func.count().label("cards"),
        )
        .where(Card.campaign_id == campaign_id, Card.status == "printed")
        .group_by(Card.country, is_held, in_run, on_paper)
        .order_by(Card.country)
    ).all()
    unclaimed = [row for row in rows if not row.is_held and not row.in_run]
    free = [row for row in unclaimed if row.on_paper]
    return Waiting(
        ready=sum(row.cards for row in free if row.country not in suspended),
        held=sum(row.cards for row in rows if row.is_held),
        in_print_run=sum(row.cards for row in rows if row.in_run and not row.is_held),
        without_paper=sum(row.cards for row in unclaimed if not row.on_paper),
        suspended={row.country: row.cards for row in free if row.country in suspended},
    )


def card_numbers(session: Session, *, manifest_id: uuid.UUID) -> dict[int, uuid.UUID]:
    """This will give the cards of a manifest: number -> id."""
    rows = session.execute(
        select(ManifestLine.card_number, ManifestLine.card_id).where(ManifestLine.manifest_id == manifest_id)
    )
    return {row.card_number: row.card_id for row in rows}
