"""An index that holds which transactions are in a book, and in which currency."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index('ix_tickets_ledger_transactions_book', 'tickets_ledger_transactions', ['book', 'currency', 'id'], unique=False)


def downgrade() -> None:
    """Drop it."""
    op.drop_index('ix_tickets_ledger_transactions_book', 'tickets_ledger_transactions')
