"""Reads the JSON of a card as a device sends it: one that we print, or a stock card that was written by hand."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from pydantic import ValidationError

from postcards.errors import Fault, Invalid
from postcards.rules.address import Address
from postcards.rules.card_words import CardWords, check_words
from postcards.rules.edition import Edition
from postcards.services import registration
from postcards.services.registration import CardRequest
from postcards.web.api import faults_of, parse, readable_errors
from postcards.web.clock import now
from postcards.web.kiosk import shapes


def read_card(data: bytes, edition: Edition, *, at: dt.datetime | None = None) -> CardRequest:
    """This will read one card as a device sends it, `at` the moment of the request unless it is given.

    Raises `Invalid` with every field that has no right shape.
    """
    try:
        card = shapes.CardIn.model_validate_json(data, strict=True)
    except ValidationError as error:
        errors = readable_errors(error, data)
        if _is_by_hand(data):
            return _read_stock_card(data)
        raise Invalid(
            faults=[*faults_of(errors), *_faults_of_readable_parts(data, edition, errors, at or now())]
        ) from None
    return CardRequest(
        id=card.id,
        number=card.number,
        registered_at=card.registered_at,
        printed_at=card.printed_at,
        words=_words(card),
        body=registration.body_of(json.loads(data)),
    )


def _is_by_hand(data: bytes) -> bool:
    card = json.loads(data)
    return isinstance(card, dict) and card.get("address_on_paper") is True


def _read_stock_card(data: bytes) -> CardRequest:
    card = parse(shapes.StockCardIn, data)
    return CardRequest(
        id=card.id,
        number=card.number,
        registered_at=card.registered_at,
        printed_at=card.printed_at,
        words=CardWords(
            sender_name=card.sender.name if card.sender else "",
            sender_email=card.sender.email if card.sender else None,
            recipient_name="",
            address=Address(card.recipient.country, ()),
            message=None,
            language=card.language,
            consent_version=card.consent.version,
            arrival_notice=card.consent.arrival_notice,
            volunteer=card.volunteer,
        ),
        body=registration.body_of(json.loads(data)),
        address_on_paper=True,
    )


#: What a field that cannot be read is taken for, so that the other fields can be checked in the same answer.
_STAND_IN: dict[str, Any] = {
    "id": "00000000-0000-4000-8000-000000000000",
    "address_on_paper": False,
    "number": None,
    "registered_at": "2000-01-01T00:00:00Z",
    "printed_at": None,
    "sender": {"name": "-"},
    "recipient": {"name": "-", "country": "", "lines": ["-"]},
    "consent": {"version": "", "arrival_notice": False},
    "message": None,
    "volunteer": None,
    "language": "",
    "name": "-",
    "email": None,
    "country": "",
    "lines": ["-"],
    "postal_code": None,
    "city": None,
    "region": None,
    "version": "",
    "arrival_notice": False,
}


def _faults_of_readable_parts(data: bytes, edition: Edition, errors: Any, at: dt.datetime) -> list[Fault]:
    """Every field at once: what the rules say of the fields that could be read."""
    card = json.loads(data)
    if not isinstance(card, dict):
        return []
    unread = set()
    for entry in errors:
        path = list(entry["loc"])
        if "lines" in path:
            path = path[: path.index("lines") + 1]
        parent = card
        for part in path[:-1]:
            parent = parent[part]
        unread.add(".".join(str(part) for part in path))
        if entry["type"] == "extra_forbidden":
            parent.pop(path[-1], None)
        else:
            parent[path[-1]] = _STAND_IN.get(str(path[-1]))
    recipient = card.get("recipient")
    country_unread = not isinstance(recipient, dict) or not recipient.get("country")
    try:
        if country_unread and isinstance(recipient, dict):
            recipient["country"] = "ZZ"
        read = shapes.CardIn.model_validate_json(json.dumps(card), strict=True)
    except (ValidationError, ValueError):
        return []
    found = check_words(_words(read), edition=edition, at=at).faults
    return [
        fault
        for fault in found
        if not any(fault.field == field or fault.field.startswith(f"{field}.") for field in unread)
        and not (country_unread and fault.field.startswith("recipient.") and fault.field != "recipient.name")
    ]


def _words(card: shapes.CardIn) -> CardWords:
    return CardWords(
        sender_name=card.sender.name,
        sender_email=card.sender.email,
        recipient_name=card.recipient.name,
        address=address_of(card.recipient),
        message=card.message,
        language=card.language,
        consent_version=card.consent.version,
        arrival_notice=card.consent.arrival_notice,
        volunteer=card.volunteer,
    )


def address_of(recipient: shapes.RecipientIn) -> Address:
    return Address(
        country=recipient.country,
        lines=tuple(recipient.lines),
        postal_code=recipient.postal_code,
        city=recipient.city,
        region=recipient.region,
    )
