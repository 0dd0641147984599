"""The recipient's page: where the QR on a card leads; reading it changes nothing, and it names nobody."""

from __future__ import annotations

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue

from postcards.errors import Fault, Invalid, Refusal
from postcards.queries import campaigns
from postcards.queries.tracked_card import TrackedCard
from postcards.rules import card_life, tracking_code
from postcards.rules.card_life import CardStatus
from postcards.rules.edition import Edition
from postcards.services import tracking
from postcards.web.api import Shape, json_response, read_body
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.doors import PUBLIC, guarded
from postcards.web.pages import render
from postcards.web.public.blueprint import (
    asks_for_json,
    blueprint,
    mark_of,
    page,
    private,
    reads_html,
    refused,
)
from postcards.web.rate_limits import ARRIVALS_FROM, ARRIVALS_OF_CARD, limited

#: Who the journal says it was: whoever holds the card.
BY = "recipient"


class Thanks(Shape):
    """What a recipient says in return."""

    text: str


# The confirmation carries no body and asks for no cookie, so there is nothing that a foreign page could
# borrow: whoever can name the code holds the card or a picture of it, and that is all it takes.
# Hence no form token.


@blueprint.get("/T/")
@blueprint.get("/t/")
@guarded(PUBLIC)
def type_a_code() -> ResponseReturnValue:
    """For a hand that types the code instead of scanning it."""
    typed = request.args.get("code", "")
    if typed:
        return redirect(f"/T/{tracking_code.normalise(typed)[:40] or '0'}", code=303)
    return Response(render("public/code.html", refusal=None), content_type="text/html; charset=utf-8")


@blueprint.get("/T/<code>")
@blueprint.get("/t/<code>")
@guarded(PUBLIC)
def recipient(code: str) -> ResponseReturnValue:
    """The page, in either case of the address."""
    try:
        with kit().read() as session:
            card = tracking.find_by_code(session, code=code)
            edition = campaigns.edition(session, card.campaign_id)
    except Refusal as refusal:
        return refused(refusal, html=not asks_for_json())
    if asks_for_json():
        return json_response({"campaign": card.campaign_slug, "number": card.number, "status": card.status})
    return _page(card, edition)


@blueprint.post("/T/<code>/arrival")
@blueprint.post("/t/<code>/arrival")
@guarded(PUBLIC)
@limited(ARRIVALS_FROM, "arrivals")
@limited(ARRIVALS_OF_CARD, "arrival", by="code")
def arrival(code: str) -> ResponseReturnValue:
    """It has arrived."""
    try:
        with kit().begin() as session:
            tracking.confirm_arrival(session, code=code, by=BY, at=now())
    except Refusal as refusal:
        return refused(refusal, html=reads_html())
    if not reads_html():
        return json_response({"status": "arrived"})
    return _back_to_the_card(code)


@blueprint.post("/T/<code>/thanks")
@blueprint.post("/t/<code>/thanks")
@guarded(PUBLIC)
@limited(ARRIVALS_FROM, "arrivals")
@limited(ARRIVALS_OF_CARD, "arrival", by="code")
def thanks(code: str) -> ResponseReturnValue:
    """A word in return, from a form or as JSON."""
    is_form = request.mimetype == "application/x-www-form-urlencoded"
    # A typed line break is a blank to us, and the page says so: thanks are one paragraph.
    text = " ".join(request.form.get("text", "").split()) if is_form else read_body(Thanks).text
    try:
        with kit().begin() as session:
            tracking.leave_thanks(session, vault=kit().vault, code=code, text=text, by=BY, at=now())
    except Invalid as refusal:
        if not reads_html():
            raise
        with kit().read() as session:
            card = tracking.find_by_code(session, code=code)
            edition = campaigns.edition(session, card.campaign_id)
        return _page(card, edition, status=422, faults=refusal.faults, typed=text)
    except Refusal as refusal:
        return refused(refusal, html=reads_html())
    if not reads_html():
        return json_response({"status": "thanked"})
    return _back_to_the_card(code)


def _page(
    card: TrackedCard, edition: Edition, *, status: int = 200, faults: tuple[Fault, ...] = (), typed: str = ""
) -> Response:
    return private(
        page(
            "public/recipient.html",
            edition,
            status=status,
            card=card,
            code=card.code,
            cachet=mark_of(edition),
            spaced_code=tracking_code.spaced(card.code),
            can_arrive=CardStatus(card.status) in card_life.before(CardStatus.ARRIVED),
            faults=faults,
            typed=typed,
        )
    )


def _back_to_the_card(code: str) -> ResponseReturnValue:
    language = request.args.get("lang", "")
    query = f"?lang={language}" if language.isalpha() else ""
    return redirect(f"/T/{tracking_code.normalise(code)}{query}", code=303)
