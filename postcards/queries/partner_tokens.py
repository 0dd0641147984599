"""The tokens of a campaign's postal partner, as an operator lists them; the token itself is nowhere."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class TokenListed:
    """One token. `last_deed_at` is its newest download or answer; reading lists is not journalled."""

    id: int
    made_at: dt.datetime
    made_by: str | None
    last_deed_at: dt.datetime | None
    revoked_at: dt.datetime | None


_TOKENS = text(
    """
    SELECT t.id, t.created_at AS made_at, coalesce(s.email, made.by) AS made_by, deeds.last_deed_at, t.revoked_at
    FROM partner_token t
    LEFT JOIN journal made ON made.subject = 'partner_token:' || t.id AND made.action = 'partner_token.made'
    LEFT JOIN staff s ON made.by = 'staff:' || s.id
    LEFT JOIN (
        SELECT by, max(at) AS last_deed_at FROM journal
        WHERE campaign_id = :campaign_id AND starts_with(by, 'partner:') GROUP BY by
    ) AS deeds ON deeds.by = 'partner:' || t.id
    WHERE t.campaign_id = :campaign_id
    ORDER BY t.id DESC
    """
)


def partner_tokens(session: Session, *, campaign_id: int) -> list[TokenListed]:
    """This will list the campaign's tokens, newest first; one query."""
    return [TokenListed(**row._mapping) for row in session.execute(_TOKENS, {"campaign_id": campaign_id})]
