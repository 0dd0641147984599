"""Cards on their way to the Post, made by the real services; for the tests of sealing, files and receipts."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import text

from postcards.paper.manifest_files import make_files
from postcards.queries import campaigns
from postcards.services import cards, dispatch, manifest_files, receipts
from postcards.services.manifests import SealedManifest
from postcards.services.receipts import Answer, Recorded
from tests.plugins.cast import AT, Town

#: One good postcode for each country that the tests write to.
PLACES: dict[str, dict[str, Any]] = {
    "DE": {},
    "PL": {"country": "PL", "lines": ["ul. Prosta 20"], "postal_code": "00-850", "city": "Warszawa"},
    "NO": {"country": "NO", "lines": ["Storgata 1"], "postal_code": "0155", "city": "Oslo"},
    "IE": {"country": "IE", "lines": ["1 Main Street"], "postal_code": "D02 AF30", "city": "Dublin"},
    "HT": {"country": "HT", "lines": ["Rue 1"], "postal_code": "6110", "city": "Port-au-Prince"},
}

#: When the Post answers.
LATER = AT + dt.timedelta(hours=3)


def printed(town: Town, country: str = "DE", **changes: Any) -> int:
    """This will register a card and record that it was printed; the card's number."""
    card = town.register(recipient=PLACES[country], **changes)
    with town.house.begin() as session:
        cards.record_print(
            session,
            campaign_id=town.id,
            card_id=card.id,
            print_id=uuid.uuid4(),
            printed_at=town.house.at,
            reason=None,
            public_url=None,
            by="test",
            at=town.house.at,
        )
    return card.number


def seal(town: Town, at: dt.datetime = AT) -> list[SealedManifest]:
    """This will seal everything that is free to go."""
    with town.house.begin() as session:
        edition = campaigns.edition(session, town.id)
    return dispatch.seal_all(
        town.house.begin,
        campaign_id=town.id,
        edition=edition,
        vault=town.house.kit.vault,
        by="test",
        clock=lambda: at,
    )


def make_all(town: Town, at: dt.datetime = AT) -> int:
    """This will make the files of all manifests, as `manifest seal` does."""
    return manifest_files.make_all(
        town.house.begin,
        campaign_id=town.id,
        draw=make_files,
        files=town.house.kit.sealed_files,
        vault=town.house.kit.vault,
        worker="test",
        clock=lambda: at,
    )


def answer(
    town: Town,
    *,
    accepted: int,
    refused: Iterable[tuple[int, str]] = (),
    difference: int = 0,
    number: int = 1,
    receipt: uuid.UUID | None = None,
    body: bytes = b"",
    received_at: dt.datetime = LATER - dt.timedelta(hours=1),
) -> Recorded:
    """This will record the Post's answer to a manifest."""
    said = Answer(
        id=receipt or uuid.uuid4(),
        accepted=accepted,
        refused=tuple(receipts.Refusal(card, reason) for card, reason in refused),
        received_at=received_at,
        difference=difference,
        note="",
    )
    with town.house.begin() as session:
        return receipts.record(
            session,
            campaign_id=town.id,
            number=number,
            answer=said,
            body_mark=town.house.kit.vault.body_mark(body),
            by="partner:1",
            at=LATER,
        )


def status_of(town: Town, number: int) -> str:
    """This will tell where the living card of that number stands."""
    return str(one(town, "SELECT status FROM card WHERE number = :n AND status <> 'void'", n=number))


def one(town: Town, sql: str, **values: object) -> Any:
    """This will give the one value of a query; `:campaign` is the town's."""
    if "campaign_id" not in sql and "pg_" not in sql and " WHERE " in sql:
        sql = sql.replace(" WHERE ", " WHERE campaign_id = :campaign AND ", 1)
        values["campaign"] = town.id
    with town.house.begin() as session:
        return session.execute(text(sql), values).scalar_one()
