"""Booklets over HTTP: a kiosk borrows stamps and gives back what it did not use."""

from __future__ import annotations

import uuid

from postcards.paper.qr import qr_svg
from postcards.services import booklets
from postcards.services.booklets import BookletFound
from postcards.services.faces import tracking_url
from postcards.services.kiosks import KioskIdentity
from postcards.web.api import endpoint
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.doors import KIOSK, caller
from postcards.web.kiosk import shapes
from postcards.web.kiosk.blueprint import api


@endpoint(
    api,
    "POST",
    "/api/v1/kiosk/booklets",
    door=KIOSK,
    summary="Borrow stamps; fewer than asked for near the end",
    body=shapes.BookletIn,
    answers={201: shapes.BookletOut, 200: shapes.BookletOut},
    refusals=(409,),
)
def lend_booklet(body: shapes.BookletIn) -> tuple[int, shapes.BookletOut]:
    """Repeated: 200, the same stamps."""
    kiosk = caller().device
    with kit().begin() as session:
        booklet = booklets.lend(
            session, kiosk=kiosk, booklet_id=body.id, stamps=body.stamps, by=caller().by, at=now()
        )
    return 201 if booklet.is_new else 200, booklet_out(booklet, kiosk)


@endpoint(
    api,
    "POST",
    "/api/v1/kiosk/booklets/<uuid:booklet_id>/return",
    door=KIOSK,
    summary="Give back exactly these stamps",
    body=shapes.ReturnIn,
    answers={200: shapes.ReturnOut},
    refusals=(404, 409),
)
def return_stamps(booklet_id: uuid.UUID, body: shapes.ReturnIn) -> tuple[int, shapes.ReturnOut]:
    """All of them or none; ones given back before are no fault."""
    kiosk = caller().device
    with kit().begin() as session:
        numbers = booklets.give_back(
            session, kiosk=kiosk, booklet_id=booklet_id, numbers=body.stamps, by=caller().by, at=now()
        )
    return 200, shapes.ReturnOut(id=booklet_id, returned=list(numbers))


def booklet_out(booklet: BookletFound, kiosk: KioskIdentity) -> shapes.BookletOut:
    """This will give a booklet as JSON, each stamp with the QR that its card will bear."""
    public_url = kiosk.public_url or kit().settings.public_url
    return shapes.BookletOut(
        id=booklet.id,
        stamps=[
            shapes.StampOut(
                number=stamp.number,
                tracking_code=stamp.tracking_code,
                slip_code=stamp.slip_code,
                qr_svg=qr_svg(tracking_url(public_url, stamp.tracking_code)),
            )
            for stamp in booklet.stamps
        ],
    )
