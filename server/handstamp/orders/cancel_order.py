"""A buyer gives their hold back before paying."""

from handstamp.orders import store
from handstamp.orders.models import Order
from handstamp.orders.rules import CLOSED_UNPAID
from handstamp.orders.settle_order import close_order
from handstamp.plumbing.errors import Conflict, NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services


async def cancel(services: Services, order_id: str, by: str = "buyer") -> Order:
    """Close a pending order and give its tickets back; the same again changes nothing.

    The caller has made sure whose order it is. `by` is kept as the reason.

    Raises:
        NotFound: there is no such order.
        Conflict: it is paid, or its payment is at work at this moment.
        SwitchedOff: the payment service does not answer; the hold stays.
    """
    if await _status(services, order_id) == "pending":
        await close_order(services, order_id, reason=f"cancelled_by_{by}")
    async with services.db.read() as session:
        order = await store.order(session, order_id)
    if order is None:
        raise NotFound(_("There is no such order that you may see."))
    if order.status not in CLOSED_UNPAID:
        raise Conflict(_("This order is paid. It can only be refunded."), code="paid")
    return order


async def _status(services: Services, order_id: str) -> str:
    async with services.db.read() as session:
        order = await store.order(session, order_id)
    return order.status if order else ""
