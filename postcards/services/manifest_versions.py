"""The next version of a manifest's number: the version before stays as it was sealed, its lines closed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from postcards.models import Manifest, ManifestLine, Receipt
from postcards.queries.manifests import newest
from postcards.rules.edition import Edition
from postcards.rules.manifest import Content, Item, arrange, header
from postcards.services import journal_chain, manifest_tombstones, manifests
from postcards.services.manifests import SealedManifest
from postcards.vault import Vault


def is_open(session: Session, manifest: Manifest) -> bool:
    """This will return whether the Post has said nothing of the manifest yet."""
    answered = session.scalar(select(exists().where(Receipt.manifest_id == manifest.id)))
    return manifest.status == "sealed" and not answered


def seal_next(
    session: Session,
    old: Manifest,
    *,
    items: Iterable[Item],
    edition: Edition,
    vault: Vault,
    by: str,
    at: dt.datetime,
) -> SealedManifest:
    """Seal `items`, cards of `old`, as the next version of its number; under `manifests.lock`, with `old` locked."""
    rows = session.execute(
        update(ManifestLine)
        .where(ManifestLine.manifest_id == old.id)
        .values(is_open=False)
        .returning(ManifestLine.card_number, ManifestLine.card_id)
    )
    card_ids = {row.card_number: row.card_id for row in rows}
    lines = arrange(items)
    return manifests.write_sealed(
        session,
        campaign_id=old.campaign_id,
        content=Content(
            header(
                lines,
                number=old.number,
                version=old.version + 1,
                sequence=manifests.next_sequence(session, old.campaign_id),
                edition=edition,
                cut_off=dt.datetime.fromisoformat(old.header["cut_off"]),
                sealed_at=at,
                journal_head=journal_chain.head(session).as_json(),
            )
            | {"replaces": {"version": old.version, "content_sha256": old.content_sha256.hex()}},
            lines,
        ),
        card_ids=[card_ids[line.card_number] for line in lines],
        vault=vault,
        by=by,
        at=at,
    )


def lost_lists(session: Session, *, campaign_id: int, here: Collection[str]) -> list[Manifest]:
    """This will list the manifests that somebody waits for and nobody can open: their key is not among `here`.

    The Post waits for those that it has not answered, and later ones for each that has no files yet.
    """
    found = session.scalars(
        select(Manifest)
        .where(
            Manifest.campaign_id == campaign_id,
            Manifest.status != "draft",
            Manifest.content.is_not(None),
            Manifest.key_id.not_in(here),
        )
        .order_by(Manifest.number, Manifest.version)
    )
    return [each for each in found if each.files_at is None or _is_waited_for(session, each)]


def renew_lost(
    session: Session, *, campaign_id: int, edition: Edition, vault: Vault, by: str, at: dt.datetime
) -> list[int]:
    """Seal anew what the Post has not answered and nobody can open: numbers, countries and bundles, no postcodes.

    What has no files is let go of, for no later list would ever get its own. The campaign's key in force must be at
    hand. This will return the numbers of the lists that have a new version.
    """
    manifests.lock(session, campaign_id)
    renewed = []
    for old in lost_lists(session, campaign_id=campaign_id, here=vault.key_ids()):
        session.refresh(old, with_for_update=True)  # an answer may have come just now
        if _is_waited_for(session, old):
            lines = session.execute(
                select(ManifestLine.card_number, ManifestLine.country).where(
                    ManifestLine.manifest_id == old.id
                )
            )
            items = [Item(line.card_number, line.country, "") for line in lines]
            seal_next(session, old, items=items, edition=edition, vault=vault, by=by, at=at)
            renewed.append(old.number)
        if old.files_at is None:
            # Whoever is at its files still knows the key, and comes too late.
            session.execute(
                update(Manifest).where(Manifest.id == old.id).values(claimed_by=None, claimed_until=None)
            )
            manifest_tombstones.forget(session, manifest_id=old.id, by=by, at=at)
    return renewed


def _is_waited_for(session: Session, manifest: Manifest) -> bool:
    is_newest = newest(session, campaign_id=manifest.campaign_id, number=manifest.number).id == manifest.id
    return is_newest and is_open(session, manifest)
