"""The tables of selling: orders, payments, ledger, refunds, the inbox of Stripe's events."""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

NO = sa.false()
LEDGER = ('tickets_ledger_movements', 'tickets_ledger_transactions')
ADDED = {
    'tickets_tickets': ('place', 'order_item_id', 'order_id'),
    'tickets_events': ('ask_phone', 'refund_policy', 'refund_until'),
    'tickets_tiers': ('ask_names',),
    'tickets_mails': ('delivery_at', 'delivery', 'about'),
}
NEW = (
    'tickets_refunds',
    'tickets_order_items',
    'tickets_disputes',
    'tickets_consents',
    'tickets_event_sales',
    'tickets_stock',
    'tickets_orders',
    'tickets_payouts',
    'tickets_payments',
    'tickets_payment_accounts',
    'tickets_organizer_profiles',
    'tickets_ledger_movements',
    'tickets_webhooks',
    'tickets_webhook_cursors',
    'tickets_ledger_transactions',
)


def upgrade() -> None:
    op.create_table('tickets_ledger_transactions',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('book', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('ref', sa.String(), nullable=False),
    sa.Column('organizer_id', sa.String(), nullable=True),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('currency', sa.String(), nullable=False),
    sa.Column('happened_at', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_ledger_transactions')),
    sa.UniqueConstraint('book', 'kind', 'ref', name=op.f('uq_tickets_ledger_transactions_book_kind_ref'))
    )
    op.create_index('ix_tickets_ledger_transactions_organizer', 'tickets_ledger_transactions', ['organizer_id', 'happened_at'], unique=False)
    op.create_index('ix_tickets_ledger_transactions_subject', 'tickets_ledger_transactions', ['subject'], unique=False)
    op.create_table('tickets_webhook_cursors',
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('checked_until', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('account', name=op.f('pk_tickets_webhook_cursors'))
    )
    op.create_table('tickets_webhooks',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('endpoint', sa.String(), nullable=False),
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('type', sa.String(), nullable=False),
    sa.Column('object_id', sa.String(), nullable=False),
    sa.Column('api_version', sa.String(), nullable=False),
    sa.Column('livemode', sa.Boolean(), nullable=False),
    sa.Column('stripe_created', sa.BigInteger(), nullable=False),
    sa.Column('payload', sa.Text(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('attempts', sa.BigInteger(), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('received_at', sa.BigInteger(), nullable=False),
    sa.Column('processed_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_webhooks'))
    )
    op.create_index('ix_tickets_webhooks_object', 'tickets_webhooks', ['object_id'], unique=False)
    op.create_index('ix_tickets_webhooks_status', 'tickets_webhooks', ['status', 'received_at'], unique=False)
    op.create_table('tickets_ledger_movements',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('transaction_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('debit', sa.String(), nullable=False),
    sa.Column('credit', sa.String(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount > 0', name=op.f('ck_tickets_ledger_movements_amount')),
    sa.CheckConstraint('debit <> credit', name=op.f('ck_tickets_ledger_movements_accounts')),
    sa.ForeignKeyConstraint(['transaction_id'], ['tickets_ledger_transactions.id'], name=op.f('fk_tickets_ledger_movements_transaction_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_ledger_movements'))
    )
    op.create_index('ix_tickets_ledger_movements_transaction', 'tickets_ledger_movements', ['transaction_id'], unique=False)
    op.create_table('tickets_organizer_profiles',
    sa.Column('organizer_id', sa.String(), nullable=False),
    sa.Column('legal_name', sa.String(), nullable=False),
    sa.Column('legal_address', sa.Text(), nullable=False),
    sa.Column('tax_number', sa.String(), nullable=False),
    sa.Column('contact_email', sa.String(), nullable=False),
    sa.Column('website', sa.String(), nullable=False),
    sa.Column('brand_color', sa.String(), nullable=False),
    sa.Column('logo', sa.LargeBinary(), nullable=True),
    sa.Column('logo_type', sa.String(), nullable=False),
    sa.Column('refund_policy', sa.Text(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['organizer_id'], ['tickets_organizers.id'], name=op.f('fk_tickets_organizer_profiles_organizer_id')),
    sa.PrimaryKeyConstraint('organizer_id', name=op.f('pk_tickets_organizer_profiles'))
    )
    op.create_table('tickets_payment_accounts',
    sa.Column('organizer_id', sa.String(), nullable=False),
    sa.Column('stripe_account_id', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('charge_type', sa.String(), nullable=False),
    sa.Column('country', sa.String(), nullable=False),
    sa.Column('default_currency', sa.String(), nullable=False),
    sa.Column('charges_enabled', sa.Boolean(), nullable=False),
    sa.Column('payouts_enabled', sa.Boolean(), nullable=False),
    sa.Column('details_submitted', sa.Boolean(), nullable=False),
    sa.Column('requirements_json', sa.Text(), nullable=False),
    sa.Column('disabled_reason', sa.String(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('checked_at', sa.BigInteger(), nullable=True),
    sa.Column('deauthorized_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['organizer_id'], ['tickets_organizers.id'], name=op.f('fk_tickets_payment_accounts_organizer_id')),
    sa.PrimaryKeyConstraint('organizer_id', name=op.f('pk_tickets_payment_accounts')),
    sa.UniqueConstraint('stripe_account_id', name=op.f('uq_tickets_payment_accounts_stripe_account_id'))
    )
    op.create_table('tickets_payments',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('subject_kind', sa.String(), nullable=False),
    sa.Column('subject_id', sa.String(), nullable=False),
    sa.Column('organizer_id', sa.String(), nullable=False),
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('charge_type', sa.String(), nullable=False),
    sa.Column('destination', sa.String(), nullable=False),
    sa.Column('payment_intent_id', sa.String(), nullable=False),
    sa.Column('charge_id', sa.String(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(), nullable=False),
    sa.Column('application_fee', sa.BigInteger(), nullable=False),
    sa.Column('stripe_fee', sa.BigInteger(), nullable=True),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('failure_code', sa.String(), nullable=False),
    sa.Column('refunded', sa.BigInteger(), nullable=False),
    sa.Column('disputed', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('paid_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['organizer_id'], ['tickets_organizers.id'], name=op.f('fk_tickets_payments_organizer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_payments')),
    sa.UniqueConstraint('payment_intent_id', name=op.f('uq_tickets_payments_payment_intent_id'))
    )
    op.create_index('ix_tickets_payments_charge', 'tickets_payments', ['charge_id'], unique=False)
    op.create_index(op.f('ix_tickets_payments_organizer_id'), 'tickets_payments', ['organizer_id'], unique=False)
    op.create_index('ix_tickets_payments_subject', 'tickets_payments', ['subject_kind', 'subject_id'], unique=False)
    op.create_table('tickets_payouts',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('organizer_id', sa.String(), nullable=True),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('arrival_at', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['organizer_id'], ['tickets_organizers.id'], name=op.f('fk_tickets_payouts_organizer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_payouts'))
    )
    op.create_index('ix_tickets_payouts_organizer', 'tickets_payouts', ['organizer_id', 'created_at'], unique=False)
    op.create_table('tickets_orders',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('organizer_id', sa.String(), nullable=False),
    sa.Column('buyer_key', sa.String(), nullable=False),
    sa.Column('user_id', sa.String(), nullable=True),
    sa.Column('network', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('email', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('phone', sa.String(), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('currency', sa.String(), nullable=False),
    sa.Column('subtotal', sa.BigInteger(), nullable=False),
    sa.Column('discount', sa.BigInteger(), nullable=False),
    sa.Column('fees', sa.BigInteger(), nullable=False),
    sa.Column('tax', sa.BigInteger(), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.Column('application_fee', sa.BigInteger(), nullable=False),
    sa.Column('refunded', sa.BigInteger(), nullable=False),
    sa.Column('access_hash', sa.String(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('charge_type', sa.String(), nullable=False),
    sa.Column('checkout_attempt', sa.BigInteger(), nullable=False),
    sa.Column('checkout_state', sa.String(), nullable=False),
    sa.Column('checkout_session_id', sa.String(), nullable=True),
    sa.Column('checkout_url', sa.Text(), nullable=False),
    sa.Column('checkout_expires_at', sa.BigInteger(), nullable=True),
    sa.Column('payment_error', sa.String(), nullable=False),
    sa.Column('terms_at', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('placed_at', sa.BigInteger(), nullable=True),
    sa.Column('closed_at', sa.BigInteger(), nullable=True),
    sa.Column('close_reason', sa.String(), nullable=False),
    sa.Column('reminded_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_orders_event_id')),
    sa.ForeignKeyConstraint(['organizer_id'], ['tickets_organizers.id'], name=op.f('fk_tickets_orders_organizer_id')),
    sa.ForeignKeyConstraint(['user_id'], ['tickets_users.id'], name=op.f('fk_tickets_orders_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_orders')),
    sa.UniqueConstraint('checkout_session_id', name=op.f('uq_tickets_orders_checkout_session_id')),
    sa.UniqueConstraint('number', name=op.f('uq_tickets_orders_number'))
    )
    op.create_index('ix_tickets_orders_buyer', 'tickets_orders', ['buyer_key', 'created_at'], unique=False)
    op.create_index('ix_tickets_orders_email', 'tickets_orders', ['email'], unique=False)
    op.create_index('ix_tickets_orders_event', 'tickets_orders', ['event_id', 'created_at', 'id'], unique=False)
    op.create_index('ix_tickets_orders_organizer', 'tickets_orders', ['organizer_id', 'created_at', 'id'], unique=False)
    op.create_index('ix_tickets_orders_pending', 'tickets_orders', ['expires_at'], unique=False, sqlite_where=sa.text("status = 'pending'"), postgresql_where=sa.text("status = 'pending'"))
    op.create_index('ix_tickets_orders_pending_event', 'tickets_orders', ['event_id'], unique=False, sqlite_where=sa.text("status = 'pending'"), postgresql_where=sa.text("status = 'pending'"))
    op.create_index('ix_tickets_orders_pending_network', 'tickets_orders', ['network'], unique=False, sqlite_where=sa.text("status = 'pending'"), postgresql_where=sa.text("status = 'pending'"))
    op.create_index('uq_tickets_orders_pending_buyer', 'tickets_orders', ['buyer_key'], unique=True, sqlite_where=sa.text("status = 'pending'"), postgresql_where=sa.text("status = 'pending'"))
    op.create_table('tickets_event_sales',
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('orders', sa.BigInteger(), nullable=False),
    sa.Column('tickets', sa.BigInteger(), nullable=False),
    sa.Column('gross', sa.BigInteger(), nullable=False),
    sa.Column('refunded', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_event_sales_event_id')),
    sa.PrimaryKeyConstraint('event_id', name=op.f('pk_tickets_event_sales'))
    )
    op.create_table('tickets_stock',
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('tier_id', sa.String(), nullable=False),
    sa.Column('held', sa.BigInteger(), nullable=False),
    sa.Column('issued', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('held >= 0', name=op.f('ck_tickets_stock_held')),
    sa.CheckConstraint('issued >= 0', name=op.f('ck_tickets_stock_issued')),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_stock_event_id')),
    sa.PrimaryKeyConstraint('event_id', 'tier_id', name=op.f('pk_tickets_stock'))
    )
    op.create_table('tickets_consents',
    sa.Column('email', sa.String(), nullable=False),
    sa.Column('organizer_id', sa.String(), nullable=False),
    sa.Column('order_id', sa.String(), nullable=True),
    sa.Column('wording', sa.Text(), nullable=False),
    sa.Column('given_at', sa.BigInteger(), nullable=False),
    sa.Column('withdrawn_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['order_id'], ['tickets_orders.id'], name=op.f('fk_tickets_consents_order_id')),
    sa.ForeignKeyConstraint(['organizer_id'], ['tickets_organizers.id'], name=op.f('fk_tickets_consents_organizer_id')),
    sa.PrimaryKeyConstraint('email', 'organizer_id', name=op.f('pk_tickets_consents'))
    )
    op.create_table('tickets_disputes',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('payment_id', sa.String(), nullable=False),
    sa.Column('order_id', sa.String(), nullable=True),
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('outcome', sa.String(), nullable=False),
    sa.Column('respond_by', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('closed_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['order_id'], ['tickets_orders.id'], name=op.f('fk_tickets_disputes_order_id')),
    sa.ForeignKeyConstraint(['payment_id'], ['tickets_payments.id'], name=op.f('fk_tickets_disputes_payment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_disputes'))
    )
    op.create_index(op.f('ix_tickets_disputes_order_id'), 'tickets_disputes', ['order_id'], unique=False)
    op.create_index(op.f('ix_tickets_disputes_payment_id'), 'tickets_disputes', ['payment_id'], unique=False)
    op.create_table('tickets_order_items',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('order_id', sa.String(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('tier_id', sa.String(), nullable=False),
    sa.Column('tier_name', sa.String(), nullable=False),
    sa.Column('qty', sa.BigInteger(), nullable=False),
    sa.Column('unit_price', sa.BigInteger(), nullable=False),
    sa.Column('discount', sa.BigInteger(), nullable=False),
    sa.Column('fee', sa.BigInteger(), nullable=False),
    sa.Column('tax', sa.BigInteger(), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.Column('names_json', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['tickets_orders.id'], name=op.f('fk_tickets_order_items_order_id')),
    sa.ForeignKeyConstraint(['tier_id'], ['tickets_tiers.id'], name=op.f('fk_tickets_order_items_tier_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_order_items')),
    sa.UniqueConstraint('order_id', 'position', name=op.f('uq_tickets_order_items_order_id_position'))
    )
    op.create_table('tickets_refunds',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('order_id', sa.String(), nullable=True),
    sa.Column('payment_id', sa.String(), nullable=False),
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('stripe_refund_id', sa.String(), nullable=True),
    sa.Column('reverse_transfer', sa.Boolean(), nullable=False),
    sa.Column('refund_application_fee', sa.Boolean(), nullable=False),
    sa.Column('requested_by', sa.String(), nullable=False),
    sa.Column('origin', sa.String(), nullable=False),
    sa.Column('failure', sa.String(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('settled_at', sa.BigInteger(), nullable=True),
    sa.Column('voided_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['order_id'], ['tickets_orders.id'], name=op.f('fk_tickets_refunds_order_id')),
    sa.ForeignKeyConstraint(['payment_id'], ['tickets_payments.id'], name=op.f('fk_tickets_refunds_payment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_refunds')),
    sa.UniqueConstraint('stripe_refund_id', name=op.f('uq_tickets_refunds_stripe_refund_id'))
    )
    op.create_index(op.f('ix_tickets_refunds_order_id'), 'tickets_refunds', ['order_id'], unique=False)
    op.create_index(op.f('ix_tickets_refunds_payment_id'), 'tickets_refunds', ['payment_id'], unique=False)
    op.add_column('tickets_events', sa.Column('refund_until', sa.BigInteger(), nullable=True))
    op.add_column('tickets_events', sa.Column('refund_policy', sa.Text(), nullable=False, server_default=''))
    op.add_column('tickets_events', sa.Column('ask_phone', sa.Boolean(), nullable=False, server_default=NO))
    op.add_column('tickets_tiers', sa.Column('ask_names', sa.Boolean(), nullable=False, server_default=NO))
    op.add_column('tickets_mails', sa.Column('about', sa.String(), nullable=False, server_default=''))
    op.add_column('tickets_mails', sa.Column('delivery', sa.String(), nullable=False, server_default=''))
    op.add_column('tickets_mails', sa.Column('delivery_at', sa.BigInteger(), nullable=True))
    op.create_index('ix_tickets_mails_about', 'tickets_mails', ['about'], unique=False)
    op.add_column('tickets_tickets', sa.Column('order_id', sa.String(), nullable=True))
    op.add_column('tickets_tickets', sa.Column('order_item_id', sa.String(), nullable=True))
    op.add_column('tickets_tickets', sa.Column('place', sa.BigInteger(), nullable=True))
    op.create_index('ix_tickets_events_public', 'tickets_events', ['status', 'start_at', 'id', 'end_at'], unique=False)
    op.create_index('ix_tickets_events_cities', 'tickets_events', ['status', 'city', 'end_at'], unique=False)
    op.create_index('ix_tickets_tickets_order', 'tickets_tickets', ['order_id'], unique=False)
    op.create_index('uq_tickets_tickets_order_item_place', 'tickets_tickets', ['order_item_id', 'place'], unique=True)
    _count_stock()
    _keep_ledger()


def _count_stock() -> None:
    counted = "FROM tickets_tickets WHERE status IN ('valid', 'disputed') GROUP BY event_id"
    into = 'INSERT INTO tickets_stock (event_id, tier_id, held, issued)'
    op.execute(f"{into} SELECT event_id, '', 0, count(*) {counted}")
    op.execute(f'{into} SELECT event_id, tier_id, 0, count(*) {counted}, tier_id')


def _keep_ledger() -> None:
    """Refuse every change of what the ledger holds; a mistake is mended by a new transaction."""
    if op.get_bind().dialect.name == 'sqlite':
        for table in LEDGER:
            for act in ('UPDATE', 'DELETE'):
                op.execute(
                    f'CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} '
                    "BEGIN SELECT RAISE(ABORT, 'the ledger is never changed'); END"
                )
        return
    op.execute(
        'CREATE FUNCTION tickets_keep_ledger() RETURNS trigger LANGUAGE plpgsql AS '
        "$$ BEGIN RAISE EXCEPTION 'the ledger is never changed'; END $$"
    )
    for table in LEDGER:
        op.execute(
            f'CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} '
            'FOR EACH STATEMENT EXECUTE FUNCTION tickets_keep_ledger()'
        )


def downgrade() -> None:
    op.drop_index('uq_tickets_tickets_order_item_place', 'tickets_tickets')
    op.drop_index('ix_tickets_tickets_order', 'tickets_tickets')
    op.drop_index('ix_tickets_mails_about', 'tickets_mails')
    op.drop_index('ix_tickets_events_cities', 'tickets_events')
    op.drop_index('ix_tickets_events_public', 'tickets_events')
    for table, columns in ADDED.items():
        for column in columns:
            op.drop_column(table, column)
    for table in NEW:
        op.drop_table(table)
    if op.get_bind().dialect.name != 'sqlite':
        op.execute('DROP FUNCTION tickets_keep_ledger()')
