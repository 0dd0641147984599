"""Takes postcodes away when their time is over: a manifest's lines and files go, its header and hashes stay."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from postcards.models import Manifest, ManifestFile
from postcards.services import journal


@dataclass(frozen=True, slots=True)
class Over:
    """A version of a manifest whose time is over, with the keys of its files."""

    id: uuid.UUID
    number: int
    file_keys: tuple[str, ...]


def over(
    session: Session, *, campaign_id: int, handed_over_before: dt.datetime, sealed_before: dt.datetime
) -> list[Over]:
    """This will list the manifests that the Post took before a moment, with the versions they replaced, as far as
    their content is there. `sealed_before` is the bound for all others, such as a list that was never answered."""
    rows = session.execute(
        select(
            Manifest.id,
            Manifest.number,
            select(func.array_agg(aggregate_order_by(ManifestFile.file_key, ManifestFile.position)))
            .where(ManifestFile.manifest_id == Manifest.id)
            .scalar_subquery(),
        )
        .where(_due(campaign_id, handed_over_before, sealed_before))
        .order_by(Manifest.number, Manifest.version)
    )
    return [Over(row_id, number, tuple(keys or ())) for row_id, number, keys in rows]


def forget(session: Session, *, manifest_id: uuid.UUID, by: str, at: dt.datetime) -> None:
    """This will drop the content of one of them; delete its files before. Again, it changes nothing."""
    dropped = session.execute(
        update(Manifest)
        .where(Manifest.id == manifest_id, Manifest.content.is_not(None))
        .values(content=None)
        .returning(Manifest.campaign_id, Manifest.number, Manifest.version)
    ).one_or_none()
    if dropped is not None:
        journal.write(
            session,
            campaign_id=dropped.campaign_id,
            action="manifest.forgotten",
            subject=f"manifest:{dropped.number}",
            detail={"version": dropped.version},
            by=by,
            at=at,
        )


def _due(
    campaign_id: int, handed_over_before: dt.datetime, sealed_before: dt.datetime
) -> ColumnElement[bool]:
    taken = select(Manifest.number).where(
        Manifest.campaign_id == campaign_id, Manifest.handed_over_at < handed_over_before
    )
    return and_(
        Manifest.campaign_id == campaign_id,
        or_(Manifest.number.in_(taken), Manifest.sealed_at < sealed_before),
        Manifest.files_at.is_not(None),
        Manifest.content.is_not(None),
    )
