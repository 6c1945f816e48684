"""What is kept of the tickets in a person's name."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.models import Event, Tier
from handstamp.tickets.models import Ticket


async def tickets_held(session: AsyncSession, email: str) -> list[dict[str, Any]]:
    """Return the tickets in the name of an address, the oldest first; never their codes."""
    query = (
        select(Ticket, Event.title, Tier.name)
        .join(Event, Event.id == Ticket.event_id)
        .join(Tier, Tier.id == Ticket.tier_id)
        .where(func.lower(Ticket.holder_email) == email)
        .order_by(Ticket.id)
    )
    return [
        {
            "event": event,
            "tier": tier,
            "printed_id": ticket.printed_id,
            "name": ticket.holder_name,
            "email": ticket.holder_email,
            "order": ticket.order_ref,
            "note": ticket.note,
            "external_id": ticket.external_id,
            "status": ticket.status,
            "source": ticket.source,
            "created_at": ticket.created_at,
        }
        for ticket, event, tier in (await session.execute(query)).all()
    ]
