"""Each minute: runs whose time has come, runs that stand still, deadlines that have passed.

Everything here may run twice and at the same moment: a run begins once for each slot, and the
jobs that are enqueued look again before they do anything.
"""

import structlog
from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.clubs.find_clubs import running_clubs
from handstamp.clubs.models import Club
from handstamp.kit.clock import MINUTE, Millis
from handstamp.plumbing.jobs import JobContext, NewJob, enqueue_many
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.pool import demands
from handstamp.preorders import run_queries, store
from handstamp.preorders.charge_run import (
    CHARGE_JOB,
    CLOCK,
    begin,
    charge_job,
    enqueue_finish,
    hand_out,
)
from handstamp.preorders.fulfil_preorder import REFUND_JOB, deliver
from handstamp.preorders.models import ChargeRun, PreOrder
from handstamp.preorders.outcome import RECOVERY_JOB
from handstamp.preorders.plan_run import due_plan, last_slot

CLOCK_JOB = "preorders.clock"
SWEEP_JOB = "preorders.sweep"
STUCK: Millis = 5 * MINUTE  # a charge begun so long ago whose job may have been lost
AT_ONCE = 500
_log = structlog.get_logger("handstamp.preorders")


async def start_due_runs(ctx: JobContext) -> None:
    """Begin the run of every club whose charge time has come; the last missed one is caught up."""
    await start_due(ctx.services)
    async with ctx.write() as session:
        await ctx.acknowledge(session)


async def start_due(services: Services) -> int:
    """Begin what is due, each club in a transaction of its own; return how many runs began."""
    settings = services.settings
    if not (settings.enable_ticketing and settings.enable_preorders):
        return 0
    async with services.db.read() as session:
        clubs = [club for club in await running_clubs(session) if club.charge_start == CLOCK]
    begun = 0
    for club in clubs:
        if not is_due(club, services.clock()):
            continue
        async with services.db.write(actor="preorders") as session:
            begun += await _start(session, services, club)
    return begun


def is_due(club: Club, now: Millis) -> bool:
    """Tell whether the clock may begin the run of a club's latest slot.

    Not of one from before the club was last changed: until then its runs may have been begun
    by hand, and nobody shall be charged because of a setting saved on another day.
    """
    return club.charge_start == CLOCK and last_slot(club, now).at >= club.updated_at


async def _start(session: AsyncSession, services: Services, seen: Club) -> bool:
    club = await session.get_one(Club, seen.id, with_for_update={"key_share": True})
    if not is_due(club, services.clock()) or club.archived_at is not None:
        return False
    planned = await due_plan(session, club, services.clock())
    had = (ChargeRun.club_id == club.id, ChargeRun.slot == planned.due_at)
    if await run_queries.runs(session, *had, limit=1):
        return False
    if not planned.count and not planned.not_charged:
        return False
    run = await begin(session, services, club, planned, by=SYSTEM, started_by=CLOCK)
    return run is not None


async def sweep_charges(ctx: JobContext) -> None:
    """Get going again what stands still, and enqueue what a deadline ends."""
    await sweep(ctx.services)
    async with ctx.write() as session:
        await ctx.acknowledge(session)


async def sweep(services: Services) -> None:
    """Do it once."""
    now = services.clock()
    async with services.db.read() as session:
        unfinished = await run_queries.runs(session, ChargeRun.state != "done", limit=AT_ONCE)
    for run in unfinished:
        async with services.db.write(actor="preorders") as session:
            await _move_on(session, run.id)
    async with services.db.write(actor="preorders") as session:
        begun_before = PreOrder.charge_started_at <= now - STUCK
        stuck = await _ids(session, PreOrder.status == "charging", begun_before)
        await enqueue_many(session, CHARGE_JOB, [charge_job(one) for one in stuck])
        due = (PreOrder.status == "needs_action", PreOrder.needs_action_until <= now)
        waiting = [
            NewJob({"preorder": one, "at": now}, key=f"charge:{one}", dedupe=f"end:{one}")
            for one in await _ids(session, *due)
        ]
        await enqueue_many(session, RECOVERY_JOB, waiting)
        await _end_unserved(session, now)
    await _serve_waiting(services)


async def _move_on(session: AsyncSession, run_id: str) -> None:
    run = await run_queries.run(session, run_id, lock=True)
    assert run is not None
    if run.state == "running" and await run_queries.left(session, run):
        await hand_out(session, run)
    elif run.state in ("running", "stopping"):
        await enqueue_finish(session, run.id)


async def _end_unserved(session: AsyncSession, now: Millis) -> None:
    """Have the money given back to whoever has paid and has no ticket at the deadline; once."""
    where = run_queries.past_deadline(now)
    ids = await _ids(session, *where)
    jobs = []
    for preorder in await store.locked_by_id(session, ids, *where):
        if await demands.is_assigned(session, preorder.id):
            continue  # its ticket is about to be handed over
        await demands.close(session, preorder.id, "no_ticket")
        preorder.failure_code = "no_ticket"
        args = {"preorder": preorder.id, "reason": "no_ticket"}
        jobs.append(NewJob(args, key=f"refund:{preorder.id}"))
    await session.flush()
    await enqueue_many(session, REFUND_JOB, jobs)


async def _serve_waiting(services: Services) -> None:
    """Give the event's own tickets, where there are some again, to who has paid and waits.

    Who waits for one from elsewhere since before there was a pool is made known to it.
    """
    async with services.db.read() as session:
        ids = await _ids(session, *run_queries.waits_for_native())
        ids += await _ids(session, *run_queries.unknown_to_pool())
    for preorder_id in ids:
        async with services.db.write(actor="preorders") as session:
            preorder = await store.preorder(session, preorder_id, lock=True)
            if preorder is not None and preorder.status in ("paid", "waiting_for_stock"):
                await deliver(session, services, preorder)


async def _ids(session: AsyncSession, *where: ColumnElement[bool]) -> list[str]:
    return await run_queries.ids(session, *where, limit=AT_ONCE)
