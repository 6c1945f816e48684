"""The tables of the door core."""

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('tickets_audit',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('actor_type', sa.String(), nullable=False),
    sa.Column('actor_id', sa.String(), nullable=False),
    sa.Column('action', sa.String(), nullable=False),
    sa.Column('target_type', sa.String(), nullable=False),
    sa.Column('target_id', sa.String(), nullable=False),
    sa.Column('organizer_id', sa.String(), nullable=True),
    sa.Column('meta_json', sa.Text(), nullable=False),
    sa.Column('ip', sa.String(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('prev_hash', sa.LargeBinary(), nullable=True),
    sa.Column('hash', sa.LargeBinary(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_audit'))
    )
    op.create_index('ix_tickets_audit_organizer', 'tickets_audit', ['organizer_id', 'id'], unique=False)
    op.create_index('ix_tickets_audit_target', 'tickets_audit', ['target_type', 'target_id'], unique=False)
    op.create_table('tickets_cron_slots',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('slot', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('name', 'slot', name=op.f('pk_tickets_cron_slots'))
    )
    op.create_table('tickets_jobs',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('args', sa.Text(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('job_key', sa.String(), nullable=True),
    sa.Column('dedupe', sa.String(), nullable=True),
    sa.Column('run_at', sa.BigInteger(), nullable=False),
    sa.Column('attempt', sa.BigInteger(), nullable=False),
    sa.Column('max_attempts', sa.BigInteger(), nullable=False),
    sa.Column('owner', sa.String(), nullable=True),
    sa.Column('lease_until', sa.BigInteger(), nullable=True),
    sa.Column('error', sa.Text(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('finished_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_jobs'))
    )
    op.create_index('ix_tickets_jobs_key', 'tickets_jobs', ['job_key', 'state', 'id'], unique=False)
    op.create_index('ix_tickets_jobs_ready', 'tickets_jobs', ['state', 'run_at', 'id'], unique=False)
    op.create_index('uq_tickets_jobs_dedupe', 'tickets_jobs', ['dedupe'], unique=True, sqlite_where=sa.text("state = 'ready' AND dedupe IS NOT NULL"), postgresql_where=sa.text("state = 'ready' AND dedupe IS NOT NULL"))
    op.create_table('tickets_kept_secrets',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('public', sa.LargeBinary(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_tickets_kept_secrets'))
    )
    op.create_table('tickets_login_codes',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('email', sa.String(), nullable=False),
    sa.Column('link_hash', sa.String(), nullable=False),
    sa.Column('code_hash', sa.String(), nullable=False),
    sa.Column('attempts', sa.BigInteger(), nullable=False),
    sa.Column('next_path', sa.String(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('used_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_login_codes')),
    sa.UniqueConstraint('link_hash', name=op.f('uq_tickets_login_codes_link_hash'))
    )
    op.create_index('ix_tickets_login_codes_email', 'tickets_login_codes', ['email', 'created_at'], unique=False)
    op.create_table('tickets_mails',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('to_email', sa.String(), nullable=False),
    sa.Column('args_json', sa.Text(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('attempts', sa.BigInteger(), nullable=False),
    sa.Column('error', sa.Text(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('sent_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_mails'))
    )
    op.create_index('ix_tickets_mails_created', 'tickets_mails', ['created_at'], unique=False)
    op.create_table('tickets_organizers',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_organizers')),
    sa.UniqueConstraint('code', name=op.f('uq_tickets_organizers_code'))
    )
    op.create_table('tickets_rate_counts',
    sa.Column('bucket', sa.String(), nullable=False),
    sa.Column('window_start', sa.BigInteger(), nullable=False),
    sa.Column('hits', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('bucket', 'window_start', name=op.f('pk_tickets_rate_counts'))
    )
    op.create_table('tickets_signing_keys',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('key_id', sa.BigInteger(), nullable=False),
    sa.Column('public', sa.LargeBinary(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('published_at', sa.BigInteger(), nullable=False),
    sa.Column('active_at', sa.BigInteger(), nullable=True),
    sa.Column('retired_at', sa.BigInteger(), nullable=True),
    sa.Column('compromised_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_signing_keys'))
    )
    op.create_table('tickets_stored_answers',
    sa.Column('scope', sa.String(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('body_hash', sa.String(), nullable=False),
    sa.Column('status', sa.BigInteger(), nullable=False),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('scope', 'key', name=op.f('pk_tickets_stored_answers'))
    )
    op.create_table('tickets_users',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('email', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('is_admin', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_users')),
    sa.UniqueConstraint('email', name=op.f('uq_tickets_users_email'))
    )
    op.create_table('tickets_events',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('organizer_id', sa.String(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('slug', sa.String(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('venue', sa.String(), nullable=False),
    sa.Column('city', sa.String(), nullable=False),
    sa.Column('province', sa.String(), nullable=False),
    sa.Column('time_zone', sa.String(), nullable=False),
    sa.Column('currency', sa.String(), nullable=False),
    sa.Column('start_at', sa.BigInteger(), nullable=False),
    sa.Column('end_at', sa.BigInteger(), nullable=False),
    sa.Column('capacity', sa.BigInteger(), nullable=True),
    sa.Column('cover_url', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('unknown_policy', sa.String(), nullable=False),
    sa.Column('unknown_max_age_s', sa.BigInteger(), nullable=False),
    sa.Column('snapshot_fields', sa.String(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.Column('feed_seq', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['organizer_id'], ['tickets_organizers.id'], name=op.f('fk_tickets_events_organizer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_events')),
    sa.UniqueConstraint('number', name=op.f('uq_tickets_events_number')),
    sa.UniqueConstraint('slug', name=op.f('uq_tickets_events_slug'))
    )
    op.create_index('ix_tickets_events_organizer', 'tickets_events', ['organizer_id', 'start_at'], unique=False)
    op.create_table('tickets_members',
    sa.Column('user_id', sa.String(), nullable=False),
    sa.Column('organizer_id', sa.String(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['organizer_id'], ['tickets_organizers.id'], name=op.f('fk_tickets_members_organizer_id')),
    sa.ForeignKeyConstraint(['user_id'], ['tickets_users.id'], name=op.f('fk_tickets_members_user_id')),
    sa.PrimaryKeyConstraint('user_id', 'organizer_id', name=op.f('pk_tickets_members'))
    )
    op.create_index(op.f('ix_tickets_members_organizer_id'), 'tickets_members', ['organizer_id'], unique=False)
    op.create_table('tickets_sessions',
    sa.Column('id_hash', sa.String(), nullable=False),
    sa.Column('user_id', sa.String(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('last_seen_at', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('revoked_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['tickets_users.id'], name=op.f('fk_tickets_sessions_user_id')),
    sa.PrimaryKeyConstraint('id_hash', name=op.f('pk_tickets_sessions'))
    )
    op.create_index(op.f('ix_tickets_sessions_user_id'), 'tickets_sessions', ['user_id'], unique=False)
    op.create_table('tickets_admissions',
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('serial', sa.BigInteger(), nullable=False),
    sa.Column('list_no', sa.BigInteger(), nullable=False),
    sa.Column('admitted_at', sa.BigInteger(), nullable=True),
    sa.Column('winner_device', sa.BigInteger(), nullable=True),
    sa.Column('winner_number', sa.BigInteger(), nullable=True),
    sa.Column('greens', sa.BigInteger(), nullable=False),
    sa.Column('pending', sa.BigInteger(), nullable=False),
    sa.Column('conflict', sa.String(), nullable=False),
    sa.Column('resolved_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_admissions_event_id')),
    sa.PrimaryKeyConstraint('event_id', 'serial', 'list_no', name=op.f('pk_tickets_admissions'))
    )
    op.create_index('ix_tickets_admissions_conflict', 'tickets_admissions', ['event_id', 'conflict'], unique=False)
    op.create_table('tickets_checkin_lists',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('revision', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('archived_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_checkin_lists_event_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_checkin_lists')),
    sa.UniqueConstraint('event_id', 'number', name=op.f('uq_tickets_checkin_lists_event_id_number'))
    )
    op.create_table('tickets_devices',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('gate', sa.String(), nullable=False),
    sa.Column('lists', sa.String(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('public_key', sa.LargeBinary(), nullable=True),
    sa.Column('certificate', sa.Text(), nullable=False),
    sa.Column('secret_hash', sa.String(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('revoked_at', sa.BigInteger(), nullable=True),
    sa.Column('wiped_at', sa.BigInteger(), nullable=True),
    sa.Column('last_seen_at', sa.BigInteger(), nullable=True),
    sa.Column('head_number', sa.BigInteger(), nullable=False),
    sa.Column('head_hash', sa.LargeBinary(), nullable=False),
    sa.Column('forked_at', sa.BigInteger(), nullable=True),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.Column('cursor_seq', sa.BigInteger(), nullable=False),
    sa.Column('pending', sa.BigInteger(), nullable=False),
    sa.Column('clock_skew_ms', sa.BigInteger(), nullable=False),
    sa.Column('app_build', sa.String(), nullable=False),
    sa.Column('status_json', sa.Text(), nullable=False),
    sa.Column('feed_seq', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_devices_event_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_devices')),
    sa.UniqueConstraint('secret_hash', name=op.f('uq_tickets_devices_secret_hash'))
    )
    op.create_index('ix_tickets_devices_feed', 'tickets_devices', ['event_id', 'feed_seq'], unique=False)
    op.create_table('tickets_feed_heads',
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('feed_id', sa.String(), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_feed_heads_event_id')),
    sa.PrimaryKeyConstraint('event_id', name=op.f('pk_tickets_feed_heads'))
    )
    op.create_table('tickets_feed_marks',
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_feed_marks_event_id')),
    sa.PrimaryKeyConstraint('event_id', 'seq', name=op.f('pk_tickets_feed_marks'))
    )
    op.create_table('tickets_guest_imports',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('created_by', sa.String(), nullable=False),
    sa.Column('filename', sa.String(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=True),
    sa.Column('mapping_json', sa.Text(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('result_json', sa.Text(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('committed_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_guest_imports_event_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_guest_imports'))
    )
    op.create_index(op.f('ix_tickets_guest_imports_event_id'), 'tickets_guest_imports', ['event_id'], unique=False)
    op.create_table('tickets_list_revisions',
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('list_no', sa.BigInteger(), nullable=False),
    sa.Column('rev', sa.BigInteger(), nullable=False),
    sa.Column('rules_json', sa.Text(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('feed_seq', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_list_revisions_event_id')),
    sa.PrimaryKeyConstraint('event_id', 'list_no', 'rev', name=op.f('pk_tickets_list_revisions'))
    )
    op.create_index('ix_tickets_list_revisions_feed', 'tickets_list_revisions', ['event_id', 'feed_seq'], unique=False)
    op.create_table('tickets_pairing_codes',
    sa.Column('code_hash', sa.String(), nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('gate', sa.String(), nullable=False),
    sa.Column('lists', sa.String(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('created_by', sa.String(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('used_at', sa.BigInteger(), nullable=True),
    sa.Column('device_id', sa.BigInteger(), nullable=True),
    sa.Column('public_key', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_pairing_codes_event_id')),
    sa.PrimaryKeyConstraint('code_hash', name=op.f('pk_tickets_pairing_codes'))
    )
    op.create_index(op.f('ix_tickets_pairing_codes_event_id'), 'tickets_pairing_codes', ['event_id'], unique=False)
    op.create_table('tickets_snapshots',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('fields', sa.String(), nullable=False),
    sa.Column('tickets', sa.BigInteger(), nullable=False),
    sa.Column('gzip', sa.LargeBinary(), nullable=False),
    sa.Column('brotli', sa.LargeBinary(), nullable=False),
    sa.Column('built_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_snapshots_event_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_snapshots')),
    sa.UniqueConstraint('event_id', 'seq', 'fields', name=op.f('uq_tickets_snapshots_event_id_seq_fields'))
    )
    op.create_table('tickets_tiers',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('price_cents', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(), nullable=False),
    sa.Column('capacity', sa.BigInteger(), nullable=True),
    sa.Column('max_per_order', sa.BigInteger(), nullable=False),
    sa.Column('sales_start_at', sa.BigInteger(), nullable=True),
    sa.Column('sales_end_at', sa.BigInteger(), nullable=True),
    sa.Column('visibility', sa.String(), nullable=False),
    sa.Column('sort', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('archived_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_tiers_event_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_tiers')),
    sa.UniqueConstraint('event_id', 'number', name=op.f('uq_tickets_tiers_event_id_number'))
    )
    op.create_table('tickets_facts',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('device_id', sa.BigInteger(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('tag', sa.BigInteger(), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.Column('bytes', sa.LargeBinary(), nullable=False),
    sa.Column('kind', sa.BigInteger(), nullable=False),
    sa.Column('list_no', sa.BigInteger(), nullable=False),
    sa.Column('rule_rev', sa.BigInteger(), nullable=False),
    sa.Column('serial', sa.BigInteger(), nullable=False),
    sa.Column('epoch', sa.BigInteger(), nullable=False),
    sa.Column('how', sa.BigInteger(), nullable=False),
    sa.Column('verdict', sa.BigInteger(), nullable=False),
    sa.Column('scanned', sa.Boolean(), nullable=False),
    sa.Column('claimed_at', sa.BigInteger(), nullable=False),
    sa.Column('stamp', sa.BigInteger(), nullable=False),
    sa.Column('after_end', sa.Boolean(), nullable=False),
    sa.Column('feed_seq', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['device_id'], ['tickets_devices.id'], name=op.f('fk_tickets_facts_device_id')),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_facts_event_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_facts')),
    sa.UniqueConstraint('device_id', 'number', 'tag', name=op.f('uq_tickets_facts_device_id_number_tag'))
    )
    op.create_index('ix_tickets_facts_feed', 'tickets_facts', ['event_id', 'feed_seq'], unique=False)
    op.create_index('ix_tickets_facts_serial', 'tickets_facts', ['event_id', 'serial'], unique=False)
    op.create_table('tickets_tickets',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('tier_id', sa.String(), nullable=False),
    sa.Column('tier_no', sa.BigInteger(), nullable=False),
    sa.Column('serial', sa.BigInteger(), nullable=False),
    sa.Column('printed_id', sa.String(), nullable=False),
    sa.Column('epoch', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('status_at', sa.BigInteger(), nullable=False),
    sa.Column('holder_name', sa.String(), nullable=False),
    sa.Column('holder_email', sa.String(), nullable=False),
    sa.Column('order_ref', sa.String(), nullable=False),
    sa.Column('external_id', sa.String(), nullable=True),
    sa.Column('key_id', sa.BigInteger(), nullable=False),
    sa.Column('token_digest', sa.LargeBinary(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('revision', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.Column('erased_at', sa.BigInteger(), nullable=True),
    sa.Column('feed_seq', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_tickets_event_id')),
    sa.ForeignKeyConstraint(['tier_id'], ['tickets_tiers.id'], name=op.f('fk_tickets_tickets_tier_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_tickets')),
    sa.UniqueConstraint('event_id', 'external_id', name=op.f('uq_tickets_tickets_event_id_external_id')),
    sa.UniqueConstraint('event_id', 'serial', name=op.f('uq_tickets_tickets_event_id_serial')),
    sa.UniqueConstraint('printed_id', name=op.f('uq_tickets_tickets_printed_id'))
    )
    op.create_index('ix_tickets_tickets_feed', 'tickets_tickets', ['event_id', 'feed_seq'], unique=False)
    op.create_index('ix_tickets_tickets_unnumbered', 'tickets_tickets', ['event_id'], unique=False, sqlite_where=sa.text('feed_seq IS NULL'), postgresql_where=sa.text('feed_seq IS NULL'))
    op.create_table('tickets_validate_answers',
    sa.Column('device_id', sa.BigInteger(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('body_hash', sa.String(), nullable=False),
    sa.Column('answer_json', sa.Text(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['device_id'], ['tickets_devices.id'], name=op.f('fk_tickets_validate_answers_device_id')),
    sa.PrimaryKeyConstraint('device_id', 'key', name=op.f('pk_tickets_validate_answers'))
    )


def downgrade() -> None:
    op.drop_table('tickets_validate_answers')
    op.drop_table('tickets_tickets')
    op.drop_table('tickets_facts')
    op.drop_table('tickets_tiers')
    op.drop_table('tickets_snapshots')
    op.drop_table('tickets_pairing_codes')
    op.drop_table('tickets_list_revisions')
    op.drop_table('tickets_guest_imports')
    op.drop_table('tickets_feed_marks')
    op.drop_table('tickets_feed_heads')
    op.drop_table('tickets_devices')
    op.drop_table('tickets_checkin_lists')
    op.drop_table('tickets_admissions')
    op.drop_table('tickets_sessions')
    op.drop_table('tickets_members')
    op.drop_table('tickets_events')
    op.drop_table('tickets_users')
    op.drop_table('tickets_stored_answers')
    op.drop_table('tickets_signing_keys')
    op.drop_table('tickets_rate_counts')
    op.drop_table('tickets_organizers')
    op.drop_table('tickets_mails')
    op.drop_table('tickets_login_codes')
    op.drop_table('tickets_kept_secrets')
    op.drop_table('tickets_jobs')
    op.drop_table('tickets_cron_slots')
    op.drop_table('tickets_audit')
