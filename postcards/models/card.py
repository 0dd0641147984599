"""A card: one postcard. What is personal about it stands in `person`, encrypted."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from postcards.models.base import Base, Mark, Moment, one_of
from postcards.rules.card_life import CardStatus

#: How a void card's paper ended.
PAPER = ("none", "destroyed", "missing")


class Card(Base):
    """`id` is made on the device. `body_mark` compares a repeated request with the first, for ever.

    `registered_at` and `printed_at` are the device's word, `received_at` is ours. `held` lists what the desk has to
    settle, `warnings` what was only said when it was registered; `print_run_id` is the run that has claimed the card:
    columns, not states. `address_on_paper`: a stock card; its sender wrote it by hand, and we know the country alone.
    """

    __tablename__ = "card"
    __table_args__ = (
        UniqueConstraint("campaign_id", "id"),
        ForeignKeyConstraint(["campaign_id", "number"], ["stamp.campaign_id", "stamp.number"]),
        ForeignKeyConstraint(["campaign_id", "code"], ["tracking_code.campaign_id", "tracking_code.code"]),
        ForeignKeyConstraint(["campaign_id", "kiosk_id"], ["kiosk.campaign_id", "kiosk.id"]),
        ForeignKeyConstraint(["campaign_id", "venue_slug"], ["venue.campaign_id", "venue.slug"]),
        ForeignKeyConstraint(["campaign_id", "print_run_id"], ["print_run.campaign_id", "print_run.id"]),
        one_of("status", tuple(status.value for status in CardStatus)),
        one_of("paper", PAPER),
        CheckConstraint("country ~ '^[A-Z]{2}$'", name="country"),
        CheckConstraint("(status = 'void') = (paper IS NOT NULL)", name="void_says_its_paper"),
        CheckConstraint("NOT address_on_paper OR status <> 'registered'", name="by_hand_is_on_paper"),
        Index(
            "uq_card_number_alive",
            "campaign_id",
            "number",
            unique=True,
            postgresql_where="status <> 'void'",
        ),
        Index("ix_card_waiting_for_paper", "campaign_id", "number", postgresql_where="status = 'registered'"),
        Index(
            "ix_card_waiting_for_post",
            "campaign_id",
            "country",
            "number",
            postgresql_where="status = 'printed'",
        ),
        Index("ix_card_held", "campaign_id", "number", postgresql_where="held <> '{}'"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[int]
    number: Mapped[int]
    status: Mapped[str] = mapped_column(server_default="registered")
    code: Mapped[str]
    kiosk_id: Mapped[uuid.UUID | None]
    venue_slug: Mapped[str | None]
    country: Mapped[str]
    language: Mapped[str]
    consent_version: Mapped[str]
    arrival_notice: Mapped[bool]
    registered_at: Mapped[Moment]
    received_at: Mapped[Moment]
    printed_at: Mapped[Moment | None]
    sealed_at: Mapped[Moment | None]
    handed_over_at: Mapped[Moment | None]
    arrived_at: Mapped[Moment | None]
    void_reason: Mapped[str | None]
    paper: Mapped[str | None]
    held: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    warnings: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    print_run_id: Mapped[uuid.UUID | None]
    address_on_paper: Mapped[bool] = mapped_column(server_default=text("false"))
    body_mark: Mapped[Mark]
