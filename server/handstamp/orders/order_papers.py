"""What an order's papers are made of: the PDF of its tickets, its mails, its calendar file."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_profile import Profile, logo_of, profile_of
from handstamp.events.models import Event
from handstamp.kit.clock import Millis
from handstamp.orders.find_orders import items_of
from handstamp.orders.models import Order, OrderItem
from handstamp.orders.passed_on import passed_on
from handstamp.pdf.ticket_document import PdfTicket, TicketDocument
from handstamp.pdf.ticket_pdf import DrawnPdf, draw_tickets
from handstamp.plumbing.errors import Gone, NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services
from handstamp.tickets.find_tickets import tokens_of
from handstamp.tickets.models import Ticket
from handstamp.tickets.rules import OPENING
from handstamp.tickets.ticket_document import document_of_event


@dataclass(frozen=True)
class PaperTicket:
    """A ticket that is mailed or printed, with the text of its QR code."""

    id: int
    printed_id: str
    token: str
    tier: str
    holder: str


@dataclass(frozen=True)
class Papers:
    """An order with all that its papers say; `tickets` are the buyer's own."""

    order: Order
    items: list[OrderItem]
    event: Event
    profile: Profile
    tickets: list[PaperTicket]


async def papers_of(
    session: AsyncSession, services: Services, order_id: str, *, statuses: Sequence[str] = OPENING
) -> Papers:
    """Gather an order's papers as things stand, with its tickets of some statuses.

    Raises:
        NotFound: there is no such order.
    """
    order = await session.get(Order, order_id)
    if order is None:
        raise NotFound(_("There is no such order that you may see."))
    event = await session.get(Event, order.event_id)
    assert event is not None
    items = await items_of(session, order)
    return Papers(
        order=order,
        items=items,
        event=event,
        profile=await profile_of(session, order.organizer_id),
        tickets=await _tickets(session, services, order, event, items, statuses=statuses),
    )


async def _tickets(
    session: AsyncSession,
    services: Services,
    order: Order,
    event: Event,
    items: list[OrderItem],
    *,
    statuses: Sequence[str],
) -> list[PaperTicket]:
    wanted = select(Ticket).where(Ticket.order_id == order.id, Ticket.status.in_(statuses))
    found = (await session.execute(wanted.order_by(Ticket.id))).scalars()
    rows = [row for row in found if not passed_on(order, row)]
    tokens = await tokens_of(session, services, event, rows)
    tiers = {item.tier_id: item.tier_name for item in items}
    return [
        PaperTicket(
            row.id,
            row.printed_id,
            token,
            tiers.get(row.tier_id, ""),
            row.holder_name or order.name,
        )
        for row, token in zip(rows, tokens, strict=True)
    ]


def document_of(papers: Papers, made_at: Millis, logo: tuple[bytes, str]) -> TicketDocument:
    """Return the document of an order's tickets; `logo` is a picture and its type."""
    return document_of_event(
        papers.event,
        papers.profile,
        (
            PdfTicket(printed_id=one.printed_id, qr=one.token, tier=one.tier, holder=one.holder)
            for one in papers.tickets
        ),
        number=papers.order.number,
        language=papers.order.language,
        made_at=made_at,
        logo=logo,
    )


async def order_pdf(services: Services, order_id: str) -> DrawnPdf:
    """Draw the PDF of an order's valid tickets; the caller has made sure who asks.

    Raises:
        NotFound: there is no such order.
        Gone: it has no ticket that is valid.
        DrawingFailed: it cannot be drawn on this machine.
    """
    async with services.db.read() as session:
        papers = await papers_of(session, services, order_id)
        logo = await logo_of(session, papers.order.organizer_id)
    if not papers.tickets:
        raise Gone(_("No ticket of this order is valid any more."))
    return await draw_tickets(services, document_of(papers, services.clock(), logo))
