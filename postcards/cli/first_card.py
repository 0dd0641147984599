"""Opens a campaign with the patron's card, the first of all, from a JSON file."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

from postcards.cli.edge import BY, now
from postcards.errors import Denied, Fault, Invalid
from postcards.kit import Kit
from postcards.paper.entry import check_entry
from postcards.queries import campaigns as queries
from postcards.rules.edition import Edition
from postcards.services import campaigns, registration
from postcards.services.registration import CardRequest
from postcards.web.kiosk.card_reading import read_card

#: The patron's card keeps its id, so that opening the campaign again does not register it twice.
_NAMESPACE = uuid.UUID("6f8a1e0c-7c1e-4b6d-9a58-2f0f5c1f2011")


def open_with_first_card(kit: Kit, slug: str, path: str) -> int:
    """This will open the campaign and register the card in the file, both or neither, and give the card's number.

    The file is a card as the API has it; what is the same for every patron (id, moment, consent, language) may be
    left out. Again, nothing changes. Raises `Invalid` for what is wrong with it, `Denied` when it would not be No. 1.
    """
    card = _read(Path(path))
    at = now()
    with kit.begin() as session:
        campaign = campaigns.find(session, slug=slug)
        edition = queries.edition(session, campaign.id)
    prepared = registration.prepare(
        _request(card, edition, uuid.uuid5(_NAMESPACE, slug), at),
        vault=kit.vault,
        key_id=campaign.data_key,
        edition=edition,
        print_check=check_entry,
        at=at,
    )
    with kit.begin() as session:
        campaign = campaigns.set_status(session, slug=slug, status="open", by=BY, at=at)
        registered = registration.register_card(
            session,
            origin=registration.Origin(campaign.id, campaign.status, kiosk_id=None, venue_slug=None),
            prepared=prepared,
            by=BY,
            at=at,
        )
        if registered.number != 1:
            raise Denied(
                f"Stamps were given out before, to other cards or as stock cards, so the patron's would be No. "
                f"{registered.number}. Nothing was registered, and the campaign is as it was.",
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
    for field in ("number", "printed_at", "address_on_paper"):
        if field in card:
            words = "does not belong here: the patron's card takes a stamp and is printed as any other."
            raise Invalid(f"{field} {words}", faults=[Fault(field, "unknown", words)])
    return dict(card)


def _request(card: dict[str, Any], edition: Edition, card_id: uuid.UUID, at: dt.datetime) -> CardRequest:
    """As a kiosk would send it, with all that is wrong told at once; known again by what stands in the file."""
    consent = card.get("consent", {})
    if isinstance(consent, dict):
        consent = {"version": edition.current_consent(at).version, **consent}
    usual = {"registered_at": at.isoformat(), "language": edition.default_language}
    whole = {**usual, **card, "id": str(card_id), "consent": consent}
    request = read_card(json.dumps(whole).encode(), edition, at=at)
    return replace(request, body=registration.body_of(card))
