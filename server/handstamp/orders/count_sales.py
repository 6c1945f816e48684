"""What an event has sold, in sums; and what a buyer agreed to."""

from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.orders.models import Consent, Order, OrderItem
from handstamp.orders.rules import PLACED


@dataclass(frozen=True)
class Sales:
    """Sums over the orders of an event that were placed; amounts in minor units.

    `tickets` counts what was sold, refunded ones too. `waiting` are orders not paid yet.
    """

    orders: int = 0
    tickets: int = 0
    gross: int = 0
    refunded: int = 0
    waiting: int = 0

    @property
    def net(self) -> int:
        """What is left of the gross."""
        return self.gross - self.refunded


async def count_sales(session: AsyncSession, event_id: str) -> Sales:
    """Return the sums of an event's orders."""
    placed = Order.status.in_(PLACED)
    sums = (
        await session.execute(
            select(
                func.coalesce(func.sum(case((placed, 1), else_=0)), 0),
                func.coalesce(func.sum(case((placed, Order.total), else_=0)), 0),
                func.coalesce(func.sum(case((placed, Order.refunded), else_=0)), 0),
                func.coalesce(func.sum(case((Order.status == "pending", 1), else_=0)), 0),
            ).where(Order.event_id == event_id)
        )
    ).one()
    tickets = await session.scalar(
        select(func.coalesce(func.sum(OrderItem.qty), 0))
        .join(Order, Order.id == OrderItem.order_id)
        .where(Order.event_id == event_id, placed)
    )
    orders, gross, refunded, waiting = (int(number) for number in sums)
    return Sales(orders, int(tickets or 0), gross, refunded, waiting)


async def consent_of(session: AsyncSession, order: Order) -> Consent | None:
    """Return what the order's buyer said to mails about other events of its organizer."""
    if not order.email:
        return None
    return await session.get(Consent, (order.email, order.organizer_id))
