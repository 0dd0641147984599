"""The recipient's page: where the QR on a card leads; reading it changes nothing, and it names nobody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import lru_cache, wraps

import structlog
from flask import Response, redirect, request
from flask.typing import ResponseReturnValue

from postcards import texts
from postcards.errors import Fault, Invalid, Refusal, Unavailable
from postcards.queries import campaigns
from postcards.queries.tracked_card import CardSeen
from postcards.rules import card_life, tracking_code
from postcards.rules.card_life import CardStatus
from postcards.rules.edition import Edition
from postcards.services import block_list, tracking
from postcards.web.answers import http_status
from postcards.web.api import Shape, json_response, read_body
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.doors import PUBLIC, guarded
from postcards.web.pages import render
from postcards.web.public.blueprint import (
    Reader,
    asks_for_json,
    blueprint,
    html,
    mark_of,
    private,
    reader_of,
    reads_html,
    refused,
    rendered,
)
from postcards.web.public.frames import Words, frames
from postcards.web.rate_limits import ARRIVALS_FROM, ARRIVALS_OF_CARD, limited
from postcards.web.static_files import takes_gzip

log = structlog.get_logger()

#: Who the journal says it was: whoever holds the card.
BY = "recipient"


class Thanks(Shape):
    """What a recipient says in return."""

    text: str


# The confirmation carries no body and asks for no cookie, so there is nothing that a foreign page could
# borrow: whoever can name the code holds the card or a picture of it, and that is all it takes.
# Hence no form token.


def in_one_way(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """This will answer whatever is refused of `view` as problem+json unless a browser asks: a tool that takes anything
    gets JSON when it goes well, so it gets JSON when it does not."""

    @wraps(view)
    def run(**path: str) -> ResponseReturnValue:
        try:
            return view(**path)
        except Refusal as refusal:
            if reads_html():
                raise
            return refused(refusal, as_page=False)

    return run


@blueprint.get("/T/")
@blueprint.get("/t/")
@guarded(PUBLIC)
def type_a_code() -> ResponseReturnValue:
    """For a hand that types the code instead of scanning it."""
    typed = request.args.get("code", "")
    if typed:
        return redirect(f"/T/{tracking_code.normalise(typed)[:40] or '0'}", code=303)
    return html(render("public/code.html", refusal=None))


@blueprint.get("/T/<code>")
@blueprint.get("/t/<code>")
@guarded(PUBLIC)
def recipient(code: str) -> ResponseReturnValue:
    """The page, in either case of the address."""
    try:
        card = tracking.look_up(kit().at_once, code=code)
        edition = _edition(card.campaign_id)
    except Refusal as refusal:
        return refused(refusal, as_page=not asks_for_json())
    if asks_for_json():
        return json_response({"campaign": card.campaign_slug, "number": card.number, "status": card.status})
    return _page(card, edition)


@blueprint.post("/T/<code>/arrival")
@blueprint.post("/t/<code>/arrival")
@in_one_way
@guarded(PUBLIC)
@limited(ARRIVALS_FROM, "arrivals")
@limited(ARRIVALS_OF_CARD, "arrival", by="code")
def arrival(code: str) -> ResponseReturnValue:
    """It has arrived."""
    try:
        with kit().begin() as session:
            tracking.confirm_arrival(session, code=code, by=BY, at=now())
    except Refusal as refusal:
        return refused(refusal, as_page=reads_html())
    if not reads_html():
        return json_response({"status": "arrived"})
    return _back_to_the_card(code)


@blueprint.post("/T/<code>/thanks")
@blueprint.post("/t/<code>/thanks")
@in_one_way
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
        reader = reader_of(edition)
        shown = _shown(card, edition, reader.language)
        return private(html(_drawn(card, edition, reader, shown, refusal.faults, text), status=422))
    except Refusal as refusal:
        return refused(refusal, as_page=reads_html())
    if not reads_html():
        return json_response({"status": "thanked"})
    return _back_to_the_card(code)


@blueprint.get("/T/<code>/no-more")
@blueprint.get("/t/<code>/no-more")
@guarded(PUBLIC)
def no_more(code: str) -> ResponseReturnValue:
    """What it means to want no other card; asks for a second press, and tells nobody whether it was said before."""
    try:
        card = tracking.look_up(kit().at_once, code=code)
        tracking.left_us(card)
        return _no_more_page(card, "ask")
    except Refusal as refusal:
        return refused(refusal, as_page=not asks_for_json())


@blueprint.post("/T/<code>/no-more")
@blueprint.post("/t/<code>/no-more")
@in_one_way
@guarded(PUBLIC)
@limited(ARRIVALS_FROM, "arrivals")
@limited(ARRIVALS_OF_CARD, "arrival", by="code")
def want_no_more(code: str) -> ResponseReturnValue:
    """Whoever holds the card wants no other. The page is the answer itself: only who pressed learns it was noted."""
    state, status = "noted", 200
    try:
        with kit().begin() as session:
            block_list.block_by_code(session, code=code, ledger=kit().ledger.add, by=BY, at=now())
    except block_list.AddressGone as refusal:
        if not reads_html():
            return refused(refusal, as_page=False)
        state, status = "gone", http_status(refusal)
    except Unavailable as refusal:
        if refusal.code != "ledger_away":
            return refused(refusal, as_page=reads_html())
        # It is noted, and the next night writes it into the ledger; whoever pressed cannot mend our disk.
        log.warning("a wish is not in the ledger yet", reason=refusal.code)
    except Refusal as refusal:
        return refused(refusal, as_page=reads_html())
    if not reads_html():
        return json_response({"status": "noted"})
    try:
        return _no_more_page(tracking.look_up(kit().at_once, code=code), state, status=status)
    except Refusal as refusal:  # given up in between
        return refused(refusal, as_page=True)


def _no_more_page(card: CardSeen, state: str, *, status: int = 200) -> Response:
    edition = _edition(card.campaign_id)
    reader = reader_of(edition)
    body = rendered(
        "public/no_more.html",
        edition,
        reader,
        home_path=f"/c/{card.campaign_slug}",
        shown=_shown(card, edition, reader.language),
        state=state,
    )
    return private(html(body, status=status))


def _edition(campaign_id: int) -> Edition:
    known = campaigns.known_edition(kit().engine, campaign_id)
    if known is not None:
        return known
    with kit().read() as session:
        return campaigns.edition(session, campaign_id)


def _page(card: CardSeen, edition: Edition) -> Response:
    """What a frame shows besides the words stands in its key; what it shows of the edition changes with that."""
    reader = reader_of(edition)
    shown = _shown(card, edition, reader.language)
    frame = frames().of(
        ("recipient", card.campaign_slug, card.status, card.thanks_at is not None, reader, *shown),
        shown,
        edition=edition,
        render=lambda marks: _drawn(card, edition, reader, marks),
    )
    answer = private(html(frame.filled_gzip(shown) if takes_gzip() else frame.filled(shown)))
    answer.headers["Vary"] = "Accept-Encoding"
    if takes_gzip():
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def _shown(card: CardSeen, edition: Edition, language: str) -> dict[str, str]:
    """The card's own words on the page, by name; a day that has not come has none."""
    days = {
        "registered_on": card.registered_at,
        "sealed_on": card.sealed_at,
        "handed_over_on": card.handed_over_at,
        "arrived_on": card.arrived_at,
    }
    return {
        "number": f"{card.number:05}",
        "cap": _counted(card.cap, language),
        "code": card.code,
        "spaced_code": tracking_code.spaced(card.code),
    } | {name: _written(edition.day(at), language) for name, at in days.items() if at is not None}


def _drawn(
    card: CardSeen,
    edition: Edition,
    reader: Reader,
    shown: Words,
    faults: tuple[Fault, ...] = (),
    typed: str = "",
) -> str:
    return rendered(
        "public/recipient.html",
        edition,
        reader,
        home_path=f"/c/{card.campaign_slug}",
        status=card.status,
        thanked=card.thanks_at is not None,
        shown=shown,
        cachet=mark_of(edition),
        has_left=CardStatus(card.status) in {CardStatus.ARRIVED, *card_life.before(CardStatus.ARRIVED)},
        can_arrive=CardStatus(card.status) in card_life.before(CardStatus.ARRIVED),
        faults=faults,
        typed=typed,
    )


@lru_cache(maxsize=4096)
def _written(day: dt.date, language: str) -> str:
    return texts.catalogue(language).date(day)


@lru_cache(maxsize=100)
def _counted(number: int, language: str) -> str:
    return texts.catalogue(language).number(number)


def _back_to_the_card(code: str) -> ResponseReturnValue:
    language = request.args.get("lang", "")
    query = f"?lang={language}" if language.isalpha() else ""
    return redirect(f"/T/{tracking_code.normalise(code)}{query}", code=303)
