"""Ends a run that is through: who was not charged by then never is, and is told so."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.clubs.find_clubs import club_event
from handstamp.plumbing.jobs import JobContext
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.preorders import preorder_mails, run_queries, store
from handstamp.preorders.change_status import let_go
from handstamp.preorders.charge_run import hand_out, note
from handstamp.preorders.models import ChargeRun, PreOrder

AT_ONCE = 200


async def finish_run(ctx: JobContext) -> None:
    """End the job's run if nothing of it is left, then let the rest go, some at a time.

    What has been approved since the jobs were handed out is handed out now instead.
    """
    services, run_id = ctx.services, str(ctx.args["run"])
    async with ctx.write() as session:
        run = await run_queries.run(session, run_id, lock=True)
        over = run is not None and await _end(session, services, run)
        if run is None or not over:
            await ctx.acknowledge(session)
            return
    while True:
        async with ctx.write() as session:
            if await _let_go_some(session, services, run) < AT_ONCE:
                await ctx.acknowledge(session)
                return


async def _end(session: AsyncSession, services: Services, run: ChargeRun) -> bool:
    """Tell whether a run, locked by the caller, is over."""
    if run.state == "done":
        return True
    if run.state == "paused" or await run_queries.begun(session, run):
        return False
    if run.state == "running" and await run_queries.left(session, run):
        await hand_out(session, run)
        return False
    run.state, run.finished_at = "done", services.clock()
    await session.flush()
    await note(session, services, SYSTEM, run, "done")
    return True


async def _let_go_some(session: AsyncSession, services: Services, run: ChargeRun) -> int:
    where = [
        *run_queries.of_weeks(run.club_id, run.week),
        PreOrder.status.in_(run_queries.WAITING_FOR_RUN),
        PreOrder.confirmed_at <= (run.finished_at or 0),
    ]
    ids = await run_queries.ids(session, *where, limit=AT_ONCE)
    for preorder in await store.locked_by_id(session, ids, *where):
        terms = await club_event(session, preorder.club_id, preorder.event_id)
        await let_go(session, services, terms, preorder, "not_allocated", run=run.id)
        await session.flush()
        await preorder_mails.queue_not_allocated(session, preorder)
    return len(ids)
