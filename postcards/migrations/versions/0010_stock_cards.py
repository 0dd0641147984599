"""Stock cards: booklets whose stamps are on paper, and cards of which only the country is known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("booklet", sa.Column("kind", sa.Text(), server_default="kiosk", nullable=False))
    op.add_column("booklet", sa.Column("printed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f("ck_booklet_kind"), "booklet", "kind IN ('kiosk', 'stock')")
    op.create_check_constraint(
        op.f("ck_booklet_only_stock_is_printed"), "booklet", "kind = 'stock' OR printed_at IS NULL"
    )
    op.add_column(
        "card", sa.Column("address_on_paper", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_card_by_hand_is_on_paper"), "card", "NOT address_on_paper OR status <> 'registered'"
    )
