"""Gives cards new tracking codes under their old numbers; the old codes stay known, and are answered as replaced."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from postcards.models import TrackingCode
from postcards.rules.tracking_code import new_slip_code, new_tracking_code


def give(
    session: Session,
    *,
    campaign_id: int,
    cards: Sequence[tuple[uuid.UUID, int, str]],
    at: dt.datetime,
) -> None:
    """This will end the code of each card (id, number, code), which the caller has locked, and give it a new one."""
    if not cards:
        return
    session.execute(
        text(
            "UPDATE tracking_code SET ended = 'replaced', ended_at = :at WHERE code = ANY(:codes) AND ended IS NULL"
        ),
        {"at": at, "codes": [code for _, _, code in cards]},
    )
    fresh = [
        {
            "code": new_tracking_code(),
            "slip_code": new_slip_code(),
            "campaign_id": campaign_id,
            "number": number,
            "card_id": card_id,
            "given_at": at,
        }
        for card_id, number, _ in cards
    ]
    session.execute(insert(TrackingCode), fresh)
    session.execute(
        text(
            """
            UPDATE card SET code = new.code
            FROM unnest(CAST(:ids AS uuid[]), CAST(:codes AS text[])) AS new (id, code) WHERE card.id = new.id
            """
        ),
        {"ids": [row["card_id"] for row in fresh], "codes": [row["code"] for row in fresh]},
    )
