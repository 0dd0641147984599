"""Why the Post refused a card may be forgotten too, as its note may; and a campaign's retention is asked for once more.

Both only widen: what could be emptied yesterday still can, and a version that knows no `asked_at` never reads it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

#: Each of the columns that a trigger names may become empty, and nothing else.
FORGETTING = """
CREATE OR REPLACE FUNCTION refuse_all_but_forgetting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - TG_ARGV IS DISTINCT FROM to_jsonb(OLD) - TG_ARGV
       OR EXISTS (SELECT FROM unnest(TG_ARGV) AS words
                  WHERE coalesce(to_jsonb(NEW) ->> words, '') NOT IN ('', coalesce(to_jsonb(OLD) ->> words, ''))) THEN
        RAISE EXCEPTION '% only grows: no change here', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""

REFUSALS = """
CREATE OR REPLACE TRIGGER receipt_refusal_forgets_only BEFORE UPDATE ON receipt_refusal
FOR EACH ROW EXECUTE FUNCTION refuse_all_but_forgetting('note', 'reason')
"""


def upgrade() -> None:
    op.execute(FORGETTING)
    op.execute(REFUSALS)
    op.add_column("retention_turn", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
