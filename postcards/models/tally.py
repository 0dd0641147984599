"""Tallies: how many cards stand where, kept as append-only deltas that one worker folds each second."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from postcards.models.base import Base, BigKey


class Tally(Base):
    """Folded sums; a page reads these plus the deltas not yet folded, in one statement."""

    __tablename__ = "tally"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    venue_slug: Mapped[str] = mapped_column(primary_key=True)
    country: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(primary_key=True)
    cards: Mapped[int] = mapped_column(BigInteger)


class TallyDelta(Base):
    """One change of the count of cards of a venue ("" for none), country and status."""

    __tablename__ = "tally_delta"

    id: Mapped[BigKey]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    venue_slug: Mapped[str]
    country: Mapped[str]
    status: Mapped[str]
    cards: Mapped[int]
