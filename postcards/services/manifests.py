"""Writes a manifest down, numbered without gaps, and seals it: after that nothing of it changes."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session

from postcards import jobs
from postcards.errors import NotFound
from postcards.models import Campaign, Manifest, ManifestLine
from postcards.rules.manifest import Content, Line
from postcards.services import journal
from postcards.vault import Vault

#: A manifest whose files are not made yet. One that has neither files nor content never gets any.
WAITS_FOR_FILES = Manifest.files_at.is_(None) & Manifest.content.is_not(None) & (Manifest.status != "draft")

#: First key of the advisory lock under which a campaign's manifests are numbered (any number of our own).
SEALING = 0x5EA1


class ContentGone(NotFound):
    """Retention has taken the lines; the header stays."""

    code = "manifest_gone"
    gone = True


@dataclass(frozen=True, slots=True)
class SealedManifest:
    """A manifest that was just sealed."""

    id: uuid.UUID
    number: int
    version: int
    lines: int
    content_sha256: bytes


def lock(session: Session, campaign_id: int) -> None:
    """This will let one transaction at a time number this campaign's manifests."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(:room, :campaign_id)"),
        {"room": SEALING, "campaign_id": campaign_id},
    )


def write_sealed(
    session: Session,
    *,
    campaign_id: int,
    content: Content,
    card_ids: Sequence[uuid.UUID],
    vault: Vault,
    by: str,
    at: dt.datetime,
) -> SealedManifest:
    """Write a manifest and its lines (`card_ids` in the order of the lines), and seal it.

    It is a draft, which alone takes lines, only in here. This will also journal it and ask for its files.
    """
    key_id = session.execute(select(Campaign.data_key).where(Campaign.id == campaign_id)).scalar_one()
    manifest_id = uuid.uuid4()
    number, version = content.header["number"], content.header["version"]
    session.execute(
        insert(Manifest),
        {
            "id": manifest_id,
            "campaign_id": campaign_id,
            "number": number,
            "version": version,
            "status": "draft",
            "lines": len(content.lines),
            "sealed_at": at,
            "sealed_by": by,
            "header": content.header,
            "key_id": key_id,
            "content": vault.seal(key_id, content.canonical(), about=content_place(manifest_id)),
            "content_sha256": content.sha256,
        },
    )
    if content.lines:
        session.execute(insert(ManifestLine), _rows(manifest_id, campaign_id, content.lines, card_ids))
    exactly(
        1,
        session.execute(
            update(Manifest)
            .where(Manifest.id == manifest_id, Manifest.status == "draft")
            .values(status="sealed")
            .returning(Manifest.id)
        ).all(),
    )
    journal.write(
        session,
        campaign_id=campaign_id,
        action="manifest.sealed",
        subject=f"manifest:{number}",
        detail={"version": version, "cards": len(content.lines), "content_sha256": content.sha256.hex()},
        by=by,
        at=at,
    )
    jobs.enqueue(session, jobs.MAKE_MANIFEST_FILES, campaign_id=campaign_id)
    return SealedManifest(manifest_id, number, version, len(content.lines), content.sha256)


def content_place(manifest_id: uuid.UUID) -> str:
    """This will give what the sealed content is about, for the vault."""
    return f"{manifest_id}/content"


def next_sequence(session: Session, campaign_id: int) -> int:
    """This will give the next place in the campaign's chain of manifests; only under `lock`."""
    return (
        1
        + session.execute(
            select(func.count()).select_from(Manifest).where(Manifest.campaign_id == campaign_id)
        ).scalar_one()
    )


def next_number(session: Session, campaign_id: int) -> int:
    """This will give the next number of the campaign's manifests; only under `lock`."""
    last = session.execute(
        select(func.coalesce(func.max(Manifest.number), 0)).where(Manifest.campaign_id == campaign_id)
    ).scalar_one()
    return int(last) + 1


def exactly(expected: int, rows: Sequence[object]) -> None:
    """This will stop the transaction when other rows changed than were locked: a mistake of ours."""
    if len(rows) != expected:
        raise RuntimeError(f"{len(rows)} rows changed where {expected} were locked")


def _rows(
    manifest_id: uuid.UUID, campaign_id: int, lines: Sequence[Line], card_ids: Sequence[uuid.UUID]
) -> list[dict[str, object]]:
    return [
        {
            "manifest_id": manifest_id,
            "line": line.line,
            "campaign_id": campaign_id,
            "card_id": card_id,
            "card_number": line.card_number,
            "country": line.country,
            "bundle": line.bundle,
            "is_open": True,
        }
        for line, card_id in zip(lines, card_ids, strict=True)
    ]


def content_of(vault: Vault, manifest: Manifest) -> Content:
    """This will open what was sealed. Raises `ContentGone` after retention, `KeyMissing` without its key."""
    if manifest.content is None:
        raise ContentGone("The lines of this manifest were deleted when their time was over.")
    data = vault.open(manifest.key_id, manifest.content, about=content_place(manifest.id))
    content = Content.read(data)
    if content.sha256 != manifest.content_sha256:
        raise ValueError(f"the content of manifest {manifest.number} is not what its hash says")
    return content
