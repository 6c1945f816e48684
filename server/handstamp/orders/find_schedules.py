"""Looking up exports that come by themselves, and files that were told of by mail."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.find_events import owned_event
from handstamp.events.models import Event
from handstamp.orders.models import ExportRun, ExportSchedule
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor


async def schedules_of(
    session: AsyncSession, actor: Actor, event_id: str
) -> Sequence[ExportSchedule]:
    """Return an event's exports that come by themselves, the oldest first.

    Raises:
        NotFound: the event is not the actor's.
    """
    event = await owned_event(session, actor, event_id)
    query = select(ExportSchedule).where(ExportSchedule.event_id == event.id)
    rows = await session.scalars(query.order_by(ExportSchedule.created_at, ExportSchedule.id))
    return rows.all()


async def owned_run(
    session: AsyncSession, actor: Actor, event_id: str, run_id: str
) -> tuple[Event, ExportSchedule, ExportRun]:
    """Return a file that was told of by mail, with how it is made.

    Raises:
        NotFound: the event is not the actor's, or the file is no more.
    """
    event = await owned_event(session, actor, event_id)
    run = await session.get(ExportRun, run_id) if run_id.isprintable() else None
    schedule = await session.get(ExportSchedule, run.schedule_id) if run else None
    if run is None or schedule is None or run.event_id != event.id:
        raise NotFound(_("This file is no more. Export what you need from the event's page."))
    return event, schedule, run
