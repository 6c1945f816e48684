"""The tables of the ticket pool: uploads, tickets from elsewhere, demands, assignments, their log."""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

NEW = (
    'tickets_pool_assignments',
    'tickets_pool_tickets',
    'tickets_pool_demands',
    'tickets_pool_events',
    'tickets_pool_uploads',
    'tickets_credential_keys',
    'tickets_assignment_logs',
    'tickets_erasures',
)


def upgrade() -> None:
    op.create_table('tickets_assignment_logs',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('action', sa.String(), nullable=False),
    sa.Column('ticket_id', sa.String(), nullable=True),
    sa.Column('demand_id', sa.String(), nullable=True),
    sa.Column('email', sa.String(), nullable=False),
    sa.Column('actor_type', sa.String(), nullable=False),
    sa.Column('actor_id', sa.String(), nullable=False),
    sa.Column('ip', sa.String(), nullable=False),
    sa.Column('meta_json', sa.Text(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_assignment_logs'))
    )
    op.create_index('ix_tickets_assignment_logs_demand', 'tickets_assignment_logs', ['demand_id', 'id'], unique=False)
    op.create_index('ix_tickets_assignment_logs_email', 'tickets_assignment_logs', ['email'], unique=False)
    op.create_index('ix_tickets_assignment_logs_event', 'tickets_assignment_logs', ['event_id', 'id'], unique=False)
    op.create_index('ix_tickets_assignment_logs_ticket', 'tickets_assignment_logs', ['ticket_id', 'id'], unique=False)
    op.create_table('tickets_credential_keys',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_credential_keys'))
    )
    op.create_table('tickets_erasures',
    sa.Column('email_hash', sa.String(), nullable=False),
    sa.Column('erased_by', sa.String(), nullable=False),
    sa.Column('erased_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('email_hash', name=op.f('pk_tickets_erasures'))
    )
    op.create_table('tickets_pool_uploads',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('organizer_id', sa.String(), nullable=False),
    sa.Column('filename', sa.String(), nullable=False),
    sa.Column('format', sa.String(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('rows', sa.BigInteger(), nullable=False),
    sa.Column('known', sa.BigInteger(), nullable=False),
    sa.Column('created_by', sa.String(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['organizer_id'], ['tickets_organizers.id'], name=op.f('fk_tickets_pool_uploads_organizer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_pool_uploads'))
    )
    op.create_index('ix_tickets_pool_uploads_created', 'tickets_pool_uploads', ['organizer_id', 'created_at'], unique=False)
    op.create_index('uq_tickets_pool_uploads_file', 'tickets_pool_uploads', ['organizer_id', 'digest'], unique=True)
    op.create_table('tickets_pool_events',
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('organizer_id', sa.String(), nullable=False),
    sa.Column('fallback', sa.String(), nullable=False),
    sa.Column('uploaded_at', sa.BigInteger(), nullable=True),
    sa.Column('looked_at', sa.BigInteger(), nullable=True),
    sa.Column('unmatched_tickets', sa.BigInteger(), nullable=False),
    sa.Column('unmatched_demands', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.Column('tickets', sa.BigInteger(), nullable=False),
    sa.Column('given', sa.BigInteger(), nullable=False),
    sa.Column('used', sa.BigInteger(), nullable=False),
    sa.Column('orders', sa.BigInteger(), nullable=False),
    sa.Column('served', sa.BigInteger(), nullable=False),
    sa.Column('counted_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_pool_events_event_id')),
    sa.ForeignKeyConstraint(['organizer_id'], ['tickets_organizers.id'], name=op.f('fk_tickets_pool_events_organizer_id')),
    sa.PrimaryKeyConstraint('event_id', name=op.f('pk_tickets_pool_events'))
    )
    op.create_index(op.f('ix_tickets_pool_events_organizer_id'), 'tickets_pool_events', ['organizer_id'], unique=False)
    op.create_table('tickets_pool_demands',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('organizer_id', sa.String(), nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('tier_id', sa.String(), nullable=False),
    sa.Column('user_id', sa.String(), nullable=False),
    sa.Column('email', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('confirmed_at', sa.BigInteger(), nullable=False),
    sa.Column('flagged_at', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_pool_demands_event_id')),
    sa.ForeignKeyConstraint(['organizer_id'], ['tickets_organizers.id'], name=op.f('fk_tickets_pool_demands_organizer_id')),
    sa.ForeignKeyConstraint(['tier_id'], ['tickets_tiers.id'], name=op.f('fk_tickets_pool_demands_tier_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_pool_demands'))
    )
    op.create_index('ix_tickets_pool_demands_email', 'tickets_pool_demands', ['event_id', 'email'], unique=False)
    op.create_index('ix_tickets_pool_demands_event', 'tickets_pool_demands', ['event_id', 'confirmed_at', 'id'], unique=False)
    op.create_index('ix_tickets_pool_demands_member', 'tickets_pool_demands', ['organizer_id', 'email', 'confirmed_at'], unique=False)
    op.create_index('ix_tickets_pool_demands_next', 'tickets_pool_demands', ['event_id', 'tier_id', 'status', 'confirmed_at', 'id'], unique=False)
    op.create_table('tickets_pool_tickets',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('organizer_id', sa.String(), nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('tier_id', sa.String(), nullable=False),
    sa.Column('upload_id', sa.String(), nullable=False),
    sa.Column('line', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('email', sa.String(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('key_id', sa.BigInteger(), nullable=False),
    sa.Column('twin', sa.String(), nullable=False),
    sa.Column('code_digest', sa.LargeBinary(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.Column('used_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_pool_tickets_event_id')),
    sa.ForeignKeyConstraint(['organizer_id'], ['tickets_organizers.id'], name=op.f('fk_tickets_pool_tickets_organizer_id')),
    sa.ForeignKeyConstraint(['tier_id'], ['tickets_tiers.id'], name=op.f('fk_tickets_pool_tickets_tier_id')),
    sa.ForeignKeyConstraint(['upload_id'], ['tickets_pool_uploads.id'], name=op.f('fk_tickets_pool_tickets_upload_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_pool_tickets'))
    )
    op.create_index('ix_tickets_pool_tickets_email', 'tickets_pool_tickets', ['event_id', 'email'], unique=False)
    op.create_index('ix_tickets_pool_tickets_event', 'tickets_pool_tickets', ['event_id', 'created_at', 'line', 'id'], unique=False)
    op.create_index('ix_tickets_pool_tickets_free', 'tickets_pool_tickets', ['event_id', 'tier_id', 'status', 'created_at', 'id'], unique=False)
    op.create_index('ix_tickets_pool_tickets_key', 'tickets_pool_tickets', ['key_id', 'id'], unique=False)
    op.create_index(op.f('ix_tickets_pool_tickets_upload_id'), 'tickets_pool_tickets', ['upload_id'], unique=False)
    op.create_index('uq_tickets_pool_tickets_code', 'tickets_pool_tickets', ['event_id', 'code_digest'], unique=True, sqlite_where=sa.text('code_digest IS NOT NULL'), postgresql_where=sa.text('code_digest IS NOT NULL'))
    op.create_index('uq_tickets_pool_tickets_twin', 'tickets_pool_tickets', ['event_id', 'twin'], unique=True)
    op.create_table('tickets_pool_assignments',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('tier_id', sa.String(), nullable=False),
    sa.Column('ticket_id', sa.String(), nullable=False),
    sa.Column('demand_id', sa.String(), nullable=False),
    sa.Column('user_id', sa.String(), nullable=False),
    sa.Column('how', sa.String(), nullable=False),
    sa.Column('score', sa.BigInteger(), nullable=True),
    sa.Column('delivery_status', sa.String(), nullable=False),
    sa.Column('mail_id', sa.String(), nullable=True),
    sa.Column('actor', sa.String(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('handed_at', sa.BigInteger(), nullable=True),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.Column('ended_why', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['demand_id'], ['tickets_pool_demands.id'], name=op.f('fk_tickets_pool_assignments_demand_id')),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_pool_assignments_event_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['tickets_pool_tickets.id'], name=op.f('fk_tickets_pool_assignments_ticket_id')),
    sa.ForeignKeyConstraint(['tier_id'], ['tickets_tiers.id'], name=op.f('fk_tickets_pool_assignments_tier_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_pool_assignments'))
    )
    op.create_index('ix_tickets_pool_assignments_event', 'tickets_pool_assignments', ['event_id', 'created_at', 'id'], unique=False)
    op.create_index('ix_tickets_pool_assignments_lost', 'tickets_pool_assignments', ['event_id', 'created_at', 'id'], unique=False, sqlite_where=sa.text("ended_at IS NULL AND delivery_status IN ('bounced', 'complained', 'delivery_failed')"), postgresql_where=sa.text("ended_at IS NULL AND delivery_status IN ('bounced', 'complained', 'delivery_failed')"))
    op.create_index('ix_tickets_pool_assignments_mail', 'tickets_pool_assignments', ['mail_id'], unique=False)
    op.create_index('uq_tickets_pool_assignments_demand', 'tickets_pool_assignments', ['demand_id'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
    op.create_index('uq_tickets_pool_assignments_ticket', 'tickets_pool_assignments', ['ticket_id'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
    op.add_column('tickets_tickets', sa.Column('code_digest', sa.LargeBinary(), nullable=True))
    op.create_index('ix_tickets_tickets_code', 'tickets_tickets', ['event_id', 'code_digest'], unique=False, sqlite_where=sa.text('code_digest IS NOT NULL'), postgresql_where=sa.text('code_digest IS NOT NULL'))


def downgrade() -> None:
    op.drop_index('ix_tickets_tickets_code', table_name='tickets_tickets')
    op.drop_column('tickets_tickets', 'code_digest')
    for table in NEW:
        op.drop_table(table)
