"""Print runs: cards drawn together; and the print log: which number came out when, by whom."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from postcards.models.base import Base, Mark, Moment, one_of

STATUSES = ("queued", "drawing", "ready", "failed", "cancelled")


class PrintRun(Base):
    """`status` is the truth of the job; `claimed_by` until `claimed_until` is the worker's lease."""

    __tablename__ = "print_run"
    __table_args__ = (
        UniqueConstraint("campaign_id", "id"),
        UniqueConstraint("campaign_id", "run"),
        one_of("status", STATUSES),
        CheckConstraint("(claimed_by IS NULL) = (claimed_until IS NULL)", name="lease"),
        CheckConstraint("(file_key IS NULL) = (key_id IS NULL)", name="file_has_a_key"),
        CheckConstraint("status <> 'ready' OR file_key IS NOT NULL", name="ready_has_a_file"),
        Index("ix_print_run_waiting", "requested_at", postgresql_where="status IN ('queued', 'drawing')"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    run: Mapped[int]
    sheet: Mapped[str]
    draft: Mapped[bool]
    cards: Mapped[int]
    first_number: Mapped[int]
    last_number: Mapped[int]
    status: Mapped[str] = mapped_column(server_default="queued")
    requested_by: Mapped[str]
    requested_at: Mapped[Moment]
    claimed_by: Mapped[str | None]
    claimed_until: Mapped[Moment | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    ready_at: Mapped[Moment | None]
    failure: Mapped[str | None]
    file_key: Mapped[str | None]
    key_id: Mapped[str | None]
    file_name: Mapped[str | None]
    file_bytes: Mapped[int | None]
    file_sha256: Mapped[Mark | None]


class PrintRunCard(Base):
    """One card's place in a run, with the code that it is drawn with."""

    __tablename__ = "print_run_card"
    __table_args__ = (
        ForeignKeyConstraint(["campaign_id", "print_run_id"], ["print_run.campaign_id", "print_run.id"]),
        ForeignKeyConstraint(["campaign_id", "card_id"], ["card.campaign_id", "card.id"]),
        Index("ix_print_run_card_card", "campaign_id", "card_id"),
    )

    print_run_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int]
    card_id: Mapped[uuid.UUID]
    number: Mapped[int]
    code: Mapped[str]


class PrintLog(Base):
    """One card that came out of a printer; a second print of the same code says why."""

    __tablename__ = "print_log"
    __table_args__ = (
        ForeignKeyConstraint(["campaign_id", "card_id"], ["card.campaign_id", "card.id"]),
        ForeignKeyConstraint(["campaign_id", "print_run_id"], ["print_run.campaign_id", "print_run.id"]),
        Index("ix_print_log_card", "campaign_id", "card_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[int]
    card_id: Mapped[uuid.UUID]
    number: Mapped[int]
    code: Mapped[str]
    printed_at: Mapped[Moment]
    recorded_at: Mapped[Moment]
    by: Mapped[str]
    print_run_id: Mapped[uuid.UUID | None]
    reason: Mapped[str | None]
