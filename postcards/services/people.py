"""Seals and opens people's data, part by part; nothing else in the house handles names and addresses at rest."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

from postcards.errors import NotFound
from postcards.models import Person
from postcards.rules.address import Address
from postcards.vault import Vault


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends the card; `email` only when given."""

    name: str
    email: str | None


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who the card is for, and where."""

    name: str
    address: Address


class PersonGone(NotFound):
    """What is asked for was erased or its time was over."""

    code = "erased"


def sealed_parts(
    vault: Vault,
    *,
    key_id: str,
    card_id: uuid.UUID,
    sender: Sender | None,
    recipient: Recipient | None,
    message: str | None,
    volunteer: str | None,
) -> dict[str, Any]:
    """This will give the columns of a `person` row: each part sealed on its own, and the blind indexes."""
    card = str(card_id)

    def seal(part: str, value: object) -> bytes | None:
        if value is None:
            return None
        return vault.seal(key_id, _json(value), about=f"{card}/{part}")

    return {
        "key_id": key_id,
        "sender": seal("sender", sender and {"name": sender.name, "email": sender.email}),
        "recipient": seal("recipient", recipient and _recipient_json(recipient)),
        "message": seal("message", message),
        "volunteer": seal("volunteer", volunteer),
        "email_index": email_index(vault, sender.email) if sender and sender.email else None,
        "recipient_index": vault.blind_index("recipient", recipient_key(recipient)) if recipient else None,
    }


def recipient_key(recipient: Recipient) -> str:
    """This will give the text by which we notice that two cards go to the same person at the same place."""
    address = recipient.address
    parts = (recipient.name, address.country, *address.lines, address.postal_code, address.city)
    return "\0".join((part or "").casefold() for part in parts)


def open_sender(vault: Vault, person: Person) -> Sender:
    """This will decrypt the sender. Raises `PersonGone`."""
    value = _opened(vault, person, "sender")
    return Sender(name=value["name"], email=value["email"])


def open_recipient(vault: Vault, person: Person) -> Recipient:
    """This will decrypt the recipient. Raises `PersonGone`."""
    value = _opened(vault, person, "recipient")
    return Recipient(
        name=value["name"],
        address=Address(
            country=value["country"],
            lines=tuple(value["lines"]),
            postal_code=value["postal_code"],
            city=value["city"],
            region=value["region"],
        ),
    )


def open_message(vault: Vault, person: Person) -> str | None:
    """This will decrypt the typed message, None when there is none (any more)."""
    return None if person.message is None else str(_opened(vault, person, "message"))


def sender_without_email(vault: Vault, person: Person) -> bytes:
    """This will give the sender sealed anew, the name alone. Raises `PersonGone`, `KeyMissing`."""
    name = _opened(vault, person, "sender")["name"]
    sealed = _json({"name": name, "email": None})
    return vault.seal(person.key_id, sealed, about=f"{person.card_id}/sender")


def email_index(vault: Vault, email: str) -> bytes:
    """This will give the blind index by which the cards of a sender's address find each other."""
    return vault.blind_index("email", email.casefold())


def _opened(vault: Vault, person: Person, part: str) -> Any:
    sealed = getattr(person, part)
    if sealed is None:
        raise PersonGone("These details were erased, or their time was over.")
    return json.loads(vault.open(person.key_id, sealed, about=f"{person.card_id}/{part}"))


def _recipient_json(recipient: Recipient) -> dict[str, Any]:
    address = recipient.address
    return {
        "name": recipient.name,
        "country": address.country,
        "lines": list(address.lines),
        "postal_code": address.postal_code,
        "city": address.city,
        "region": address.region,
    }


#: Kept, for `json.dumps` makes an encoder anew at every call that asks for anything but its defaults.
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _json(value: object) -> bytes:
    return _encoder.encode(value).encode()
