"""Draws a booklet of stock cards and looks over them, as a print run is: nothing goes out that is not right."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from postcards.errors import Denied, says
from postcards.queries import campaigns
from postcards.rules.print_checks import in_words
from postcards.rules.sheet import Duplex
from postcards.services import stock
from postcards.services.faces import look_of, own_picture
from postcards.services.kiosks import KioskIdentity
from postcards.services.printing import Press


class NotFitToPrint(Denied):
    """The drawn cards did not pass the look over them. It is our fault, and trying again does not help."""

    code = "not_fit_to_print"


@dataclass(frozen=True, slots=True)
class DrawnStock:
    """A file of stock cards. `asked` is how many were wanted; fewer were free when `cards` is less."""

    booklet_id: uuid.UUID
    pdf: bytes
    cards: int
    asked: int
    first: int
    last: int


def lend_and_draw(
    session: Session,
    *,
    kiosk: KioskIdentity,
    stamps: int,
    sheet: str,
    duplex: Duplex = "long-edge",
    press: Press,
    by: str,
    at: dt.datetime,
) -> DrawnStock:
    """This will lend a new booklet of stock cards, draw it, and note it as printed, all or nothing.

    Raises what `stock.lend` raises, and `NotFitToPrint`.
    """
    booklet = stock.lend(session, kiosk=kiosk, booklet_id=uuid.uuid4(), stamps=stamps, by=by, at=at)
    drawn = draw(
        session,
        campaign_id=kiosk.campaign_id,
        booklet_id=booklet.id,
        asked=stamps,
        sheet=sheet,
        duplex=duplex,
        press=press,
    )
    _note(session, kiosk.campaign_id, drawn, press, by=by, at=at)
    return drawn


def draw_again(
    session: Session,
    *,
    campaign_id: int,
    booklet_id: uuid.UUID,
    sheet: str,
    duplex: Duplex = "long-edge",
    press: Press,
    by: str,
    at: dt.datetime,
) -> DrawnStock:
    """This will draw those cards of a booklet once more that nobody has written, and note it: the paper was spoiled.

    Raises `NotFound`, `AllWritten`, `NotFitToPrint`.
    """
    drawn = draw(
        session, campaign_id=campaign_id, booklet_id=booklet_id, sheet=sheet, duplex=duplex, press=press
    )
    _note(session, campaign_id, drawn, press, by=by, at=at)
    return drawn


def _note(
    session: Session, campaign_id: int, drawn: DrawnStock, press: Press, *, by: str, at: dt.datetime
) -> None:
    stock.note_printed(
        session,
        campaign_id=campaign_id,
        booklet_id=drawn.booklet_id,
        cards=drawn.cards,
        public_url=None if press.test else press.public_url,
        by=by,
        at=at,
    )


def draw(
    session: Session,
    *,
    campaign_id: int,
    booklet_id: uuid.UUID,
    asked: int | None = None,
    sheet: str,
    duplex: Duplex = "long-edge",
    press: Press,
) -> DrawnStock:
    """This will draw the cards of a booklet that nobody has written yet, both sides; it changes nothing.

    Raises `NotFound`, `AllWritten`, `NotFitToPrint`.
    """
    campaign, edition = campaigns.get(session, campaign_id), campaigns.edition(session, campaign_id)
    url = campaign.public_url or press.public_url
    faces = stock.faces(session, campaign_id=campaign_id, booklet_id=booklet_id, public_url=url)
    picture = own_picture(edition, press.pictures)
    look = look_of(edition, slug=campaign.slug, cap=campaign.cap, test=press.test, picture=picture)
    out = io.BytesIO()
    press.draw_run(look, faces, sheet=sheet, out=out, duplex=duplex)
    if press.preflight is not None:
        out.seek(0)
        faults = press.preflight(out, look, faces, sheet=sheet, duplex=duplex)
        if faults:
            why = in_words(faults[0].check, faults[0].why)
            raise NotFitToPrint(says("These cards cannot be printed as they are. %(why)s", why=why))
    return DrawnStock(
        booklet_id=booklet_id,
        pdf=out.getvalue(),
        cards=len(faces),
        asked=asked or len(faces),
        first=faces[0].number,
        last=faces[-1].number,
    )
