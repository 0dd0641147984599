"""Who tries to sign in again and again waits longer each time; the marks name nobody."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'


def upgrade() -> None:
    op.create_table('sign_in_attempts',
    sa.Column('mark', sa.LargeBinary(), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('not_before', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('failures >= 1', name=op.f('ck_sign_in_attempts_failures')),
    sa.PrimaryKeyConstraint('mark', name=op.f('pk_sign_in_attempts'))
    )
