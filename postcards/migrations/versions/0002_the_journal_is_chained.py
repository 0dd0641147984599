"""The journal's entries are chained by hashes; the links only grow, like the journal itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'


def upgrade() -> None:
    op.create_table('journal_link',
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('journal_id', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.LargeBinary(), nullable=False),
    sa.CheckConstraint('seq >= 1', name=op.f('ck_journal_link_seq')),
    sa.CheckConstraint('length(sha256) = 32', name=op.f('ck_journal_link_sha256')),
    sa.ForeignKeyConstraint(['journal_id'], ['journal.id'], name=op.f('fk_journal_link_journal_id')),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_journal_link')),
    sa.UniqueConstraint('journal_id', name=op.f('uq_journal_link_journal_id'))
    )
    op.create_index('ix_journal_settled', 'journal', ['tx', 'id'], unique=False)
    op.execute(
        "CREATE TRIGGER journal_link_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_link "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
