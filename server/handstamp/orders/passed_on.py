"""Tickets of an order that are somebody else's by now: their codes are not the buyer's."""

from handstamp.orders.models import Order
from handstamp.tickets.models import Ticket


def passed_on(order: Order, ticket: Ticket) -> bool:
    """Tell whether a ticket is somebody else's than the buyer's, or its person was erased."""
    if ticket.erased_at is not None:
        return True
    return bool(ticket.holder_email) and ticket.holder_email.lower() != order.email.lower()
