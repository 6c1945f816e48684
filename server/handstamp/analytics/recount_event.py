"""Count an event's sales all anew: its days are others once it has another time zone."""

from handstamp.analytics import store
from handstamp.analytics.rules import NOTHING, Place, Sums
from handstamp.events.edit_event import RECOUNT_JOB as JOB
from handstamp.events.find_events import events_by_id
from handstamp.plumbing.jobs import JobContext

__all__ = ["JOB", "recount_event"]


async def recount_event(ctx: JobContext) -> None:
    """Take what is counted of an event out of all sums, and note it as not counted.

    No reader sees anything missing: what is noted is added by readers too, until the job that
    counts comes by. While it works no other job counts.
    """
    event_id = str(ctx.args["event"])
    async with ctx.write() as session:
        await store.count_alone(session)
        event = (await events_by_id(session, [event_id])).get(event_id)
        if event is not None:
            taken: dict[Place, Sums] = {}
            for place, sums in (await store.kept(session, event.id, "tier")).items():
                day = place._replace(owner=event.organizer_id, part="day", name="")
                taken[day] = taken.get(day, NOTHING) + -sums
            await store.add(session, taken)
            await store.forget(session, event.organizer_id, event.id)
            await store.note_all(session, event)
        await ctx.acknowledge(session)
