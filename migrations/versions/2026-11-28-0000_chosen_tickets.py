"""Which tickets of a line somebody chose to be given back."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('tickets_refunds', sa.Column('tickets_json', sa.Text(), server_default='', nullable=False))


def downgrade() -> None:
    op.drop_column('tickets_refunds', 'tickets_json')
