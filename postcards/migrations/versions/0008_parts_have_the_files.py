"""Leases and files of print runs stand with their parts, and no longer with the run."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    for name in ("lease", "file_has_a_key", "ready_has_a_file"):
        op.drop_constraint(op.f(f"ck_print_run_{name}"), "print_run", type_="check")
    for column in (
        "claimed_by",
        "claimed_until",
        "attempts",
        "file_key",
        "key_id",
        "file_name",
        "file_bytes",
        "file_sha256",
    ):
        op.drop_column("print_run", column)
