"""Cancelling an event: what it would do, and doing it; the work follows in a job."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.clubs.find_clubs import clubs_of_event
from handstamp.clubs.offer_event import withdraw_event
from handstamp.events.find_events import hold_event, owned_event
from handstamp.events.models import Event
from handstamp.events.publish_event import cancel_for_good
from handstamp.notices.cancel_run import CANCEL_JOB
from handstamp.notices.models import Cancellation
from handstamp.notices.parts import count, guests_of, orders_of, preorders_of
from handstamp.notices.tell_holders import add_notice, count_readers
from handstamp.orders.models import Order
from handstamp.plumbing.errors import BadInput, Conflict
from handstamp.plumbing.jobs import enqueue
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import SYSTEM, Actor, Services
from handstamp.preorders.models import PreOrder
from handstamp.preorders.rules import UNCHARGED
from handstamp.refunds.paid_for import is_at_bank, was_paid
from handstamp.waitlist.find_waiting import count_in_line

LONGEST = 5_000


@dataclass(frozen=True)
class CancelLook:
    """What cancelling an event would do now; `amount` in minor units is what goes back.

    `orders`, `preorders`: those of which money goes back. `disputed`: those whose payment is left
    to the bank. `holds` are orders that are being paid, `waiting` pre-orders that are not charged.
    `guests` have tickets without an order, `listed` are on the waiting list.
    """

    orders: int
    amount: int
    holds: int
    preorders: int
    preorder_amount: int
    disputed: int
    waiting: int
    guests: int
    listed: int
    told: int


async def look_at_cancelling(session: AsyncSession, event: Event) -> CancelLook:
    """Return what cancelling an event that the actor runs would do."""
    held = select(func.count()).where(Order.event_id == event.id, Order.status == "pending")
    waiting = select(func.count()).where(
        PreOrder.event_id == event.id, PreOrder.status.in_(UNCHARGED)
    )
    orders, wishes = orders_of(event.id), preorders_of(event.id)
    goes_back = Order.total > Order.refunded
    number, amount = await _going_back(
        session, orders.where(goes_back), "order", Order, Order.total - Order.refunded
    )
    preorders, money = await _going_back(session, wishes, "preorder", PreOrder, PreOrder.total)
    disputed = [
        await session.scalar(count(query.where(is_at_bank(kind, table.id)))) or 0
        for query, kind, table in ((orders, "order", Order), (wishes, "preorder", PreOrder))
    ]
    return CancelLook(
        orders=number,
        amount=amount,
        holds=await session.scalar(held) or 0,
        preorders=preorders,
        preorder_amount=money,
        disputed=sum(disputed),
        waiting=await session.scalar(waiting) or 0,
        guests=await session.scalar(count(guests_of(event.id))) or 0,
        listed=await count_in_line(session, event.id),
        told=await count_readers(session, event.id, "cancelled"),
    )


async def _going_back(
    session: AsyncSession, of: Select[*tuple[Any, ...]], kind: str, table: Any, left: Any
) -> tuple[int, int]:
    """Return how many have a payment that is to be given back, and how much of it is left."""
    theirs = of.where(was_paid(kind, table.id), ~is_at_bank(kind, table.id))
    found = theirs.with_only_columns(func.count(), func.coalesce(func.sum(left), 0))
    number, amount = (await session.execute(found)).one()
    return int(number), int(amount)


async def cancel_event(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    event_id: str,
    *,
    typed: str,
    message: str = "",
    note: str = "",
) -> Cancellation:
    """Cancel an event for good; `typed` is its title, as a confirmation.

    Sales end at once and phones hear of it. Holds, the waiting list, orders, pre-orders and guests'
    tickets follow in a job, one mail goes to each holder, to each member with a pre-order and to
    each who waits. The same again returns the first cancellation.

    Raises:
        NotFound: it is not the actor's.
        BadInput: the title was typed wrongly.
        Conflict: it is over.
    """
    event = await owned_event(session, actor, event_id)
    await hold_event(session, event.id)
    known = await session.get(Cancellation, event.id, populate_existing=True)
    if known is not None:
        return known
    if " ".join(typed.split()) != " ".join(event.title.split()):
        wrong = _("Type the event's title exactly as it is written.")
        raise BadInput(wrong, errors=[{"field": "typed", "message": wrong}])
    now = services.clock()
    if now >= event.end_at:
        raise Conflict(_("This event is over. Refund its orders one by one."))
    parts = (orders_of(event.id), preorders_of(event.id), guests_of(event.id))
    orders, preorders, guests = [await session.scalar(count(part)) or 0 for part in parts]
    event = await cancel_for_good(session, services, actor, event.id)
    for terms in await clubs_of_event(session, event.id):
        if terms.withdrawn_at is None:
            await withdraw_event(session, services, SYSTEM, terms.club_id, event.id)
    notice = await add_notice(
        session, actor, event, "cancelled", subject="", body=message[:LONGEST], at=now
    )
    cancelled = Cancellation(
        event_id=event.id,
        notice_id=notice.id,
        note=note[:LONGEST],
        orders=orders,
        preorders=preorders,
        guests=guests,
        requested_by=f"{actor.kind}:{actor.id}",
        created_at=now,
        finished_at=None,
    )
    session.add(cancelled)
    await session.flush()
    await enqueue(session, CANCEL_JOB, {"event": event.id}, key=f"cancel:{event.id}")
    meta = {"orders": orders, "preorders": preorders, "told": notice.total}
    await record(
        session, actor, "event.cancel", "event", event.id,
        organizer_id=event.organizer_id, meta=meta,
    )  # fmt: skip
    return cancelled
