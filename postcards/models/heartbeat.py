"""Signs of life of what runs in the background."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from postcards.models.base import Base, Moment


class Heartbeat(Base):
    """`name` is "beat" or a worker's name."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[Moment]
