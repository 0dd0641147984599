"""Mail to senders as the desk lists it: of which card, what became of it; no address, for the rows hold none."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class MailRow:
    """One mail; `failure` is the code of the last try that failed, `not_before` when the next one comes."""

    id: uuid.UUID
    card_id: uuid.UUID
    number: int
    kind: str
    status: str
    attempts: int
    requested_at: dt.datetime
    not_before: dt.datetime
    sent_at: dt.datetime | None
    failure: str | None


@dataclass(frozen=True, slots=True)
class MailCounts:
    """All mails of a campaign by what became of them; `laid_down` lie in the outbox, for there was no server."""

    waiting: int
    sent: int
    laid_down: int
    failed: int


_NEWEST = text(
    """
    SELECT m.id, m.card_id, c.number, m.kind, m.status, m.attempts, m.requested_at, m.not_before, m.sent_at, m.failure
    FROM mail m JOIN card c ON c.campaign_id = m.campaign_id AND c.id = m.card_id
    WHERE m.campaign_id = :campaign_id
      AND (CAST(:before AS uuid) IS NULL
           OR (m.requested_at, m.id) < (SELECT b.requested_at, b.id FROM mail b
                                        WHERE b.campaign_id = :campaign_id AND b.id = :before))
    ORDER BY m.requested_at DESC, m.id DESC LIMIT :limit
    """
)

_COUNTS = text(
    """
    SELECT count(*) FILTER (WHERE status IN ('waiting', 'sending')) AS waiting,
           count(*) FILTER (WHERE status = 'sent' AND id <> ALL(:lying)) AS sent,
           count(*) FILTER (WHERE status = 'sent' AND id = ANY(:lying)) AS laid_down,
           count(*) FILTER (WHERE status = 'failed') AS failed
    FROM mail WHERE campaign_id = :campaign_id
    """
)


def newest(
    session: Session, *, campaign_id: int, limit: int, before: uuid.UUID | None = None
) -> list[MailRow]:
    """This will list up to `limit` mails asked for before that one, newest first; one query."""
    rows = session.execute(_NEWEST, {"campaign_id": campaign_id, "limit": limit, "before": before})
    return [MailRow(**row._mapping) for row in rows]


def counts(session: Session, *, campaign_id: int, lying: Collection[uuid.UUID]) -> MailCounts:
    """This will count the mails of a campaign, `lying` being those in the outbox; one query."""
    values = {"campaign_id": campaign_id, "lying": list(lying)}
    return MailCounts(**session.execute(_COUNTS, values).one()._mapping)
