"""A ledger of erasures, turns at retention, campaigns that are over; and records may lose their free text, no more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"

MOMENT = sa.DateTime(timezone=True)

#: Records that only grow, with the one column in which people may have written about people.
FREE_TEXT = (("print_log", "reason"), ("receipt", "note"), ("receipt_refusal", "note"))

FORGETTING = """
CREATE FUNCTION refuse_all_but_forgetting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - TG_ARGV[0] IS DISTINCT FROM to_jsonb(OLD) - TG_ARGV[0]
       OR coalesce(to_jsonb(NEW) ->> TG_ARGV[0], '') <> '' THEN
        RAISE EXCEPTION '% only grows: no change here', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.add_column("campaign", sa.Column("forgotten_at", MOMENT, nullable=True))
    _turns()
    _ledger()
    op.execute(FORGETTING)
    for table, column in FREE_TEXT:
        op.execute(f"DROP TRIGGER {table}_only_grows ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_only_grows BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_forgets_only BEFORE UPDATE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION refuse_all_but_forgetting('{column}')"
        )


def _turns() -> None:
    op.create_table(
        "retention_turn",
        sa.Column("campaign_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("claimed_until", MOMENT, nullable=True),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "(claimed_by IS NULL) = (claimed_until IS NULL)", name=op.f("ck_retention_turn_lease")
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_retention_turn_campaign_id")),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_retention_turn")),
    )


def _ledger() -> None:
    op.create_table(
        "erasure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("parts", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("voided", sa.Boolean(), nullable=False),
        sa.Column("email_index", sa.LargeBinary(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.CheckConstraint("asked IN ('number', 'email', 'desk')", name=op.f("ck_erasure_asked")),
        sa.ForeignKeyConstraint(
            ["campaign_id", "card_id"],
            ["card.campaign_id", "card.id"],
            name=op.f("fk_erasure_campaign_id_card_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index("ix_erasure_card", "erasure", ["campaign_id", "card_id"], unique=False)
    op.create_index(
        "ix_erasure_email",
        "erasure",
        ["campaign_id", "email_index"],
        unique=False,
        postgresql_where="email_index IS NOT NULL",
    )
    op.execute(
        "CREATE TRIGGER erasure_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON erasure "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
