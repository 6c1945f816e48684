"""The job of an event with too little room: orders given back one by one; resumes anywhere.

Which is next is asked anew in each transaction, so a payment that comes in meanwhile is found, and
nothing more is given back once there is room for everybody.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import SECOND, Millis
from handstamp.notices.declare_capacity import JOB, last_bought, taken_of
from handstamp.notices.models import Shortfall, ShortfallOrder
from handstamp.notices.shortfall_mails import queue_no_room
from handstamp.orders.models import Order
from handstamp.orders.take_back import tell_holders
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.jobs import JobContext, enqueue
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.refunds.find_refunds import owned_order
from handstamp.refunds.refund_order import request_refund
from handstamp.refunds.void_tickets import turn

REASON = "no_room"
AGAIN: Millis = 20 * SECOND


async def shortfall_run(ctx: JobContext) -> None:
    """Give back what has no room; come again while somebody may still pay for what has none."""
    shortfall_id = str(ctx.args["shortfall"])
    while True:
        async with ctx.write() as session:
            if not await _next(session, ctx.services, shortfall_id):
                break
    async with ctx.write() as session:
        run = await session.get(Shortfall, shortfall_id, with_for_update=True)
        if run is not None and run.finished_at is None:
            taken = await taken_of(session, run.event_id)
            if taken.held and taken.taken > run.capacity:
                at, key = ctx.services.clock() + AGAIN, f"shortfall:{run.event_id}"
                await enqueue(session, JOB, {"shortfall": run.id}, key=key, run_at=at)
            else:
                run.finished_at = ctx.services.clock()
        await ctx.acknowledge(session)


async def _next(session: AsyncSession, services: Services, shortfall_id: str) -> bool:
    """Give the order back that was bought last; False when there is room, or none is left."""
    run = await session.get(Shortfall, shortfall_id, with_for_update=True, populate_existing=True)
    if run is None or run.finished_at is not None:
        return False
    if (await taken_of(session, run.event_id)).issued <= run.capacity:
        return False
    found = (await session.execute(last_bought(run.event_id).limit(1))).first()
    if found is None:
        return False
    order = await owned_order(session, SYSTEM, found[0], lock=True)
    outcome, problem = await _give_back(session, services, order)
    lost = await turn(session, services, order, ["valid"], "cancelled")
    await tell_holders(session, order, lost)  # whom one of them was passed on to
    session.add(
        ShortfallOrder(
            order_id=order.id,
            shortfall_id=run.id,
            tickets=found[5],
            outcome=outcome,
            problem=problem,
            created_at=services.clock(),
        )
    )
    await session.flush()
    await queue_no_room(session, run, order)
    return True


async def _give_back(session: AsyncSession, services: Services, order: Order) -> tuple[str, str]:
    if order.total == 0:
        return "free", ""
    try:
        await request_refund(session, services, SYSTEM, order.id, reason=REASON, origin="system")
    except Conflict as error:
        return "kept", error.detail
    return "refunding", ""
