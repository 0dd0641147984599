"""Registers the patron's card, the first of the campaign, from a JSON file."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from pathlib import Path
from typing import Any

from postcards.cli.edge import BY, now
from postcards.errors import Denied, Fault, Invalid
from postcards.kit import Kit
from postcards.paper.entry import check_entry
from postcards.queries import campaigns as queries
from postcards.rules.address import Address
from postcards.rules.card_words import CardWords
from postcards.rules.edition import Edition
from postcards.services import campaigns, registration
from postcards.services.registration import CardRequest

#: The patron's card keeps its id, so that opening the campaign again does not register it twice.
_NAMESPACE = uuid.UUID("6f8a1e0c-7c1e-4b6d-9a58-2f0f5c1f2011")


def register_first_card(kit: Kit, slug: str, path: str) -> int:
    """This will register the card in the file (sender, recipient, message, language) and give its number.

    It takes the next free stamp, number 1 in a campaign that has just been opened. Raises `Invalid`, `Denied` when
    other cards were registered before.
    """
    card = _read(Path(path))
    with kit.begin() as session:
        campaign = campaigns.find(session, slug=slug)
        edition = queries.edition(session, campaign.id)
    request = _request(card, edition, uuid.uuid5(_NAMESPACE, slug))
    at = now()
    prepared = registration.prepare(
        request, vault=kit.vault, key_id=campaign.data_key, edition=edition, print_check=check_entry, at=at
    )
    with kit.begin() as session:
        registered = registration.register_card(
            session,
            origin=registration.Origin(campaign.id, campaign.status, kiosk_id=None, venue_slug=None),
            prepared=prepared,
            by=BY,
            at=at,
        )
        if registered.number != 1:
            raise Denied(
                f"Other cards were registered before the patron's, so it would be No. {registered.number}. "
                "Nothing was registered.",
                code="not_first",
            )
    return registered.number


def _read(path: Path) -> dict[str, Any]:
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Invalid(f"{path} cannot be read as JSON ({type(error).__name__}).") from None
    faults = [
        Fault(field, "missing", "is missing.")
        for field in ("sender", "recipient")
        if not isinstance(card, dict) or not isinstance(card.get(field), dict)
    ]
    if faults:
        raise Invalid(
            f"{path} needs an object with `sender` {{name, email}} and `recipient` {{name, country, lines, …}}.",
            faults=faults,
        )
    return dict(card)


def _request(card: dict[str, Any], edition: Edition, card_id: uuid.UUID) -> CardRequest:
    recipient, sender = card["recipient"], card["sender"]
    at = dt.datetime.fromisoformat(card["registered_at"]) if card.get("registered_at") else now()
    return CardRequest(
        id=card_id,
        number=None,
        registered_at=at,
        printed_at=None,
        words=CardWords(
            sender_name=str(sender.get("name") or ""),
            sender_email=sender.get("email"),
            recipient_name=str(recipient.get("name") or ""),
            address=Address(
                country=str(recipient.get("country") or ""),
                lines=tuple(str(line) for line in recipient.get("lines") or ()),
                postal_code=recipient.get("postal_code"),
                city=recipient.get("city"),
                region=recipient.get("region"),
            ),
            message=card.get("message"),
            language=str(card.get("language") or edition.default_language),
            consent_version=edition.current_consent(at).version,
            arrival_notice=bool(card.get("arrival_notice", False)),
            volunteer=None,
        ),
        body=registration.body_of(card),
    )
