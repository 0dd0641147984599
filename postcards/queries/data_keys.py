"""Data keys as the database knows them: what is sealed with each, and which one each campaign seals with now."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from postcards.models import Campaign
from postcards.queries.retention import calendar

# What retention or an erasure took away hangs on no key any more, and a campaign that is over needs none.
_USED = text(
    """
    WITH used AS (
        SELECT campaign_id, key_id, count(*) AS people, 0 AS thanks, 0 AS manifests, 0 AS print_runs FROM person
        WHERE coalesce(sender, recipient, message, volunteer) IS NOT NULL GROUP BY 1, 2
        UNION ALL SELECT campaign_id, key_id, 0, count(*), 0, 0 FROM arrival WHERE key_id IS NOT NULL GROUP BY 1, 2
        UNION ALL SELECT campaign_id, key_id, 0, 0, count(*), 0 FROM manifest WHERE content IS NOT NULL GROUP BY 1, 2
        UNION ALL SELECT campaign_id, key_id, 0, 0, 0, count(DISTINCT print_run_id) FROM (
            SELECT campaign_id, key_id, print_run_id FROM print_part WHERE key_id IS NOT NULL
            UNION SELECT campaign_id, key_id, print_run_id FROM print_fault) AS runs GROUP BY 1, 2
        UNION ALL SELECT id, data_key, 0, 0, 0, 0 FROM campaign
    )
    SELECT used.key_id, c.slug, used.key_id = c.data_key AND c.forgotten_at IS NULL AS is_current,
           sum(people)::int AS people, sum(thanks)::int AS thanks, sum(manifests)::int AS manifests,
           sum(print_runs)::int AS print_runs
    FROM used JOIN campaign c ON c.id = used.campaign_id
    GROUP BY 1, 2, 3 ORDER BY 2, 3 DESC, 1
    """
)


_IN_FORCE = text("SELECT slug, data_key FROM campaign WHERE forgotten_at IS NULL ORDER BY slug")


_NUMBERS = text(
    """
    SELECT k.number FROM person p JOIN card k ON k.id = p.card_id JOIN campaign c ON c.id = p.campaign_id
    WHERE c.slug = :slug AND p.key_id = :key_id
      AND coalesce(p.sender, p.recipient, p.message, p.volunteer) IS NOT NULL ORDER BY 1
    """
)


@dataclass(frozen=True, slots=True)
class KeyUse:
    """What hangs on one data key of a campaign: rows of people, thanks, lists with content, print runs with a file."""

    key_id: str
    slug: str
    is_current: bool
    people: int
    thanks: int
    manifests: int
    print_runs: int

    @property
    def is_needed(self) -> bool:
        """True when something could not be read without it, or new data is sealed with it."""
        return self.is_current or any((self.people, self.thanks, self.manifests, self.print_runs))

    def words(self) -> str:
        """This will say in words what hangs on it."""
        counts = {
            "people's data of {} cards": self.people,
            "{} replies": self.thanks,
            "{} manifests": self.manifests,
            "{} print runs": self.print_runs,
        }
        found = [words.format(n) for words, n in counts.items() if n]
        return ", ".join((["all new data"] if self.is_current else []) + found) or "nothing"


def in_force(session: Session) -> dict[str, str]:
    """This will give the data key that each campaign (its slug) seals with, without those that gave theirs up."""
    return {row.slug: row.data_key for row in session.execute(_IN_FORCE)}


def over(session: Session, *, at: dt.datetime) -> set[str]:
    """This will give the slugs of closed campaigns of which nothing is kept any more at `at`: they need no key, also
    where a backup from before has brought them back, and the next night forgets them again."""
    closed = session.scalars(select(Campaign.id).where(Campaign.status == "closed")).all()
    calendars = [calendar(session, campaign_id) for campaign_id in closed]
    return {each.slug for each in calendars if each.forgotten or each.everything_goes <= at}


def used(session: Session) -> list[KeyUse]:
    """This will list every data key that the database names, the campaigns by slug, the key in force first."""
    return [KeyUse(**row._mapping) for row in session.execute(_USED)]


def numbers(session: Session, *, slug: str, key_id: str) -> list[int]:
    """This will list the numbers of a campaign's cards whose people's data is sealed with that key."""
    found = session.scalars(_NUMBERS, {"slug": slug, "key_id": key_id})
    return list(found)
