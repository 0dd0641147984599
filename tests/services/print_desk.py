"""What a print desk does, in one word each: ask for a run, draw it, look at it, change a card meanwhile."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from postcards.models import PrintRun
from postcards.paper.cover_sheet import draw_cover
from postcards.queries.print_runs import RunSeen, run_seen
from postcards.rules.address import Address
from postcards.services import (
    cards,
    people,
    print_handout,
    print_requests,
    printing,
)
from postcards.services.cards import Changes, RecipientChange
from postcards.services.checking import check_books
from postcards.services.registration import Registered
from tests.plugins.cast import AT, Town
from tests.services.pressing import press

MINUTE = dt.timedelta(minutes=1)


class Clock:
    """A clock of its own that stands still until it is turned."""

    def __init__(self) -> None:
        self.at = AT

    def __call__(self) -> dt.datetime:
        return self.at


def ask(town: Town, **how: Any) -> PrintRun:
    usual: dict[str, Any] = {"sheet": "a4-4up", "part_sheets": 1, "by": "staff:1", "at": AT}
    with town.house.begin() as session:
        return print_requests.request_run(session, campaign_id=town.id, **usual | how)


def draw(town: Town, run: PrintRun, *, clock: Clock | None = None, with_press: Any = None) -> RunSeen:
    printing.draw(
        town.house.begin,
        run_id=run.id,
        press=with_press or press(town.house),
        worker="worker",
        clock=clock or Clock(),
    )
    return seen(town, run)


def seen(town: Town, run: PrintRun) -> RunSeen:
    with town.house.begin() as session:
        return run_seen(session, campaign_id=town.id, run_id=run.id)


def registered(town: Town, cards_wanted: int) -> list[Registered]:
    return [town.register() for _ in range(cards_wanted)]


def file_of(town: Town, run: RunSeen) -> bytes:
    cover = io.BytesIO()
    with town.house.begin() as session:
        draw_cover(print_handout.cover_of(session, run=run), cover)
    return b"".join(print_handout.pieces(run, files=town.house.kit.sealed_files, cover=cover.getvalue()))


def do(town: Town, deed: Any, run: PrintRun, **how: Any) -> Any:
    with town.house.begin() as session:
        return deed(session, campaign_id=town.id, run_id=run.id, **{"by": "staff:1", "at": AT} | how)


def books(town: Town) -> list[str]:
    tools = town.house.kit
    with tools.snapshot() as session:
        return [found.message for found in check_books(session, files=tools.sealed_files, vault=tools.vault)]


def void(town: Town, card: Registered) -> None:
    with town.house.begin() as session:
        cards.void(
            session, campaign_id=town.id, card_id=card.id, reason="wish", paper="none", by="staff:1", at=AT
        )


#: The recipient has a new address, which shows on the card.
MOVED = Changes(
    recipient=RecipientChange("Jonas Petraitis", Address("DE", ("Nebenstraße 7",), "10115", "Berlin", None))
)


def move_house(town: Town, card: Registered) -> None:
    with town.house.begin() as session:
        change(town, card, MOVED, session)


def change(town: Town, card: Registered, changes: Changes, session: Session) -> None:
    from postcards.paper.entry import check_entry

    cards.correct(
        session,
        campaign_id=town.id,
        card_id=card.id,
        changes=changes,
        edition=town.edition,
        vault=town.house.kit.vault,
        print_check=check_entry,
        by="staff:1",
        at=AT,
    )


def spoil_words(town: Town, card: Registered) -> None:
    """What no door lets in: a word that fits no line of the card."""
    kit = town.house.kit
    with town.house.begin() as session:
        key_id = session.scalars(text("SELECT key_id FROM person WHERE card_id = :id"), {"id": card.id}).one()
        parts = people.sealed_parts(
            kit.vault,
            key_id=key_id,
            card_id=card.id,
            sender=people.Sender("Ona", None),
            recipient=people.Recipient("Jonas", Address("DE", ("W" * 60,), "10115", "Berlin", None)),
            message=None,
            volunteer=None,
        )
        session.execute(
            text("UPDATE person SET recipient = :sealed WHERE card_id = :id"),
            {"sealed": parts["recipient"], "id": card.id},
        )
