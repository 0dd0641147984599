"""Stock cards: a kiosk's stamps on paper with number and QR but no address, for people who write all by hand."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Callable

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from postcards.errors import Denied, Fault, Invalid, NotFound, says
from postcards.models import Booklet, Stamp, TrackingCode
from postcards.models.booklet import LARGEST
from postcards.rules.face import Face
from postcards.services import booklets, journal, kiosks
from postcards.services.booklets import BookletFound
from postcards.services.cards import freeze_public_url
from postcards.services.faces import tracking_url
from postcards.services.kiosks import KioskIdentity
from postcards.services.registration import KioskRetired, NotOpen


class AllWritten(Denied):
    """Of this booklet no card is left to print: all are bound or given back."""

    code = "nothing_to_print"


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
    """This will lend a booklet of stamps for stock cards, fewer than asked for when no more are free.

    Somebody decided how many: they are not shared among the kiosks as booklets for their pages are. Before the
    campaign opens it may be done, so that the cards lie ready. Raises `Invalid`, `CapReached`, `Busy`, `NotOpen`,
    `KioskRetired`.
    """
    if not 1 <= stamps <= LARGEST:
        raise Invalid(
            faults=[
                Fault("stamps", "range", says("One booklet has 1 to %(largest)s cards.", largest=LARGEST))
            ]
        )
    if kiosk.status not in ("waiting", "active"):
        raise KioskRetired("This kiosk is no longer in use. Choose another for these cards.")
    if kiosk.campaign_status == "closed":
        raise NotOpen("The campaign is closed: no card can be added to it.", code="campaign_closed")
    booklet = Booklet(
        id=booklet_id,
        campaign_id=kiosk.campaign_id,
        kiosk_id=kiosk.kiosk_id,
        asked=stamps,
        lent=1,
        status="lent",
        kind="stock",
        lent_at=at,
    )
    lent = booklets.fill(session, booklet=booklet, stamps=stamps, pause=pause, at=at)
    _journal(session, booklet, "stock.lent", len(lent), by=by, at=at)
    return BookletFound(booklet_id, lent, is_new=True)


def faces(session: Session, *, campaign_id: int, booklet_id: uuid.UUID, public_url: str) -> list[Face]:
    """This will lay out the cards of a booklet that nobody has written yet, in order of number.

    Raises `NotFound`, `AllWritten`.
    """
    _get(session, campaign_id, booklet_id)
    rows = session.execute(
        select(Stamp.number, TrackingCode.code)
        .join(
            TrackingCode,
            (TrackingCode.campaign_id == Stamp.campaign_id)
            & (TrackingCode.number == Stamp.number)
            & TrackingCode.ended.is_(None),
        )
        .where(Stamp.campaign_id == campaign_id, Stamp.booklet_id == booklet_id, Stamp.status == "lent")
        .order_by(Stamp.number)
    )
    found = [
        Face(number=number, tracking_code=code, url=tracking_url(public_url, code), address_lines=())
        for number, code in rows
    ]
    if not found:
        raise AllWritten("All cards of this booklet are bound to a country or given back: none is to print.")
    return found


def note_printed(
    session: Session,
    *,
    campaign_id: int,
    booklet_id: uuid.UUID,
    cards: int,
    public_url: str | None,
    by: str,
    at: dt.datetime,
) -> None:
    """This will note that a booklet's cards go to the printer: from now on its kiosk can bind them.

    `public_url` freezes the address in the campaign's QR codes (None for test cards). Raises `NotFound`.
    """
    booklet = _get(session, campaign_id, booklet_id)
    session.execute(
        update(Booklet).where(Booklet.id == booklet_id, Booklet.printed_at.is_(None)).values(printed_at=at)
    )
    if public_url is not None:
        freeze_public_url(session, campaign_id=campaign_id, public_url=public_url)
    _journal(session, booklet, "stock.printed", cards, by=by, at=at)


def take_back(
    session: Session, *, campaign_id: int, booklet_id: uuid.UUID, by: str, at: dt.datetime
) -> tuple[int, ...]:
    """This will put back the stamps of a booklet that no card was written on, and return their numbers.

    Their paper must be torn up: its codes are answered as replaced. Raises `NotFound`, `StampUsed` when one is bound
    at this moment.
    """
    booklet = _get(session, campaign_id, booklet_id)
    numbers = session.scalars(
        select(Stamp.number)
        .where(Stamp.campaign_id == campaign_id, Stamp.booklet_id == booklet_id, Stamp.status == "lent")
        .order_by(Stamp.number)
    ).all()
    if not numbers:
        return ()
    kiosk = kiosks.identity(session, campaign_id=campaign_id, kiosk_id=booklet.kiosk_id)
    return booklets.give_back(session, kiosk=kiosk, booklet_id=booklet_id, numbers=numbers, by=by, at=at)


def _get(session: Session, campaign_id: int, booklet_id: uuid.UUID) -> Booklet:
    booklet = session.get(Booklet, booklet_id, populate_existing=True)
    if booklet is None or booklet.campaign_id != campaign_id or booklet.kind != "stock":
        raise NotFound("There is no such booklet of stock cards in this campaign.")
    return booklet


def _journal(
    session: Session, booklet: Booklet, action: str, cards: int, *, by: str, at: dt.datetime
) -> None:
    journal.write(
        session,
        campaign_id=booklet.campaign_id,
        action=action,
        subject=f"booklet:{booklet.id}",
        detail={"stamps": cards, "kiosk": str(booklet.kiosk_id)},
        by=by,
        at=at,
    )
