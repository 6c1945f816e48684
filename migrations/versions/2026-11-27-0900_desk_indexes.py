"""Indexes that answer what the desk asks for without reading whole rows."""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index('ix_tickets_orders_event', 'tickets_orders')
    op.create_index('ix_tickets_orders_event', 'tickets_orders', ['event_id', 'created_at', 'id', 'status', 'origin', 'discount_code_id', 'access_code_id', 'number', 'name', 'email'], unique=False)
    op.create_index('ix_tickets_order_items_tier', 'tickets_order_items', ['tier_id', 'order_id'], unique=False)
    mixed = sa.text('holder_email <> lower(holder_email)')
    op.create_index('ix_tickets_tickets_email', 'tickets_tickets', ['holder_email'], unique=False)
    op.create_index('ix_tickets_tickets_email_mixed', 'tickets_tickets', ['holder_email'], unique=False, sqlite_where=mixed, postgresql_where=mixed)
    op.create_index('ix_tickets_mails_to', 'tickets_mails', ['to_email'], unique=False)
    op.create_index('ix_tickets_pre_orders_email', 'tickets_pre_orders', ['email'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_tickets_pre_orders_email', 'tickets_pre_orders')
    op.drop_index('ix_tickets_mails_to', 'tickets_mails')
    op.drop_index('ix_tickets_tickets_email_mixed', 'tickets_tickets')
    op.drop_index('ix_tickets_tickets_email', 'tickets_tickets')
    op.drop_index('ix_tickets_order_items_tier', 'tickets_order_items')
    op.drop_index('ix_tickets_orders_event', 'tickets_orders')
    op.create_index('ix_tickets_orders_event', 'tickets_orders', ['event_id', 'created_at', 'id'], unique=False)
