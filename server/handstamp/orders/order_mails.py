"""Mails about an order: queued in the transaction that causes them, made when they are sent."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_profile import logo_of
from handstamp.mail.addresses import one_line
from handstamp.mail.prepared import NoLongerWanted, Part, Prepare, Prepared
from handstamp.mail.send_mail import queue_mail
from handstamp.orders.models import Order
from handstamp.orders.order_access import link_for
from handstamp.orders.order_calendar import order_calendar
from handstamp.orders.order_papers import Papers, PaperTicket, document_of, papers_of
from handstamp.orders.order_receipt import receipt_of
from handstamp.pdf.brand import brand, ink_on
from handstamp.pdf.drawing_pool import DrawingFailed
from handstamp.pdf.ticket_pdf import draw_tickets
from handstamp.plumbing.local_time import clock_time, span, zone_note
from handstamp.plumbing.money_text import price
from handstamp.plumbing.texts import format_language, speaking
from handstamp.plumbing.web import Services
from handstamp.tickets.qr_codes import qr_png
from handstamp.tickets.rules import OPENING, TAKING

INLINE_MOST = 10
SCALE = 8


def about(order_id: str) -> str:
    """Return what the mails of an order are found by."""
    return f"order:{order_id}"


async def queue_confirmation(session: AsyncSession, order: Order) -> str:
    """Queue the mail that brings the tickets and the receipt; return its id."""
    return await _queue(session, order, "order_confirmation")


async def queue_late(session: AsyncSession, order: Order) -> str:
    """Queue the mail that a late payment found no tickets and is refunded."""
    return await _queue(session, order, "order_late")


async def queue_refunded(session: AsyncSession, order: Order, amount: int) -> str:
    """Queue the mail that `amount` (minor units) of the order was refunded."""
    return await _queue(session, order, "order_refunded", amount=amount)


async def queue_payment_failed(session: AsyncSession, order: Order) -> str:
    """Queue the mail that a payment was refused."""
    return await _queue(session, order, "payment_failed")


async def queue_reminder(session: AsyncSession, order: Order) -> str:
    """Queue the mail that the event begins soon."""
    return await _queue(session, order, "event_reminder")


async def queue_resent(session: AsyncSession, order: Order) -> str:
    """Queue the tickets once more; `resend_tickets` limits how often."""
    return await _queue(session, order, "tickets_resent")


async def _queue(session: AsyncSession, order: Order, kind: str, **others: Any) -> str:
    with speaking(order.language):
        args = {"order": order.id, **others}
        return await queue_mail(session, kind, order.email, args, about=about(order.id))


async def prepare_confirmation(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return tickets, calendar file and receipt.

    It is sent once, so tickets in dispute are in it, too: they open the door if it is won.

    Raises:
        NoLongerWanted: every ticket of the order was taken back.
    """
    papers = await _gather(services, args, statuses=TAKING)
    return _with_tickets(services, papers, calendar=True)


async def prepare_tickets(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return the tickets once more.

    Raises:
        NoLongerWanted: no ticket of the order is valid any more.
    """
    return _with_tickets(services, await _gather(services, args), calendar=False)


async def prepare_reminder(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return the tickets before the event.

    Raises:
        NoLongerWanted: no ticket is valid, or the event is over or not public any more.
    """
    papers = await _gather(services, args)
    if papers.event.status != "published" or services.clock() >= papers.event.end_at:
        raise NoLongerWanted
    return _with_tickets(services, papers, calendar=True)


async def prepare_refunded(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return how much was refunded and the receipt as it stands now."""
    papers = await _gather(services, args)
    values = {
        **_values(services, papers),
        "amount": price(args["amount"], papers.order.currency),
        "whole": papers.order.refunded >= papers.order.total,
    }
    return _prepared(papers, values)


async def prepare_taken_back(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return that the organizer took an order by hand back."""
    papers = await _gather(services, args)
    return _prepared(papers, _values(services, papers))


async def prepare_late(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return what was paid too late."""
    papers = await _gather(services, args)
    return _prepared(papers, {**_values(services, papers), "amount": _total(papers)})


async def prepare_payment_failed(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return what was refused, and until when the tickets are held.

    Raises:
        NoLongerWanted: another payment went through meanwhile.
    """
    papers = await _gather(services, args)
    order, event = papers.order, papers.event
    if order.placed_at is not None:
        raise NoLongerWanted
    held = order.status == "pending" and services.clock() < order.expires_at
    until = clock_time(order.expires_at, event.time_zone, locale=format_language())
    zone = zone_note(order.expires_at, event.time_zone)
    values = {
        **_values(services, papers),
        "amount": _total(papers),
        "held_until": f"{until} ({zone})" if held else "",
    }
    return _prepared(papers, values)


PREPARERS: dict[str, Prepare] = {
    "order_confirmation": prepare_confirmation,
    "order_late": prepare_late,
    "order_refunded": prepare_refunded,
    "payment_failed": prepare_payment_failed,
    "event_reminder": prepare_reminder,
    "tickets_resent": prepare_tickets,
    "tickets_taken_back": prepare_taken_back,
}


async def _gather(
    services: Services, args: Mapping[str, Any], *, statuses: Sequence[str] = OPENING
) -> Papers:
    async with services.db.read() as session:
        return await papers_of(session, services, args["order"], statuses=statuses)


def _with_tickets(services: Services, papers: Papers, *, calendar: bool) -> Prepared:
    if not papers.tickets:
        raise NoLongerWanted
    tickets = [_shown(ticket) for ticket in papers.tickets]
    values = {
        **_values(services, papers),
        "count": len(tickets),
        "tickets": tickets[:INLINE_MOST],
        "all_tickets": tickets,
        "more": max(0, len(tickets) - INLINE_MOST),
    }
    number = papers.order.number
    files = [Part(f"tickets-{number}.pdf", "application/pdf", partial(_pdf, services, papers))]
    if calendar:
        make = partial(_calendar, services, papers)
        files.append(Part(f"event-{number}.ics", "text/calendar", make))
    pictures = tuple(
        Part(_picture(ticket), "image/png", partial(_code, ticket.token))
        for ticket in papers.tickets[:INLINE_MOST]
    )
    return _prepared(papers, values, tuple(files), pictures)


def _prepared(
    papers: Papers,
    values: Mapping[str, Any],
    attachments: tuple[Part, ...] = (),
    inline: tuple[Part, ...] = (),
) -> Prepared:
    return Prepared(
        values,
        attachments,
        inline,
        sender=papers.profile.name,
        reply_to=papers.profile.contact_email,
    )


def _values(services: Services, papers: Papers) -> dict[str, Any]:
    order, event, profile = papers.order, papers.event, papers.profile
    color = brand(profile.brand_color)
    city = ", ".join(part for part in (event.city, event.province) if part)
    return {
        "title": one_line(event.title),
        "organizer": one_line(profile.name),
        "contact": one_line(profile.contact_email),
        "number": order.number,
        "when": span(event.start_at, event.end_at, event.time_zone, format_language()),
        "zone": zone_note(event.start_at, event.time_zone),
        "place": [one_line(part) for part in (event.venue, city) if part],
        "link": link_for(services, order),
        "given": order.origin == "comp",
        "event_link": f"{services.settings.public_url}/tickets/e/{event.slug}",
        "brand": color,
        "brand_ink": ink_on(color),
        "refund_policy": event.refund_policy or profile.refund_policy,
        "receipt": receipt_of(order, papers.items, profile, event.time_zone),
    }


def _shown(ticket: PaperTicket) -> dict[str, str]:
    return {
        "printed_id": ticket.printed_id,
        "tier": one_line(ticket.tier),
        "holder": one_line(ticket.holder),
        "picture": _picture(ticket),
    }


def _picture(ticket: PaperTicket) -> str:
    return f"ticket-{ticket.id}"


async def _code(token: str) -> bytes:
    return qr_png(token, scale=SCALE)


async def _calendar(services: Services, papers: Papers) -> bytes:
    order = papers.order
    with speaking(order.language):
        return order_calendar(services.settings, papers.event, order.id, order.number)


async def _pdf(services: Services, papers: Papers) -> bytes:
    """Draw the PDF; where that fails the mail goes without it: its codes open the door too."""
    async with services.db.read() as session:
        logo = await logo_of(session, papers.order.organizer_id)
    try:
        return (await draw_tickets(services, document_of(papers, services.clock(), logo))).content
    except DrawingFailed:
        return b""


def _total(papers: Papers) -> str:
    return price(papers.order.total, papers.order.currency)
