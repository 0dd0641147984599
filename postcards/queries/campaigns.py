"""Looks campaigns up; the edition of a campaign is kept parsed for a few seconds, for it hardly changes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Pool, select
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


@dataclass(slots=True)
class _Kept:
    """An edition, what it was parsed from, and how long nobody looks again."""

    until: float
    stored: dict[str, Any]
    edition: Edition


#: By the pool of connections, for one process may work for two databases, and then by campaign.
_editions: WeakKeyDictionary[Pool, dict[int, _Kept]] = WeakKeyDictionary()


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
    """This will give the campaign's edition, parsed: the very same object for as long as nothing in it changes."""
    engine = session.get_bind().engine
    known = known_edition(engine, campaign_id)
    if known is not None:
        return known
    of_pool = _editions.setdefault(engine.pool, {})
    kept = of_pool.get(campaign_id)
    stored = session.execute(select(Campaign.edition).where(Campaign.id == campaign_id)).scalar_one()
    parsed = kept.edition if kept is not None and kept.stored == stored else Edition.from_dict(stored)
    of_pool[campaign_id] = _Kept(time.monotonic() + KEPT, stored, parsed)
    return parsed


def known_edition(engine: Engine, campaign_id: int) -> Edition | None:
    """This will give the edition without asking the database, None when it was not asked a moment ago."""
    kept = _editions.get(engine.pool, {}).get(campaign_id)
    return kept.edition if kept is not None and kept.until > time.monotonic() else None


def venues(session: Session, campaign_id: int) -> list[VenueFound]:
    """This will list a campaign's venues in their order."""
    rows = session.execute(
        select(Venue.slug, Venue.name, Venue.kind)
        .where(Venue.campaign_id == campaign_id)
        .order_by(Venue.position)
    )
    return [VenueFound(*row) for row in rows]
