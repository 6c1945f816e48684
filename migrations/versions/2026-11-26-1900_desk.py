"""The desk: tickets that change hands, waiting lists, exports, sums, support."""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # tickets that change hands, comps
    op.create_index('ix_tickets_tickets_passed_on', 'tickets_tickets', ['holder_email'], unique=False, sqlite_where=sa.text("order_ref = '' AND order_id IS NOT NULL"), postgresql_where=sa.text("order_ref = '' AND order_id IS NOT NULL"))
    op.add_column('tickets_orders', sa.Column('origin', sa.String(), server_default='checkout', nullable=False))
    op.add_column('tickets_orders', sa.Column('paid_by', sa.String(), server_default='', nullable=False))
    op.add_column('tickets_orders', sa.Column('note', sa.Text(), server_default='', nullable=False))
    op.create_index('ix_tickets_orders_by_hand', 'tickets_orders', ['event_id'], unique=False, sqlite_where=sa.text("origin <> 'checkout'"), postgresql_where=sa.text("origin <> 'checkout'"))

    # waiting lists
    op.add_column('tickets_orders', sa.Column('waitlist_offer_id', sa.String(), nullable=True))
    op.add_column('tickets_club_events', sa.Column('auto_fill', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('tickets_events', sa.Column('overbook_bp', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('tickets_events', sa.Column('overbook_number', sa.BigInteger(), server_default='0', nullable=False))
    op.create_table('tickets_shortfalls',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('capacity', sa.BigInteger(), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('requested_by', sa.String(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('finished_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_shortfalls_event_id_tickets_events')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_shortfalls'))
    )
    op.create_index('ix_tickets_shortfalls_event', 'tickets_shortfalls', ['event_id', 'created_at'], unique=False)
    op.create_table('tickets_shortfall_orders',
    sa.Column('order_id', sa.String(), nullable=False),
    sa.Column('shortfall_id', sa.String(), nullable=False),
    sa.Column('tickets', sa.BigInteger(), nullable=False),
    sa.Column('outcome', sa.String(), nullable=False),
    sa.Column('problem', sa.Text(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['shortfall_id'], ['tickets_shortfalls.id'], name=op.f('fk_tickets_shortfall_orders_shortfall_id_tickets_shortfalls')),
    sa.PrimaryKeyConstraint('order_id', name=op.f('pk_tickets_shortfall_orders'))
    )
    op.create_index(op.f('ix_tickets_shortfall_orders_shortfall_id'), 'tickets_shortfall_orders', ['shortfall_id'], unique=False)
    op.create_table('tickets_waitlists',
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('open', sa.Boolean(), nullable=False),
    sa.Column('auto', sa.Boolean(), nullable=False),
    sa.Column('members_first', sa.Boolean(), nullable=False),
    sa.Column('offer_hours', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_waitlists_event_id_tickets_events')),
    sa.PrimaryKeyConstraint('event_id', name=op.f('pk_tickets_waitlists'))
    )
    op.create_table('tickets_waiting',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('tier_id', sa.String(), nullable=False),
    sa.Column('qty', sa.BigInteger(), nullable=False),
    sa.Column('fewer', sa.Boolean(), nullable=False),
    sa.Column('email', sa.String(), nullable=False),
    sa.Column('user_id', sa.String(), nullable=True),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('lift', sa.BigInteger(), nullable=False),
    sa.Column('since', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('closed_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_waiting_event_id_tickets_events')),
    sa.ForeignKeyConstraint(['user_id'], ['tickets_users.id'], name=op.f('fk_tickets_waiting_user_id_tickets_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_waiting'))
    )
    op.create_index('ix_tickets_waiting_line', 'tickets_waiting', ['event_id', 'status', 'since'], unique=False)
    op.create_index('ix_tickets_waiting_email', 'tickets_waiting', ['email'], unique=False)
    in_line = sa.text("status IN ('unconfirmed', 'waiting', 'offered')")
    op.create_index('uq_tickets_waiting_wish', 'tickets_waiting', ['event_id', 'tier_id', 'email'], unique=True, sqlite_where=in_line, postgresql_where=in_line)
    op.create_table('tickets_waiting_offers',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('waiting_id', sa.String(), nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('tier_id', sa.String(), nullable=False),
    sa.Column('qty', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('by_hand', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('closed_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_waiting_offers_event_id_tickets_events')),
    sa.ForeignKeyConstraint(['waiting_id'], ['tickets_waiting.id'], name=op.f('fk_tickets_waiting_offers_waiting_id_tickets_waiting')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_waiting_offers'))
    )
    op.create_index('ix_tickets_waiting_offers_event', 'tickets_waiting_offers', ['event_id', 'status'], unique=False)
    op.create_index('ix_tickets_waiting_offers_due', 'tickets_waiting_offers', ['status', 'expires_at'], unique=False)
    op.create_index('ix_tickets_waiting_offers_waiting', 'tickets_waiting_offers', ['waiting_id'], unique=False)
    live = sa.text("status IN ('open', 'ordered')")
    op.create_index('uq_tickets_waiting_offers_live', 'tickets_waiting_offers', ['waiting_id'], unique=True, sqlite_where=live, postgresql_where=live)

    # exports, payouts
    op.create_table('tickets_export_schedules',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('what', sa.String(), nullable=False),
    sa.Column('columns_json', sa.Text(), nullable=False),
    sa.Column('weekday', sa.BigInteger(), nullable=True),
    sa.Column('hour', sa.BigInteger(), nullable=False),
    sa.Column('people_json', sa.Text(), nullable=False),
    sa.Column('created_by', sa.String(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('due_at', sa.BigInteger(), nullable=True),
    sa.Column('paused_for', sa.String(), nullable=False),
    sa.Column('last_at', sa.BigInteger(), nullable=True),
    sa.Column('last_count', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_export_schedules_event_id_tickets_events')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_export_schedules'))
    )
    op.create_index('ix_tickets_export_schedules_event', 'tickets_export_schedules', ['event_id'], unique=False)
    op.create_index('ix_tickets_export_schedules_due', 'tickets_export_schedules', ['due_at'], unique=False)
    op.create_table('tickets_export_runs',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('schedule_id', sa.String(), nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('since', sa.BigInteger(), nullable=False),
    sa.Column('until', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_export_runs_event_id_tickets_events')),
    sa.ForeignKeyConstraint(['schedule_id'], ['tickets_export_schedules.id'], name=op.f('fk_tickets_export_runs_schedule_id_tickets_export_schedules')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_export_runs'))
    )
    op.create_index('ix_tickets_export_runs_created', 'tickets_export_runs', ['created_at'], unique=False)

    # sums
    op.create_table('tickets_uncounted',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('organizer_id', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('ref', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_uncounted'))
    )
    op.create_index('ix_tickets_uncounted_organizer', 'tickets_uncounted', ['organizer_id'], unique=False)
    op.create_table('tickets_sales_sums',
    sa.Column('owner', sa.String(), nullable=False),
    sa.Column('part', sa.String(), nullable=False),
    sa.Column('day', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('currency', sa.String(), nullable=False),
    sa.Column('orders', sa.BigInteger(), nullable=False),
    sa.Column('units', sa.BigInteger(), nullable=False),
    sa.Column('comps', sa.BigInteger(), nullable=False),
    sa.Column('elsewhere', sa.BigInteger(), nullable=False),
    sa.Column('outside', sa.BigInteger(), nullable=False),
    sa.Column('discount', sa.BigInteger(), nullable=False),
    sa.Column('prices', sa.BigInteger(), nullable=False),
    sa.Column('fees', sa.BigInteger(), nullable=False),
    sa.Column('tax', sa.BigInteger(), nullable=False),
    sa.Column('prices_back', sa.BigInteger(), nullable=False),
    sa.Column('fees_back', sa.BigInteger(), nullable=False),
    sa.Column('tax_back', sa.BigInteger(), nullable=False),
    sa.Column('platform_fees', sa.BigInteger(), nullable=False),
    sa.Column('stripe_fees', sa.BigInteger(), nullable=False),
    sa.Column('lost', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('owner', 'part', 'day', 'name', 'currency', name=op.f('pk_tickets_sales_sums'))
    )
    _count_sales_again()

    # admin and support
    op.create_table('tickets_event_reviews',
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('why', sa.String(), nullable=False),
    sa.Column('entered_at', sa.BigInteger(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('hidden_at', sa.BigInteger(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('decided_by', sa.String(), nullable=False),
    sa.Column('decided_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_event_reviews_event_id')),
    sa.PrimaryKeyConstraint('event_id', name=op.f('pk_tickets_event_reviews'))
    )
    op.create_index('ix_tickets_event_reviews_state', 'tickets_event_reviews', ['state', 'entered_at'], unique=False)
    op.create_table('tickets_trusted_organizers',
    sa.Column('organizer_id', sa.String(), nullable=False),
    sa.Column('trusted_by', sa.String(), nullable=False),
    sa.Column('trusted_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['organizer_id'], ['tickets_organizers.id'], name=op.f('fk_tickets_trusted_organizers_organizer_id')),
    sa.PrimaryKeyConstraint('organizer_id', name=op.f('pk_tickets_trusted_organizers'))
    )
    op.add_column('tickets_payments', sa.Column('card', sa.String(), server_default='', nullable=False))
    op.create_index('ix_tickets_orders_created', 'tickets_orders', ['created_at'], unique=False)
    by_admin = sa.text("actor_type = 'admin' AND organizer_id IS NOT NULL")
    op.create_index('ix_tickets_audit_by_admin', 'tickets_audit', ['id'], unique=False, sqlite_where=by_admin, postgresql_where=by_admin)
    op.create_table('tickets_fraud_signals',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('day', sa.String(), nullable=False),
    sa.Column('n', sa.BigInteger(), nullable=False),
    sa.Column('orders_json', sa.Text(), nullable=False),
    sa.Column('first_at', sa.BigInteger(), nullable=False),
    sa.Column('last_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_fraud_signals')),
    sa.UniqueConstraint('kind', 'subject', 'day', name=op.f('uq_tickets_fraud_signals_kind_subject_day'))
    )
    op.create_index('ix_tickets_fraud_signals_last', 'tickets_fraud_signals', ['last_at', 'id'], unique=False)
    op.create_table('tickets_watched_domains',
    sa.Column('domain', sa.String(), nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.Column('added_by', sa.String(), nullable=False),
    sa.Column('added_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('domain', name=op.f('pk_tickets_watched_domains'))
    )
    op.create_table('tickets_self_tests',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('organizer_id', sa.String(), nullable=False),
    sa.Column('started_by', sa.String(), nullable=False),
    sa.Column('started_at', sa.BigInteger(), nullable=False),
    sa.Column('finished_at', sa.BigInteger(), nullable=True),
    sa.Column('cleaned_at', sa.BigInteger(), nullable=True),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('order_id', sa.String(), nullable=False),
    sa.Column('steps_json', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['organizer_id'], ['tickets_organizers.id'], name=op.f('fk_tickets_self_tests_organizer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_self_tests'))
    )
    op.create_index('ix_tickets_self_tests_started', 'tickets_self_tests', ['started_at'], unique=False)

    # pre-orders' prices
    op.add_column('tickets_pre_orders', sa.Column('fee', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('tickets_pre_orders', sa.Column('tax', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('tickets_pre_orders', sa.Column('taxes_json', sa.Text(), server_default='[]', nullable=False))


def _count_sales_again() -> None:
    """Have everything that was sold so far counted."""
    into = 'INSERT INTO tickets_uncounted (organizer_id, kind, ref)'
    for kind, table, ref, where in (
        ('money', 'tickets_ledger_transactions', 'CAST(id AS TEXT)', 'organizer_id IS NOT NULL'),
        ('order', 'tickets_orders', 'id', 'placed_at IS NOT NULL'),
        ('preorder', 'tickets_pre_orders', 'id', 'paid_at IS NOT NULL'),
    ):
        op.execute(f"{into} SELECT organizer_id, '{kind}', {ref} FROM {table} WHERE {where}")


def downgrade() -> None:
    _let_offers_go()
    # statuses that were not known before: nobody sees what nobody has looked at
    op.execute("UPDATE tickets_events SET status = 'draft' WHERE status IN ('review', 'hidden')")
    op.execute("UPDATE tickets_events SET status = 'archived' WHERE status = 'testing'")

    # pre-orders' prices
    op.drop_column('tickets_pre_orders', 'taxes_json')
    op.drop_column('tickets_pre_orders', 'tax')
    op.drop_column('tickets_pre_orders', 'fee')

    # admin and support
    op.drop_table('tickets_self_tests')
    op.drop_table('tickets_watched_domains')
    op.drop_table('tickets_fraud_signals')
    op.drop_index('ix_tickets_audit_by_admin', 'tickets_audit')
    op.drop_index('ix_tickets_orders_created', 'tickets_orders')
    op.drop_column('tickets_payments', 'card')
    op.drop_table('tickets_trusted_organizers')
    op.drop_table('tickets_event_reviews')

    # sums
    op.drop_table('tickets_sales_sums')
    op.drop_table('tickets_uncounted')

    # exports, payouts
    op.drop_table('tickets_export_runs')
    op.drop_table('tickets_export_schedules')

    # waiting lists
    op.drop_table('tickets_waiting_offers')
    op.drop_table('tickets_waiting')
    op.drop_table('tickets_waitlists')
    op.drop_table('tickets_shortfall_orders')
    op.drop_table('tickets_shortfalls')
    op.drop_column('tickets_events', 'overbook_number')
    op.drop_column('tickets_club_events', 'auto_fill')
    op.drop_column('tickets_events', 'overbook_bp')
    op.drop_column('tickets_orders', 'waitlist_offer_id')

    # tickets that change hands, comps
    op.drop_index('ix_tickets_tickets_passed_on', 'tickets_tickets')
    op.drop_index('ix_tickets_orders_by_hand', 'tickets_orders')
    for name in ('note', 'paid_by', 'origin'):
        op.drop_column('tickets_orders', name)


def _let_offers_go() -> None:
    """Free what open offers hold, of their tiers and of whole events, which are the tier ''."""
    held = (
        "(SELECT COALESCE(SUM(qty), 0) FROM tickets_waiting_offers offer"
        " WHERE offer.status = 'open' AND offer.event_id = tickets_stock.event_id"
        " AND tickets_stock.tier_id IN ('', offer.tier_id))"
    )
    op.execute(f"UPDATE tickets_stock SET held = held - {held}")
