"""A print run's file remembers its data key, so that the campaign may have a newer one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("print_run", sa.Column("key_id", sa.Text(), nullable=True))
    op.execute(
        "UPDATE print_run SET key_id = campaign.data_key FROM campaign "
        "WHERE campaign.id = print_run.campaign_id AND print_run.file_key IS NOT NULL"
    )
    op.create_check_constraint(
        op.f("ck_print_run_file_has_a_key"), "print_run", "(file_key IS NULL) = (key_id IS NULL)"
    )
