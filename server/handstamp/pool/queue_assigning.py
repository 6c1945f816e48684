"""Ask for a run of the matcher: one waiting job for each event and tier."""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import Millis
from handstamp.plumbing.jobs import NewJob, enqueue, enqueue_many

ASSIGN = "pool.assign"
AUTO_FILL = "preorders.auto_fill"  # of the room above: who waits for a decision


async def queue_assigning(
    session: AsyncSession, pairs: Iterable[tuple[str, str]], *, run_at: Millis | None = None
) -> int:
    """Enqueue a run for each (event id, tier id) in this transaction; return how many.

    `run_at`: not before then, unless something else asks for a run; None is at once.
    """
    jobs = []
    for event_id, tier_id in sorted(set(pairs)):
        name = f"{ASSIGN}:{event_id}:{tier_id}"
        args = {"event": event_id, "tier": tier_id}
        jobs.append(NewJob(args, key=name, dedupe=name, run_at=run_at))
    await enqueue_many(session, ASSIGN, jobs)
    return len(jobs)


async def queue_auto_fill(session: AsyncSession, event_id: str) -> None:
    """Have free tickets that nobody has paid for found by who waits for a decision."""
    await enqueue(session, AUTO_FILL, {"event": event_id}, dedupe=f"{AUTO_FILL}:{event_id}")
