"""Cards over HTTP: register one or many, correct, void, print."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

from flask import Response
from pydantic import ValidationError

from postcards.errors import Invalid, Refusal
from postcards.paper.entry import check_entry
from postcards.paper.preflight import checked_card
from postcards.queries import campaigns
from postcards.rules.edition import Edition
from postcards.services import cards, registration
from postcards.services.faces import faces_of, look_of, own_picture, tracking_url
from postcards.services.kiosks import KioskIdentity
from postcards.services.registration import Registered
from postcards.web.answers import http_status, refusal_body, worded
from postcards.web.api import BODY_LIMIT, endpoint, faults_of, raw_body, read_json
from postcards.web.clock import now
from postcards.web.context import kit
from postcards.web.doors import KIOSK, KIOSK_REGISTERING, caller
from postcards.web.kiosk import shapes
from postcards.web.kiosk.blueprint import api
from postcards.web.kiosk.card_reading import address_of, read_card

#: The largest body of a batch, bytes.
BATCH_LIMIT = 1024 * 1024
#: The longest id that is given back beside a fault; an id of ours has 36 characters.
ID_SHOWN = 100


@endpoint(
    api,
    "POST",
    "/api/v1/kiosk/cards",
    door=KIOSK_REGISTERING,
    summary="Register one card; the same request again gives the same card",
    body_shape=shapes.AnyCardIn,
    answers={201: shapes.CardOut, 200: shapes.CardOut},
    refusals=(409,),
)
def register_card() -> tuple[int, shapes.CardOut]:
    """One stamp, one card: refused with `cap_reached` only when no stamp is free."""
    try:
        return _register(raw_body(BODY_LIMIT), _kiosk(), _edition())
    except Invalid:
        KIOSK({})  # a device that was shut out a moment ago hears that, not what is wrong with its card
        raise


@endpoint(
    api,
    "POST",
    "/api/v1/kiosk/batches",
    door=KIOSK,
    summary="Register up to 200 cards, one by one: a bad one stops none",
    body_shape=shapes.BatchIn,
    answers={200: shapes.BatchOut},
)
def register_batch() -> tuple[int, shapes.BatchOut]:
    """Each result carries the status that the card would have had alone."""
    kiosk, edition = _kiosk(), _edition()
    body = _read_batch(raw_body(BATCH_LIMIT))
    return 200, shapes.BatchOut(results=[_one_of_batch(card, kiosk, edition) for card in body.cards])


@endpoint(
    api,
    "GET",
    "/api/v1/kiosk/cards/<uuid:card_id>/postcard.pdf",
    door=KIOSK,
    summary="The card to print, both sides; changes nothing",
    query=shapes.SheetQuery,
    answers={200: "application/pdf"},
    refusals=(404, 409),
)
def show_postcard(card_id: uuid.UUID, query: shapes.SheetQuery) -> Response:
    """A6, address side first."""
    kiosk, edition, tools = _kiosk(), _edition(), kit()
    with tools.read() as session:
        card = cards.get(session, campaign_id=kiosk.campaign_id, card_id=card_id, kiosk_id=kiosk.kiosk_id)
        if card.status == "void":
            raise cards.IsVoid("This card was given up. Register a new one.")
        cards.drawn_by_us(card)
        cards.in_no_run(card)
        url = kiosk.public_url or tools.settings.public_url
        faces = faces_of(session, card_ids=[card_id], edition=edition, vault=tools.vault, public_url=url)
    look = look_of(
        edition, slug=kiosk.campaign_slug, cap=kiosk.campaign_cap, test=tools.settings.is_test_address,
        picture=own_picture(edition, tools.files),
    )  # fmt: skip
    return Response(
        checked_card(look, faces[card_id], sheet=query.sheet),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="card-{card.number:05}.pdf"'},
    )


@endpoint(
    api,
    "POST",
    "/api/v1/kiosk/cards/<uuid:card_id>/prints",
    door=KIOSK,
    summary="Record that the card came out of the printer",
    body=shapes.PrintIn,
    answers={201: shapes.PrintOut, 200: shapes.PrintOut},
    refusals=(404, 409),
)
def record_print(card_id: uuid.UUID, body: shapes.PrintIn) -> tuple[int, shapes.PrintOut]:
    """A second print of the same card says why."""
    kiosk, tools = _kiosk(), kit()
    with tools.begin() as session:
        card, is_new = cards.record_print(
            session,
            campaign_id=kiosk.campaign_id,
            card_id=card_id,
            kiosk_id=kiosk.kiosk_id,
            print_id=body.id,
            printed_at=body.printed_at,
            reason=body.reason,
            public_url=None if tools.settings.is_test_address else tools.settings.public_url,
            by=caller().by,
            at=now(),
        )
    out = shapes.PrintOut(id=body.id, number=card.number, status=card.status, printed_at=card.printed_at)
    return 201 if is_new else 200, out


@endpoint(
    api,
    "PATCH",
    "/api/v1/kiosk/cards/<uuid:card_id>",
    door=KIOSK,
    summary="Correct the sender, the recipient or the message, before sealing",
    body=shapes.ChangeIn,
    answers={200: shapes.CardOut},
    refusals=(404, 409),
)
def correct_card(card_id: uuid.UUID, body: shapes.ChangeIn) -> tuple[int, shapes.CardOut]:
    """A change that shows on a printed card gives it a new code, and it waits for paper again."""
    kiosk, tools = _kiosk(), kit()
    sender = recipient = None
    if body.sender is not None:
        sender = cards.SenderChange(body.sender.name, body.sender.email)
    if body.recipient is not None:
        recipient = cards.RecipientChange(body.recipient.name, address_of(body.recipient))
    with tools.begin() as session:
        card = cards.correct(
            session,
            campaign_id=kiosk.campaign_id,
            card_id=card_id,
            kiosk_id=kiosk.kiosk_id,
            changes=cards.Changes(
                sender=sender,
                recipient=recipient,
                message=body.message,
                has_message="message" in body.model_fields_set,
            ),
            edition=_edition(),
            vault=tools.vault,
            print_check=check_entry,
            by=caller().by,
            at=now(),
        )
        slip_code = cards.slip_code_of(session, card)
    registered = Registered(
        id=card.id,
        number=card.number,
        tracking_code=card.code,
        slip_code=slip_code,
        status=card.status,
        held=tuple(card.held),
        warnings=(),
        is_new=False,
    )
    return 200, _card_out(registered, kiosk)


@endpoint(
    api,
    "POST",
    "/api/v1/kiosk/cards/<uuid:card_id>/void",
    door=KIOSK,
    summary="Give the card up; its stamp goes back with a new code",
    body=shapes.VoidIn,
    answers={200: shapes.VoidOut},
    refusals=(404, 409),
)
def void_card(card_id: uuid.UUID, body: shapes.VoidIn) -> tuple[int, shapes.VoidOut]:
    """Repeated: 200, and nothing changes."""
    kiosk = _kiosk()
    with kit().begin() as session:
        card = cards.void(
            session,
            campaign_id=kiosk.campaign_id,
            card_id=card_id,
            kiosk_id=kiosk.kiosk_id,
            reason=body.reason,
            paper=body.paper,
            by=caller().by,
            at=now(),
        )
    return 200, shapes.VoidOut(id=card.id, number=card.number, status=card.status)


def _kiosk() -> KioskIdentity:
    return caller().device


def _edition() -> Edition:
    tools, campaign_id = kit(), caller().campaign
    known = campaigns.known_edition(tools.engine, campaign_id)
    if known is not None:
        return known
    with tools.read() as session:
        return campaigns.edition(session, campaign_id)


def _read_batch(data: bytes) -> shapes.BatchIn:
    """The list, whatever its cards are: half a character in one of them, or no card at all, is that card's fault."""
    try:
        return shapes.BatchIn.model_validate(read_json(data), strict=True)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False, include_input=False)
        raise Invalid(faults=faults_of(errors)) from None


def _one_of_batch(card: object, kiosk: KioskIdentity, edition: Edition) -> dict[str, Any]:
    card_id = _id_given(card)
    try:
        data = json.dumps(card, ensure_ascii=True).encode()
        status, answer = _register(data, kiosk, edition)
    except Refusal as refusal:
        status = http_status(refusal)
        return {
            "id": card_id,
            "status": status,
            "code": refusal.code,
            "detail": worded(refusal.message),
            **refusal_body(refusal),
        }
    return {**answer.model_dump(mode="json", by_alias=True), "status": status, "card_status": answer.status}


def _id_given(card: object) -> str | None:
    """What a device called its card, if that is a text that an answer can hold."""
    given = card.get("id") if isinstance(card, dict) else None
    if not isinstance(given, str) or len(given) > ID_SHOWN or not given.isprintable():
        return None
    return given


def _register(data: bytes, kiosk: KioskIdentity, edition: Edition) -> tuple[int, shapes.CardOut]:
    tools, at, origin = kit(), now(), registration.origin_of(kiosk)
    request = read_card(data, edition)
    try:
        prepared = registration.prepare(
            request,
            vault=tools.vault,
            key_id=kiosk.data_key,
            edition=edition,
            print_check=check_entry,
            at=at,
        )
    except Invalid:
        # The rules may have changed since this very card was registered: then it is that card still.
        origin = registration.origin_of(KIOSK({}).device)
        with tools.read() as session:
            replay = registration.find_replay(
                session, origin=origin, card_id=request.id, body_mark=tools.vault.body_mark(request.body)
            )
        if replay is None:
            raise
        return 200, _card_out(replay, kiosk)
    registered = None
    if kiosk.status == "active" and kiosk.campaign_status == "open":
        registered = registration.register_at_once(
            tools.at_once, origin=origin, prepared=prepared, by=caller().by, at=at
        )
    if registered is None:
        kiosk = KIOSK({}).device  # as it is now, not as it was a moment ago
        try:
            registered = _step_by_step(kiosk, prepared, at)
        except registration.UnderWay:
            registered = _step_by_step(kiosk, prepared, at)
    return 201 if registered.is_new else 200, _card_out(registered, kiosk)


def _step_by_step(kiosk: KioskIdentity, prepared: registration.Prepared, at: dt.datetime) -> Registered:
    origin, settings = registration.origin_of(kiosk), kit().settings
    with kit().begin() as session:
        card = registration.register_card(session, origin=origin, prepared=prepared, by=caller().by, at=at)
        if prepared.request.is_fact_on_paper and not settings.is_test_address:
            cards.freeze_public_url(session, campaign_id=origin.campaign_id, public_url=settings.public_url)
    return card


def _card_out(card: Registered, kiosk: KioskIdentity) -> shapes.CardOut:
    public_url = kiosk.public_url or kit().settings.public_url
    return shapes.CardOut(
        id=card.id,
        number=card.number,
        tracking_code=card.tracking_code,
        slip_code=card.slip_code,
        tracking_url=tracking_url(public_url, card.tracking_code),
        status=card.status,
        held=list(card.held),
        warnings=list(card.warnings),
        postcard=f"/api/v1/kiosk/cards/{card.id}/postcard.pdf",
    )
