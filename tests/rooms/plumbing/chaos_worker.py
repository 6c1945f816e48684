"""A worker process of the chaos test: `python chaos_worker.py DATABASE_URL`; it is killed -9."""

import asyncio
import sys

from sqlalchemy import text

from handstamp.plumbing.config import Settings
from handstamp.plumbing.jobs import JobContext, Worker
from handstamp.plumbing.web import build_services


async def effect(ctx: JobContext) -> None:
    """Write one row and acknowledge; the pause makes it likely to be killed in between."""
    async with ctx.write() as session:
        await session.execute(
            text("INSERT INTO effects (job, part, place) VALUES (:job, :part, :place)"),
            {"job": ctx.args["n"], "part": ctx.args["part"], "place": ctx.args["place"]},
        )
        await asyncio.sleep(0.002)
        await ctx.acknowledge(session)


async def main(url: str) -> None:
    """Work until killed."""
    services = build_services(Settings(database_url=url, pool_size=4))
    await services.signals.start()
    await Worker(services, {"effect": effect}, lease=1_500, poll_s=0.1).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
