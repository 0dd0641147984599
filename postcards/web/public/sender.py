"""The sender's page: where the slip leads; how far the card has come, and the thanks. No address."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from postcards.errors import Refusal
from postcards.queries import campaigns, public_campaign
from postcards.queries.tracked_card import TrackedCard
from postcards.rules import tracking_code
from postcards.rules.card_life import CardStatus
from postcards.services import tracking
from postcards.vault import KeyMissing
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.doors import PUBLIC, guarded
from postcards.web.public.blueprint import asks_for_json, blueprint, mark_of, page, private, refused


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of the way: `state` is done, now or ahead; `at` when it is known."""

    key: str
    state: str
    at: dt.datetime | None


@blueprint.get("/S/<slip_code>")
@blueprint.get("/s/<slip_code>")
@guarded(PUBLIC)
def sender(slip_code: str) -> ResponseReturnValue:
    """The page, in either case of the address."""
    try:
        with kit().read() as session:
            card = tracking.find_by_slip_code(session, slip_code=slip_code)
            edition = campaigns.edition(session, card.campaign_id)
            unknown = _unknown(session, card)
    except Refusal as refusal:
        return refused(refusal, as_page=not asks_for_json())
    try:
        thanks = tracking.open_thanks(kit().vault, card)
    except KeyMissing:  # after retention the words are gone, the dates stay
        thanks = None
    return private(
        page(
            "public/sender.html",
            edition,
            card=card,
            steps=steps(card),
            thanks=thanks,
            cachet=mark_of(edition),
            spaced_slip_code=tracking_code.spaced(tracking_code.normalise(slip_code)),
            unknown=unknown,
        )
    )


def _unknown(session: Session, card: TrackedCard) -> bool:
    """Whether it has been silent for so long that we say so (unknown, not lost)."""
    if card.status != CardStatus.HANDED_OVER:
        return False
    left_at = card.handed_over_at or card.sealed_at
    patience = public_campaign.unknown_after(session, card.campaign_id, card.country)
    return left_at is not None and now() - left_at > patience


def steps(card: TrackedCard) -> list[Step]:
    """This will give the card's way in order; what came back or was given up ends where it happened."""
    status = CardStatus(card.status)
    way = [
        Step("registered", "done", card.registered_at),
        Step("printed", "done" if card.printed_at else "ahead", card.printed_at),
        Step("sealed", "done" if card.sealed_at else "ahead", card.sealed_at),
        Step("handed_over", "done" if card.handed_over_at else "ahead", card.handed_over_at),
        Step("arrived", "done" if card.arrived_at else "ahead", card.arrived_at),
    ]
    if status in (CardStatus.REFUSED, CardStatus.RETURNED, CardStatus.VOID):
        way = [step for step in way if step.state == "done"]
        return [*way, Step(status.value, "now", None)]
    if status is CardStatus.ARRIVED:
        # A recipient's word stands even where the Post's own papers came later or never.
        return [Step(step.key, "done", step.at) for step in way if step.at or step.key != "handed_over"]
    reached = [step.key for step in way].index(status.value)
    return [
        Step(
            step.key,
            "done" if n < reached else "now" if n == reached else "ahead",
            step.at if n <= reached else None,
        )
        for n, step in enumerate(way)
    ]
