"""Takes parts of people's data away, and all that hangs on each; asks neither why nor when, for others know that."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from sqlalchemy import Table, bindparam, select, text, update
from sqlalchemy.orm import Session

from postcards.db import after_commit
from postcards.models import Person
from postcards.rules.retention import PARTS
from postcards.services import people
from postcards.vault import KeyMissing, Vault

#: Writes lines to the ledger outside of the database.
Ledger = Callable[[Sequence[dict[str, Any]]], None]

#: Why a card was given up, as far as it is no free text: codes of the desk's form, and ours.
REASONS = ("spoiled", "wish", "wrong_address", "suspended", "duplicate", "test", "other", "erased")

#: Why the Post refuses a card, as far as it is no free text, in small letters; all else may name people.
REFUSALS = ("illegible", "address incomplete", "damaged", "other")
#: Find such refusals and such cards with a reason in free words; a tuple of words is written as SQL writes it.
REFUSED_IN_WORDS = f"reason <> '' AND lower(reason) NOT IN {REFUSALS}"
GIVEN_UP_IN_WORDS = f"void_reason NOT IN {REASONS}"


class Outbox(Protocol):
    """Mail that lies in a folder."""

    def mails(self) -> set[uuid.UUID]: ...

    def forget(self, mails: Collection[uuid.UUID]) -> None: ...


@dataclass(slots=True)
class Forgotten:
    """What went, by card. `unread`: addresses that stand in a sender nobody can open now, for its key is not here."""

    parts: dict[uuid.UUID, tuple[str, ...]] = field(default_factory=dict)
    unread: int = 0


_KEPT = text(
    """
    SELECT p.card_id, p.message IS NOT NULL AS message, p.recipient IS NOT NULL AS recipient,
           p.email_index IS NOT NULL AS email, p.sender IS NOT NULL AS sender, p.volunteer IS NOT NULL AS volunteer,
           EXISTS (SELECT FROM arrival a WHERE a.card_id = p.card_id AND a.thanks IS NOT NULL) AS thanks
    FROM person p WHERE p.card_id = ANY(:cards) ORDER BY p.card_id FOR UPDATE
    """
)

_REMARKS = tuple(
    text(f"{change} WHERE campaign_id = :campaign_id AND {which} = ANY(:cards) AND {there}")
    for change, which, there in (
        ("UPDATE card SET void_reason = NULL", "id", GIVEN_UP_IN_WORDS),
        ("UPDATE print_log SET reason = NULL", "card_id", "reason IS NOT NULL"),
        ("UPDATE spoiled_print SET reason = ''", "card_id", "reason <> ''"),
        ("UPDATE receipt_refusal SET note = ''", "card_id", "note <> ''"),
        ("UPDATE receipt_refusal SET reason = ''", "card_id", REFUSED_IN_WORDS),
    )
)

_GIVEN_UP = text(
    f"""
    UPDATE card SET void_reason = NULL FROM tracking_code t
    WHERE card.campaign_id = :campaign_id AND card.status = 'void' AND {GIVEN_UP_IN_WORDS}
      AND t.code = card.code AND t.ended = 'void' AND t.ended_at <= :before
    """  # noqa: S608 - of our own words alone
)

_person = cast("Table", Person.__table__)

_COLUMNS = {
    "message": ("message",),
    "recipient": ("recipient", "recipient_index"),
    "sender": ("sender", "email_index"),
    "volunteer": ("volunteer",),
}


def forget(
    session: Session, *, vault: Vault | None, outbox: Outbox, wanted: Mapping[uuid.UUID, Collection[str]]
) -> Forgotten:
    """This will take the wanted parts (of `rules.retention.PARTS`) of each card away; lock the cards before.

    An address goes with the mail that waits for it or lies in the outbox, and with the wish to be told, for it can
    be kept no more. It cannot be taken out of a sender that stays and whose key is not at hand: that one is counted;
    so is every such one without a vault.
    """
    done = Forgotten()
    kept = {row["card_id"]: row for row in session.execute(_KEPT, {"cards": list(wanted)}).mappings()}
    going = {card_id: {part for part in wanted[card_id] if row[part]} for card_id, row in kept.items()}
    for part, columns in _COLUMNS.items():
        cards = [card_id for card_id, parts in going.items() if part in parts]
        if cards:
            session.connection().execute(
                update(_person).where(_person.c.card_id.in_(cards)).values(dict.fromkeys(columns))
            )
    names_stay = [card_id for card_id, parts in going.items() if "email" in parts and "sender" not in parts]
    for card_id in _take_addresses_out(session, vault, names_stay):
        going[card_id].discard("email")
        done.unread += 1
    _drop_mail(session, outbox, [card_id for card_id, parts in going.items() if parts & {"email", "sender"}])
    thanked = [card_id for card_id, parts in going.items() if "thanks" in parts]
    if thanked:
        session.execute(
            text("UPDATE arrival SET thanks = NULL, key_id = NULL WHERE card_id = ANY(:cards)"),
            {"cards": thanked},
        )
    done.parts = {
        card_id: tuple(part for part in PARTS if part in parts) for card_id, parts in going.items() if parts
    }
    return done


def forget_old_reasons(session: Session, *, campaign_id: int, given_up_before: dt.datetime) -> None:
    """This will take away why cards were given up before a moment, where that was said in free words; also of cards
    of which nothing else was ever kept."""
    session.execute(_GIVEN_UP, {"campaign_id": campaign_id, "before": given_up_before})


def forget_remarks(session: Session, *, campaign_id: int, cards: Collection[uuid.UUID]) -> None:
    """This will take away what was written about these cards by hand: why they were given up, spoiled or printed once
    more, and what the Post noted when it took them not.
    """
    for remark in _REMARKS:
        session.execute(remark, {"campaign_id": campaign_id, "cards": list(cards)})


def _take_addresses_out(session: Session, vault: Vault | None, cards: list[uuid.UUID]) -> list[uuid.UUID]:
    """Gives the cards whose sender could not be opened; they are left as they are."""
    if vault is None:
        return cards
    changes, unread = [], []
    for person in session.scalars(select(Person).where(Person.card_id.in_(cards))):
        try:
            sealed = people.sender_without_email(vault, person)
        except KeyMissing:
            unread.append(person.card_id)
            continue
        changes.append({"card": person.card_id, "sender": sealed, "email_index": None})
    if changes:
        session.connection().execute(
            update(_person).where(_person.c.card_id == bindparam("card")),
            changes,
        )
    return unread


def _drop_mail(session: Session, outbox: Outbox, cards: list[uuid.UUID]) -> None:
    if not cards:
        return
    session.execute(
        text("UPDATE card SET arrival_notice = false WHERE id = ANY(:cards) AND arrived_at IS NULL"),
        {"cards": cards},
    )
    mails = session.scalars(
        text("DELETE FROM mail WHERE card_id = ANY(:cards) RETURNING id"), {"cards": cards}
    ).all()
    if mails:
        after_commit(session, lambda: outbox.forget(mails))
