"""Takes cards off a sealed manifest before the Post has it: a new version of its number, without them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from postcards.errors import Denied, Fault, Invalid, says
from postcards.models import Card, Manifest, ManifestLine
from postcards.queries.manifests import newest
from postcards.rules.card_life import CardStatus
from postcards.rules.edition import Edition
from postcards.rules.manifest import Item
from postcards.services import journal, manifests, tallies
from postcards.services.manifest_versions import is_open, seal_next
from postcards.services.manifests import SealedManifest, content_of
from postcards.vault import Vault


class Answered(Denied):
    """The Post has answered this manifest; it stays as it is."""

    code = "manifest_answered"


def withdraw(
    session: Session,
    *,
    campaign_id: int,
    number: int,
    cards: Collection[int],
    edition: Edition,
    vault: Vault,
    by: str,
    at: dt.datetime,
) -> SealedManifest:
    """Seal the next version of a manifest without `cards` (their numbers), which are then `printed` again.

    The version before stays as it was sealed, its lines closed. This will return the new version, or raise
    `NotFound`, `Answered`, or `Invalid` for a card that it does not hold or that has arrived meanwhile.
    """
    manifests.lock(session, campaign_id)
    found = newest(session, campaign_id=campaign_id, number=number)
    old = session.execute(select(Manifest).where(Manifest.id == found.id).with_for_update()).scalar_one()
    if not is_open(session, old):
        raise Answered("The post has answered this manifest, so nothing can be taken off it any more.")
    lines = session.execute(
        select(ManifestLine.card_number, Card.id, Card.status, Card.country, Card.venue_slug)
        .join(Card, (Card.campaign_id == ManifestLine.campaign_id) & (Card.id == ManifestLine.card_id))
        .where(ManifestLine.manifest_id == old.id)
        .order_by(Card.id)
        .with_for_update(of=Card)
    ).all()
    leaving = [line for line in lines if line.card_number in cards and line.status == CardStatus.SEALED]
    if not cards or len(leaving) != len(set(cards)):
        wrong = sorted(set(cards) - {line.card_number for line in leaving})
        faults = [
            Fault("cards", "not_here", says("Card %(n)s is not on this manifest, or has arrived.", n=n))
            for n in wrong
        ]
        raise Invalid("Choose cards that are on this manifest.", faults=faults)
    kept = [
        Item(line.card_number, line.country, line.postal_code)
        for line in content_of(vault, old).lines
        if line.card_number not in cards
    ]
    sealed = seal_next(session, old, items=kept, edition=edition, vault=vault, by=by, at=at)
    back = session.execute(
        update(Card)
        .where(Card.id.in_([line.id for line in leaving]), Card.status == CardStatus.SEALED)
        .values(status=CardStatus.PRINTED, sealed_at=None)
        .returning(Card.id)
    ).all()
    manifests.exactly(len(leaving), back)
    groups = Counter((line.venue_slug, line.country) for line in leaving)
    tallies.move(
        session,
        campaign_id=campaign_id,
        moves=[
            tallies.Move(venue, country, CardStatus.SEALED, CardStatus.PRINTED, n)
            for (venue, country), n in groups.items()
        ],
    )
    for line in leaving:
        journal.write(
            session,
            campaign_id=campaign_id,
            action="card.withdrawn",
            subject=f"card:{line.id}",
            number=line.card_number,
            detail={"manifest": number, "version": old.version},
            by=by,
            at=at,
        )
    return sealed
