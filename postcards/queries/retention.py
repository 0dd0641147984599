"""What is kept of people for each card, and from when on its parts have to be gone."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import RowMapping, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Uuid

from postcards.models import Mail
from postcards.queries.campaigns import edition
from postcards.rules import retention as rules
from postcards.rules.edition_parts import Retention
from postcards.rules.retention import CardDates

__all__ = ["Calendar", "Kept", "calendar", "card", "edition", "kept", "mails"]


@dataclass(frozen=True, slots=True)
class Calendar:
    """A campaign's own periods, and its end; `forgotten` when nothing of it was left and its keys were given up."""

    campaign_id: int
    slug: str
    status: str
    retention: Retention
    end: dt.datetime
    forgotten: bool

    @property
    def everything_goes(self) -> dt.datetime:
        """The moment from which nothing about people is kept."""
        return rules.everything_goes(self.retention, self.end)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is there of one card. While its mail is `in_hand` of a worker, the sender's address stays for that."""

    card_id: uuid.UUID
    number: int
    dates: CardDates
    parts: tuple[str, ...]
    in_hand: bool

    def due(self, calendar: Calendar, at: dt.datetime) -> tuple[str, ...]:
        """This will give the parts that are there and have to go now."""
        over = rules.due(self.dates, retention=calendar.retention, end=calendar.end, at=at)
        held = ("email", "sender") if self.in_hand else ()
        return tuple(part for part in self.parts if part in over and part not in held)

    def goes(self, calendar: Calendar) -> Mapping[str, dt.datetime]:
        """This will give, for each part that is there, the moment it goes."""
        times = rules.parts_go(self.dates, retention=calendar.retention, end=calendar.end)
        return {part: times[part] for part in self.parts}


def calendar(session: Session, campaign_id: int) -> Calendar:
    """This will give the campaign's periods and end, counted with what has happened so far."""
    row = session.execute(
        text(
            """
            SELECT c.slug, c.status, c.closed_at, c.forgotten_at, max(k.received_at) AS last_card_at
            FROM campaign c LEFT JOIN card k ON k.campaign_id = c.id WHERE c.id = :id GROUP BY c.id
            """
        ),
        {"id": campaign_id},
    ).one()
    chosen = edition(session, campaign_id)
    closed_at = row.closed_at if row.status == "closed" else None
    end = rules.end_of(chosen, closed_at=closed_at, last_card_at=row.last_card_at)
    return Calendar(campaign_id, row.slug, row.status, chosen.retention, end, row.forgotten_at is not None)


_KEPT = """
    SELECT k.id AS card_id, k.number, k.status, k.received_at, k.handed_over_at, k.arrived_at,
           (SELECT t.ended_at FROM tracking_code t WHERE t.code = k.code AND t.ended = 'void') AS given_up_at,
           EXISTS (SELECT FROM mail m WHERE m.campaign_id = k.campaign_id AND m.card_id = k.id
                   AND m.status = 'sending' AND m.claimed_until > :at) AS in_hand,
           p.message IS NOT NULL AS message, p.recipient IS NOT NULL AS recipient, p.email_index IS NOT NULL AS email,
           p.sender IS NOT NULL AS sender, p.volunteer IS NOT NULL AS volunteer, a.thanks IS NOT NULL AS thanks
    FROM card k JOIN person p ON p.card_id = k.id LEFT JOIN arrival a ON a.card_id = k.id
    WHERE k.campaign_id = :campaign_id AND {which}
      AND (coalesce(p.sender, p.recipient, p.message, p.volunteer, a.thanks) IS NOT NULL OR p.email_index IS NOT NULL)
    ORDER BY k.id LIMIT :limit {lock}
"""
_NEXT = text(_KEPT.format(which="k.id > :after", lock=""))
_THESE = text(_KEPT.format(which="k.id = ANY(:only)", lock="FOR UPDATE OF k")).bindparams(
    bindparam("only", type_=ARRAY(Uuid()))
)
_ONE = text(_KEPT.format(which="k.id = :after", lock=""))


def kept(
    session: Session,
    *,
    campaign_id: int,
    after: uuid.UUID | None = None,
    only: Sequence[uuid.UUID] | None = None,
    limit: int,
    at: dt.datetime,
) -> list[Kept]:
    """This will list up to `limit` cards of which something is there, in order of id: those after an id, or, under
    lock, those of `only`."""
    values = {"campaign_id": campaign_id, "limit": limit, "at": at}
    if only is not None:
        rows = session.execute(_THESE, values | {"only": list(only)})
    else:
        rows = session.execute(_NEXT, values | {"after": after or uuid.UUID(int=0)})
    return [_kept(row._mapping) for row in rows]


def card(session: Session, *, campaign_id: int, card_id: uuid.UUID, at: dt.datetime) -> Kept | None:
    """This will give what is there of one card, None when nothing is."""
    values = {"campaign_id": campaign_id, "limit": 1, "at": at, "after": card_id}
    row = session.execute(_ONE, values).one_or_none()
    return None if row is None else _kept(row._mapping)


def mails(session: Session, ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """This will give those of the ids that are mails the database knows."""
    return set(session.scalars(select(Mail.id).where(Mail.id.in_(list(ids)))))


def _kept(row: RowMapping) -> Kept:
    dates = CardDates(
        status=row["status"],
        received_at=row["received_at"],
        handed_over_at=row["handed_over_at"],
        arrived_at=row["arrived_at"],
        given_up_at=row["given_up_at"],
    )
    parts = tuple(part for part in rules.PARTS if row[part])
    return Kept(row["card_id"], row["number"], dates, parts, row["in_hand"])
