"""Spoiled cards: a misprint is printed again under the same number with a new code; the old paper must not travel."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, insert, text
from sqlalchemy.orm import Session

from postcards.errors import Denied, Invalid, NotFound, says
from postcards.models import SpoiledPrint
from postcards.rules.text import clean, faults_in
from postcards.services import journal, new_codes, tallies
from postcards.services.cards import REASON_MAX, InPrintRun
from postcards.services.print_control import tallies_of

_CARDS = text(
    """
    SELECT id, number, code, status, print_run_id, venue_slug, country, address_on_paper FROM card
    WHERE campaign_id = :campaign_id AND number = ANY(:numbers) AND status <> 'void'
    ORDER BY number FOR UPDATE
    """
)


class NotSpoilable(Denied):
    """The card is not on paper in this house: not printed yet, or with the Post."""

    code = "not_spoilable"


def spoil(
    session: Session, *, campaign_id: int, numbers: Collection[int], reason: str, by: str, at: dt.datetime
) -> list[int]:
    """This will note that the paper of these cards is spoiled: each leaves its tray, gets a new code, and waits for
    paper again; the old code is answered as replaced.

    All of them or none. This will return their numbers. Raises `Invalid`, `NotFound`, `NotSpoilable`, `InPrintRun`.
    """
    reason = clean(reason)
    if faults := faults_in(reason, field="reason", max_length=REASON_MAX):
        raise Invalid(faults=faults)
    found = session.execute(_CARDS, {"campaign_id": campaign_id, "numbers": sorted(set(numbers))}).all()
    _all_printed(found, numbers)
    session.execute(
        insert(SpoiledPrint),
        [
            {
                "code": card.code,
                "campaign_id": campaign_id,
                "card_id": card.id,
                "number": card.number,
                "reason": reason,
                "spoiled_at": at,
                "by": by,
            }
            for card in found
        ],
    )
    session.execute(
        text("UPDATE card SET status = 'registered', printed_at = NULL WHERE id = ANY(:ids)"),
        {"ids": [card.id for card in found]},
    )
    new_codes.give(
        session, campaign_id=campaign_id, cards=[(card.id, card.number, card.code) for card in found], at=at
    )
    tallies.move(
        session,
        campaign_id=campaign_id,
        moves=tallies_of([(card.venue_slug, card.country) for card in found]),
    )
    for card in found:
        journal.write(
            session,
            campaign_id=campaign_id,
            action="card.spoiled",
            subject=f"card:{card.id}",
            number=card.number,
            by=by,
            at=at,
        )
    return [card.number for card in found]


def _all_printed(found: Sequence[Row[Any]], numbers: Collection[int]) -> None:
    if missing := sorted(set(numbers) - {card.number for card in found}):
        raise NotFound(says("There is no card No. %(missing)s in this campaign.", missing=missing[0]))
    if not found:
        raise Invalid("Say which cards are spoiled.")
    for card in found:
        if card.address_on_paper:
            raise NotSpoilable(
                says(
                    "No. %(number)s was written by hand: it cannot be printed again. Give it up "
                    "and start a new one.",
                    number=card.number,
                )
            )
        if card.status == "registered":
            if card.print_run_id is not None:
                raise InPrintRun(
                    says(
                        "No. %(number)s is in a print run that is not ready yet. Cancel or wait for it.",
                        number=card.number,
                    )
                )
            raise NotSpoilable(
                says("No. %(number)s is not printed yet, so its paper cannot be spoiled.", number=card.number)
            )
        if card.status != "printed":
            raise NotSpoilable(
                says(
                    "No. %(number)s is on a manifest or with the post. It cannot be printed again now: "
                    "tell an organiser.",
                    number=card.number,
                )
            )
