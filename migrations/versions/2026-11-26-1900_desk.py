"""The desk: tickets that change hands, waiting lists, exports, sums, support."""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # tickets that change hands, comps

    # waiting lists

    # exports, payouts

    # sums

    # admin and support

    # pre-orders' prices
    pass


def downgrade() -> None:
    # pre-orders' prices

    # admin and support

    # sums

    # exports, payouts

    # waiting lists

    # tickets that change hands, comps
    pass
