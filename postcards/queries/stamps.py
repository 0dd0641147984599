"""How the drawer of stamps stands."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Drawer:
    """Stamps of a campaign by what has become of them; together they are the cap."""

    used: int
    lent: int
    free: int
    held: int
    withdrawn: int

    @property
    def cap(self) -> int:
        return self.used + self.lent + self.free + self.held + self.withdrawn


#: Used stamps are the living cards of the tallies; the few set apart stand in a partial index; the rest are free.
#: One statement, so that the five add up to the cap whatever is being committed meanwhile.
_DRAWER = text(
    """
    SELECT c.cap,
        (SELECT coalesce(sum(cards), 0) FROM (
            SELECT cards FROM tally WHERE campaign_id = c.id AND status <> 'void'
            UNION ALL
            SELECT cards FROM tally_delta WHERE campaign_id = c.id AND status <> 'void') AS t) AS used,
        count(*) FILTER (WHERE s.status = 'lent') AS lent,
        count(*) FILTER (WHERE s.status = 'held') AS held,
        count(*) FILTER (WHERE s.status = 'withdrawn') AS withdrawn
    FROM campaign c
    LEFT JOIN stamp s ON s.campaign_id = c.id AND s.status IN ('lent', 'held', 'withdrawn')
    WHERE c.id = :campaign_id
    GROUP BY c.id, c.cap
    """
)


def drawer(session: Session, campaign_id: int) -> Drawer:
    """This will count the stamps of a campaign by status, without scanning them."""
    row = session.execute(_DRAWER, {"campaign_id": campaign_id}).one()
    used, lent, held, withdrawn = int(row.used), row.lent, row.held, row.withdrawn
    return Drawer(used, lent, row.cap - used - lent - held - withdrawn, held, withdrawn)
