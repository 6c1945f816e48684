"""Alembic's entry: the tables of every room, on the connection that `migrate` hands over."""

import asyncio
import os

from alembic import context
from sqlalchemy import Connection

from handstamp.analytics import models as analytics
from handstamp.audit import models as audit
from handstamp.auth import models as auth
from handstamp.checkin import models as checkin
from handstamp.clubs import models as clubs
from handstamp.discounts import models as discounts
from handstamp.events import models as events
from handstamp.fraud import models as fraud
from handstamp.ledger import models as ledger
from handstamp.mail import models as mail
from handstamp.notices import models as notices
from handstamp.orders import models as orders
from handstamp.payments import models as payments
from handstamp.plumbing import models as plumbing
from handstamp.plumbing.db import Base, Database
from handstamp.plumbing.migrate import VERSION_TABLE
from handstamp.preorders import models as preorders
from handstamp.refunds import models as refunds
from handstamp.selftest import models as selftest
from handstamp.tickets import models as tickets
from handstamp.waitlist import models as waitlist
from handstamp.webhooks import models as webhooks

ROOMS = (
    analytics, audit, auth, checkin, clubs, discounts, events, fraud, ledger, mail, notices,
    orders, payments, plumbing, preorders, refunds, selftest, tickets, waitlist, webhooks,
)  # fmt: skip


def run(connection: Connection) -> None:
    """Run the revisions in the transaction that is open on `connection`."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        version_table=VERSION_TABLE,
        render_as_batch=True,
        compare_type=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_alone() -> None:
    """Serve the `alembic` command, which developers use to write a revision."""
    db = Database(os.environ["HANDSTAMP_DATABASE_URL"], pool_size=2)
    async with db.writer.begin() as connection:
        await connection.run_sync(run)
    await db.close()


handed_over = context.config.attributes.get("connection")
if handed_over is None:
    asyncio.run(run_alone())
else:
    run(handed_over)
