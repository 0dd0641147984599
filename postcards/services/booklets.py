"""Lends booklets of stamps to kiosks, and takes back, by number, what a kiosk did not use."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from postcards.errors import NotFound, says
from postcards.models import Booklet, TrackingCode
from postcards.models.booklet import LARGEST
from postcards.rules.booklet import fair_share
from postcards.rules.tracking_code import new_slip_code, new_tracking_code
from postcards.services import drawer, journal
from postcards.services.kiosks import KioskIdentity
from postcards.services.registration import IdReused, KioskRetired, NotOpen, lock_id

#: A kiosk seen within this time takes part when the last stamps are shared out.
ACTIVE_WITHIN = dt.timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class LentStamp:
    """A stamp in a booklet, with its codes. `is_open` while it is neither used nor given back."""

    number: int
    tracking_code: str
    slip_code: str
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class BookletFound:
    """A booklet and its stamps, in order of number."""

    id: uuid.UUID
    stamps: tuple[LentStamp, ...]
    is_new: bool = False


_NOT_OPEN = {
    "draft": says("The campaign is still a draft. Ask an organiser."),
    "paused": says("The campaign is paused. Ask an organiser."),
    "closed": says("The campaign is closed. Ask an organiser."),
}


def lend(
    session: Session,
    *,
    kiosk: KioskIdentity,
    booklet_id: uuid.UUID,
    stamps: int,
    pause: Callable[[float], None] = time.sleep,
    by: str,
    at: dt.datetime,
) -> BookletFound:
    """This will lend up to `stamps` stamps, fewer near the end of the drawer; asked again, the very same ones.

    Raises `CapReached`, `Busy`, `IdReused`, `NotOpen`, `KioskRetired`.
    """
    lock_id(session, booklet_id)
    known = session.get(Booklet, booklet_id)
    if known is not None:
        same = (known.campaign_id, known.kiosk_id, known.asked) == (kiosk.campaign_id, kiosk.kiosk_id, stamps)
        if not same or known.kind != "kiosk":
            raise IdReused("This id was used for another booklet. Make a new id for a new booklet.")
        return BookletFound(booklet_id, stamps_of(session, booklet_id))
    if kiosk.status != "active":
        raise KioskRetired("This kiosk was retired: it can hand in what it holds, and take nothing new.")
    if kiosk.campaign_status != "open":
        raise NotOpen(
            _NOT_OPEN.get(kiosk.campaign_status, _NOT_OPEN["closed"]),
            code=f"campaign_{kiosk.campaign_status}",
        )
    share = fair_share(free=_free(session, kiosk.campaign_id), kiosks=_active(session, kiosk, at))
    booklet = Booklet(
        id=booklet_id,
        campaign_id=kiosk.campaign_id,
        kiosk_id=kiosk.kiosk_id,
        asked=stamps,
        lent=1,
        status="lent",
        lent_at=at,
    )
    lent = fill(session, booklet=booklet, stamps=max(1, min(stamps, share, LARGEST)), pause=pause, at=at)
    _journal(session, kiosk, booklet_id, "booklet.lent", len(lent), by=by, at=at)
    return BookletFound(booklet_id, lent, is_new=True)


def fill(
    session: Session, *, booklet: Booklet, stamps: int, pause: Callable[[float], None], at: dt.datetime
) -> tuple[LentStamp, ...]:
    """This will put up to `stamps` stamps out of the drawer, with new codes, into a new booklet.

    Raises `CapReached`, `Busy`.
    """
    session.add(booklet)
    session.flush()
    numbers = drawer.lend(
        session, campaign_id=booklet.campaign_id, booklet_id=booklet.id, stamps=stamps, pause=pause
    )
    booklet.lent = len(numbers)
    lent = [LentStamp(number, new_tracking_code(), new_slip_code()) for number in numbers]
    session.execute(
        insert(TrackingCode),
        [
            {
                "code": stamp.tracking_code,
                "slip_code": stamp.slip_code,
                "campaign_id": booklet.campaign_id,
                "number": stamp.number,
                "booklet_id": booklet.id,
                "given_at": at,
            }
            for stamp in lent
        ],
    )
    return tuple(lent)


def give_back(
    session: Session,
    *,
    kiosk: KioskIdentity,
    booklet_id: uuid.UUID,
    numbers: Sequence[int],
    by: str,
    at: dt.datetime,
) -> tuple[int, ...]:
    """This will put exactly those stamps back into the drawer; ones given back before are no fault.

    A stamp of a printed stock card goes to the end of the drawer, and its code is answered as replaced: somebody
    may still hold the paper. Raises `NotFound`, `StampUsed` or `StampNotLent`, and then nothing was given back.
    """
    booklet = session.scalar(select(Booklet).where(Booklet.id == booklet_id).with_for_update())
    if booklet is None or (booklet.campaign_id, booklet.kiosk_id) != (kiosk.campaign_id, kiosk.kiosk_id):
        raise NotFound("There is no such booklet at this kiosk.")
    wanted = sorted(set(numbers))
    standing = {
        row.number: row
        for row in session.execute(
            text(
                """
                SELECT c.number, c.ended, c.card_id, s.status, s.booklet_id = :booklet_id AS here
                FROM tracking_code AS c JOIN stamp AS s ON s.campaign_id = c.campaign_id AND s.number = c.number
                WHERE c.booklet_id = :booklet_id AND c.number = ANY(:numbers)
                ORDER BY c.number, c.given_at FOR UPDATE OF s
                """
            ),
            {"booklet_id": booklet_id, "numbers": wanted},
        )
    }
    to_return = []
    for number in wanted:
        row = standing.get(number)
        if row is None:
            raise drawer.StampNotLent(
                says("Stamp %(number)s is not in this booklet. Nothing was given back.", number=number),
                number=number,
            )
        if row.ended == "returned" or (row.ended == "replaced" and row.card_id is None):
            continue
        if row.status != "lent" or not row.here:
            raise drawer.StampUsed(
                says("Stamp %(number)s carries a card. Nothing was given back.", number=number), number=number
            )
        to_return.append(number)
    if to_return:
        session.execute(
            text(
                """
                UPDATE tracking_code SET ended = :ending, ended_at = :at
                WHERE booklet_id = :booklet_id AND number = ANY(:numbers) AND ended IS NULL
                """
            ),
            {
                "booklet_id": booklet_id,
                "numbers": to_return,
                "ending": "returned" if booklet.printed_at is None else "replaced",
                "at": at,
            },
        )
        drawer.put_back(
            session,
            campaign_id=kiosk.campaign_id,
            numbers=to_return,
            before="lent",
            last=booklet.printed_at is not None,
        )
        _journal(session, kiosk, booklet_id, "booklet.returned", len(to_return), by=by, at=at)
    return tuple(wanted)


def open_booklets(session: Session, *, kiosk: KioskIdentity, kind: str = "kiosk") -> list[BookletFound]:
    """This will list the kiosk's booklets of a kind that still hold stamps to use, with those stamps only."""
    rows = session.execute(
        text(
            """
            SELECT s.booklet_id, s.number, c.code, c.slip_code
            FROM booklet AS b
            JOIN stamp AS s ON s.campaign_id = b.campaign_id AND s.booklet_id = b.id AND s.status = 'lent'
            JOIN tracking_code AS c ON c.campaign_id = s.campaign_id AND c.number = s.number AND c.ended IS NULL
            WHERE b.campaign_id = :campaign_id AND b.kiosk_id = :kiosk_id AND b.status = 'lent'
              AND b.kind = :kind AND (b.kind = 'kiosk' OR b.printed_at IS NOT NULL)
            ORDER BY b.lent_at, s.number
            """
        ),
        {"campaign_id": kiosk.campaign_id, "kiosk_id": kiosk.kiosk_id, "kind": kind},
    )
    found: dict[uuid.UUID, list[LentStamp]] = {}
    for row in rows:
        found.setdefault(row.booklet_id, []).append(LentStamp(row.number, row.code, row.slip_code))
    return [BookletFound(booklet_id, tuple(stamps)) for booklet_id, stamps in found.items()]


def stamps_of(session: Session, booklet_id: uuid.UUID) -> tuple[LentStamp, ...]:
    """This will give every stamp that was lent in this booklet, in order of number."""
    rows = session.execute(
        select(TrackingCode.number, TrackingCode.code, TrackingCode.slip_code, TrackingCode.ended)
        .where(TrackingCode.booklet_id == booklet_id)
        .order_by(TrackingCode.number)
    )
    return tuple(LentStamp(row.number, row.code, row.slip_code, row.ended is None) for row in rows)


def _free(session: Session, campaign_id: int) -> int:
    """How many stamps are free, counted no further than matters for one booklet."""
    return int(
        session.execute(
            text(
                """
                SELECT count(*) FROM (SELECT FROM stamp WHERE campaign_id = :campaign_id AND status = 'free'
                                      LIMIT 100000) AS free_stamps
                """
            ),
            {"campaign_id": campaign_id},
        ).scalar_one()
    )


def _active(session: Session, kiosk: KioskIdentity, at: dt.datetime) -> int:
    count = session.execute(
        text(
            """
            SELECT count(*) FROM kiosk
            WHERE campaign_id = :campaign_id AND status = 'active' AND last_seen_at > :since
            """
        ),
        {"campaign_id": kiosk.campaign_id, "since": at - ACTIVE_WITHIN},
    ).scalar_one()
    return max(1, int(count))


def _journal(
    session: Session,
    kiosk: KioskIdentity,
    booklet_id: uuid.UUID,
    action: str,
    stamps: int,
    *,
    by: str,
    at: dt.datetime,
) -> None:
    journal.write(
        session,
        campaign_id=kiosk.campaign_id,
        action=action,
        subject=f"booklet:{booklet_id}",
        detail={"stamps": stamps},
        by=by,
        at=at,
    )
