"""The door complete: movements, claims, chains, releases of keys."""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A: movements
    op.add_column('tickets_facts', sa.Column('granted', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('tickets_devices', sa.Column('void_from', sa.BigInteger(), nullable=True))
    op.add_column('tickets_admissions', sa.Column('inside', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('tickets_admissions', sa.Column('entries', sa.BigInteger(), server_default='0', nullable=False))
    op.execute('UPDATE tickets_admissions SET inside = (greens > 0), entries = greens')

    # B: rules, prompts, claims
    op.add_column('tickets_events', sa.Column('strict_budget_ms', sa.BigInteger(), nullable=True))
    op.add_column('tickets_events', sa.Column('supervisor_json', sa.Text(), server_default='', nullable=False))
    op.execute("UPDATE tickets_events SET snapshot_fields = 'name,email,order,note', feed_seq = NULL WHERE snapshot_fields = 'name,email,order'")
    op.add_column('tickets_tiers', sa.Column('prompt_kinds', sa.String(), server_default='', nullable=False))
    op.add_column('tickets_tiers', sa.Column('prompt_text', sa.String(), server_default='', nullable=False))
    op.add_column('tickets_tickets', sa.Column('note', sa.String(), server_default='', nullable=False))
    op.add_column('tickets_facts', sa.Column('backed', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table('tickets_claims',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('device_id', sa.BigInteger(), nullable=False),
    sa.Column('list_no', sa.BigInteger(), nullable=False),
    sa.Column('serial', sa.BigInteger(), nullable=False),
    sa.Column('epoch', sa.BigInteger(), nullable=False),
    sa.Column('gate', sa.String(), nullable=False),
    sa.Column('asks', sa.Text(), nullable=False),
    sa.Column('dropped', sa.Text(), nullable=False),
    sa.Column('granted_at', sa.BigInteger(), nullable=True),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.Column('ended_by', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['device_id'], ['tickets_devices.id'], name=op.f('fk_tickets_claims_device_id')),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_claims_event_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_claims'))
    )
    op.create_index('ix_tickets_claims_device', 'tickets_claims', ['device_id'], unique=False, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
    op.create_index('ix_tickets_claims_ticket', 'tickets_claims', ['event_id', 'serial'], unique=False)
    op.create_index('uq_tickets_claims_open', 'tickets_claims', ['event_id', 'list_no', 'serial', 'epoch'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    # C: chains
    op.add_column('tickets_feed_marks', sa.Column('salt', sa.LargeBinary(), nullable=True))
    op.add_column('tickets_feed_marks', sa.Column('rows', sa.Text(), nullable=True))
    op.add_column('tickets_devices', sa.Column('head_signature', sa.LargeBinary(), nullable=True))
    op.create_table('tickets_fork_heads',
    sa.Column('device_id', sa.BigInteger(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('tag', sa.BigInteger(), nullable=False),
    sa.Column('signature', sa.LargeBinary(), nullable=False),
    sa.Column('received_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['device_id'], ['tickets_devices.id'], name=op.f('fk_tickets_fork_heads_device_id')),
    sa.PrimaryKeyConstraint('device_id', 'number', 'tag', name=op.f('pk_tickets_fork_heads'))
    )
    op.create_table('tickets_log_watches',
    sa.Column('device_id', sa.BigInteger(), nullable=False),
    sa.Column('told_number', sa.BigInteger(), nullable=False),
    sa.Column('told_at', sa.BigInteger(), nullable=True),
    sa.Column('refused', sa.String(), nullable=False),
    sa.Column('refused_at', sa.BigInteger(), nullable=True),
    sa.Column('checked_at', sa.BigInteger(), nullable=True),
    sa.Column('checked_number', sa.BigInteger(), nullable=False),
    sa.Column('fault', sa.String(), nullable=False),
    sa.Column('fault_number', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['device_id'], ['tickets_devices.id'], name=op.f('fk_tickets_log_watches_device_id')),
    sa.PrimaryKeyConstraint('device_id', name=op.f('pk_tickets_log_watches'))
    )
    op.add_column('tickets_audit', sa.Column('chain_no', sa.BigInteger(), nullable=True))
    op.add_column('tickets_audit', sa.Column('ip_salt', sa.LargeBinary(), nullable=True))
    op.add_column('tickets_audit', sa.Column('ip_digest', sa.LargeBinary(), nullable=True))
    op.create_index('uq_tickets_audit_chain', 'tickets_audit', ['chain_no'], unique=True)
    op.create_table('tickets_audit_marks',
    sa.Column('chain_no', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.Column('signature', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('chain_no', name=op.f('pk_tickets_audit_marks'))
    )

    # D: keys of lists
    op.add_column('tickets_events', sa.Column('release_hours', sa.BigInteger(), server_default='24', nullable=False))
    op.add_column('tickets_feed_heads', sa.Column('fields', sa.String(), server_default='', nullable=False))
    op.add_column('tickets_feed_heads', sa.Column('began', sa.BigInteger(), server_default='0', nullable=False))
    op.execute(
        'UPDATE tickets_feed_heads SET fields = (SELECT snapshot_fields FROM tickets_events'
        ' WHERE tickets_events.id = tickets_feed_heads.event_id)'
    )
    op.create_table('tickets_list_keys',
    sa.Column('device_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('key_id', sa.String(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('released_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['device_id'], ['tickets_devices.id'], name=op.f('fk_tickets_list_keys_device_id')),
    sa.PrimaryKeyConstraint('device_id', name=op.f('pk_tickets_list_keys'))
    )

    # F: the board, the language of mails
    op.add_column('tickets_organizer_profiles', sa.Column('language', sa.String(), server_default='', nullable=False))
    op.create_index('ix_tickets_tickets_tier', 'tickets_tickets', ['event_id', 'status', 'tier_no'], unique=False)
    op.create_table('tickets_door_sums',
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('what', sa.String(), nullable=False),
    sa.Column('list_no', sa.BigInteger(), nullable=False),
    sa.Column('place', sa.BigInteger(), nullable=False),
    sa.Column('n', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_door_sums_event_id')),
    sa.PrimaryKeyConstraint('event_id', 'what', 'list_no', 'place', name=op.f('pk_tickets_door_sums'))
    )
    for what, list_no, place, source in (
        ('admitted', 'list_no', 'winner_device', 'tickets_admissions WHERE admitted_at IS NOT NULL'),
        ('minute', 'list_no', 'admitted_at / 60000', 'tickets_admissions WHERE admitted_at IS NOT NULL'),
        ('fact', 'kind', 'verdict', 'tickets_facts'),
    ):
        op.execute(
            f"INSERT INTO tickets_door_sums SELECT event_id, '{what}', {list_no}, {place}, COUNT(*)"
            f' FROM {source} GROUP BY event_id, {list_no}, {place}'
        )
    op.execute(
        "INSERT INTO tickets_door_sums SELECT event_id, 'inside', list_no, 0, COUNT(*)"
        ' FROM tickets_admissions WHERE inside GROUP BY event_id, list_no'
    )
    op.execute(
        "INSERT INTO tickets_door_sums SELECT event_id, 'tickets', 0, 0, COUNT(DISTINCT serial)"
        ' FROM tickets_admissions WHERE admitted_at IS NOT NULL GROUP BY event_id'
    )


def downgrade() -> None:
    # F
    op.drop_table('tickets_door_sums')
    op.drop_index('ix_tickets_tickets_tier', 'tickets_tickets')
    op.drop_column('tickets_organizer_profiles', 'language')

    # D
    op.drop_table('tickets_list_keys')
    op.drop_column('tickets_feed_heads', 'began')
    op.drop_column('tickets_feed_heads', 'fields')
    op.drop_column('tickets_events', 'release_hours')

    # C
    op.drop_table('tickets_audit_marks')
    op.drop_index('uq_tickets_audit_chain', table_name='tickets_audit')
    for column in ('ip_digest', 'ip_salt', 'chain_no'):
        op.drop_column('tickets_audit', column)
    op.drop_table('tickets_log_watches')
    op.drop_table('tickets_fork_heads')
    op.drop_column('tickets_devices', 'head_signature')
    op.drop_column('tickets_feed_marks', 'rows')
    op.drop_column('tickets_feed_marks', 'salt')

    # B
    op.drop_table('tickets_claims')
    op.drop_column('tickets_facts', 'backed')
    op.drop_column('tickets_tickets', 'note')
    op.drop_column('tickets_tiers', 'prompt_text')
    op.drop_column('tickets_tiers', 'prompt_kinds')
    op.drop_column('tickets_events', 'supervisor_json')
    op.drop_column('tickets_events', 'strict_budget_ms')
    op.execute("UPDATE tickets_events SET snapshot_fields = 'name,email,order', feed_seq = NULL WHERE snapshot_fields = 'name,email,order,note'")

    # A
    op.drop_column('tickets_admissions', 'entries')
    op.drop_column('tickets_admissions', 'inside')
    op.drop_column('tickets_devices', 'void_from')
    op.drop_column('tickets_facts', 'granted')
