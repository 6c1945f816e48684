"""The job that clears away what is no longer needed, in small pieces."""

from typing import Any

from sqlalchemy import ColumnElement, delete, select, tuple_

from handstamp.kit.clock import DAY, Millis
from handstamp.plumbing.jobs import JobContext
from handstamp.plumbing.models import CronSlot, Job, RateCount, StoredAnswer
from handstamp.plumbing.web import Services

JOB = "plumbing.prune"
PIECE = 1_000
KEEP_DONE: Millis = DAY
KEEP_DEAD: Millis = 30 * DAY
KEEP_SLOTS: Millis = 60 * DAY
KEEP_COUNTS: Millis = 2 * DAY
KEEP_ANSWERS: Millis = 7 * DAY


async def prune(ctx: JobContext) -> None:
    """Delete finished jobs, old slots, counters and stored answers."""
    await prune_now(ctx.services)
    async with ctx.write() as session:
        await ctx.acknowledge(session)


async def prune_now(of: Services) -> int:
    """Delete what is old and return how many rows that were."""
    now = of.clock()
    ended = Job.state.in_(("done", "cancelled")) & (Job.finished_at < now - KEEP_DONE)
    dead = (Job.state == "dead") & (Job.finished_at < now - KEEP_DEAD)
    gone = await _delete(of, Job, (Job.id,), ended | dead)
    gone += await _delete(
        of, CronSlot, (CronSlot.name, CronSlot.slot), CronSlot.slot < now - KEEP_SLOTS
    )
    keys = (RateCount.bucket, RateCount.window_start)
    gone += await _delete(of, RateCount, keys, RateCount.window_start < now - KEEP_COUNTS)
    old = StoredAnswer.created_at < now - KEEP_ANSWERS
    return gone + await _delete(of, StoredAnswer, (StoredAnswer.scope, StoredAnswer.key), old)


async def _delete(of: Services, table: Any, key: tuple[Any, ...], old: ColumnElement[bool]) -> int:
    """Delete in pieces, each in a transaction of its own, so that nobody waits long."""
    gone = 0
    while True:
        async with of.db.write(actor="prune") as session:
            piece = select(*key).where(old).limit(PIECE)
            rows = list((await session.execute(piece)).all())
            if rows:
                await session.execute(
                    delete(table)
                    .where(tuple_(*key).in_([tuple(row) for row in rows]))
                    .execution_options(synchronize_session=False)
                )
        gone += len(rows)
        if len(rows) < PIECE:
            return gone
