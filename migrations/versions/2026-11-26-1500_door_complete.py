"""The door complete: movements, claims, chains, releases of keys."""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A: movements

    # B: rules, prompts, claims

    # C: chains

    # D: keys of lists

    # F: the board
    pass


def downgrade() -> None:
    # F

    # D

    # C

    # B

    # A
    pass
