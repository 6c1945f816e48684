"""The ticket that a pre-order has brought, as it is shown to its member."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_profile import logo_of, profile_of
from handstamp.pdf.ticket_pdf import draw_tickets
from handstamp.plumbing.errors import Gone
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services
from handstamp.preorders import preorder_papers
from handstamp.storefront import words
from handstamp.storefront.club_frame import Wished
from handstamp.tickets.find_tickets import token_of
from handstamp.tickets.models import Ticket
from handstamp.tickets.qr_codes import qr_svg


async def ticket_of(session: AsyncSession, wish: Wished) -> Ticket | None:
    """Return the ticket of a pre-order, if it has one of the event's own."""
    if wish.preorder.ticket_id is None:
        return None
    return await session.get(Ticket, wish.preorder.ticket_id)


async def ticket_card(
    session: AsyncSession, services: Services, wish: Wished
) -> dict[str, str | bool] | None:
    """Return what is shown of a ticket, with its code as a picture."""
    ticket = await ticket_of(session, wish)
    if ticket is None:
        return None
    code = await token_of(session, services, wish.event, ticket)
    return {
        "qr": await asyncio.to_thread(qr_svg, code),
        "holder": ticket.holder_name or wish.preorder.name or wish.preorder.email,
        "tier": wish.preorder.tier_name,
        "printed_id": ticket.printed_id,
        "elsewhere": ticket.source == "pool",
        "void": words.ticket_statuses().get(ticket.status, ""),
    }


async def pdf_of(services: Services, wish: Wished) -> bytes:
    """Draw the PDF of a pre-order's ticket.

    Raises:
        Gone: it has no ticket that is valid.
        DrawingFailed: it cannot be drawn on this machine.
    """
    async with services.db.read() as session:
        found = await preorder_papers.ticket_of(session, services, wish.preorder, wish.event)
        profile = await profile_of(session, wish.preorder.organizer_id)
        logo = await logo_of(session, wish.preorder.organizer_id)
    if found is None:
        raise Gone(_("This pre-order has no valid ticket."))
    document = preorder_papers.document_of(
        wish.preorder, wish.event, profile, found, made_at=services.clock(), logo=logo
    )
    return (await draw_tickets(services, document)).content
