"""Tickets by the digest of their code from elsewhere (R46)."""

from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.tickets.models import Ticket
from handstamp.tickets.rules import STATUS_CODES


async def serial_by_code(session: AsyncSession, event_id: str, digest: bytes) -> int | None:
    """Return the serial of the ticket with this digest; of several the one that counts."""
    rank = case(STATUS_CODES, value=Ticket.status, else_=len(STATUS_CODES))
    query = select(Ticket.serial).where(Ticket.event_id == event_id, Ticket.code_digest == digest)
    return await session.scalar(query.order_by(rank, Ticket.serial).limit(1))


async def has_codes(session: AsyncSession, event_id: str) -> bool:
    """Tell whether a ticket of the event has such a code."""
    query = select(Ticket.id).where(Ticket.event_id == event_id, Ticket.code_digest.is_not(None))
    return await session.scalar(query.limit(1)) is not None
