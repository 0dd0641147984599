"""The first tables, and the triggers for what plain constraints cannot say."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import UserDefinedType

revision = '0001'
down_revision = None


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


def upgrade() -> None:
    op.create_table('campaign',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('slug', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), server_default='draft', nullable=False),
    sa.Column('cap', sa.Integer(), nullable=False),
    sa.Column('edition', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('data_key', sa.Text(), nullable=False),
    sa.Column('public_url', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("slug ~ '^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$'", name=op.f('ck_campaign_slug')),
    sa.CheckConstraint("status IN ('draft', 'open', 'paused', 'closed')", name=op.f('ck_campaign_status')),
    sa.CheckConstraint('cap BETWEEN 1 AND 1000000', name=op.f('ck_campaign_cap')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaign')),
    sa.UniqueConstraint('slug', name=op.f('uq_campaign_slug'))
    )
    op.create_table('heartbeat',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_heartbeat'))
    )
    op.create_table('staff',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('email = lower(email)', name=op.f('ck_staff_email_is_lower')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_staff')),
    sa.UniqueConstraint('email', name=op.f('uq_staff_email'))
    )
    op.create_table('journal',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by', sa.Text(), nullable=False),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=True),
    sa.Column('detail', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('tx', Xid8(), server_default=sa.text('pg_current_xact_id()'), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_journal_campaign_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_journal'))
    )
    op.create_index('ix_journal_campaign', 'journal', ['campaign_id', 'id'], unique=False)
    op.create_index('ix_journal_subject', 'journal', ['subject'], unique=False)
    op.create_table('manifest',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('lines', sa.Integer(), nullable=False),
    sa.Column('sealed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sealed_by', sa.Text(), nullable=False),
    sa.Column('header', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('key_id', sa.Text(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=True),
    sa.Column('content_sha256', sa.LargeBinary(), nullable=False),
    sa.Column('claimed_by', sa.Text(), nullable=True),
    sa.Column('claimed_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('previous_sha256', sa.LargeBinary(), nullable=True),
    sa.Column('sums_sha256', sa.LargeBinary(), nullable=True),
    sa.Column('files_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('handed_over_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("status IN ('draft', 'sealed', 'handed_over', 'reconciled', 'disputed')", name=op.f('ck_manifest_status')),
    sa.CheckConstraint('(claimed_by IS NULL) = (claimed_until IS NULL)', name=op.f('ck_manifest_lease')),
    sa.CheckConstraint('(files_at IS NULL) = (sums_sha256 IS NULL)', name=op.f('ck_manifest_files_have_sums')),
    sa.CheckConstraint('number >= 1 AND version >= 1', name=op.f('ck_manifest_numbers')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_manifest_campaign_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_manifest')),
    sa.UniqueConstraint('campaign_id', 'id', name=op.f('uq_manifest_campaign_id_id')),
    sa.UniqueConstraint('campaign_id', 'number', 'version', name=op.f('uq_manifest_campaign_id_number_version'))
    )
    op.create_index('ix_manifest_waiting_for_files', 'manifest', ['sealed_at'], unique=False, postgresql_where='files_at IS NULL')
    op.create_table('partner_token',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_partner_token_campaign_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_partner_token')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_partner_token_token_hash'))
    )
    op.create_table('print_run',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('run', sa.Integer(), nullable=False),
    sa.Column('sheet', sa.Text(), nullable=False),
    sa.Column('draft', sa.Boolean(), nullable=False),
    sa.Column('cards', sa.Integer(), nullable=False),
    sa.Column('first_number', sa.Integer(), nullable=False),
    sa.Column('last_number', sa.Integer(), nullable=False),
    sa.Column('status', sa.Text(), server_default='queued', nullable=False),
    sa.Column('requested_by', sa.Text(), nullable=False),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('claimed_by', sa.Text(), nullable=True),
    sa.Column('claimed_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('attempts', sa.Integer(), server_default='0', nullable=False),
    sa.Column('ready_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failure', sa.Text(), nullable=True),
    sa.Column('file_key', sa.Text(), nullable=True),
    sa.Column('file_name', sa.Text(), nullable=True),
    sa.Column('file_bytes', sa.Integer(), nullable=True),
    sa.Column('file_sha256', sa.LargeBinary(), nullable=True),
    sa.CheckConstraint("status <> 'ready' OR file_key IS NOT NULL", name=op.f('ck_print_run_ready_has_a_file')),
    sa.CheckConstraint("status IN ('queued', 'drawing', 'ready', 'failed', 'cancelled')", name=op.f('ck_print_run_status')),
    sa.CheckConstraint('(claimed_by IS NULL) = (claimed_until IS NULL)', name=op.f('ck_print_run_lease')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_print_run_campaign_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_print_run')),
    sa.UniqueConstraint('campaign_id', 'id', name=op.f('uq_print_run_campaign_id_id')),
    sa.UniqueConstraint('campaign_id', 'run', name=op.f('uq_print_run_campaign_id_run'))
    )
    op.create_index('ix_print_run_waiting', 'print_run', ['requested_at'], unique=False, postgresql_where="status IN ('queued', 'drawing')")
    op.create_table('sign_in_link',
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_sign_in_link_staff_id')),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_sign_in_link'))
    )
    op.create_table('staff_role',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=True),
    sa.Column('role', sa.Text(), nullable=False),
    sa.CheckConstraint("role IN ('organiser', 'printer', 'auditor', 'partner')", name=op.f('ck_staff_role_role')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_staff_role_campaign_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_staff_role_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_staff_role')),
    sa.UniqueConstraint('staff_id', 'campaign_id', 'role', name=op.f('uq_staff_role_staff_id_campaign_id_role'), postgresql_nulls_not_distinct=True)
    )
    op.create_table('staff_session',
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_staff_session_staff_id')),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_staff_session'))
    )
    op.create_index('ix_staff_session_staff', 'staff_session', ['staff_id'], unique=False)
    op.create_table('tally',
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('venue_slug', sa.Text(), nullable=False),
    sa.Column('country', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('cards', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_tally_campaign_id')),
    sa.PrimaryKeyConstraint('campaign_id', 'venue_slug', 'country', 'status', name=op.f('pk_tally'))
    )
    op.create_table('tally_delta',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('venue_slug', sa.Text(), nullable=False),
    sa.Column('country', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('cards', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_tally_delta_campaign_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tally_delta'))
    )
    op.create_table('venue',
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('slug', sa.Text(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_venue_campaign_id')),
    sa.PrimaryKeyConstraint('campaign_id', 'slug', name=op.f('pk_venue'))
    )
    op.create_table('kiosk',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('venue_slug', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), server_default='waiting', nullable=False),
    sa.Column('pairing_hash', sa.LargeBinary(), nullable=True),
    sa.Column('pairing_expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('token_hash', sa.LargeBinary(), nullable=True),
    sa.Column('device_name', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('paired_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("status <> 'active' OR token_hash IS NOT NULL", name=op.f('ck_kiosk_active_has_token')),
    sa.CheckConstraint("status IN ('waiting', 'active', 'retired', 'revoked')", name=op.f('ck_kiosk_status')),
    sa.ForeignKeyConstraint(['campaign_id', 'venue_slug'], ['venue.campaign_id', 'venue.slug'], name=op.f('fk_kiosk_campaign_id_venue_slug')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kiosk')),
    sa.UniqueConstraint('campaign_id', 'id', name=op.f('uq_kiosk_campaign_id_id')),
    sa.UniqueConstraint('pairing_hash', name=op.f('uq_kiosk_pairing_hash')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_kiosk_token_hash'))
    )
    op.create_table('manifest_file',
    sa.Column('manifest_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('media_type', sa.Text(), nullable=False),
    sa.Column('bytes', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.LargeBinary(), nullable=False),
    sa.Column('file_key', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id', 'manifest_id'], ['manifest.campaign_id', 'manifest.id'], name=op.f('fk_manifest_file_campaign_id_manifest_id')),
    sa.PrimaryKeyConstraint('manifest_id', 'name', name=op.f('pk_manifest_file'))
    )
    op.create_table('receipt',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('manifest_id', sa.Uuid(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('accepted', sa.Integer(), nullable=False),
    sa.Column('refused', sa.Integer(), nullable=False),
    sa.Column('difference', sa.Integer(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by', sa.Text(), nullable=False),
    sa.Column('body_mark', sa.LargeBinary(), nullable=False),
    sa.CheckConstraint("status IN ('accepted', 'disputed')", name=op.f('ck_receipt_status')),
    sa.CheckConstraint('accepted >= 0 AND refused >= 0', name=op.f('ck_receipt_counts')),
    sa.ForeignKeyConstraint(['campaign_id', 'manifest_id'], ['manifest.campaign_id', 'manifest.id'], name=op.f('fk_receipt_campaign_id_manifest_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_receipt')),
    sa.UniqueConstraint('campaign_id', 'id', name=op.f('uq_receipt_campaign_id_id'))
    )
    op.create_table('booklet',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('kiosk_id', sa.Uuid(), nullable=False),
    sa.Column('asked', sa.Integer(), nullable=False),
    sa.Column('lent', sa.Integer(), nullable=False),
    sa.Column('status', sa.Text(), server_default='lent', nullable=False),
    sa.Column('lent_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("status IN ('lent', 'recalled')", name=op.f('ck_booklet_status')),
    sa.CheckConstraint('asked BETWEEN 1 AND 200', name=op.f('ck_booklet_asked')),
    sa.CheckConstraint('lent BETWEEN 1 AND asked', name=op.f('ck_booklet_lent')),
    sa.ForeignKeyConstraint(['campaign_id', 'kiosk_id'], ['kiosk.campaign_id', 'kiosk.id'], name=op.f('fk_booklet_campaign_id_kiosk_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_booklet')),
    sa.UniqueConstraint('campaign_id', 'id', name=op.f('uq_booklet_campaign_id_id'))
    )
    op.create_table('stamp',
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('status', sa.Text(), server_default='free', nullable=False),
    sa.Column('turn', sa.BigInteger(), nullable=False),
    sa.Column('booklet_id', sa.Uuid(), nullable=True),
    sa.Column('card_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint("(status = 'used') = (card_id IS NOT NULL)", name=op.f('ck_stamp_used_by_a_card')),
    sa.CheckConstraint("status <> 'free' OR booklet_id IS NULL", name=op.f('ck_stamp_free_in_no_booklet')),
    sa.CheckConstraint("status <> 'lent' OR booklet_id IS NOT NULL", name=op.f('ck_stamp_lent_in_a_booklet')),
    sa.CheckConstraint("status IN ('free', 'lent', 'used', 'held', 'withdrawn')", name=op.f('ck_stamp_status')),
    sa.CheckConstraint('number >= 1', name=op.f('ck_stamp_number')),
    sa.ForeignKeyConstraint(['campaign_id', 'booklet_id'], ['booklet.campaign_id', 'booklet.id'], name=op.f('fk_stamp_campaign_id_booklet_id')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_stamp_campaign_id')),
    sa.PrimaryKeyConstraint('campaign_id', 'number', name=op.f('pk_stamp')),
    sa.UniqueConstraint('campaign_id', 'card_id', name=op.f('uq_stamp_campaign_id_card_id'))
    )
    op.create_index('ix_stamp_free', 'stamp', ['campaign_id', 'turn'], unique=False, postgresql_where="status = 'free'")
    op.create_index('ix_stamp_set_apart', 'stamp', ['campaign_id', 'status', 'booklet_id'], unique=False, postgresql_where="status IN ('lent', 'held', 'withdrawn')")
    op.create_table('tracking_code',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('slip_code', sa.Text(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('booklet_id', sa.Uuid(), nullable=True),
    sa.Column('card_id', sa.Uuid(), nullable=True),
    sa.Column('given_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended', sa.Text(), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("ended IN ('replaced', 'void', 'returned')", name=op.f('ck_tracking_code_ended')),
    sa.CheckConstraint('(ended IS NULL) = (ended_at IS NULL)', name=op.f('ck_tracking_code_ended_has_a_time')),
    sa.ForeignKeyConstraint(['campaign_id', 'number'], ['stamp.campaign_id', 'stamp.number'], name=op.f('fk_tracking_code_campaign_id_number')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_tracking_code')),
    sa.UniqueConstraint('campaign_id', 'code', name=op.f('uq_tracking_code_campaign_id_code')),
    sa.UniqueConstraint('slip_code', name=op.f('uq_tracking_code_slip_code'))
    )
    op.create_index('ix_tracking_code_booklet', 'tracking_code', ['booklet_id'], unique=False, postgresql_where='booklet_id IS NOT NULL')
    op.create_index('ix_tracking_code_card', 'tracking_code', ['campaign_id', 'card_id'], unique=False)
    op.create_index('uq_tracking_code_in_force', 'tracking_code', ['campaign_id', 'number'], unique=True, postgresql_where='ended IS NULL')
    op.create_table('card',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('status', sa.Text(), server_default='registered', nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('kiosk_id', sa.Uuid(), nullable=True),
    sa.Column('venue_slug', sa.Text(), nullable=True),
    sa.Column('country', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('consent_version', sa.Text(), nullable=False),
    sa.Column('arrival_notice', sa.Boolean(), nullable=False),
    sa.Column('registered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('printed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sealed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('handed_over_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('arrived_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('void_reason', sa.Text(), nullable=True),
    sa.Column('paper', sa.Text(), nullable=True),
    sa.Column('held', postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('warnings', postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('print_run_id', sa.Uuid(), nullable=True),
    sa.Column('body_mark', sa.LargeBinary(), nullable=False),
    sa.CheckConstraint("(status = 'void') = (paper IS NOT NULL)", name=op.f('ck_card_void_says_its_paper')),
    sa.CheckConstraint("country ~ '^[A-Z]{2}$'", name=op.f('ck_card_country')),
    sa.CheckConstraint("paper IN ('none', 'destroyed', 'missing')", name=op.f('ck_card_paper')),
    sa.CheckConstraint("status IN ('registered', 'printed', 'sealed', 'handed_over', 'refused', 'returned', 'arrived', 'void')", name=op.f('ck_card_status')),
    sa.ForeignKeyConstraint(['campaign_id', 'code'], ['tracking_code.campaign_id', 'tracking_code.code'], name=op.f('fk_card_campaign_id_code')),
    sa.ForeignKeyConstraint(['campaign_id', 'kiosk_id'], ['kiosk.campaign_id', 'kiosk.id'], name=op.f('fk_card_campaign_id_kiosk_id')),
    sa.ForeignKeyConstraint(['campaign_id', 'number'], ['stamp.campaign_id', 'stamp.number'], name=op.f('fk_card_campaign_id_number')),
    sa.ForeignKeyConstraint(['campaign_id', 'print_run_id'], ['print_run.campaign_id', 'print_run.id'], name=op.f('fk_card_campaign_id_print_run_id')),
    sa.ForeignKeyConstraint(['campaign_id', 'venue_slug'], ['venue.campaign_id', 'venue.slug'], name=op.f('fk_card_campaign_id_venue_slug')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_card')),
    sa.UniqueConstraint('campaign_id', 'id', name=op.f('uq_card_campaign_id_id'))
    )
    op.create_index('ix_card_held', 'card', ['campaign_id', 'number'], unique=False, postgresql_where="held <> '{}'")
    op.create_index('ix_card_waiting_for_paper', 'card', ['campaign_id', 'number'], unique=False, postgresql_where="status = 'registered'")
    op.create_index('ix_card_waiting_for_post', 'card', ['campaign_id', 'country', 'number'], unique=False, postgresql_where="status = 'printed'")
    op.create_index('uq_card_number_alive', 'card', ['campaign_id', 'number'], unique=True, postgresql_where="status <> 'void'")
    op.create_table('arrival',
    sa.Column('card_id', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('arrived_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('key_id', sa.Text(), nullable=True),
    sa.Column('thanks', sa.LargeBinary(), nullable=True),
    sa.Column('thanks_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('(thanks IS NULL) = (key_id IS NULL)', name=op.f('ck_arrival_thanks_has_a_key')),
    sa.ForeignKeyConstraint(['campaign_id', 'card_id'], ['card.campaign_id', 'card.id'], name=op.f('fk_arrival_campaign_id_card_id')),
    sa.PrimaryKeyConstraint('card_id', name=op.f('pk_arrival'))
    )
    op.create_table('mail',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('card_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), server_default='waiting', nullable=False),
    sa.Column('attempts', sa.Integer(), server_default='0', nullable=False),
    sa.Column('not_before', sa.DateTime(timezone=True), nullable=False),
    sa.Column('claimed_by', sa.Text(), nullable=True),
    sa.Column('claimed_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failure', sa.Text(), nullable=True),
    sa.CheckConstraint("kind IN ('arrival_notice', 'thanks_notice')", name=op.f('ck_mail_kind')),
    sa.CheckConstraint("status IN ('waiting', 'sending', 'sent', 'failed')", name=op.f('ck_mail_status')),
    sa.CheckConstraint('(claimed_by IS NULL) = (claimed_until IS NULL)', name=op.f('ck_mail_lease')),
    sa.ForeignKeyConstraint(['campaign_id', 'card_id'], ['card.campaign_id', 'card.id'], name=op.f('fk_mail_campaign_id_card_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail')),
    sa.UniqueConstraint('campaign_id', 'card_id', 'kind', name=op.f('uq_mail_campaign_id_card_id_kind'))
    )
    op.create_index('ix_mail_failed', 'mail', ['campaign_id'], unique=False, postgresql_where="status = 'failed'")
    op.create_index('ix_mail_waiting', 'mail', ['not_before'], unique=False, postgresql_where="status IN ('waiting', 'sending')")
    op.create_table('manifest_line',
    sa.Column('manifest_id', sa.Uuid(), nullable=False),
    sa.Column('line', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('card_id', sa.Uuid(), nullable=False),
    sa.Column('card_number', sa.Integer(), nullable=False),
    sa.Column('country', sa.Text(), nullable=False),
    sa.Column('bundle', sa.Text(), nullable=False),
    sa.Column('is_open', sa.Boolean(), nullable=False),
    sa.CheckConstraint('line >= 1', name=op.f('ck_manifest_line_line')),
    sa.ForeignKeyConstraint(['campaign_id', 'card_id'], ['card.campaign_id', 'card.id'], name=op.f('fk_manifest_line_campaign_id_card_id')),
    sa.ForeignKeyConstraint(['campaign_id', 'manifest_id'], ['manifest.campaign_id', 'manifest.id'], name=op.f('fk_manifest_line_campaign_id_manifest_id')),
    sa.PrimaryKeyConstraint('manifest_id', 'line', name=op.f('pk_manifest_line')),
    sa.UniqueConstraint('manifest_id', 'card_number', name=op.f('uq_manifest_line_manifest_id_card_number'))
    )
    op.create_index('uq_manifest_line_open', 'manifest_line', ['campaign_id', 'card_id'], unique=True, postgresql_where='is_open')
    op.create_table('person',
    sa.Column('card_id', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('key_id', sa.Text(), nullable=False),
    sa.Column('sender', sa.LargeBinary(), nullable=True),
    sa.Column('recipient', sa.LargeBinary(), nullable=True),
    sa.Column('message', sa.LargeBinary(), nullable=True),
    sa.Column('volunteer', sa.LargeBinary(), nullable=True),
    sa.Column('email_index', sa.LargeBinary(), nullable=True),
    sa.Column('recipient_index', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['campaign_id', 'card_id'], ['card.campaign_id', 'card.id'], name=op.f('fk_person_campaign_id_card_id')),
    sa.PrimaryKeyConstraint('card_id', name=op.f('pk_person'))
    )
    op.create_index('ix_person_recipient', 'person', ['campaign_id', 'recipient_index'], unique=False)
    op.create_index('ix_person_sender_email', 'person', ['campaign_id', 'email_index'], unique=False)
    op.create_table('print_log',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('card_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('printed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by', sa.Text(), nullable=False),
    sa.Column('print_run_id', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['campaign_id', 'card_id'], ['card.campaign_id', 'card.id'], name=op.f('fk_print_log_campaign_id_card_id')),
    sa.ForeignKeyConstraint(['campaign_id', 'print_run_id'], ['print_run.campaign_id', 'print_run.id'], name=op.f('fk_print_log_campaign_id_print_run_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_print_log'))
    )
    op.create_index('ix_print_log_card', 'print_log', ['campaign_id', 'card_id'], unique=False)
    op.create_table('print_run_card',
    sa.Column('print_run_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('card_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id', 'card_id'], ['card.campaign_id', 'card.id'], name=op.f('fk_print_run_card_campaign_id_card_id')),
    sa.ForeignKeyConstraint(['campaign_id', 'print_run_id'], ['print_run.campaign_id', 'print_run.id'], name=op.f('fk_print_run_card_campaign_id_print_run_id')),
    sa.PrimaryKeyConstraint('print_run_id', 'position', name=op.f('pk_print_run_card'))
    )
    op.create_index('ix_print_run_card_card', 'print_run_card', ['campaign_id', 'card_id'], unique=False)
    op.create_table('receipt_refusal',
    sa.Column('receipt_id', sa.Uuid(), nullable=False),
    sa.Column('card_id', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id', 'card_id'], ['card.campaign_id', 'card.id'], name=op.f('fk_receipt_refusal_campaign_id_card_id')),
    sa.ForeignKeyConstraint(['campaign_id', 'receipt_id'], ['receipt.campaign_id', 'receipt.id'], name=op.f('fk_receipt_refusal_campaign_id_receipt_id')),
    sa.PrimaryKeyConstraint('receipt_id', 'card_id', name=op.f('pk_receipt_refusal'))
    )
    op.create_foreign_key(
        "fk_stamp_campaign_id_card_id",
        "stamp",
        "card",
        ["campaign_id", "card_id"],
        ["campaign_id", "id"],
        deferrable=True,
        initially="DEFERRED",
    )
    op.create_foreign_key(
        "fk_tracking_code_campaign_id_card_id",
        "tracking_code",
        "card",
        ["campaign_id", "card_id"],
        ["campaign_id", "id"],
        deferrable=True,
        initially="DEFERRED",
    )
    op.create_foreign_key(
        "fk_tracking_code_campaign_id_booklet_id",
        "tracking_code",
        "booklet",
        ["campaign_id", "booklet_id"],
        ["campaign_id", "id"],
    )
    for statement in (ONLY_GROWS, NO_STAMP_ABOVE_CAP, SEALED_DOES_NOT_CHANGE):
        op.execute(statement)
    # Hot, small and often rewritten: let vacuum keep up with the drawer during a busy day.
    op.execute("ALTER TABLE stamp SET (autovacuum_vacuum_scale_factor = 0.02, fillfactor = 90)")


#: The journal, the print log and receipts are records of what happened: nobody mends them.
ONLY_GROWS = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% only grows: no % here', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER journal_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER print_log_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON print_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER receipt_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON receipt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER receipt_refusal_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON receipt_refusal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER manifest_file_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON manifest_file
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

#: Stamps are numbered 1 to cap; the cap of a campaign never falls below its highest stamp.
NO_STAMP_ABOVE_CAP = """
CREATE FUNCTION refuse_stamp_above_cap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM added JOIN campaign ON campaign.id = added.campaign_id
               WHERE added.number > campaign.cap) THEN
        RAISE EXCEPTION 'a stamp above the cap' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER stamp_within_cap AFTER INSERT ON stamp REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_stamp_above_cap();
CREATE FUNCTION refuse_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a % keeps its number', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER stamp_keeps_its_number BEFORE UPDATE OF campaign_id, number ON stamp
    FOR EACH ROW WHEN (OLD.number <> NEW.number OR OLD.campaign_id <> NEW.campaign_id)
    EXECUTE FUNCTION refuse_move();
CREATE TRIGGER card_keeps_its_number BEFORE UPDATE OF id, campaign_id, number ON card
    FOR EACH ROW WHEN (OLD.id <> NEW.id OR OLD.campaign_id <> NEW.campaign_id OR OLD.number <> NEW.number)
    EXECUTE FUNCTION refuse_move();
CREATE FUNCTION refuse_cap_below_stamps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM stamp WHERE campaign_id = NEW.id AND number > NEW.cap) THEN
        RAISE EXCEPTION 'the cap is below a stamp that exists' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER campaign_cap_covers_stamps BEFORE UPDATE OF cap ON campaign
    FOR EACH ROW WHEN (NEW.cap < OLD.cap) EXECUTE FUNCTION refuse_cap_below_stamps();
"""

#: A manifest is open for lines only inside the transaction that makes it; later only what happened to it is added.
SEALED_DOES_NOT_CHANGE = """
CREATE FUNCTION refuse_line_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF (SELECT status FROM manifest WHERE id = NEW.manifest_id) <> 'draft' THEN
            RAISE EXCEPTION 'the manifest is sealed: no line can join it' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' OR (NEW.manifest_id, NEW.line, NEW.campaign_id, NEW.card_id, NEW.card_number, NEW.country,
            NEW.bundle) IS DISTINCT FROM (OLD.manifest_id, OLD.line, OLD.campaign_id, OLD.card_id, OLD.card_number,
            OLD.country, OLD.bundle) OR (NEW.is_open AND NOT OLD.is_open) THEN
        RAISE EXCEPTION 'a sealed line does not change' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER manifest_line_is_sealed BEFORE INSERT OR UPDATE OR DELETE ON manifest_line
    FOR EACH ROW EXECUTE FUNCTION refuse_line_change();
CREATE TRIGGER manifest_line_no_truncate BEFORE TRUNCATE ON manifest_line
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_manifest_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.id, NEW.campaign_id, NEW.number, NEW.version, NEW.lines, NEW.sealed_at, NEW.sealed_by,
            NEW.header, NEW.key_id, NEW.content_sha256) IS DISTINCT FROM (OLD.id, OLD.campaign_id, OLD.number,
            OLD.version, OLD.lines, OLD.sealed_at, OLD.sealed_by, OLD.header, OLD.key_id, OLD.content_sha256)
       OR (NEW.status = 'draft' AND OLD.status <> 'draft')
       OR (OLD.content IS NULL AND NEW.content IS NOT NULL)
       OR (NEW.content IS NOT NULL AND NEW.content IS DISTINCT FROM OLD.content)
       OR (OLD.files_at IS NOT NULL AND (NEW.files_at, NEW.sums_sha256, NEW.previous_sha256)
            IS DISTINCT FROM (OLD.files_at, OLD.sums_sha256, OLD.previous_sha256)) THEN
        RAISE EXCEPTION 'a sealed manifest does not change' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER manifest_is_sealed BEFORE UPDATE OR DELETE ON manifest
    FOR EACH ROW EXECUTE FUNCTION refuse_manifest_change();
"""
