"""A print run is drawn in parts, lies on its printer's paper, and says what became of each of its cards."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _runs()
    op.add_column("print_run_card", sa.Column("outcome", sa.Text(), nullable=True))
    _one_of("print_run_card", "outcome", "'drawn', 'left_out', 'taken_out', 'stale'")
    _parts()
    _faults()
    _printers()
    _spoiled()
    # What was drawn in one piece becomes a run of one part.
    op.execute(
        """
        INSERT INTO print_part (print_run_id, part, campaign_id, first_position, last_position, sheets, status, drawn,
            attempts, drawn_at, file_key, key_id, file_bytes, file_sha256)
        SELECT id, 1, campaign_id, 1, cards, ceil(cards::numeric / CASE sheet WHEN 'a6' THEN 1
                WHEN 'sra3-8up' THEN 8 ELSE 4 END),
            CASE status WHEN 'ready' THEN 'drawn' WHEN 'failed' THEN 'failed' WHEN 'cancelled' THEN 'gone'
                ELSE 'waiting' END,
            CASE status WHEN 'ready' THEN cards ELSE 0 END, attempts, ready_at, file_key, key_id, file_bytes,
            file_sha256
        FROM print_run WHERE cards > 0
        """
    )
    op.execute(
        "UPDATE print_run_card SET outcome = 'drawn' FROM print_run r WHERE r.id = print_run_id AND r.status = 'ready'"
    )


def _runs() -> None:
    columns: tuple[sa.Column[Any], ...] = (
        sa.Column("venue_slug", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("printer", sa.Text(), nullable=True),
        sa.Column("duplex", sa.Text(), server_default="long-edge", nullable=False),
        sa.Column("card_order", sa.Text(), server_default="sheet", nullable=False),
        *(sa.Column(name, sa.Float(), server_default=sa.text("0"), nullable=False) for name in OFFSETS),
        sa.Column("part_sheets", sa.Integer(), server_default=sa.text("500"), nullable=False),
        sa.Column("parts", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("paused_for", sa.Text(), nullable=True),
        sa.Column("began_at", MOMENT, nullable=True),
        sa.Column("began_with", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("taken_at", MOMENT, nullable=True),
        sa.Column("taken_by", sa.Text(), nullable=True),
        sa.Column("forgotten_at", MOMENT, nullable=True),
    )
    for column in columns:
        op.add_column("print_run", column)
    op.drop_constraint(op.f("ck_print_run_status"), "print_run", type_="check")
    _one_of("print_run", "status", "'queued', 'drawing', 'paused', 'ready', 'failed', 'cancelled'")
    _one_of("print_run", "duplex", "'long-edge', 'short-edge'")
    _one_of("print_run", "card_order", "'sheet', 'stack'")
    _one_of("print_run", "paused_for", "'person', 'storage'")
    for name, rule in (
        ("paused_says_why", "(status = 'paused') = (paused_for IS NOT NULL)"),
        ("ready_has_a_time", "status <> 'ready' OR ready_at IS NOT NULL"),
        ("parts", "part_sheets >= 1 AND parts >= 1"),
    ):
        op.create_check_constraint(op.f(f"ck_print_run_{name}"), "print_run", rule)
    op.create_foreign_key(
        op.f("fk_print_run_campaign_id_venue_slug"),
        "print_run",
        "venue",
        ["campaign_id", "venue_slug"],
        ["campaign_id", "slug"],
    )


def _parts() -> None:
    op.create_table(
        "print_part",
        sa.Column("print_run_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("first_position", sa.Integer(), nullable=False),
        sa.Column("last_position", sa.Integer(), nullable=False),
        sa.Column("sheets", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("drawn", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("claimed_until", MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("drawn_at", MOMENT, nullable=True),
        sa.Column("file_key", sa.Text(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("file_bytes", sa.Integer(), nullable=True),
        sa.Column("file_sha256", sa.LargeBinary(), nullable=True),
        *(
            sa.CheckConstraint(rule, name=op.f(f"ck_print_part_{name}"))
            for name, rule in (
                ("status", "status IN ('waiting', 'drawing', 'drawn', 'empty', 'failed', 'gone')"),
                ("drawing_is_claimed", "(status = 'drawing') = (claimed_by IS NOT NULL)"),
                ("lease", "(claimed_by IS NULL) = (claimed_until IS NULL)"),
                ("drawn_has_a_file", "(status = 'drawn') = (file_key IS NOT NULL)"),
                ("file_has_a_key", "(file_key IS NULL) = (key_id IS NULL)"),
                ("positions", "first_position <= last_position"),
            )
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id", "print_run_id"],
            ["print_run.campaign_id", "print_run.id"],
            name=op.f("fk_print_part_campaign_id_print_run_id"),
        ),
        sa.PrimaryKeyConstraint("print_run_id", "part", name=op.f("pk_print_part")),
    )
    op.create_index(
        "ix_print_part_waiting",
        "print_part",
        ["print_run_id"],
        unique=False,
        postgresql_where="status IN ('waiting', 'drawing')",
    )


def _faults() -> None:
    op.create_table(
        "print_fault",
        sa.Column("print_run_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("why", sa.LargeBinary(), nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["print_run_id", "position"],
            ["print_run_card.print_run_id", "print_run_card.position"],
            name=op.f("fk_print_fault_print_run_id_position"),
        ),
        sa.PrimaryKeyConstraint("print_run_id", "position", "place", name=op.f("pk_print_fault")),
    )


def _printers() -> None:
    op.create_table(
        "printer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("duplex", sa.Text(), server_default="long-edge", nullable=False),
        *(sa.Column(name, sa.Float(), server_default=sa.text("0"), nullable=False) for name in OFFSETS),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("measured_by", sa.Text(), nullable=False),
        sa.Column("measured_at", MOMENT, nullable=False),
        sa.CheckConstraint("duplex IN ('long-edge', 'short-edge')", name=op.f("ck_printer_duplex")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_printer_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_printer")),
        sa.UniqueConstraint("campaign_id", "id", name=op.f("uq_printer_campaign_id_id")),
        sa.UniqueConstraint("campaign_id", "name", name=op.f("uq_printer_campaign_id_name")),
    )


def _spoiled() -> None:
    op.create_table(
        "spoiled_print",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("spoiled_at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id", "card_id"],
            ["card.campaign_id", "card.id"],
            name=op.f("fk_spoiled_print_campaign_id_card_id"),
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id", "code"],
            ["tracking_code.campaign_id", "tracking_code.code"],
            name=op.f("fk_spoiled_print_campaign_id_code"),
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_spoiled_print")),
    )
    op.create_index("ix_spoiled_print_card", "spoiled_print", ["campaign_id", "card_id"], unique=False)


OFFSETS = ("front_x", "front_y", "back_x", "back_y")


def _one_of(table: str, column: str, values: str) -> None:
    op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, f"{column} IN ({values})")
