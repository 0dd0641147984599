"""What is left when a campaign is over: free words in records, devices' names, keys; and old traces of sign-ins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text, true, update
from sqlalchemy.orm import Session

from postcards.models import Campaign, Erasure
from postcards.queries import data_keys
from postcards.queries.retention import Calendar
from postcards.rules.retention import SIGN_IN_TRACES
from postcards.services import block_list, journal, key_rotation
from postcards.services.erasure import ledger_line
from postcards.services.forgetting import GIVEN_UP_IN_WORDS, REFUSED_IN_WORDS
from postcards.services.key_rotation import REST, KeyInUse
from postcards.vault import Vault

#: People may have written about people wherever they could write: what takes such words away, and which rows.
_WORDS = (
    ("UPDATE print_log SET reason = NULL", "print_log", "reason IS NOT NULL"),
    ("UPDATE print_run SET reason = NULL", "print_run", "reason IS NOT NULL"),
    ("UPDATE print_run SET failure = NULL", "print_run", "failure IS NOT NULL"),
    ("UPDATE spoiled_print SET reason = ''", "spoiled_print", "reason <> ''"),
    ("UPDATE receipt SET note = ''", "receipt", "note <> ''"),
    ("UPDATE receipt_refusal SET note = ''", "receipt_refusal", "note <> ''"),
    ("UPDATE receipt_refusal SET reason = ''", "receipt_refusal", REFUSED_IN_WORDS),
    ("UPDATE card SET void_reason = NULL", "card", GIVEN_UP_IN_WORDS),
    ("UPDATE kiosk SET device_name = NULL", "kiosk", "device_name IS NOT NULL"),
    ("DELETE FROM mail", "mail", "true"),
)
_RECORDS = tuple(text(f"{change} WHERE campaign_id = :id AND {there}") for change, _, there in _WORDS)

#: Rows that the same night takes before it comes to the records: mail goes with its address, a reason with its run.
_EARLIER = {
    "DELETE FROM mail": """EXISTS (SELECT FROM person p WHERE p.card_id = mail.card_id
                           AND (p.sender IS NOT NULL OR p.email_index IS NOT NULL))""",
    "UPDATE print_run SET reason = NULL": "run = ANY(:runs)",
}
_COUNT = "SELECT count(*) FROM {} WHERE campaign_id = :id AND {} AND NOT {}"
_RECORDS_LEFT = tuple(
    text(_COUNT.format(table, there, _EARLIER.get(change, "false"))) for change, table, there in _WORDS
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


def count_records(session: Session, *, campaign_id: int, print_runs: Sequence[int]) -> int:
    """This will count the rows that `forget_records` would take the words out of, when people and the files of these
    print runs had gone before."""
    values = {"id": campaign_id, "runs": list(print_runs)}
    return sum(session.execute(sql, values).scalar_one() for sql in _RECORDS_LEFT)


def forget_sign_ins(session: Session, *, at: dt.datetime) -> int:
    """This will take away sessions, one-time sign-ins and counted failures that are over for a month."""
    before = {"before": at - SIGN_IN_TRACES}
    return sum(session.execute(sql, before).rowcount for sql in _SIGN_INS)  # type: ignore[attr-defined]


def ledger_lines(session: Session, *, campaign_id: int | None = None) -> list[dict[str, Any]]:
    """This will give the lines of the ledger that the database knows, for the file: erasures of one campaign or of
    all, and the wishes for no other card, which are the whole house's."""
    rows = session.execute(
        select(Campaign.slug, Erasure)
        .join(Campaign, Campaign.id == Erasure.campaign_id)
        .where(true() if campaign_id is None else Erasure.campaign_id == campaign_id)
        .order_by(Erasure.at)
    )
    return [*(ledger_line(slug, row) for slug, row in rows), *block_list.ledger_lines(session)]


def end(session: Session, *, calendar: Calendar, vault: Vault, by: str, at: dt.datetime) -> Keys:
    """This will end a closed campaign of which nothing is left: its keys are retired, and destroyed when they rested.

    It cannot be opened again. While it is not closed its key stays, for new cards may come.
    """
    if not _is_over(calendar, at):
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


def look_at_end(session: Session, *, calendar: Calendar, vault: Vault, at: dt.datetime) -> Keys:
    """This will tell what `end` would do with the keys when nothing else was left, and change nothing."""
    if not _is_over(calendar, at):
        return Keys()
    # Before a campaign is forgotten its own rows hang on its keys; they go in the same night.
    used = data_keys.used(session) if calendar.forgotten else []
    needed = {use.key_id for use in used if use.is_needed}
    keys = [key for key in vault.data_keys() if key.campaign == calendar.slug and key.id not in needed]
    rested = [key for key in keys if key.retired_at is not None and key.retired_at + REST <= at]
    return Keys(destroyed=len(rested), resting=len(keys) - len(rested))


def _is_over(calendar: Calendar, at: dt.datetime) -> bool:
    return calendar.status == "closed" and at >= calendar.everything_goes
