"""Taking tickets back whose right has gone to somebody else: cancelled, and their names free."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.plumbing.web import SYSTEM, Services
from handstamp.tickets import rules, store
from handstamp.tickets.models import Ticket
from handstamp.tickets.revoke_ticket import change_status


async def take_back_tickets(
    session: AsyncSession, services: Services, tickets: Sequence[Ticket]
) -> None:
    """Cancel tickets, unless their money went back, for good.

    Their id in another system, their code from elsewhere and their place in an order's line may
    be given to other tickets afterwards.
    """
    free = {"external_id": None, "code_digest": None, "place": None}
    for ticket in sorted(tickets, key=lambda one: one.id):
        if ticket.status in rules.TAKING:
            await change_status(session, services, SYSTEM, ticket, "cancelled")
        await store.change_ticket(session, ticket.id, free, statuses=rules.STATUSES)
        await session.refresh(ticket)
