"""A part of a print run counts who takes it, so that each of them keeps its file in a place of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("print_part", sa.Column("turns", sa.Integer(), server_default=sa.text("0"), nullable=False))
