"""After the sale: fees, taxes, codes, parts of refunds, transfers, waiting lists, exports."""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # G: fees, taxes, codes

    # H: parts of refunds, cancelled events

    # I: transfers, waiting lists

    # J: exports, signals
    pass


def downgrade() -> None:
    # J

    # I

    # H

    # G
    pass
