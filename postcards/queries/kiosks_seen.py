"""The kiosks of a campaign, and whether each is heard of when it should be."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from postcards.rules.edition import Edition

#: A kiosk that is online asks for its state every few seconds; longer than this it is offline or off.
SILENT_AFTER = dt.timedelta(minutes=20)


@dataclass(frozen=True, slots=True)
class KioskSeen:
    """One device; `lent` counts the stamps in its booklets that are not used."""

    id: uuid.UUID
    name: str
    venue_slug: str
    venue_name: str
    status: str
    device_name: str | None
    created_at: dt.datetime
    paired_at: dt.datetime | None
    last_seen_at: dt.datetime | None
    pairing_expires_at: dt.datetime | None
    lent: int
    venue_open: bool
    silent: bool


_KIOSKS = text(
    """
    SELECT k.id, k.name, k.venue_slug, k.status, k.device_name, k.created_at, k.paired_at, k.last_seen_at,
           k.pairing_expires_at, coalesce(s.lent, 0) AS lent
    FROM kiosk k
    LEFT JOIN (
        SELECT b.kiosk_id, count(*) AS lent
        FROM stamp s JOIN booklet b ON b.campaign_id = s.campaign_id AND b.id = s.booklet_id
        WHERE s.campaign_id = :campaign_id AND s.status = 'lent' GROUP BY b.kiosk_id
    ) AS s ON s.kiosk_id = k.id
    JOIN venue v ON v.campaign_id = k.campaign_id AND v.slug = k.venue_slug
    WHERE k.campaign_id = :campaign_id
    ORDER BY k.status IN ('retired', 'revoked'), v.position, k.name, k.created_at
    """
)


def kiosks_seen(session: Session, *, campaign_id: int, edition: Edition, at: dt.datetime) -> list[KioskSeen]:
    """This will list the kiosks, those in use first, in the venues' order; one query."""
    names = {venue.slug: venue.name for venue in edition.venues}
    found = []
    for row in session.execute(_KIOSKS, {"campaign_id": campaign_id}):
        silent = row.status == "active" and (row.last_seen_at is None or row.last_seen_at < at - SILENT_AFTER)
        found.append(
            KioskSeen(
                **row._mapping,
                venue_name=names.get(row.venue_slug, row.venue_slug),
                venue_open=_is_open(edition, row.venue_slug, at),
                silent=silent,
            )
        )
    return found


def _is_open(edition: Edition, venue_slug: str, at: dt.datetime) -> bool:
    local = at.astimezone(edition.zone)
    for venue in edition.venues:
        if venue.slug == venue_slug:
            openings = venue.hours_on(local.date()).openings
            return any(opening.opens <= local.time() < opening.closes for opening in openings)
    return False
