"""What an event has sold, in sums; and what a buyer agreed to."""

from dataclasses import dataclass, replace

from sqlalchemy import Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.orders.keep_sales import COUNTED
from handstamp.orders.models import Consent, EventSales, Order, OrderItem
from handstamp.orders.rules import PLACED


@dataclass(frozen=True)
class Sales:
    """Sums over the orders of an event that were placed; amounts in minor units.

    `tickets` counts what was sold, refunded ones too. `waiting` are orders not paid yet.
    `elsewhere` was paid to the organizer by another way, and is in no other sum.
    """

    orders: int = 0
    tickets: int = 0
    gross: int = 0
    refunded: int = 0
    waiting: int = 0
    elsewhere: int = 0

    @property
    def net(self) -> int:
        """What is left of the gross."""
        return self.gross - self.refunded


async def count_sales(session: AsyncSession, event_id: str) -> Sales:
    """Return the sums of an event's orders, as they are kept."""
    query = select(*(getattr(EventSales, name) for name in COUNTED))
    kept = (await session.execute(query.where(EventSales.event_id == event_id))).one_or_none()
    waiting = await session.scalar(_waiting(event_id)) or 0
    sums = kept._asdict() if kept else {}
    return Sales(**sums, waiting=waiting, elsewhere=await _elsewhere(session, event_id))


async def recount_sales(session: AsyncSession, event_id: str) -> Sales:
    """Add an event's orders up again; what is kept must say the same."""
    placed = (Order.event_id == event_id, Order.status.in_(PLACED))
    here = case((Order.origin == "manual", 0), else_=Order.total)
    sums = select(func.count(), func.sum(here), func.sum(Order.refunded)).where(*placed)
    orders, gross, refunded = (await session.execute(sums)).one()
    sold = select(func.sum(OrderItem.qty)).join(Order, Order.id == OrderItem.order_id)
    tickets = await session.scalar(sold.where(*placed))
    waiting = await session.scalar(_waiting(event_id))
    counted = (int(one or 0) for one in (orders, tickets, gross, refunded, waiting))
    return replace(Sales(*counted), elsewhere=await _elsewhere(session, event_id))


def _waiting(event_id: str) -> Select[int]:
    # Counted by what the event's large index lacks, or SQLite walks that one, not the pending's.
    return select(func.count(Order.expires_at)).where(
        Order.event_id == event_id, Order.status == "pending"
    )


async def _elsewhere(session: AsyncSession, event_id: str) -> int:
    by_hand = (Order.event_id == event_id, Order.origin != "checkout", Order.origin == "manual")
    found = await session.scalar(
        select(func.sum(Order.total)).where(*by_hand, Order.status.in_(PLACED))
    )
    return int(found or 0)


async def consent_of(session: AsyncSession, order: Order) -> Consent | None:
    """Return what the order's buyer said to mails about other events of its organizer."""
    if not order.email:
        return None
    return await session.get(Consent, (order.email, order.organizer_id))
