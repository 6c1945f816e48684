"""A worker process of the chaos test, killed -9: `python chaos_worker.py DATABASE_URL BATCH`.

BATCH is how many jobs a handler takes at once; 1 is a handler of one.
"""

import asyncio
import sys
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.plumbing.config import Settings
from handstamp.plumbing.jobs import Batch, JobContext, Worker, acknowledge_all
from handstamp.plumbing.web import build_services


async def effect(ctx: JobContext) -> None:
    """Write one row and acknowledge; the pause makes it likely to be killed in between."""
    async with ctx.write() as session:
        await _write(session, ctx)
        await asyncio.sleep(0.002)
        await ctx.acknowledge(session)


async def _write(session: AsyncSession, ctx: JobContext) -> None:
    await session.execute(
        text("INSERT INTO effects (job, part, place) VALUES (:job, :part, :place)"),
        {"job": ctx.args["n"], "part": ctx.args["part"], "place": ctx.args["place"]},
    )


async def effects(batch: Sequence[JobContext]) -> None:
    """Write one row for each that is still ours, and acknowledge all, in one transaction."""
    async with batch[0].write() as session:
        for ctx in await acknowledge_all(session, batch):
            await _write(session, ctx)
        await asyncio.sleep(0.01)


async def main(url: str, size: int) -> None:
    """Work until killed."""
    handler = effect if size == 1 else Batch(effects, size)
    services = build_services(Settings(database_url=url, pool_size=4))
    await services.signals.start()
    await Worker(services, {"effect": handler}, lease=1_500, poll_s=0.1).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
