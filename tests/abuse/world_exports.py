"""What each organizer of the world has of exports that come by themselves."""

from typing import Any

from handstamp.kit.ids import new_id
from handstamp.orders.models import ExportRun
from handstamp.orders.schedule_exports import NewSchedule, add_schedule
from handstamp.plumbing.web import Services


async def fresh_schedule(services: Services, side: Any, _name: str = "") -> str:
    """Set an export up and return its id."""
    wanted = NewSchedule("orders", ["number"], None, 7, [side.person.actor.id])
    async with services.db.write() as session:
        made = await add_schedule(session, services, side.person.actor, side.event.id, wanted)
        return made.id


async def add_export(services: Services, side: Any) -> None:
    """Set an export up, and make a file of which a mail told."""
    schedule = await fresh_schedule(services, side)
    run, now = new_id("exr"), services.clock()
    async with services.db.write() as session:
        given = {"schedule_id": schedule, "event_id": side.event.id, "created_at": now}
        session.add(ExportRun(id=run, since=0, until=now, **given))
    side.ids |= {"schedule_id": schedule, "export_id": run}
