"""Takes stamps out of a campaign's drawer and puts them back: the only code that moves a stamp.

The cap holds because a card needs a stamp and there are `cap` of them. Nobody is turned away while one is free:
SKIP LOCKED passes over stamps that another transaction holds and may yet give back, so when it finds none, a plain
look in a new statement decides between "none is free" and "wait a moment".
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from postcards.errors import Denied, Unavailable, says

#: How often a free stamp that others hold is tried for, and the pause between, seconds (about 2 s altogether).
TRIES = 110
PAUSE = (0.005, 0.030)


class CapReached(Denied):
    """Every stamp is used, lent or set apart; `lent` tells how many may yet come back."""

    code = "cap_reached"


class Busy(Unavailable):
    """It could not be found out in time whether a stamp is free; the same request may be sent again."""

    code = "busy"


class StampUsed(Denied):
    """The stamp carries a card already."""

    code = "stamp_used"


class StampNotLent(Denied):
    """The stamp was never lent to this kiosk, or was given back."""

    code = "stamp_not_lent"


class StampRecalled(Denied):
    """The booklet of this stamp was recalled."""

    code = "stamp_recalled"


#: `=` and not `IN`: with IN the subquery may be run again and two stamps be taken.
_TAKE_FREE = text(
    """
    UPDATE stamp SET status = 'used', card_id = :card_id
    WHERE campaign_id = :campaign_id AND number = (
        SELECT number FROM stamp WHERE campaign_id = :campaign_id AND status = 'free'
        ORDER BY turn LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING number
    """
)

_IS_ONE_FREE = text("SELECT EXISTS (SELECT FROM stamp WHERE campaign_id = :campaign_id AND status = 'free')")

_TAKE_LENT = text(
    """
    UPDATE stamp SET status = 'used', card_id = :card_id
    FROM booklet
    WHERE stamp.campaign_id = :campaign_id AND stamp.number = :number AND stamp.status = 'lent'
      AND booklet.id = stamp.booklet_id AND booklet.kiosk_id = :kiosk_id AND booklet.status = 'lent'
      AND booklet.kind = :kind
    RETURNING stamp.number
    """
)

_LEND = text(
    """
    WITH picked AS MATERIALIZED (
        SELECT number FROM stamp WHERE campaign_id = :campaign_id AND status = 'free'
        ORDER BY turn LIMIT :stamps FOR UPDATE SKIP LOCKED)
    UPDATE stamp SET status = 'lent', booklet_id = :booklet_id
    FROM picked WHERE stamp.campaign_id = :campaign_id AND stamp.number = picked.number
    RETURNING stamp.number
    """
)

_LENT = text("SELECT count(*) FROM stamp WHERE campaign_id = :campaign_id AND status = 'lent'")


def take_free(
    session: Session,
    *,
    campaign_id: int,
    card_id: uuid.UUID,
    pause: Callable[[float], None] = time.sleep,
) -> int:
    """This will use the next free stamp for the card and give its number. Raises `CapReached` or `Busy`."""
    values = {"campaign_id": campaign_id, "card_id": card_id}
    for _ in range(TRIES):
        number = session.execute(_TAKE_FREE, values).scalar()
        if number is not None:
            return int(number)
        _none_left_or_wait(session, campaign_id, pause)
    raise Busy("The last stamps are being decided on. Please try again in a moment.")


def take_lent(
    session: Session,
    *,
    campaign_id: int,
    kiosk_id: uuid.UUID,
    number: int,
    card_id: uuid.UUID,
    kind: str = "kiosk",
) -> int:
    """This will use a stamp that is lent to this kiosk, in a booklet of that kind: a stock card's stamp is on paper
    already, and only that paper may carry it. Raises `StampUsed`, `StampRecalled`, `StampNotLent`.
    """
    values = {"campaign_id": campaign_id, "kiosk_id": kiosk_id, "number": number, "card_id": card_id}
    if session.execute(_TAKE_LENT, values | {"kind": kind}).scalar() is None:
        raise _why_not(session, campaign_id=campaign_id, kiosk_id=kiosk_id, number=number, kind=kind)
    return number


def lend(
    session: Session,
    *,
    campaign_id: int,
    booklet_id: uuid.UUID,
    stamps: int,
    pause: Callable[[float], None] = time.sleep,
) -> list[int]:
    """This will lend up to `stamps` free stamps into the booklet, in order. Raises `CapReached` or `Busy`."""
    values = {"campaign_id": campaign_id, "booklet_id": booklet_id, "stamps": stamps}
    for _ in range(TRIES):
        numbers = sorted(session.execute(_LEND, values).scalars())
        if numbers:
            return numbers
        _none_left_or_wait(session, campaign_id, pause)
    raise Busy("The last stamps are being decided on. Please try again in a moment.")


def put_back(
    session: Session, *, campaign_id: int, numbers: Sequence[int], before: str, last: bool = False
) -> int:
    """This will put stamps of status `before` back where their numbers belong; gives how many there were.

    With `last` they go to the end of the drawer, so that a number that is still talked about is not soon another's.
    """
    freed = session.execute(
        text(
            """
            UPDATE stamp SET status = 'free', booklet_id = NULL, card_id = NULL,
                turn = number + CASE WHEN CAST(:last AS boolean)
                    THEN (SELECT max(turn) FROM stamp WHERE campaign_id = :campaign_id) ELSE 0 END
            WHERE campaign_id = :campaign_id AND number = ANY(:numbers) AND status = :before
            """
        ),
        {"campaign_id": campaign_id, "numbers": list(numbers), "before": before, "last": last},
    )
    return int(freed.rowcount)  # type: ignore[attr-defined]


def withdraw(session: Session, *, campaign_id: int, number: int) -> None:
    """This will keep a used stamp out of the drawer: its paper is missing, and may yet turn up."""
    session.execute(
        text(
            """
            UPDATE stamp SET status = 'withdrawn', card_id = NULL
            WHERE campaign_id = :campaign_id AND number = :number AND status = 'used'
            """
        ),
        {"campaign_id": campaign_id, "number": number},
    )


def _none_left_or_wait(session: Session, campaign_id: int, pause: Callable[[float], None]) -> None:
    """Raises `CapReached` when no stamp is free, at this new statement's instant; otherwise waits a moment."""
    if not session.execute(_IS_ONE_FREE, {"campaign_id": campaign_id}).scalar():
        lent = session.execute(_LENT, {"campaign_id": campaign_id}).scalar() or 0
        words = says("All stamps of this campaign are used.")
        if lent:
            words = says(
                "All stamps are used or at other kiosks; %(lent)s of those may still come back.", lent=lent
            )
        raise CapReached(words, lent=lent)
    pause(random.uniform(*PAUSE))  # noqa: S311 - jitter, not a secret


def _why_not(session: Session, *, campaign_id: int, kiosk_id: uuid.UUID, number: int, kind: str) -> Denied:
    row = session.execute(
        text(
            """
            SELECT stamp.status, booklet.status AS booklet, booklet.kind, EXISTS (
                SELECT FROM tracking_code AS c JOIN booklet AS b ON b.id = c.booklet_id
                WHERE c.campaign_id = :campaign_id AND c.number = :number AND b.kiosk_id = :kiosk_id
                  AND b.status = 'recalled') AS recalled
            FROM stamp LEFT JOIN booklet ON booklet.id = stamp.booklet_id AND booklet.kiosk_id = :kiosk_id
            WHERE stamp.campaign_id = :campaign_id AND stamp.number = :number
            """
        ),
        {"campaign_id": campaign_id, "kiosk_id": kiosk_id, "number": number},
    ).one_or_none()
    if row is not None and (row.recalled or row.booklet == "recalled"):
        return StampRecalled(
            says(
                "Stamp %(number)s was recalled from this kiosk. Set the card aside for the desk.",
                number=number,
            )
        )
    if row is not None and row.status == "used" and row.booklet is not None:
        return StampUsed(says("Stamp %(number)s carries a card already. Take the next one.", number=number))
    if row is not None and row.status == "lent" and row.kind == "stock":
        return StampNotLent(
            says(
                "Stamp %(number)s is on a stock card, for writing by hand. Take the next stamp.",
                number=number,
            )
        )
    if kind == "stock":
        return StampNotLent(
            says("No. %(number)s is no stock card of this kiosk. Look at the number again.", number=number)
        )
    return StampNotLent(says("Stamp %(number)s is not lent to this kiosk.", number=number))
