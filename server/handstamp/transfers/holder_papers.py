"""What a ticket's new holder gets: its code, its PDF, its event in the calendar."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_profile import Profile, logo_of, profile_of
from handstamp.events.find_events import tier_of
from handstamp.events.models import Event
from handstamp.kit.clock import Millis
from handstamp.pdf.ticket_document import PdfTicket, TicketDocument
from handstamp.pdf.ticket_pdf import DrawnPdf, draw_tickets
from handstamp.plumbing.texts import language
from handstamp.plumbing.web import Services
from handstamp.tickets.find_tickets import token_of
from handstamp.tickets.models import Ticket
from handstamp.tickets.ticket_document import document_of_event


@dataclass(frozen=True)
class HolderPapers:
    """A ticket with the text of its code and all that is said around it."""

    ticket: Ticket
    event: Event
    profile: Profile
    tier_name: str
    token: str
    logo: tuple[bytes, str]


async def papers_of(
    session: AsyncSession, services: Services, ticket: Ticket, event: Event
) -> HolderPapers:
    """Gather what a ticket's papers are made of."""
    tier = await tier_of(session, event.id, ticket.tier_id)
    return HolderPapers(
        ticket=ticket,
        event=event,
        profile=await profile_of(session, event.organizer_id),
        tier_name=tier.name,
        token=await token_of(session, services, event, ticket),
        logo=await logo_of(session, event.organizer_id),
    )


async def holder_pdf(services: Services, papers: HolderPapers) -> DrawnPdf:
    """Draw the PDF of one ticket, in the reader's language.

    The buyer's order number is not on it: a steward admits the buyer's group by it.

    Raises:
        DrawingFailed: it cannot be drawn on this machine.
    """
    return await draw_tickets(services, _document(papers, services.clock()))


def _document(papers: HolderPapers, made_at: Millis) -> TicketDocument:
    ticket = papers.ticket
    shown = PdfTicket(
        printed_id=ticket.printed_id,
        qr=papers.token,
        tier=papers.tier_name,
        holder=ticket.holder_name,
    )
    return document_of_event(
        papers.event,
        papers.profile,
        [shown],
        number=ticket.printed_id,
        language=language(),
        made_at=made_at,
        logo=papers.logo,
    )
