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
    return TicketDocument(
        language=preorder.language,
        organizer=profile.name,
        title=event.title,
        start_at=event.start_at,
        end_at=event.end_at,
        time_zone=event.time_zone,
        venue=event.venue,
        city=", ".join(part for part in (event.city, event.province) if part),
        order_number=preorder.number,
        tickets=(ticket,),
        made_at=made_at,
        brand_color=profile.brand_color,
        logo=logo[0],
        logo_type=logo[1],
    )
