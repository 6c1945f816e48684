"""Matching an event again: everything that may have been left lying is looked at once more."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.find_events import owned_event
from handstamp.plumbing.jobs import NewJob, enqueue_many
from handstamp.plumbing.web import Actor
from handstamp.pool import assign_rows as rows
from handstamp.pool.models import Assignment
from handstamp.pool.queue_assigning import queue_assigning
from handstamp.pool.take_back import HAND_OVER

AT_ONCE = 500


@dataclass(frozen=True)
class Reconciling:
    """What was enqueued: runs of the matcher, and assignments to be handed over once more."""

    runs: int
    hand_overs: int


async def reconcile(session: AsyncSession, actor: Actor, event_id: str) -> Reconciling:
    """Enqueue a run for each tier that somebody waits for or of which tickets are free.

    What was assigned and never handed over is handed over again. Where nothing has changed,
    the runs change nothing.

    Raises:
        NotFound: the event is not the actor's.
    """
    event = await owned_event(session, actor, event_id)
    wished, spare = await rows.tiers_with(session, event.id)
    runs = await queue_assigning(session, [(event.id, tier) for tier in {*wished, *spare}])
    lying = select(Assignment.id).where(
        Assignment.event_id == event.id,
        Assignment.ended_at.is_(None),
        Assignment.handed_at.is_(None),
    )
    ids = list(await session.scalars(lying.order_by(Assignment.created_at, Assignment.id)))
    jobs = [
        NewJob({"assignments": ids[start : start + AT_ONCE]})
        for start in range(0, len(ids), AT_ONCE)
    ]
    await enqueue_many(session, HAND_OVER, jobs)
    return Reconciling(runs, len(ids))
