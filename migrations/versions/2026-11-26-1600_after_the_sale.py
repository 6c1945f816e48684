"""After the sale: fees, taxes, codes, parts of refunds, cancelled events."""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # fees, taxes, codes
    op.add_column('tickets_events', sa.Column('fee_bp', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('tickets_events', sa.Column('fee_fixed', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('tickets_events', sa.Column('fee_payer', sa.String(), server_default='buyer', nullable=False))
    op.add_column('tickets_events', sa.Column('tax_mode', sa.String(), server_default='none', nullable=False))
    op.add_column('tickets_orders', sa.Column('tax_mode', sa.String(), server_default='none', nullable=False))
    op.add_column('tickets_orders', sa.Column('discount_code_id', sa.String(), nullable=True))
    op.add_column('tickets_orders', sa.Column('access_code_id', sa.String(), nullable=True))
    op.add_column('tickets_order_items', sa.Column('taxes_json', sa.Text(), server_default='[]', nullable=False))
    op.create_index('ix_tickets_orders_code', 'tickets_orders', ['discount_code_id'], unique=False, sqlite_where=sa.text('discount_code_id IS NOT NULL'), postgresql_where=sa.text('discount_code_id IS NOT NULL'))
    op.create_index('ix_tickets_orders_access', 'tickets_orders', ['access_code_id'], unique=False, sqlite_where=sa.text('access_code_id IS NOT NULL'), postgresql_where=sa.text('access_code_id IS NOT NULL'))
    op.create_table('tickets_tax_rates',
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('position', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('ppm', sa.BigInteger(), nullable=False),
    sa.Column('compound', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_tax_rates_event_id')),
    sa.PrimaryKeyConstraint('event_id', 'position', name=op.f('pk_tickets_tax_rates'))
    )
    op.create_table('tickets_discounts',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('value', sa.BigInteger(), nullable=False),
    sa.Column('reveals', sa.Boolean(), nullable=False),
    sa.Column('tiers_json', sa.Text(), nullable=False),
    sa.Column('max_uses', sa.BigInteger(), nullable=True),
    sa.Column('used', sa.BigInteger(), nullable=False),
    sa.Column('starts_at', sa.BigInteger(), nullable=True),
    sa.Column('ends_at', sa.BigInteger(), nullable=True),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_discounts_event_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_discounts')),
    sa.UniqueConstraint('event_id', 'code', name=op.f('uq_tickets_discounts_event_id_code'))
    )

    # parts of refunds, cancelled events
    with op.batch_alter_table("tickets_refunds") as refunds:
        refunds.add_column(sa.Column("lines_json", sa.Text(), nullable=False, server_default=""))
        refunds.add_column(sa.Column("parts_json", sa.Text(), nullable=False, server_default=""))
    op.create_table('tickets_notices',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.Column('requested_by', sa.String(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('finished_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_notices_event_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets_notices'))
    )
    op.create_index('ix_tickets_notices_event', 'tickets_notices', ['event_id', 'created_at'], unique=False)
    op.create_table('tickets_notice_readers',
    sa.Column('notice_id', sa.String(), nullable=False),
    sa.Column('holds', sa.String(), nullable=False),
    sa.Column('mail_id', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['notice_id'], ['tickets_notices.id'], name=op.f('fk_tickets_notice_readers_notice_id')),
    sa.PrimaryKeyConstraint('notice_id', 'holds', name=op.f('pk_tickets_notice_readers'))
    )
    op.create_index('ix_tickets_notice_readers_waiting', 'tickets_notice_readers', ['notice_id'], unique=False, sqlite_where=sa.text("mail_id = ''"), postgresql_where=sa.text("mail_id = ''"))
    op.create_table('tickets_cancellations',
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('notice_id', sa.String(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('orders', sa.BigInteger(), nullable=False),
    sa.Column('preorders', sa.BigInteger(), nullable=False),
    sa.Column('guests', sa.BigInteger(), nullable=False),
    sa.Column('waits_for', sa.String(), nullable=False),
    sa.Column('requested_by', sa.String(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('finished_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_cancellations_event_id')),
    sa.ForeignKeyConstraint(['notice_id'], ['tickets_notices.id'], name=op.f('fk_tickets_cancellations_notice_id')),
    sa.PrimaryKeyConstraint('event_id', name=op.f('pk_tickets_cancellations'))
    )
    op.create_table('tickets_cancelled_parts',
    sa.Column('holds', sa.String(), nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('outcome', sa.String(), nullable=False),
    sa.Column('problem', sa.Text(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['tickets_events.id'], name=op.f('fk_tickets_cancelled_parts_event_id')),
    sa.PrimaryKeyConstraint('holds', name=op.f('pk_tickets_cancelled_parts'))
    )
    op.create_index(op.f('ix_tickets_cancelled_parts_event_id'), 'tickets_cancelled_parts', ['event_id'], unique=False)


def downgrade() -> None:
    op.drop_table('tickets_cancelled_parts')
    op.drop_table('tickets_cancellations')
    op.drop_table('tickets_notice_readers')
    op.drop_table('tickets_notices')
    with op.batch_alter_table("tickets_refunds") as refunds:
        refunds.drop_column("parts_json")
        refunds.drop_column("lines_json")

    op.drop_table('tickets_discounts')
    op.drop_table('tickets_tax_rates')
    op.drop_index('ix_tickets_orders_access', 'tickets_orders')
    op.drop_index('ix_tickets_orders_code', 'tickets_orders')
    op.drop_column('tickets_order_items', 'taxes_json')
    for name in ('access_code_id', 'discount_code_id', 'tax_mode'):
        op.drop_column('tickets_orders', name)
    for name in ('tax_mode', 'fee_payer', 'fee_fixed', 'fee_bp'):
        op.drop_column('tickets_events', name)
