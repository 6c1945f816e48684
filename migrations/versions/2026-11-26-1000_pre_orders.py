"""The tables of club pre-orders: clubs, members, wishes, saved cards, charge runs."""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

NEW = (
    'tickets_pre_orders',
    'tickets_club_stock',
    'tickets_club_members',
    'tickets_club_invites',
    'tickets_club_events',
    'tickets_charge_runs',
    'tickets_stripe_customers',
    'tickets_saved_cards',
    'tickets_push_subscriptions',
    'tickets_clubs',
    'tickets_paces',
)
MONEY_BACK = ('tickets_refunds', 'tickets_disputes')


def upgrade() -> None:
    op.create_table('tickets_paces',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('free_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_tickets_paces'))
    )
    for table in MONEY_BACK:
        op.add_column(table, sa.Column('preorder_id', sa.String(), nullable=True))
        op.create_index(op.f(f'ix_{table}_preorder_id'), table, ['preorder_id'], unique=False)
    op.create_table('tickets_clubs',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('organizer_id', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('about', sa.Text(), nullable=False),
    sa.Column('time_zone', sa.String(), nullable=False),
    sa.Column('discount_bp', sa.BigInteger(), nullable=False),
    sa.Column('per_week', sa.BigInteger(), nullable=False),
    sa.Column('charge_weekday', sa.BigInteger(), nullable=False),
    sa.Column('charge_at', sa.String(), nullable=False),
    sa.Column('charge_start', sa.String(), nullable=False),
    sa.Column('charge_account', sa.String(), nullable=False),
    sa.Column('next_in_line', sa.Boolean(), nullable=False),
    sa.Column('recovery_hours', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.Column('archived_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['organizer_id'], ['tickets_organizers.id'], name=op.f('fk_tickets_clubs_organizer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_clubs'))
    )
    op.create_index(op.f('ix_tickets_clubs_organizer_id'), 'tickets_clubs', ['organizer_id'], unique=False)
    op.create_table('tickets_push_subscriptions',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('user_id', sa.String(), nullable=False),
    sa.Column('endpoint', sa.Text(), nullable=False),
    sa.Column('p256dh', sa.String(), nullable=False),
    sa.Column('auth', sa.String(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('last_used_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['tickets_users.id'], name=op.f('fk_tickets_push_subscriptions_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_push_subscriptions')),
    sa.UniqueConstraint('endpoint', name=op.f('uq_tickets_push_subscriptions_endpoint'))
    )
    op.create_index(op.f('ix_tickets_push_subscriptions_user_id'), 'tickets_push_subscriptions', ['user_id'], unique=False)
    op.create_table('tickets_saved_cards',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('user_id', sa.String(), nullable=False),
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('customer_id', sa.String(), nullable=False),
    sa.Column('payment_method_id', sa.String(), nullable=False),
    sa.Column('brand', sa.String(), nullable=False),
    sa.Column('last4', sa.String(), nullable=False),
    sa.Column('expires', sa.String(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('removed_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['tickets_users.id'], name=op.f('fk_tickets_saved_cards_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_saved_cards')),
    sa.UniqueConstraint('payment_method_id', name=op.f('uq_tickets_saved_cards_payment_method_id'))
    )
    op.create_index('ix_tickets_saved_cards_user', 'tickets_saved_cards', ['user_id', 'account'], unique=False)
    op.create_table('tickets_stripe_customers',
    sa.Column('user_id', sa.String(), nullable=False),
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('customer_id', sa.String(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['tickets_users.id'], name=op.f('fk_tickets_stripe_customers_user_id')),
    sa.PrimaryKeyConstraint('user_id', 'account', name=op.f('pk_tickets_stripe_customers'))
    )
    op.create_table('tickets_charge_runs',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('club_id', sa.String(), nullable=False),
    sa.Column('week', sa.String(), nullable=False),
    sa.Column('slot', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('planned', sa.BigInteger(), nullable=False),
    sa.Column('planned_total', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(), nullable=False),
    sa.Column('started_by', sa.String(), nullable=False),
    sa.Column('started_at', sa.BigInteger(), nullable=False),
    sa.Column('paused_at', sa.BigInteger(), nullable=True),
    sa.Column('finished_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['club_id'], ['tickets_clubs.id'], name=op.f('fk_tickets_charge_runs_club_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_charge_runs'))
    )
    op.create_index('uq_tickets_charge_runs_clock', 'tickets_charge_runs', ['club_id', 'slot'], unique=True, sqlite_where=sa.text("started_by = 'clock'"), postgresql_where=sa.text("started_by = 'clock'"))
    op.create_index('uq_tickets_charge_runs_open', 'tickets_charge_runs', ['club_id'], unique=True, sqlite_where=sa.text("state <> 'done'"), postgresql_where=sa.text("state <> 'done'"))
    op.create_table('tickets_club_events',
    sa.Column('club_id', sa.String(), nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('week', sa.String(), nullable=False),
    sa.Column('charge_mode', sa.String(), nullable=False),
    sa.Column('stock', sa.String(), nullable=False),
    sa.Column('allocation', sa.String(), nullable=False),
    sa.Column('draw_commitment', sa.String(), nullable=False),
    sa.Column('draw_seed', sa.LargeBinary(), nullable=True),
    sa.Column('draw_revealed_at', sa.BigInteger(), nullable=True),
    sa.Column('ticket_deadline_at', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.Column('withdrawn_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['club_id'], ['tickets_clubs.id'], name=op.f('fk_tickets_club_events_club_id')),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_club_events_event_id')),
    sa.PrimaryKeyConstraint('club_id', 'event_id', name=op.f('pk_tickets_club_events'))
    )
    op.create_index('ix_tickets_club_events_event', 'tickets_club_events', ['event_id'], unique=False)
    op.create_table('tickets_club_invites',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('club_id', sa.String(), nullable=False),
    sa.Column('code_hash', sa.String(), nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.Column('most_uses', sa.BigInteger(), nullable=True),
    sa.Column('uses', sa.BigInteger(), nullable=False),
    sa.Column('created_by', sa.String(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=True),
    sa.Column('revoked_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['club_id'], ['tickets_clubs.id'], name=op.f('fk_tickets_club_invites_club_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_club_invites')),
    sa.UniqueConstraint('code_hash', name=op.f('uq_tickets_club_invites_code_hash'))
    )
    op.create_index(op.f('ix_tickets_club_invites_club_id'), 'tickets_club_invites', ['club_id'], unique=False)
    op.create_table('tickets_club_members',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('club_id', sa.String(), nullable=False),
    sa.Column('email', sa.String(), nullable=False),
    sa.Column('user_id', sa.String(), nullable=True),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('invited_by', sa.String(), nullable=False),
    sa.Column('invited_at', sa.BigInteger(), nullable=False),
    sa.Column('joined_at', sa.BigInteger(), nullable=True),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['club_id'], ['tickets_clubs.id'], name=op.f('fk_tickets_club_members_club_id')),
    sa.ForeignKeyConstraint(['user_id'], ['tickets_users.id'], name=op.f('fk_tickets_club_members_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_club_members')),
    sa.UniqueConstraint('club_id', 'email', name=op.f('uq_tickets_club_members_club_id_email'))
    )
    op.create_index('ix_tickets_club_members_email', 'tickets_club_members', ['email'], unique=False)
    op.create_index('ix_tickets_club_members_user', 'tickets_club_members', ['user_id'], unique=False)
    op.create_table('tickets_club_stock',
    sa.Column('club_id', sa.String(), nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('tier_id', sa.String(), nullable=False),
    sa.Column('declared', sa.BigInteger(), nullable=False),
    sa.Column('reserved', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('reserved >= 0 AND reserved <= declared', name=op.f('ck_tickets_club_stock_reserved')),
    sa.ForeignKeyConstraint(['club_id'], ['tickets_clubs.id'], name=op.f('fk_tickets_club_stock_club_id')),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_club_stock_event_id')),
    sa.ForeignKeyConstraint(['tier_id'], ['tickets_tiers.id'], name=op.f('fk_tickets_club_stock_tier_id')),
    sa.PrimaryKeyConstraint('club_id', 'event_id', 'tier_id', name=op.f('pk_tickets_club_stock'))
    )
    op.create_table('tickets_pre_orders',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('club_id', sa.String(), nullable=False),
    sa.Column('member_id', sa.String(), nullable=False),
    sa.Column('user_id', sa.String(), nullable=False),
    sa.Column('organizer_id', sa.String(), nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('tier_id', sa.String(), nullable=False),
    sa.Column('tier_name', sa.String(), nullable=False),
    sa.Column('week', sa.String(), nullable=False),
    sa.Column('email', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('currency', sa.String(), nullable=False),
    sa.Column('price', sa.BigInteger(), nullable=False),
    sa.Column('discount', sa.BigInteger(), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('charge_type', sa.String(), nullable=False),
    sa.Column('customer_id', sa.String(), nullable=False),
    sa.Column('setup_attempt', sa.BigInteger(), nullable=False),
    sa.Column('setup_session_id', sa.String(), nullable=True),
    sa.Column('setup_intent_id', sa.String(), nullable=True),
    sa.Column('payment_method_id', sa.String(), nullable=False),
    sa.Column('card_brand', sa.String(), nullable=False),
    sa.Column('card_last4', sa.String(), nullable=False),
    sa.Column('mandate_text', sa.Text(), nullable=False),
    sa.Column('mandate_at', sa.BigInteger(), nullable=True),
    sa.Column('decided_by', sa.String(), nullable=False),
    sa.Column('decided_at', sa.BigInteger(), nullable=True),
    sa.Column('reserved', sa.Boolean(), nullable=False),
    sa.Column('draw_rank', sa.BigInteger(), nullable=True),
    sa.Column('run_id', sa.String(), nullable=True),
    sa.Column('charge_attempt', sa.BigInteger(), nullable=False),
    sa.Column('charge_key', sa.String(), nullable=False),
    sa.Column('destination', sa.String(), nullable=False),
    sa.Column('application_fee', sa.BigInteger(), nullable=False),
    sa.Column('charge_started_at', sa.BigInteger(), nullable=True),
    sa.Column('payment_intent_id', sa.String(), nullable=True),
    sa.Column('failure_code', sa.String(), nullable=False),
    sa.Column('needs_action_until', sa.BigInteger(), nullable=True),
    sa.Column('ticket_id', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('confirmed_at', sa.BigInteger(), nullable=True),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.Column('paid_at', sa.BigInteger(), nullable=True),
    sa.Column('fulfilled_at', sa.BigInteger(), nullable=True),
    sa.Column('closed_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['club_id'], ['tickets_clubs.id'], name=op.f('fk_tickets_pre_orders_club_id')),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_pre_orders_event_id')),
    sa.ForeignKeyConstraint(['member_id'], ['tickets_club_members.id'], name=op.f('fk_tickets_pre_orders_member_id')),
    sa.ForeignKeyConstraint(['organizer_id'], ['tickets_organizers.id'], name=op.f('fk_tickets_pre_orders_organizer_id')),
    sa.ForeignKeyConstraint(['run_id'], ['tickets_charge_runs.id'], name=op.f('fk_tickets_pre_orders_run_id')),
    sa.ForeignKeyConstraint(['tier_id'], ['tickets_tiers.id'], name=op.f('fk_tickets_pre_orders_tier_id')),
    sa.ForeignKeyConstraint(['user_id'], ['tickets_users.id'], name=op.f('fk_tickets_pre_orders_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_pre_orders')),
    sa.UniqueConstraint('number', name=op.f('uq_tickets_pre_orders_number')),
    sa.UniqueConstraint('payment_intent_id', name=op.f('uq_tickets_pre_orders_payment_intent_id')),
    sa.UniqueConstraint('setup_intent_id', name=op.f('uq_tickets_pre_orders_setup_intent_id'))
    )
    op.create_index('ix_tickets_pre_orders_club_week', 'tickets_pre_orders', ['club_id', 'week', 'status'], unique=False)
    op.create_index('ix_tickets_pre_orders_event', 'tickets_pre_orders', ['event_id', 'created_at', 'id'], unique=False)
    op.create_index(op.f('ix_tickets_pre_orders_run_id'), 'tickets_pre_orders', ['run_id'], unique=False)
    op.create_index(op.f('ix_tickets_pre_orders_setup_session_id'), 'tickets_pre_orders', ['setup_session_id'], unique=False)
    op.create_index('ix_tickets_pre_orders_user', 'tickets_pre_orders', ['user_id', 'created_at'], unique=False)
    op.create_index('uq_tickets_pre_orders_member_event', 'tickets_pre_orders', ['member_id', 'event_id'], unique=True, sqlite_where=sa.text("status NOT IN ('cancelled', 'denied', 'not_allocated', 'failed', 'refunded', 'refund_failed')"), postgresql_where=sa.text("status NOT IN ('cancelled', 'denied', 'not_allocated', 'failed', 'refunded', 'refund_failed')"))
    op.add_column(
        'tickets_events',
        sa.Column('members_only', sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    op.drop_column('tickets_events', 'members_only')
    for table in MONEY_BACK:
        op.drop_index(op.f(f'ix_{table}_preorder_id'), table)
        op.drop_column(table, 'preorder_id')
    for table in NEW:
        op.drop_table(table)
