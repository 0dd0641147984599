"""The block list: recipients who said that nobody should write to them again, as blind indexes and nothing else."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from postcards.models.base import Base, Mark, Moment


class DoNotWrite(Base):
    """One recipient at one address, for every campaign of this house; it outlives the card that it came from."""

    __tablename__ = "do_not_write"

    recipient_index: Mapped[Mark] = mapped_column(primary_key=True)
    at: Mapped[Moment]
    by: Mapped[str]
