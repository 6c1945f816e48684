"""What of a cancelled event is to be dealt with: orders, charged pre-orders, guests' tickets."""

from typing import Any

from sqlalchemy import Select, func, literal, select

from handstamp.notices.models import CancelledPart
from handstamp.orders.models import Order
from handstamp.orders.rules import PLACED
from handstamp.preorders.models import PreOrder
from handstamp.preorders.rules import PAID
from handstamp.tickets.models import Ticket
from handstamp.tickets.rules import TAKING


def orders_of(event_id: str) -> Select[str, int, int]:
    """Return the query of placed orders that were not dealt with and not refunded whole."""
    done = select(CancelledPart.holds).where(CancelledPart.holds == literal("order:") + Order.id)
    live = [status for status in PLACED if status != "refunded"]
    return select(Order.id, Order.total, Order.refunded).where(
        Order.event_id == event_id, Order.status.in_(live), ~done.exists()
    )


def preorders_of(event_id: str) -> Select[str, int]:
    """Return the query of pre-orders that were paid and not dealt with."""
    done = select(CancelledPart.holds).where(
        CancelledPart.holds == literal("preorder:") + PreOrder.id
    )
    return select(PreOrder.id, PreOrder.total).where(
        PreOrder.event_id == event_id, PreOrder.status.in_(PAID), ~done.exists()
    )


def guests_of(event_id: str) -> Select[int]:
    """Return the query of tickets that admit and belong to no order and no pre-order."""
    theirs = select(PreOrder.id).where(PreOrder.ticket_id == Ticket.id)
    return select(Ticket.id).where(
        Ticket.event_id == event_id,
        Ticket.status.in_(TAKING),
        Ticket.order_id.is_(None),
        ~theirs.exists(),
    )


def count(query: Select[*tuple[Any, ...]]) -> Select[int]:
    """Return the query that counts the rows of another."""
    return select(func.count()).select_from(query.subquery())
