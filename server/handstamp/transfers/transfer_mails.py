"""Mails about a ticket that changed hands: its new holder gets it, the one before is told."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from handstamp.events.models import Event
from handstamp.mail.addresses import one_line
from handstamp.mail.prepared import NoLongerWanted, Part, Prepare, Prepared
from handstamp.pdf.brand import brand, ink_on
from handstamp.pdf.drawing_pool import DrawingFailed
from handstamp.plumbing.local_time import span, zone_note
from handstamp.plumbing.texts import format_language, speaking
from handstamp.plumbing.web import Services
from handstamp.tickets.models import Ticket
from handstamp.tickets.qr_codes import qr_png
from handstamp.tickets.rules import OPENING, TAKING
from handstamp.transfers.holder_link import link_for
from handstamp.transfers.holder_papers import HolderPapers, holder_pdf, papers_of
from handstamp.transfers.transfer_ticket import PASSED_ON, RECEIVED

SCALE = 8


async def prepare_received(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return the ticket with its PDF, and its holder's own link.

    Raises:
        NoLongerWanted: it changed hands again, or was taken back.
    """
    return _with_ticket(services, await _gather(services, args), str(args["language"]))


async def prepare_reminder(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return the ticket once more before the event.

    Raises:
        NoLongerWanted: it changed hands again or is not valid, or the event is over or not public.
    """
    papers = await _gather(services, args)
    off = papers.event.status != "published" or services.clock() >= papers.event.end_at
    if off or papers.ticket.status not in OPENING:
        raise NoLongerWanted
    return _with_ticket(services, papers, str(args["language"]))


def _with_ticket(services: Services, papers: HolderPapers, spoken: str) -> Prepared:
    ticket = papers.ticket
    picture = f"ticket-{ticket.id}"
    shown = {
        "printed_id": ticket.printed_id,
        "tier": one_line(papers.tier_name),
        "holder": one_line(ticket.holder_name),
        "picture": picture,
    }
    values = {**_values(services, papers), "shown": [shown], "link": link_for(services, ticket)}
    make = partial(_pdf, services, papers, spoken)
    return _prepared(
        papers,
        values,
        (Part(f"ticket-{ticket.printed_id}.pdf", "application/pdf", make),),
        (Part(picture, "image/png", partial(_code, papers.token)),),
    )


async def prepare_passed_on(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return which ticket went to whom.

    Raises:
        NoLongerWanted: it changed hands again meanwhile.
    """
    papers = await _gather(services, args)
    ticket = papers.ticket
    values = {
        **_values(services, papers),
        "holder": one_line(ticket.holder_name),
        "printed_id": ticket.printed_id,
    }
    return _prepared(papers, values)


PREPARERS: dict[str, Prepare] = {
    RECEIVED: prepare_received,
    PASSED_ON: prepare_passed_on,
    "ticket_reminder": prepare_reminder,
}


async def _gather(services: Services, args: Mapping[str, Any]) -> HolderPapers:
    async with services.db.read() as session:
        ticket = await session.get(Ticket, int(args["ticket"]))
        if ticket is None or ticket.status not in TAKING or ticket.epoch != args["epoch"]:
            raise NoLongerWanted
        event = await session.get(Event, ticket.event_id)
        assert event is not None
        return await papers_of(session, services, ticket, event)


def _prepared(
    papers: HolderPapers,
    values: Mapping[str, Any],
    attachments: tuple[Part, ...] = (),
    inline: tuple[Part, ...] = (),
) -> Prepared:
    of = papers.profile
    return Prepared(values, attachments, inline, sender=of.name, reply_to=of.contact_email)


def _values(services: Services, papers: HolderPapers) -> dict[str, Any]:
    event, profile = papers.event, papers.profile
    color = brand(profile.brand_color)
    city = ", ".join(part for part in (event.city, event.province) if part)
    return {
        "title": one_line(event.title),
        "organizer": one_line(profile.name),
        "contact": one_line(profile.contact_email),
        "when": span(event.start_at, event.end_at, event.time_zone, format_language()),
        "zone": zone_note(event.start_at, event.time_zone),
        "place": [one_line(part) for part in (event.venue, city) if part],
        "event_link": f"{services.settings.public_url}/tickets/e/{event.slug}",
        "brand": color,
        "brand_ink": ink_on(color),
    }


async def _code(token: str) -> bytes:
    return qr_png(token, scale=SCALE)


async def _pdf(services: Services, papers: HolderPapers, spoken: str) -> bytes:
    """Draw the PDF; where that fails the mail goes without it: its code opens the door too."""
    try:
        with speaking(spoken):
            return (await holder_pdf(services, papers)).content
    except DrawingFailed:
        return b""
