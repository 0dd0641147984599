"""The desk's stock cards: printed for a kiosk, drawn once more when the paper was spoiled, and taken back."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, flash, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from postcards.errors import Denied, Invalid
from postcards.models.booklet import LARGEST
from postcards.press import press_of
from postcards.rules.sheet import PRESETS
from postcards.services import kiosks, stock, stock_printing
from postcards.services.stock_printing import DrawnStock
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.desk.room import ORGANISER, blueprint
from postcards.web.doors import caller, guarded
from postcards.web.pages import gettext, told


@blueprint.post("/desk/c/<slug>/stock/")
@guarded(ORGANISER)
def stock_print(slug: str) -> ResponseReturnValue:
    """New stock cards for a kiosk: the file to print."""
    how_many = request.form.get("stamps", "")
    if not how_many.isdecimal() or len(how_many) > 3 or not 1 <= int(how_many) <= LARGEST:
        return _back(slug, gettext("Say how many cards, from 1 to %(most)s.", most=LARGEST))
    try:
        kiosk_id = uuid.UUID(request.form.get("kiosk", ""))
    except ValueError:
        return _back(slug, gettext("Choose the kiosk that will bind these cards."))
    try:
        with kit().begin() as session:
            kiosk = kiosks.identity(session, campaign_id=caller().campaign, kiosk_id=kiosk_id)
            drawn = stock_printing.lend_and_draw(session, kiosk=kiosk, stamps=int(how_many), **_how())
    except (Denied, Invalid) as refusal:
        return _back(slug, told(refusal.message))
    return _file(slug, drawn)


@blueprint.post("/desk/c/<slug>/stock/<uuid:stock_id>/again")
@guarded(ORGANISER)
def stock_again(slug: str, stock_id: uuid.UUID) -> ResponseReturnValue:
    """The cards of a booklet that nobody has written, once more."""
    try:
        with kit().begin() as session:
            drawn = stock_printing.draw_again(
                session, campaign_id=caller().campaign, booklet_id=stock_id, **_how()
            )
    except (Denied, Invalid) as refusal:
        return _back(slug, told(refusal.message))
    return _file(slug, drawn)


@blueprint.post("/desk/c/<slug>/stock/<uuid:stock_id>/return")
@guarded(ORGANISER)
def stock_return(slug: str, stock_id: uuid.UUID) -> ResponseReturnValue:
    """Their stamps go back into the drawer; their paper has to be torn up."""
    with kit().begin() as session:
        numbers = _take_back(session, stock_id)
    said = gettext(
        "Taken back: %(n)s. Tear the paper of these cards up: their codes are good no more.", n=len(numbers)
    )
    flash(said, "good")
    return redirect(url_for("desk.kiosk_list", slug=slug), 303)


def _take_back(session: Session, booklet_id: uuid.UUID) -> tuple[int, ...]:
    return stock.take_back(
        session, campaign_id=caller().campaign, booklet_id=booklet_id, by=caller().by, at=now()
    )


def _how() -> dict[str, Any]:
    sheet, tools = request.form.get("sheet", ""), kit()
    if sheet not in PRESETS:
        raise Invalid(gettext("Choose the sheet that the printer takes."))
    press = press_of(tools.settings, files=tools.files, sealed_files=tools.sealed_files, vault=tools.vault)
    return {"sheet": sheet, "press": press, "by": caller().by, "at": now()}


def _file(slug: str, drawn: DrawnStock) -> Response:
    answer = make_response(drawn.pdf)
    answer.mimetype = "application/pdf"
    name = f"{slug}-stock-{drawn.first:05}-{drawn.last:05}.pdf"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def _back(slug: str, why: str) -> ResponseReturnValue:
    flash(why, "warning")
    return redirect(url_for("desk.kiosk_list", slug=slug), 303)
