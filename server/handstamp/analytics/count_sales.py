"""Add what was sold to the sums that are kept: a job each minute, and by command all anew.

Pages never wait for it: they add what is not counted yet themselves (`find_metrics`).
"""

from handstamp.analytics import store
from handstamp.analytics.gather import gather
from handstamp.kit.clock import MINUTE
from handstamp.plumbing.jobs import JobContext
from handstamp.plumbing.web import Services

JOB = "analytics.count"
EVERY = MINUTE
AT_ONCE = 500


async def count_sales(ctx: JobContext) -> None:
    """Take in everything that is not counted yet."""
    await count_all(ctx.services)
    async with ctx.write() as session:
        await ctx.acknowledge(session)


async def count_all(services: Services) -> int:
    """Count until nothing is left; return how many rows there were."""
    counted = AT_ONCE
    total = 0
    while counted == AT_ONCE:
        counted = await count_some(services, AT_ONCE)
        total += counted
    return total


async def count_some(services: Services, most: int) -> int:
    """Count the oldest rows in one transaction; return how many there were.

    A row is gone in the transaction that adds it, so it counts once whoever dies when.
    """
    async with services.db.write(actor="analytics") as session:
        rows = await store.take_uncounted(session, most)
        await store.add(session, await gather(session, rows))
    return len(rows)
