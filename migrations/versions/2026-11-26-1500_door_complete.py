"""The door complete: movements, claims, chains, releases of keys."""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A: movements

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
    sa.ForeignKeyConstraint(['device_id'], ['tickets_devices.id'], name=op.f('fk_tickets_list_keys_device_id_tickets_devices')),
    sa.PrimaryKeyConstraint('device_id', name=op.f('pk_tickets_list_keys'))
    )

    # F: the board
    pass


def downgrade() -> None:
    # F

    # D
    op.drop_table('tickets_list_keys')
    op.drop_column('tickets_feed_heads', 'began')
    op.drop_column('tickets_feed_heads', 'fields')
    op.drop_column('tickets_events', 'release_hours')

    # C

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
    pass
