"""A campaign: one edition of the initiative, as data, with its hard limit; and its venues."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Identity
from sqlalchemy.orm import Mapped, mapped_column

from postcards.models.base import Base, Json, Moment, one_of

STATUSES = ("draft", "open", "paused", "closed")


class Campaign(Base):
    """`edition` is the validated TOML (see rules/edition.py); `cap` is the number of rows in `stamp`.

    `forgotten_at` is when nothing about people was left and its data keys were given up: it cannot open again.
    """

    __tablename__ = "campaign"
    __table_args__ = (
        one_of("status", STATUSES),
        CheckConstraint("cap BETWEEN 1 AND 1000000", name="cap"),
        CheckConstraint("slug ~ '^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$'", name="slug"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="draft")
    cap: Mapped[int]
    edition: Mapped[Json]
    data_key: Mapped[str]
    public_url: Mapped[str | None]
    created_at: Mapped[Moment]
    opened_at: Mapped[Moment | None]
    closed_at: Mapped[Moment | None]
    forgotten_at: Mapped[Moment | None]


class Venue(Base):
    """A place with opening hours, where kiosks stand."""

    __tablename__ = "venue"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    slug: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    name: Mapped[str]
    kind: Mapped[str]
