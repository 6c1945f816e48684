"""Give a ticket another address of its holder; its codes stay as they are."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.announce import announce
from handstamp.plumbing.web import Services
from handstamp.tickets import rules, store
from handstamp.tickets.models import Ticket


async def correct_holder(
    session: AsyncSession, services: Services, ticket: Ticket, email: str
) -> None:
    """Change the address of a ticket, whatever its status; phones hear of it."""
    values = {"holder_email": email, "updated_at": services.clock()}
    await store.change_ticket(session, ticket.id, values, statuses=rules.STATUSES)
    announce(session, services, ticket.event_id)
