"""One pace for all charges of an installation: a row that every process takes its places from.

The row holds when the next place is free (the generic cell rate algorithm), by the database's
clock. Stripe allows 25 calls a second to one endpoint, live too
(https://docs.stripe.com/rate-limits); what was not used may be caught up by `BURST` calls at most.
"""

import random
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import MINUTE, SECOND, Millis
from handstamp.payments.models import Pace
from handstamp.plumbing.db import is_sqlite
from handstamp.plumbing.job_queue import database_now
from handstamp.plumbing.web import Services

NAME = "charges"
BURST = 5
MICROS = 1_000  # in a millisecond: a place of 15 a second is no whole number of those
LONGEST_PAUSE: Millis = MINUTE


async def take_place(services: Services, *, patience: Millis) -> Millis | None:
    """Take the next place; return how many milliseconds to wait for it.

    None, and nothing taken, when that were more than `patience`. Opens a transaction of its own.
    """
    rate = services.settings.charges_per_second
    if not rate:
        return 0
    async with services.db.write(actor="charges") as session:
        waits = await _take(session, SECOND * MICROS // rate, patience * MICROS)
    return None if waits is None else max(0, -(-waits // MICROS))


def pause(tries: int) -> Millis:
    """Return a random pause before another try, up to twice as long each time (full jitter)."""
    return random.randint(1, min(LONGEST_PAUSE, SECOND * 2 ** min(tries, 16)))  # noqa: S311


async def _take(session: AsyncSession, interval: int, patience: int) -> int | None:
    now = database_now(session) * MICROS
    insert: Any = sqlite.insert if is_sqlite(session) else postgresql.insert
    later = func.max if is_sqlite(session) else func.greatest
    free = later(Pace.free_at, now - BURST * interval)
    row = insert(Pace).values(name=NAME, free_at=now + interval)
    taken = row.on_conflict_do_update(
        index_elements=["name"], set_={"free_at": free + interval}, where=free <= now + patience
    ).returning(Pace.free_at)
    free_at = (await session.execute(taken)).scalar_one_or_none()
    if free_at is None:
        return None
    return int(free_at) - interval - int((await session.execute(select(now))).scalar_one())
