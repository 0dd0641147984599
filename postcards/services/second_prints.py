"""A card is printed a second time on purpose only: whoever printed it says why, and two who did not know of each other
are told."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from postcards.errors import Denied, Fault, Invalid, says
from postcards.models import Card, PrintLog


class PrintedElsewhere(Denied):
    """A print run, or somebody else, printed the card since: there are two papers of it, and one is too many."""

    code = "printed_elsewhere"


def check(session: Session, *, card: Card, reason: str, by: str) -> None:
    """This will let a print of a card that counts as printed pass when it says why.

    Raises `PrintedElsewhere` when `by` has not printed it yet, as it is now, and `Invalid` when it has.
    """
    if reason:
        return
    own = exists().where(
        PrintLog.campaign_id == card.campaign_id,  # the index's first column
        PrintLog.card_id == card.id,
        PrintLog.code == card.code,
        PrintLog.by == by,
    )
    if not session.scalar(select(own)):
        raise PrintedElsewhere(
            "The desk has printed this card too. Put this one into the box for spoiled cards."
        )
    words = says("is missing: this card was printed before. Say why it is printed again.")
    raise Invalid(faults=[Fault("reason", "missing", words)])
