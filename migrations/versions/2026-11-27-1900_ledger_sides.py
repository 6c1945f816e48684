"""An index that holds what a book's balance is added up from."""

from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index('ix_tickets_ledger_movements_transaction', 'tickets_ledger_movements')
    op.create_index('ix_tickets_ledger_movements_sides', 'tickets_ledger_movements', ['transaction_id', 'debit', 'credit', 'amount'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_tickets_ledger_movements_sides', 'tickets_ledger_movements')
    op.create_index('ix_tickets_ledger_movements_transaction', 'tickets_ledger_movements', ['transaction_id'], unique=False)
