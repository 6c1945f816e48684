"""Mails of what became of a charge: the ticket, a decline, a bank's question, money given back."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_profile import logo_of
from handstamp.mail.addresses import one_line
from handstamp.mail.prepared import NoLongerWanted, Part, Prepare, Prepared
from handstamp.mail.send_mail import queue_mail
from handstamp.pdf.drawing_pool import DrawingFailed
from handstamp.pdf.ticket_document import PdfTicket
from handstamp.pdf.ticket_pdf import draw_tickets
from handstamp.plumbing.local_time import day_and_time, zone_note
from handstamp.plumbing.money_text import money
from handstamp.plumbing.texts import format_language, speaking
from handstamp.plumbing.web import Services
from handstamp.preorders.models import PreOrder
from handstamp.preorders.preorder_mails import (
    Gathered,
    about,
    gather,
    prepared,
    queue_once,
    values_of,
)
from handstamp.preorders.preorder_papers import document_of, ticket_of
from handstamp.preorders.preorder_receipt import receipt_of
from handstamp.tickets.qr_codes import qr_png
from handstamp.tickets.rules import TAKING

RECEIVED = "preorder_received"
FAILED = "preorder_failed"
NEEDS_ACTION = "preorder_needs_action"
REFUNDED = "preorder_refunded"
RESENT = "preorder_resent"
SCALE = 8
PICTURE = "ticket"


async def queue_received(session: AsyncSession, preorder: PreOrder) -> str:
    """Queue the mail that brings the ticket; return its id."""
    return await queue_once(session, preorder, RECEIVED)


async def queue_failed(session: AsyncSession, preorder: PreOrder) -> str:
    """Queue the mail that the card was declined; return its id."""
    return await queue_once(session, preorder, FAILED)


async def queue_needs_action(session: AsyncSession, preorder: PreOrder) -> str:
    """Queue the mail that the bank wants the payment confirmed; return its id."""
    return await queue_once(session, preorder, NEEDS_ACTION)


async def queue_refunded(session: AsyncSession, preorder: PreOrder, amount: int) -> str:
    """Queue the mail that `amount` (minor units) was given back; once for each refund's move."""
    return await _queue(session, preorder, REFUNDED, amount=amount)


async def queue_resent(session: AsyncSession, preorder: PreOrder) -> str:
    """Queue the ticket once more; `resend_ticket` limits how often."""
    return await _queue(session, preorder, RESENT)


async def _queue(session: AsyncSession, preorder: PreOrder, kind: str, **others: Any) -> str:
    args = {"preorder": preorder.id, **others}
    with speaking(preorder.language):
        return await queue_mail(session, kind, preorder.email, args, about=about(preorder.id))


async def prepare_ticket(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return the ticket: its code within, and the PDF.

    Raises:
        NoLongerWanted: the ticket was taken back.
    """
    found = await gather(services, args)
    async with services.db.read() as session:
        ticket = await ticket_of(session, services, found.preorder, found.event, statuses=TAKING)
    if ticket is None:
        raise NoLongerWanted
    shown = {
        "printed_id": ticket.printed_id,
        "tier": one_line(ticket.tier),
        "holder": one_line(ticket.holder),
        "picture": PICTURE,
    }
    name = f"ticket-{found.preorder.number}.pdf"
    return Prepared(
        {
            **values_of(services, found),
            "tickets": [shown],
            "receipt": receipt_of(found.preorder, found.profile, found.event.time_zone),
        },
        (Part(name, "application/pdf", partial(_pdf, services, found, ticket)),),
        (Part(PICTURE, "image/png", partial(_code, ticket.qr)),),
        sender=found.profile.name,
        reply_to=found.profile.contact_email,
    )


async def prepare_failed(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return what could not be charged."""
    found = await gather(services, args)
    return prepared(found, values_of(services, found))


async def prepare_needs_action(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return until when the payment can be confirmed.

    Raises:
        NoLongerWanted: it was, or it is too late.
    """
    found = await gather(services, args)
    if found.preorder.status != "needs_action":
        raise NoLongerWanted
    until, zone = found.preorder.needs_action_until or 0, found.club.time_zone
    told = f"{day_and_time(until, zone, format_language())} ({zone_note(until, zone)})"
    return prepared(found, {**values_of(services, found), "until": told})


async def prepare_refunded(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return how much goes back."""
    found = await gather(services, args)
    preorder = found.preorder
    values = {
        **values_of(services, found),
        "amount": money(int(args["amount"]), preorder.currency),
        "no_ticket": preorder.ticket_id is None,
        "whole": preorder.status == "refunded",
    }
    return prepared(found, values)


PREPARERS: dict[str, Prepare] = {
    RECEIVED: prepare_ticket,
    RESENT: prepare_ticket,
    FAILED: prepare_failed,
    NEEDS_ACTION: prepare_needs_action,
    REFUNDED: prepare_refunded,
}


async def _code(token: str) -> bytes:
    return qr_png(token, scale=SCALE)


async def _pdf(services: Services, found: Gathered, ticket: PdfTicket) -> bytes:
    """Draw the PDF; where that fails the mail goes without it: its code opens the door too."""
    async with services.db.read() as session:
        logo = await logo_of(session, found.preorder.organizer_id)
    document = document_of(
        found.preorder, found.event, found.profile, ticket, made_at=services.clock(), logo=logo
    )
    try:
        return (await draw_tickets(services, document)).content
    except DrawingFailed:
        return b""
