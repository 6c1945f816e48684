"""The ticket of a pre-order, and the PDF of it."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_profile import Profile
from handstamp.events.models import Event
from handstamp.kit.clock import Millis
from handstamp.pdf.ticket_document import PdfTicket, TicketDocument
from handstamp.plumbing.web import Services
from handstamp.preorders.models import PreOrder
from handstamp.tickets.find_tickets import token_of
from handstamp.tickets.models import Ticket
from handstamp.tickets.rules import OPENING
from handstamp.tickets.ticket_document import document_of_event


async def ticket_of(
    session: AsyncSession,
    services: Services,
    preorder: PreOrder,
    event: Event,
    *,
    statuses: Sequence[str] = OPENING,
) -> PdfTicket | None:
    """Return the ticket of a pre-order as it is shown; None while none has such a status."""
    query = select(Ticket).where(Ticket.id == preorder.ticket_id, Ticket.status.in_(statuses))
    ticket = await session.scalar(query)
    if ticket is None:
        return None
    return PdfTicket(
        printed_id=ticket.printed_id,
        qr=await token_of(session, services, event, ticket),
        tier=preorder.tier_name,
        holder=ticket.holder_name or preorder.name,
    )


def document_of(
    preorder: PreOrder,
    event: Event,
    profile: Profile,
    ticket: PdfTicket,
    *,
    made_at: Millis,
    logo: tuple[bytes, str],
) -> TicketDocument:
    """Return what the PDF of a pre-order's ticket says; `logo` is a picture and its type."""
    return document_of_event(
        event,
        profile,
        [ticket],
        number=preorder.number,
        language=preorder.language,
        made_at=made_at,
        logo=logo,
    )
