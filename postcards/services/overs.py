"""What is left when a campaign is over: free words in records, devices' names, keys; and old traces of sign-ins."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text, true, update
from sqlalchemy.orm import Session

from postcards.models import Campaign, Erasure
from postcards.queries.retention import Calendar
from postcards.rules.retention import SIGN_IN_TRACES
from postcards.services import journal, key_rotation
from postcards.services.erasure import ledger_line
from postcards.services.key_rotation import KeyInUse
from postcards.vault import Vault

#: People may have written about people wherever they could write. Each statement takes such words away, once.
_RECORDS = tuple(
    text(sql)
    for sql in (
        "UPDATE print_log SET reason = NULL WHERE campaign_id = :id AND reason IS NOT NULL",
        "UPDATE print_run SET reason = NULL WHERE campaign_id = :id AND reason IS NOT NULL",
        "UPDATE print_run SET failure = NULL WHERE campaign_id = :id AND failure IS NOT NULL",
        "UPDATE spoiled_print SET reason = '' WHERE campaign_id = :id AND reason <> ''",
        "UPDATE receipt SET note = '' WHERE campaign_id = :id AND note <> ''",
        "UPDATE receipt_refusal SET note = '' WHERE campaign_id = :id AND note <> ''",
        "UPDATE kiosk SET device_name = NULL WHERE campaign_id = :id AND device_name IS NOT NULL",
        "DELETE FROM mail WHERE campaign_id = :id",
    )
)

_SIGN_INS = tuple(
    text(sql)
    for sql in (
        "DELETE FROM staff_session WHERE coalesce(ended_at, expires_at) < :before",
        "DELETE FROM sign_in_link WHERE least(used_at, expires_at) < :before",
        "DELETE FROM sign_in_attempts WHERE greatest(last_at, not_before) < :before",
    )
)


@dataclass(frozen=True, slots=True)
class Keys:
    """What became of the data keys of a campaign that is over: those that rest are destroyed the next time."""

    destroyed: int = 0
    resting: int = 0


_LEFT = text(
    """
    SELECT EXISTS (SELECT FROM person WHERE campaign_id = :id
                   AND (coalesce(sender, recipient, message, volunteer) IS NOT NULL OR email_index IS NOT NULL))
        OR EXISTS (SELECT FROM arrival WHERE campaign_id = :id AND thanks IS NOT NULL)
        OR EXISTS (SELECT FROM manifest WHERE campaign_id = :id AND content IS NOT NULL)
        OR EXISTS (SELECT FROM print_part WHERE campaign_id = :id AND file_key IS NOT NULL)
        OR EXISTS (SELECT FROM print_fault WHERE campaign_id = :id)
    """
)


def forget_records(session: Session, *, campaign_id: int) -> int:
    """This will take free words out of a campaign's records, with its mail rows; gives how many rows there were."""
    return sum(session.execute(sql, {"id": campaign_id}).rowcount for sql in _RECORDS)  # type: ignore[attr-defined]


def forget_sign_ins(session: Session, *, at: dt.datetime) -> int:
    """This will take away sessions, one-time sign-ins and counted failures that are over for a month."""
    before = {"before": at - SIGN_IN_TRACES}
    return sum(session.execute(sql, before).rowcount for sql in _SIGN_INS)  # type: ignore[attr-defined]


def ledger_lines(session: Session, *, campaign_id: int | None = None) -> list[dict[str, Any]]:
    """This will give the lines of the ledger that the database knows, of one campaign or of all, for the file."""
    rows = session.execute(
        select(Campaign.slug, Erasure)
        .join(Campaign, Campaign.id == Erasure.campaign_id)
        .where(true() if campaign_id is None else Erasure.campaign_id == campaign_id)
        .order_by(Erasure.at)
    )
    return [ledger_line(slug, row) for slug, row in rows]


def end(session: Session, *, calendar: Calendar, vault: Vault, by: str, at: dt.datetime) -> Keys:
    """This will end a closed campaign of which nothing is left: its keys are retired, and destroyed when they rested.

    It cannot be opened again. While it is not closed its key stays, for new cards may come.
    """
    if calendar.status != "closed" or at < calendar.everything_goes:
        return Keys()
    values = {"id": calendar.campaign_id}
    if not calendar.forgotten:
        session.execute(text("SELECT FROM campaign WHERE id = :id FOR UPDATE"), values)
        if session.scalar(_LEFT, values):
            return Keys()
        session.execute(
            update(Campaign)
            .where(Campaign.id == calendar.campaign_id, Campaign.status == "closed")
            .values(forgotten_at=at)
        )
        journal.write(
            session,
            campaign_id=calendar.campaign_id,
            action="campaign.forgotten",
            subject=f"campaign:{calendar.slug}",
            by=by,
            at=at,
        )
    destroyed = resting = 0
    for key in vault.data_keys():
        if key.campaign == calendar.slug:
            try:
                key_rotation.destroy(session, key_id=key.id, vault=vault, by=by, at=at)
                destroyed += 1
            except KeyInUse:  # it is retired now, and rests for an hour
                resting += 1
    return Keys(destroyed, resting)
