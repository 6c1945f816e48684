"""Names that nobody needs any more leave the waiting lists."""

from handstamp.plumbing.jobs import JobContext
from handstamp.waitlist import rules, store

FORGET_JOB = "waitlist.forget"
AT_ONCE = 500


async def forget_old(ctx: JobContext) -> None:
    """Delete who never confirmed, and lists of events that have been over for a month."""
    now = ctx.services.clock()
    while True:
        async with ctx.write() as session:
            gone = await store.forget_old(
                session,
                unconfirmed=now - rules.KEEP_UNCONFIRMED,
                over=now - rules.KEEP_AFTER,
                limit=AT_ONCE,
            )
        if gone < AT_ONCE:
            break
    async with ctx.write() as session:
        await ctx.acknowledge(session)
