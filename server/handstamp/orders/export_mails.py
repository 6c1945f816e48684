"""The mail that tells somebody of the team where an export is: a link for who is signed in."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_profile import profile_of
from handstamp.auth.find_team import team_of
from handstamp.events.models import Event
from handstamp.mail.addresses import one_line
from handstamp.mail.prepared import NoLongerWanted, Prepare, Prepared
from handstamp.orders.filter_orders import OrderFilter, fitting
from handstamp.orders.models import ExportRun, ExportSchedule, Order
from handstamp.pdf.brand import brand, ink_on
from handstamp.plumbing.local_time import day_and_time
from handstamp.plumbing.web import RUN_BY, SYSTEM, Services

KIND = "export_ready"


async def prepare(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return what is told: whose file, of when, how many orders, and where it is.

    Raises:
        NoLongerWanted: the export was removed, or the person runs the event no more.
    """
    async with services.db.read() as session:
        run = await session.get(ExportRun, args["run"])
        schedule = await session.get(ExportSchedule, run.schedule_id) if run else None
        event = await session.get(Event, run.event_id) if run else None
        if run is None or schedule is None or event is None:
            raise NoLongerWanted
        team = await team_of(session, SYSTEM, event.organizer_id)
        if not any(one.user_id == args["user"] and one.role in RUN_BY for one in team):
            raise NoLongerWanted
        profile = await profile_of(session, event.organizer_id)
        count = await _count(session, event, run) if schedule.what == "orders" else None
    page = f"{services.settings.public_url}/tickets/organizer/events/{event.id}/exports"
    return Prepared(
        {
            "title": one_line(event.title),
            "organizer": one_line(profile.name),
            "contact": "",
            "count": count,
            "since": day_and_time(run.since, event.time_zone) if run.since else "",
            "until": day_and_time(run.until, event.time_zone),
            "link": f"{page}/files/{run.id}",
            "settings_link": f"{page}/schedules",
            "brand": brand(""),
            "brand_ink": ink_on(brand("")),
        }
    )


async def _count(session: AsyncSession, event: Event, run: ExportRun) -> int:
    wanted = OrderFilter(begun=(run.since, run.until))
    query = select(func.count()).select_from(Order).where(fitting(event, wanted))
    return await session.scalar(query) or 0


PREPARERS: dict[str, Prepare] = {KIND: prepare}
