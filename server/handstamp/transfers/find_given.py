"""Tickets that a person was given by somebody else's order, found by their address."""

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.models import Event
from handstamp.orders.find_orders import has_orders
from handstamp.tickets.models import Ticket

MOST = 200


async def given_to(session: AsyncSession, email: str) -> list[tuple[Ticket, Event]]:
    """Return the valid tickets that were passed on to an address, by the start of their events.

    The caller has made sure that it belongs to who asks.
    """
    query = (
        select(Ticket, Event)
        .join(Event, Event.id == Ticket.event_id)
        .where(_given(email))
        .order_by(Event.start_at, Ticket.id)
        .limit(MOST)
    )
    return [(row[0], row[1]) for row in await session.execute(query)]


async def has_tickets(session: AsyncSession, email: str) -> bool:
    """Tell whether something was bought under an address, or passed on to it."""
    if await has_orders(session, email):
        return True
    found = await session.scalar(select(Ticket.id).where(_given(email)).limit(1))
    return email != "" and found is not None


def _given(email: str) -> ColumnElement[bool]:
    return and_(
        Ticket.holder_email == email.lower(),
        Ticket.order_ref == "",
        Ticket.order_id.is_not(None),
        Ticket.status == "valid",
    )
