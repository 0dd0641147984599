"""Print runs: cards drawn together, in parts; and the print log: which number came out when, by whom."""

from __future__ import annotations

import uuid

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from postcards.models.base import Base, Mark, Moment, Sealed, Sentence, one_of
from postcards.rules.print_run_life import OUTCOMES, PAUSES, PartStatus, RunStatus

DUPLEX = ("long-edge", "short-edge")
ORDERS = ("sheet", "stack")


class Printer(Base):
    """A printer at the print desk, with what it needs: its offsets in mm (right and up) as the calibration sheet
    showed them, and the edge it turns paper over."""

    __tablename__ = "printer"
    __table_args__ = (
        UniqueConstraint("campaign_id", "id"),
        UniqueConstraint("campaign_id", "name"),
        one_of("duplex", DUPLEX),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    name: Mapped[str]
    duplex: Mapped[str] = mapped_column(server_default="long-edge")
    front_x: Mapped[float] = mapped_column(server_default=text("0"))
    front_y: Mapped[float] = mapped_column(server_default=text("0"))
    back_x: Mapped[float] = mapped_column(server_default=text("0"))
    back_y: Mapped[float] = mapped_column(server_default=text("0"))
    note: Mapped[str] = mapped_column(server_default="")
    measured_by: Mapped[str]
    measured_at: Mapped[Moment]


class PrintRun(Base):
    """What was asked for, and where it stands; how it lies on the paper is kept with it, so that drawing it twice is
    the same. Its cards are drawn part by part (`PrintPart`); `began_at` and `began_with` (cards drawn by then) say
    since when, for the rate."""

    __tablename__ = "print_run"
    __table_args__ = (
        UniqueConstraint("campaign_id", "id"),
        UniqueConstraint("campaign_id", "run"),
        ForeignKeyConstraint(["campaign_id", "venue_slug"], ["venue.campaign_id", "venue.slug"]),
        one_of("status", tuple(RunStatus)),
        one_of("duplex", DUPLEX),
        one_of("card_order", ORDERS),
        one_of("paused_for", PAUSES),
        CheckConstraint("(status = 'paused') = (paused_for IS NOT NULL)", name="paused_says_why"),
        CheckConstraint("status <> 'ready' OR ready_at IS NOT NULL", name="ready_has_a_time"),
        CheckConstraint("part_sheets >= 1 AND parts >= 1", name="parts"),
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
    venue_slug: Mapped[str | None]
    reason: Mapped[str | None]
    printer: Mapped[str | None]
    duplex: Mapped[str] = mapped_column(server_default="long-edge")
    card_order: Mapped[str] = mapped_column(server_default="sheet")
    front_x: Mapped[float] = mapped_column(server_default=text("0"))
    front_y: Mapped[float] = mapped_column(server_default=text("0"))
    back_x: Mapped[float] = mapped_column(server_default=text("0"))
    back_y: Mapped[float] = mapped_column(server_default=text("0"))
    part_sheets: Mapped[int] = mapped_column(server_default=text("500"))
    parts: Mapped[int] = mapped_column(server_default=text("1"))
    status: Mapped[str] = mapped_column(server_default="queued")
    paused_for: Mapped[str | None]
    failure: Mapped[str | None] = mapped_column(Sentence())
    requested_by: Mapped[str]
    requested_at: Mapped[Moment]
    began_at: Mapped[Moment | None]
    began_with: Mapped[int] = mapped_column(server_default=text("0"))
    ready_at: Mapped[Moment | None]
    taken_at: Mapped[Moment | None]
    taken_by: Mapped[str | None]
    forgotten_at: Mapped[Moment | None]


class PrintPart(Base):
    """Some sheets of a run: its cards from place to place. `status` is the truth of the job; `claimed_by` until
    `claimed_until` is the worker's lease, `drawn` the cards it has drawn so far; `turns` counts who ever took it."""

    __tablename__ = "print_part"
    __table_args__ = (
        ForeignKeyConstraint(["campaign_id", "print_run_id"], ["print_run.campaign_id", "print_run.id"]),
        one_of("status", tuple(PartStatus)),
        CheckConstraint("(status = 'drawing') = (claimed_by IS NOT NULL)", name="drawing_is_claimed"),
        CheckConstraint("(claimed_by IS NULL) = (claimed_until IS NULL)", name="lease"),
        CheckConstraint("(status = 'drawn') = (file_key IS NOT NULL)", name="drawn_has_a_file"),
        CheckConstraint("(file_key IS NULL) = (key_id IS NULL)", name="file_has_a_key"),
        CheckConstraint("first_position <= last_position", name="positions"),
        Index("ix_print_part_waiting", "print_run_id", postgresql_where="status IN ('waiting', 'drawing')"),
    )

    print_run_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int]
    first_position: Mapped[int]
    last_position: Mapped[int]
    sheets: Mapped[int]
    status: Mapped[str] = mapped_column(server_default="waiting")
    drawn: Mapped[int] = mapped_column(server_default=text("0"))
    claimed_by: Mapped[str | None]
    claimed_until: Mapped[Moment | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    turns: Mapped[int] = mapped_column(server_default=text("0"))
    drawn_at: Mapped[Moment | None]
    file_key: Mapped[str | None]
    key_id: Mapped[str | None]
    file_bytes: Mapped[int | None]
    file_sha256: Mapped[Mark | None]


class PrintRunCard(Base):
    """One card's place in a run, with the code that it is drawn with, and what became of it."""

    __tablename__ = "print_run_card"
    __table_args__ = (
        ForeignKeyConstraint(["campaign_id", "print_run_id"], ["print_run.campaign_id", "print_run.id"]),
        ForeignKeyConstraint(["campaign_id", "card_id"], ["card.campaign_id", "card.id"]),
        one_of("outcome", OUTCOMES),
        Index("ix_print_run_card_card", "campaign_id", "card_id"),
    )

    print_run_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int]
    card_id: Mapped[uuid.UUID]
    number: Mapped[int]
    code: Mapped[str]
    outcome: Mapped[str | None]


class PrintFault(Base):
    """Why a card of a run cannot be printed. The words may quote the card, so they are sealed."""

    __tablename__ = "print_fault"
    __table_args__ = (
        ForeignKeyConstraint(
            ["print_run_id", "position"], ["print_run_card.print_run_id", "print_run_card.position"]
        ),
    )

    print_run_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int]
    fault: Mapped[str]
    key_id: Mapped[str]
    why: Mapped[Sealed]
    found_at: Mapped[Moment]


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


class SpoiledPrint(Base):
    """A misprint: the card got a new code, and paper with this one must not travel."""

    __tablename__ = "spoiled_print"
    __table_args__ = (
        ForeignKeyConstraint(["campaign_id", "card_id"], ["card.campaign_id", "card.id"]),
        ForeignKeyConstraint(["campaign_id", "code"], ["tracking_code.campaign_id", "tracking_code.code"]),
        Index("ix_spoiled_print_card", "campaign_id", "card_id"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    campaign_id: Mapped[int]
    card_id: Mapped[uuid.UUID]
    number: Mapped[int]
    reason: Mapped[str]
    spoiled_at: Mapped[Moment]
    by: Mapped[str]
