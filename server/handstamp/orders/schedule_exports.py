"""Setting up, pausing and removing an event's exports that come by themselves."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.auth.find_team import team_of
from handstamp.events.find_events import hold_event, owned_event
from handstamp.events.models import Event
from handstamp.kit.clock import DAY, Millis
from handstamp.kit.ids import new_id
from handstamp.orders import export_orders
from handstamp.orders.find_schedules import schedules_of
from handstamp.orders.models import ExportRun, ExportSchedule
from handstamp.plumbing.errors import BadInput, Conflict, NotFound
from handstamp.plumbing.schedule import Cron
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import RUN_BY, SYSTEM, Actor, Services
from handstamp.tickets import export_guests

MOST = 10  # of one event
AFTER: Millis = 7 * DAY  # after the event's end the last one comes within a week
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "orders": export_orders.COLUMNS,
    "guests": export_guests.COLUMNS,
}


@dataclass(frozen=True)
class NewSchedule:
    """What is wanted: "orders" or "guests", columns by key, when, and whom of the team to tell.

    `weekday`: 0 is Monday, None is every day; it and `hour` (0 to 23) in the event's time zone.
    `people`: user ids.
    """

    what: str
    columns: Sequence[str]
    weekday: int | None
    hour: int
    people: Sequence[str]


def cron_of(event: Event, weekday: int | None, hour: int) -> Cron:
    """Return the clock by which an event's export goes."""
    return Cron("export", "export", at=f"{hour:02}:00", weekday=weekday, zone=event.time_zone)


async def add_schedule(
    session: AsyncSession, services: Services, actor: Actor, event_id: str, wanted: NewSchedule
) -> ExportSchedule:
    """Keep an export that comes by itself from the next such hour on.

    Raises:
        NotFound: the event is not the actor's.
        BadInput: a column, an hour or a person is none; the person does not run the event.
        Conflict: there are too many already, or the event is over.
    """
    event = await owned_event(session, actor, event_id)
    await _check(session, event, wanted)
    if services.clock() >= event.end_at + AFTER:
        raise Conflict(_("This event is over. Take the file away from the page of exports."))
    await hold_event(session, event.id)  # or two at once would not count each other
    if len(await schedules_of(session, actor, event.id)) >= MOST:
        raise Conflict(_("An event has at most %(most)s of these. Remove one.") % {"most": MOST})
    now = services.clock()
    made = ExportSchedule(
        id=new_id("exs"),
        event_id=event.id,
        what=wanted.what,
        columns_json=json.dumps(list(dict.fromkeys(wanted.columns))),
        weekday=wanted.weekday,
        hour=wanted.hour,
        people_json=json.dumps(sorted(set(wanted.people))),
        created_by=actor.id,
        created_at=now,
        due_at=cron_of(event, wanted.weekday, wanted.hour).next_slot(now),
    )
    session.add(made)
    await session.flush()
    await _note(session, actor, event, made, "export.schedule")
    return made


async def _check(session: AsyncSession, event: Event, wanted: NewSchedule) -> None:
    names = COLUMNS.get(wanted.what)
    problem, field = "", ""
    if names is None:
        problem, field = _("Choose orders or guests."), "what"
    elif not wanted.columns or not set(wanted.columns) <= set(names):
        problem, field = _("Choose at least one column that there is."), "columns"
    elif not 0 <= wanted.hour <= 23 or wanted.weekday not in (None, *range(7)):
        problem, field = _("Choose an hour, and a day of the week or every day."), "hour"
    elif not wanted.people or not set(wanted.people) <= await _team(session, event):
        problem, field = _("Choose at least one person who runs your events."), "people"
    if problem:
        raise BadInput(problem, errors=[{"field": field, "message": problem}])


async def _team(session: AsyncSession, event: Event) -> set[str]:
    team = await team_of(session, SYSTEM, event.organizer_id)
    return {one.user_id for one in team if one.role in RUN_BY}


async def set_paused(
    session: AsyncSession, services: Services, actor: Actor, schedule_id: str, *, paused: bool
) -> ExportSchedule:
    """Stop an export, or let it go on from the next such hour; the same again changes nothing.

    What was begun while it was paused comes with the first one afterwards.

    Raises:
        NotFound: it is not of an event of the actor's.
        Conflict: the event is over, or nobody of its people runs the event any more.
    """
    event, found = await owned_schedule(session, actor, schedule_id, lock=True)
    if paused == (found.due_at is None):
        return found
    if paused:
        found.due_at, found.paused_for = None, ""
    else:
        if services.clock() >= event.end_at + AFTER:
            raise Conflict(_("This event is over. Take the file away from the page of exports."))
        if not set(json.loads(found.people_json)) & await _team(session, event):
            raise Conflict(_("Nobody of them runs your events any more. Set up a new one."))
        clock = cron_of(event, found.weekday, found.hour)
        found.due_at, found.paused_for = clock.next_slot(services.clock()), ""
    await session.flush()
    await _note(session, actor, event, found, "export.pause" if paused else "export.resume")
    return found


async def remove_schedule(session: AsyncSession, actor: Actor, schedule_id: str) -> None:
    """Remove an export that comes by itself; links in its mails lead nowhere from now on.

    Raises:
        NotFound: it is not of an event of the actor's.
    """
    event, found = await owned_schedule(session, actor, schedule_id, lock=True)
    await session.execute(delete(ExportRun).where(ExportRun.schedule_id == found.id))
    await session.delete(found)
    await session.flush()
    await _note(session, actor, event, found, "export.unschedule")


async def owned_schedule(
    session: AsyncSession, actor: Actor, schedule_id: str, *, lock: bool = False
) -> tuple[Event, ExportSchedule]:
    """Return an export that comes by itself, with its event.

    Raises:
        NotFound: there is none of an event of the actor's.
    """
    wanted = schedule_id if schedule_id.isprintable() else ""
    found = await session.get(ExportSchedule, wanted, with_for_update=lock or None)
    if found is None:
        raise _nothing()
    try:
        return await owned_event(session, actor, found.event_id), found
    except NotFound as error:
        raise _nothing() from error


def _nothing() -> NotFound:
    return NotFound(_("There is no such export among yours."))


async def _note(
    session: AsyncSession, actor: Actor, event: Event, found: ExportSchedule, action: str
) -> None:
    meta = {"what": found.what, "weekday": found.weekday, "hour": found.hour}
    await record(
        session, actor, action, "event", event.id, organizer_id=event.organizer_id, meta=meta
    )
