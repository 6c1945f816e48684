"""The job of a cancelled event: holds and lists ended, money back, tickets red; resumes anywhere.

What was dealt with is kept in the transaction that deals with it, so a process that dies goes on
where it was. It ends when nobody can pay any more.
"""

from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import SECOND, Millis
from handstamp.notices.models import Cancellation, CancelledPart
from handstamp.notices.parts import count, guests_of, orders_of, preorders_of
from handstamp.orders.models import Order
from handstamp.orders.settle_order import close_order
from handstamp.plumbing.errors import Conflict, SwitchedOff
from handstamp.plumbing.jobs import JobContext, enqueue
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.preorders.models import PreOrder
from handstamp.preorders.rules import OPEN, PAID
from handstamp.refunds.find_refunds import owned_order
from handstamp.refunds.refund_order import request_refund
from handstamp.refunds.refund_preorder import refund_preorder
from handstamp.refunds.void_tickets import turn
from handstamp.tickets.models import Ticket
from handstamp.tickets.revoke_ticket import change_status
from handstamp.tickets.rules import TAKING
from handstamp.waitlist.offer_tickets import bring_up_to_date

CANCEL_JOB = "notices.cancel"
REASON = "event_cancelled"
PIECE = 10
AGAIN: Millis = 20 * SECOND
_log = structlog.get_logger("handstamp.notices")
Deal = Callable[[AsyncSession, Services, str], Awaitable[int]]


async def cancel_run(ctx: JobContext) -> None:
    """Deal with what is left of a cancelled event; come again while somebody may still pay."""
    event_id = str(ctx.args["event"])
    await _close_holds(ctx.services, event_id)
    await bring_up_to_date(ctx.services, event_id)  # after the holds: they give offers back
    for deal in (_orders, _preorders, _guests):
        await _all_of(ctx, deal, event_id)
    async with ctx.write() as session:
        run = await session.get(Cancellation, event_id, with_for_update=True)
        if run is not None and run.finished_at is None:
            if await _may_still_pay(session, event_id):
                run.waits_for = "payments"
                at = ctx.services.clock() + AGAIN
                key = f"cancel:{event_id}"
                await enqueue(session, CANCEL_JOB, {"event": event_id}, key=key, run_at=at)
            else:
                run.waits_for, run.finished_at = "", ctx.services.clock()
        await ctx.acknowledge(session)


async def _all_of(ctx: JobContext, deal: Deal, event_id: str) -> None:
    while True:
        async with ctx.write() as session:
            if await deal(session, ctx.services, event_id) < PIECE:
                return


async def _close_holds(services: Services, event_id: str) -> None:
    async with services.db.read() as session:
        held = select(Order.id).where(Order.event_id == event_id, Order.status == "pending")
        orders = list(await session.scalars(held.order_by(Order.id)))
    for order_id in orders:
        try:
            await close_order(services, order_id, reason=REASON)
        except (Conflict, SwitchedOff) as error:
            _log.warning("hold_not_closed", order=order_id, code=error.code)


async def _orders(session: AsyncSession, services: Services, event_id: str) -> int:
    query = orders_of(event_id).order_by(Order.id).limit(PIECE)
    found = list(await session.scalars(query))
    for order_id in found:
        order = await owned_order(session, SYSTEM, order_id, lock=True)
        outcome, problem = "free", ""
        if order.total > 0:
            try:
                await request_refund(
                    session, services, SYSTEM, order_id, reason=REASON, origin="system"
                )
                outcome = "refunding"
            except Conflict as error:
                outcome, problem = "kept", error.detail
        await turn(session, services, order, TAKING, "cancelled")
        _keep(session, services, event_id, f"order:{order_id}", outcome, problem)
    await session.flush()
    return len(found)


async def _preorders(session: AsyncSession, services: Services, event_id: str) -> int:
    query = preorders_of(event_id).order_by(PreOrder.id).limit(PIECE)
    found = list(await session.scalars(query))
    for preorder_id in found:
        outcome, problem = "refunding", ""
        try:
            await refund_preorder(
                session, services, SYSTEM, preorder_id, reason=REASON, origin="system"
            )
        except Conflict as error:
            outcome, problem = "kept", error.detail
        wish = await session.get_one(PreOrder, preorder_id)
        ticket = await session.get(Ticket, wish.ticket_id) if wish.ticket_id else None
        if ticket is not None and ticket.status in TAKING:
            await change_status(session, services, SYSTEM, ticket, "cancelled")
        _keep(session, services, event_id, f"preorder:{preorder_id}", outcome, problem)
    await session.flush()
    return len(found)


async def _guests(session: AsyncSession, services: Services, event_id: str) -> int:
    query = guests_of(event_id).order_by(Ticket.id).limit(PIECE)
    found = list(await session.scalars(query))
    for ticket_id in found:
        ticket = await session.get_one(Ticket, ticket_id, populate_existing=True)
        await change_status(session, services, SYSTEM, ticket, "cancelled")
        _keep(session, services, event_id, f"ticket:{ticket_id}", "free", "")
    await session.flush()
    return len(found)


def _keep(session: AsyncSession, services: Services, event_id: str, holds: str, *how: str) -> None:
    outcome, problem = how
    session.add(
        CancelledPart(
            holds=holds,
            event_id=event_id,
            outcome=outcome,
            problem=problem,
            created_at=services.clock(),
        )
    )


async def _may_still_pay(session: AsyncSession, event_id: str) -> bool:
    held = select(Order.id).where(Order.event_id == event_id, Order.status == "pending")
    open_ones = [status for status in OPEN if status not in PAID]
    wishes = select(PreOrder.id).where(
        PreOrder.event_id == event_id, PreOrder.status.in_(open_ones)
    )
    left = [held, wishes, orders_of(event_id), preorders_of(event_id)]
    return any([await session.scalar(count(query)) for query in left])
