"""Seals what is ready when a campaign's cut-off has passed: once for each, however many ask for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from postcards.errors import Refusal
from postcards.models import Campaign, Card, JournalEntry
from postcards.queries import campaigns
from postcards.rules.dispatch import last_cut_off
from postcards.services import dispatch, journal, manifests
from postcards.services.dispatch import Begin, Clock
from postcards.services.manifests import SealedManifest
from postcards.vault import Vault

#: The entry by which the journal knows that a cut-off is over, with or without a manifest.
OVER = "dispatch.cut_off_over"


@dataclass(frozen=True, slots=True)
class Due:
    """A cut-off that has passed and is not over yet."""

    campaign_id: int
    cut_off: dt.datetime


def due(session: Session, *, at: dt.datetime) -> list[Due]:
    """This will list the cut-offs to be sealed now, at most the newest one of each campaign.

    A closed campaign is due only while printed cards are left, a draft never; nor is a cut-off older than its
    campaign.
    """
    rows = session.execute(
        select(
            Campaign.id,
            Campaign.status,
            Campaign.created_at,
            exists().where(Card.campaign_id == Campaign.id, Card.status == "printed").label("has_cards"),
        ).where(Campaign.status != "draft")
    )
    found = []
    for row in rows.all():
        cut_off = last_cut_off(campaigns.edition(session, row.id), at)
        if cut_off is None or cut_off < row.created_at or (row.status == "closed" and not row.has_cards):
            continue
        if not _is_over(session, row.id, cut_off):
            found.append(Due(row.id, cut_off))
    return found


def pass_over(session: Session, *, by: str, at: dt.datetime) -> None:
    """This will note what is due as over, with nothing sealed for it.

    A database that was restored may not know the list that the Post got at that cut-off.
    """
    for each in due(session, at=at):
        _note_over(session, each.campaign_id, each.cut_off, None, by=by, at=at)


def seal_due(begin: Begin, *, vault: Vault, by: str, clock: Clock) -> list[SealedManifest]:
    """Seal everything that is due, a transaction a manifest.

    A campaign that fails stops no other and is due again. This will return what was sealed, or raise the first
    refusal once all campaigns had their turn.
    """
    with begin() as session:
        waiting = due(session, at=clock())
    done: list[SealedManifest] = []
    failed: list[Refusal] = []
    for each in waiting:
        try:
            done += _seal_campaign(begin, each, vault=vault, by=by, clock=clock)
        except Refusal as refusal:
            failed.append(refusal)
    if failed:
        raise failed[0]
    return done


def _seal_campaign(
    begin: Begin, each: Due, *, vault: Vault, by: str, clock: Clock
) -> Iterator[SealedManifest]:
    while True:
        with begin() as session:
            sealed = seal_one(
                session, campaign_id=each.campaign_id, cut_off=each.cut_off, vault=vault, by=by, at=clock()
            )
        if sealed is None:
            return
        yield sealed


def seal_one(
    session: Session, *, campaign_id: int, cut_off: dt.datetime, vault: Vault, by: str, at: dt.datetime
) -> SealedManifest | None:
    """Seal one manifest for a cut-off.

    The cut-off is over, in the same transaction, when no card was left for another. This will return the
    manifest, or None when there is nothing (more) to seal for it.
    """
    manifests.lock(session, campaign_id)
    if _is_over(session, campaign_id, cut_off):
        return None
    edition = campaigns.edition(session, campaign_id)
    sealed = dispatch.seal(
        session, campaign_id=campaign_id, edition=edition, vault=vault, due=cut_off, by=by, at=at
    )
    if sealed is None or sealed.lines < edition.dispatch.manifest_size:
        _note_over(session, campaign_id, cut_off, sealed.number if sealed else None, by=by, at=at)
    return sealed


def _note_over(
    session: Session,
    campaign_id: int,
    cut_off: dt.datetime,
    last_manifest: int | None,
    *,
    by: str,
    at: dt.datetime,
) -> None:
    journal.write(
        session,
        campaign_id=campaign_id,
        action=OVER,
        subject=_subject(campaign_id, cut_off),
        detail={"cut_off": cut_off.isoformat(), "last_manifest": last_manifest},
        by=by,
        at=at,
    )


def _is_over(session: Session, campaign_id: int, cut_off: dt.datetime) -> bool:
    found = exists().where(
        JournalEntry.subject == _subject(campaign_id, cut_off), JournalEntry.action == OVER
    )
    return bool(session.execute(select(found)).scalar_one())


def _subject(campaign_id: int, cut_off: dt.datetime) -> str:
    return f"cut-off:{campaign_id}:{cut_off:%Y-%m-%d}"
