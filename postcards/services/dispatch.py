"""Seals manifests: cards that are printed and free to go are put on the list for the Post, each exactly once.

One transaction makes one manifest, whole: its number, its lines, the cards' new status, tallies and journal.
What it says never changes after that; its files are made later (`manifest_files`).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager

from sqlalchemy import Boolean, ColumnElement, Row, literal_column, select, update
from sqlalchemy.orm import Session

from postcards.errors import Denied, Said, says, says_n
from postcards.models import Card, Person
from postcards.queries import manifests as seen
from postcards.queries.print_runs import has_paper
from postcards.rules.card_life import CardStatus
from postcards.rules.dispatch import deposit
from postcards.rules.edition import Edition
from postcards.rules.manifest import Content, Item, arrange, header
from postcards.services import block_list, journal_chain, manifests, tallies
from postcards.services.manifests import SealedManifest
from postcards.services.people import PersonGone, open_recipient
from postcards.vault import KeyMissing, Vault, WrongMasterKey

Taken = Row[uuid.UUID, int, str, str | None]
Begin = Callable[[], AbstractContextManager[Session]]
Clock = Callable[[], dt.datetime]


#: A card on a list that lies in no bundle would be missed by the Post, and be nobody's to print again.
HAS_PAPER: ColumnElement[bool] = literal_column(has_paper("card"), Boolean)


class NothingToSeal(Denied):
    """No card is printed and free to go."""

    code = "nothing_to_seal"


def seal(
    session: Session,
    *,
    campaign_id: int,
    edition: Edition,
    vault: Vault,
    due: dt.datetime | None = None,
    by: str,
    at: dt.datetime,
) -> SealedManifest | None:
    """Put up to `edition.dispatch.manifest_size` cards, by country and number, on a manifest and seal it.

    `due` is the cut-off that asks for it, when one does. Cards wait that are held, claimed by a print run, in the
    file of one that nobody has taken yet, bound for somebody who wants none (those are held now), or for a country
    that the Post does not serve on the deposit date. This will return the manifest, or None when no card is free to
    go; fewer lines than the size mean that none was left.
    """
    manifests.lock(session, campaign_id)
    block_list.hold(session, campaign_id=campaign_id, by=by, at=at)
    cut_off = deposit(edition, at=at, due=due)
    suspended = {found.country for found in edition.suspensions(edition.day(cut_off))}
    cards = _take(session, campaign_id, suspended, edition.dispatch.manifest_size)
    if not cards:
        return None
    postal_codes = _postal_codes(session, vault, [card.id for card in cards])
    lines = arrange(Item(card.number, card.country, postal_codes.get(card.id, "")) for card in cards)
    ids = {card.number: card.id for card in cards}
    sealed = manifests.write_sealed(
        session,
        campaign_id=campaign_id,
        content=Content(
            header(
                lines,
                number=manifests.next_number(session, campaign_id),
                version=1,
                sequence=manifests.next_sequence(session, campaign_id),
                edition=edition,
                cut_off=cut_off,
                sealed_at=at,
                journal_head=journal_chain.head(session).as_json(),
            ),
            lines,
        ),
        card_ids=[ids[line.card_number] for line in lines],
        vault=vault,
        by=by,
        at=at,
    )
    _move(session, campaign_id, cards, at)
    return sealed


def seal_all(
    begin: Begin, *, campaign_id: int, edition: Edition, vault: Vault, by: str, clock: Clock
) -> list[SealedManifest]:
    """This will seal manifests, a transaction each, until no card is left. Raises `NothingToSeal`."""
    done: list[SealedManifest] = []
    while not done or done[-1].lines >= edition.dispatch.manifest_size:
        with begin() as session:
            sealed = seal(session, campaign_id=campaign_id, edition=edition, vault=vault, by=by, at=clock())
        if sealed is None:
            break
        done.append(sealed)
    if not done:
        with begin() as session:
            waiting = seen.waiting(session, campaign_id=campaign_id, suspended=())
        raise NothingToSeal(_why_not(waiting))
    return done


def _why_not(waiting: seen.Waiting) -> Said:
    """The one thing that the desk can do at once is said by its number; the others stand on its first page."""
    if waiting.without_paper:
        return says_n(
            "No card is ready for the post. One waits for somebody to download the file of its print run.",
            "No card is ready for the post. %(n)s wait for somebody to download the file of their print run.",
            waiting.without_paper,
        )
    return says(
        "No card is ready for the post: none is printed, or those that are wait for the desk, "
        "for a print run, or for their country to be served again."
    )


def free_to_go(campaign_id: int, suspended: Collection[str]) -> ColumnElement[bool]:
    """This will give the condition for a card that the next manifest may take."""
    return (
        (Card.campaign_id == campaign_id)
        & (Card.status == CardStatus.PRINTED)
        & (Card.held == [])
        & Card.print_run_id.is_(None)
        & Card.country.not_in(suspended)
        & HAS_PAPER
    )


def _take(session: Session, campaign_id: int, suspended: set[str], size: int) -> Sequence[Taken]:
    """Lock up to `size` cards that are free to go.

    A card that was corrected or claimed while we waited for it falls out, and the next one in order takes its
    place: so fewer than `size` come back only when no more are free.
    """
    may_go = free_to_go(campaign_id, suspended)
    taken: dict[uuid.UUID, Taken] = {}
    while len(taken) < size:
        wanted = session.scalars(
            select(Card.id)
            .where(may_go, Card.id.not_in(list(taken)))
            .order_by(Card.country, Card.number)
            .limit(size - len(taken))
        ).all()
        if not wanted:
            break
        locked = session.execute(
            select(Card.id, Card.number, Card.country, Card.venue_slug)
            .where(may_go, Card.id.in_(wanted))
            .order_by(Card.id)
            .with_for_update()
        )
        taken |= {card.id: card for card in locked}
    return list(taken.values())


def _postal_codes(session: Session, vault: Vault, card_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    found: dict[uuid.UUID, str] = {}
    for person in session.scalars(select(Person).where(Person.card_id.in_(card_ids))):
        try:
            found[person.card_id] = open_recipient(vault, person).address.postal_code or ""
        except WrongMasterKey:  # nothing of the house can be read: it has to be put right first
            raise
        except (PersonGone, KeyMissing):
            continue  # erased since it was printed, or its key is lost: the card goes, its line says the country alone
    return found


def _move(session: Session, campaign_id: int, cards: Sequence[Taken], at: dt.datetime) -> None:
    moved = session.execute(
        update(Card)
        .where(
            Card.campaign_id == campaign_id,
            Card.id.in_([card.id for card in cards]),
            Card.status == CardStatus.PRINTED,
        )
        .values(status=CardStatus.SEALED, sealed_at=at)
        .returning(Card.id)
    ).all()
    manifests.exactly(len(cards), moved)
    groups = Counter((card.venue_slug, card.country) for card in cards)
    tallies.move(
        session,
        campaign_id=campaign_id,
        moves=[
            tallies.Move(venue, country, CardStatus.PRINTED, CardStatus.SEALED, n)
            for (venue, country), n in groups.items()
        ],
    )
