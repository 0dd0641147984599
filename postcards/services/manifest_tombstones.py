"""Takes postcodes away when their time is over: a manifest's lines and files go, its header and hashes stay."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from postcards.models import Manifest, ManifestFile
from postcards.services import journal


def over(
    session: Session, *, campaign_id: int, handed_over_before: dt.datetime, sealed_before: dt.datetime
) -> list[int]:
    """This will list the numbers of the manifests whose content `forget` would drop."""
    found = select(Manifest.number).where(_due(campaign_id, handed_over_before, sealed_before)).distinct()
    return list(session.scalars(found.order_by(Manifest.number)))


def forget(
    session: Session,
    *,
    campaign_id: int,
    handed_over_before: dt.datetime,
    sealed_before: dt.datetime,
    by: str,
    at: dt.datetime,
) -> list[str]:
    """Drop the content of manifests that the Post took before a moment, with the versions they replaced.

    `sealed_before` is the bound for all others, such as a list that was never answered. This will return the
    keys of the files of every manifest without content, also of those that were dropped before: delete them
    once this is committed, and a run that died halfway is made up for by the next.
    """
    dropped = session.execute(
        update(Manifest)
        .where(_due(campaign_id, handed_over_before, sealed_before))
        .values(content=None)
        .returning(Manifest.number, Manifest.version)
    ).all()
    for manifest in dropped:
        journal.write(
            session,
            campaign_id=campaign_id,
            action="manifest.forgotten",
            subject=f"manifest:{manifest.number}",
            detail={"version": manifest.version},
            by=by,
            at=at,
        )
    return list(
        session.scalars(
            select(ManifestFile.file_key)
            .join(Manifest, Manifest.id == ManifestFile.manifest_id)
            .where(Manifest.campaign_id == campaign_id, Manifest.content.is_(None))
            .order_by(ManifestFile.file_key)
        )
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
