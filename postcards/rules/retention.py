"""When people's data has to go: the campaign's own periods, counted from what happened to each card.

Days are 24 hours from the moment they count from; days of the calendar would make the same promise longer or
shorter by the clock's changes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from postcards.rules.card_life import CardStatus
from postcards.rules.edition import Edition
from postcards.rules.edition_parts import Retention

#: What is kept of people for each card, in the order in which it goes.
PARTS: Final = ("message", "recipient", "email", "sender", "volunteer", "thanks")

#: A card that was given up travels nowhere. A week leaves time to find out that it was the wrong one.
GIVEN_UP: Final = dt.timedelta(days=7)
#: A print run's file is drawn again from the data when paper is spoiled late; a month is longer than any tray waits.
PRINT_FILE: Final = dt.timedelta(days=30)
#: Sign-ins and sessions that are over, kept so long for whoever has to look into a break-in.
SIGN_IN_TRACES: Final = dt.timedelta(days=30)
#: A night may be missed without a broken promise: the work is made up for in the next, and `check` speaks up after it.
GRACE: Final = dt.timedelta(days=2)
#: The hour, by the campaign's clock, from which a night's work may begin.
NIGHT: Final = dt.time(3, 0)

#: Statuses in which the card is out of our hands, so that nobody needs its words for printing any more.
_AWAY = (CardStatus.HANDED_OVER, CardStatus.ARRIVED, CardStatus.RETURNED)


@dataclass(frozen=True, slots=True)
class CardDates:
    """What happened to a card, as far as periods count from it; all moments are aware."""

    status: str
    received_at: dt.datetime
    handed_over_at: dt.datetime | None
    arrived_at: dt.datetime | None
    given_up_at: dt.datetime | None


def end_of(
    edition: Edition, *, closed_at: dt.datetime | None, last_card_at: dt.datetime | None
) -> dt.datetime:
    """This will return the moment the campaign ended, or will end.

    That is the end of its last day, or its last card when one came later; closing it earlier ends it earlier. So a
    campaign that nobody closes comes to its end too.
    """
    day_after = edition.dates.closes + dt.timedelta(days=1)
    end = dt.datetime.combine(day_after, dt.time(), tzinfo=edition.zone).astimezone(dt.UTC)
    if last_card_at is not None:
        end = max(end, last_card_at)
    return end if closed_at is None else min(end, closed_at)


def everything_goes(retention: Retention, end: dt.datetime) -> dt.datetime:
    """This will return the moment from which nothing about people is kept any more."""
    return end + dt.timedelta(days=retention.everything_after_end)


def parts_go(card: CardDates, *, retention: Retention, end: dt.datetime) -> Mapping[str, dt.datetime]:
    """This will return, for each of `PARTS`, the moment by which it must be gone.

    The sender's and the volunteer's names go with the last of recipient and e-mail, which they were kept for. A card
    that arrived without the Post's answer counts as handed over at its arrival.
    """
    last = everything_goes(retention, end)
    if card.status == CardStatus.VOID and card.given_up_at is not None:
        return dict.fromkeys(PARTS, min(last, card.given_up_at + GIVEN_UP))
    away = (card.handed_over_at or card.arrived_at) if card.status in _AWAY else None
    message = recipient = last
    if away is not None:
        message = min(last, away + dt.timedelta(days=retention.message_after_hand_over))
        recipient = min(last, away + dt.timedelta(days=retention.recipient_after_hand_over))
    email = min(last, card.received_at + dt.timedelta(days=retention.email_at_most))
    if card.arrived_at is not None:
        email = min(email, card.arrived_at + dt.timedelta(days=retention.email_after_arrival))
    names = max(recipient, email)
    return {
        "message": message,
        "recipient": recipient,
        "email": email,
        "sender": names,
        "volunteer": names,
        "thanks": last,
    }


def due(card: CardDates, *, retention: Retention, end: dt.datetime, at: dt.datetime) -> tuple[str, ...]:
    """This will return the parts whose time is over at `at`, in the order of `PARTS`."""
    goes = parts_go(card, retention=retention, end=end)
    return tuple(part for part in PARTS if goes[part] <= at)


def night_before(edition: Edition, at: dt.datetime) -> dt.datetime:
    """This will return the last moment, up to `at`, at which a night's work could begin by the campaign's clock."""
    local = at.astimezone(edition.zone)
    tonight = dt.datetime.combine(local.date(), NIGHT, tzinfo=edition.zone)
    if tonight > local:
        tonight = dt.datetime.combine(local.date() - dt.timedelta(days=1), NIGHT, tzinfo=edition.zone)
    return tonight.astimezone(dt.UTC)
