"""Looks campaigns up; the edition of a campaign is kept parsed for a few seconds, for it hardly changes."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from postcards.models import Campaign, Venue
from postcards.rules.edition import Edition

#: Seconds that a parsed edition is kept; a change reaches every process within this time.
KEPT = 5.0


@dataclass(frozen=True, slots=True)
class CampaignFound:
    """A campaign as it stands."""

    id: int
    slug: str
    name: str
    status: str
    cap: int
    data_key: str
    public_url: str | None


@dataclass(frozen=True, slots=True)
class VenueFound:
    """A venue of a campaign."""

    slug: str
    name: str
    kind: str


_COLUMNS = (
    Campaign.id,
    Campaign.slug,
    Campaign.name,
    Campaign.status,
    Campaign.cap,
    Campaign.data_key,
    Campaign.public_url,
)

_editions: dict[tuple[object, ...], tuple[float, Edition]] = {}


def find(session: Session, *, slug: str) -> CampaignFound | None:
    """This will find a campaign by its slug."""
    row = session.execute(select(*_COLUMNS).where(Campaign.slug == slug)).one_or_none()
    return None if row is None else CampaignFound(*row)


def get(session: Session, campaign_id: int) -> CampaignFound:
    """This will give the campaign with that id, which must exist."""
    return CampaignFound(*session.execute(select(*_COLUMNS).where(Campaign.id == campaign_id)).one())


def every(session: Session) -> list[CampaignFound]:
    """This will list all campaigns, oldest first."""
    return [CampaignFound(*row) for row in session.execute(select(*_COLUMNS).order_by(Campaign.id))]


def default(session: Session) -> CampaignFound | None:
    """This will give the campaign that `/` is about: the oldest open one, for opening another moves nobody's
    page; when none is open, the newest.
    """
    found = every(session)
    opened = [campaign for campaign in found if campaign.status == "open"]
    return opened[0] if opened else next(reversed(found), None)


def edition(session: Session, campaign_id: int) -> Edition:
    """This will give the campaign's edition, parsed."""
    url = session.get_bind().engine.url
    key = (url.host, url.port, url.query.get("host"), url.database, campaign_id)
    kept = _editions.get(key)
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    stored = session.execute(select(Campaign.edition).where(Campaign.id == campaign_id)).scalar_one()
    parsed = Edition.from_dict(stored)
    _editions[key] = (time.monotonic() + KEPT, parsed)
    return parsed


def venues(session: Session, campaign_id: int) -> list[VenueFound]:
    """This will list a campaign's venues in their order."""
    rows = session.execute(
        select(Venue.slug, Venue.name, Venue.kind)
        .where(Venue.campaign_id == campaign_id)
        .order_by(Venue.position)
    )
    return [VenueFound(*row) for row in rows]
