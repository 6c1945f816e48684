"""Keep how much of an order was refunded, and the status that follows from it."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.orders.keep_sales import note_given_back
from handstamp.orders.models import Order
from handstamp.orders.rules import PLACED
from handstamp.plumbing.db import after_commit
from handstamp.plumbing.web import Services


async def note_refunded(
    session: AsyncSession, services: Services, order: Order, amount: int
) -> None:
    """Write onto an order that the caller holds locked what is given back by now, in all.

    An order that never had tickets (paid too late) keeps its status.
    """
    if order.status in PLACED:
        note_given_back(session, order, amount - order.refunded)
    order.refunded = amount
    if order.status in PLACED:
        whole = "refunded" if amount >= order.total else "partially_refunded"
        order.status = whole if amount else "paid"
    await session.flush()
    after_commit(session, lambda: services.signals.publish(f"order:{order.id}"))
