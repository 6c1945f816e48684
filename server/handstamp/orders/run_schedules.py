"""The scheduled job that tells people where their export is: once a slot, however many workers."""

import json

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.auth.find_profile import profile_of
from handstamp.auth.find_team import TeamMember, team_of
from handstamp.events.models import Event
from handstamp.kit.clock import DAY, MINUTE, Millis
from handstamp.kit.ids import new_id
from handstamp.mail.send_mail import NewMail, queue_mails
from handstamp.orders.export_mails import KIND
from handstamp.orders.models import ExportRun, ExportSchedule
from handstamp.orders.schedule_exports import AFTER, cron_of
from handstamp.plumbing.jobs import JobContext
from handstamp.plumbing.web import RUN_BY, SYSTEM, Services

JOB = "orders.run_schedules"
EVERY: Millis = 5 * MINUTE
PIECE = 50
KEEP: Millis = 90 * DAY


async def run_schedules(ctx: JobContext) -> None:
    """Queue the mails of every export that is due, and forget old files."""
    await run_now(ctx.services)
    async with ctx.write() as session:
        old = ExportRun.created_at < ctx.services.clock() - KEEP
        await session.execute(delete(ExportRun).where(old))
        await ctx.acknowledge(session)


async def run_now(services: Services) -> int:
    """Do what is due, some in each transaction, and return how many mails were queued.

    A schedule moves on to its next hour in the transaction that queues its mails. Of hours that
    passed while no worker ran, only one mail comes; it covers all of them.
    """
    sent = 0
    while True:
        async with services.db.write(actor="exports") as session:
            due = await _due(session, services.clock())
            for schedule in due:
                sent += await _run(session, services, schedule)
        if len(due) < PIECE:
            return sent


async def _due(session: AsyncSession, now: Millis) -> list[ExportSchedule]:
    query = (
        select(ExportSchedule)
        .where(ExportSchedule.due_at <= now)
        .order_by(ExportSchedule.id)
        .limit(PIECE)
        .with_for_update(skip_locked=True)
    )
    return list(await session.scalars(query, execution_options={"populate_existing": True}))


async def _run(session: AsyncSession, services: Services, schedule: ExportSchedule) -> int:
    now = services.clock()
    event = await session.get_one(Event, schedule.event_id)
    people = await _people(session, event, schedule)
    over = now >= event.end_at + AFTER
    if not people:
        schedule.due_at, schedule.paused_for = None, "nobody"
        return 0
    clock = cron_of(event, schedule.weekday, schedule.hour)
    until = clock.last_slot(now)
    since = schedule.last_at if schedule.last_at is not None else schedule.created_at
    if schedule.what == "orders" and schedule.last_at is None:
        since = 0  # the first one has everything so far
    run = ExportRun(
        id=new_id("exr"),
        schedule_id=schedule.id,
        event_id=event.id,
        since=since,
        until=until,
        created_at=now,
    )
    session.add(run)
    schedule.last_at, schedule.last_count = until, len(people)
    schedule.due_at = None if over else clock.next_slot(now)
    schedule.paused_for = "over" if over else ""
    await session.flush()
    profile = await profile_of(session, event.organizer_id)
    mails = [
        NewMail(
            one.email, {"run": run.id, "user": one.user_id}, f"export:{run.id}", profile.language
        )
        for one in people
    ]
    await queue_mails(session, KIND, mails)
    meta = {"what": schedule.what, "run": run.id, "people": len(people)}
    owner = event.organizer_id
    await record(session, SYSTEM, "export.tell", "event", event.id, organizer_id=owner, meta=meta)
    return len(mails)


async def _people(
    session: AsyncSession, event: Event, schedule: ExportSchedule
) -> list[TeamMember]:
    """Return who of its people still runs the event."""
    wanted = set(json.loads(schedule.people_json))
    team = await team_of(session, SYSTEM, event.organizer_id)
    return [one for one in team if one.user_id in wanted and one.role in RUN_BY]
