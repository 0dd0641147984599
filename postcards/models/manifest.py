"""A manifest: the list for the Post. Once sealed it does not change; triggers see to it."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from postcards.models.base import Base, Json, Mark, Moment, Sealed, one_of

STATUSES = ("draft", "sealed", "handed_over", "reconciled", "disputed")


class Manifest(Base):
    """Number and version are gap-free in a campaign. `draft` lives only inside the sealing transaction.

    `header` and the sealed `content` (lines with postcodes) are fixed there; the files are made from them once.
    `sums_sha256` is the hash of SHA256SUMS and is what the next manifest's header chains to.
    """

    __tablename__ = "manifest"
    __table_args__ = (
        UniqueConstraint("campaign_id", "id"),
        UniqueConstraint("campaign_id", "number", "version"),
        one_of("status", STATUSES),
        CheckConstraint("number >= 1 AND version >= 1", name="numbers"),
        CheckConstraint("(claimed_by IS NULL) = (claimed_until IS NULL)", name="lease"),
        CheckConstraint("(files_at IS NULL) = (sums_sha256 IS NULL)", name="files_have_sums"),
        Index("ix_manifest_waiting_for_files", "sealed_at", postgresql_where="files_at IS NULL"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    number: Mapped[int]
    version: Mapped[int] = mapped_column(server_default="1")
    status: Mapped[str]
    lines: Mapped[int]
    sealed_at: Mapped[Moment]
    sealed_by: Mapped[str]
    header: Mapped[Json]
    key_id: Mapped[str]
    content: Mapped[Sealed | None]
    content_sha256: Mapped[Mark]
    claimed_by: Mapped[str | None]
    claimed_until: Mapped[Moment | None]
    previous_sha256: Mapped[Mark | None]
    sums_sha256: Mapped[Mark | None]
    files_at: Mapped[Moment | None]
    handed_over_at: Mapped[Moment | None]


class ManifestLine(Base):
    """One card of one manifest. `is_open` ends when the Post has answered or a new version took its place."""

    __tablename__ = "manifest_line"
    __table_args__ = (
        ForeignKeyConstraint(["campaign_id", "manifest_id"], ["manifest.campaign_id", "manifest.id"]),
        ForeignKeyConstraint(["campaign_id", "card_id"], ["card.campaign_id", "card.id"]),
        CheckConstraint("line >= 1", name="line"),
        Index("uq_manifest_line_open", "campaign_id", "card_id", unique=True, postgresql_where="is_open"),
        UniqueConstraint("manifest_id", "card_number"),
    )

    manifest_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int]
    card_id: Mapped[uuid.UUID]
    card_number: Mapped[int]
    country: Mapped[str]
    bundle: Mapped[str]
    is_open: Mapped[bool]


class ManifestFile(Base):
    """One file of a manifest: made once and kept, the same bytes every time."""

    __tablename__ = "manifest_file"
    __table_args__ = (
        ForeignKeyConstraint(["campaign_id", "manifest_id"], ["manifest.campaign_id", "manifest.id"]),
    )

    manifest_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    campaign_id: Mapped[int]
    position: Mapped[int]
    media_type: Mapped[str]
    bytes: Mapped[int]
    sha256: Mapped[Mark]
    file_key: Mapped[str]
