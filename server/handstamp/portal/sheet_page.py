"""The printable sheet of QR codes, in parts of five A4 pages."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.events.find_events import tiers_of
from handstamp.plumbing.paging import link, number_in
from handstamp.plumbing.web import services
from handstamp.portal import words
from handstamp.portal.event_frame import event_of, frame
from handstamp.portal.pages import page, render
from handstamp.tickets.find_tickets import find_tickets, tokens_of
from handstamp.tickets.qr_codes import qr_svg

PART = 60


@page
async def sheet(request: Request) -> Response:
    """Show cards with QR code, name, tier and printed id, as white as paper."""
    query, shared = request.query_params, services(request)
    search, tier = query.get("q", "").strip()[:100], query.get("tier", "")
    wanted = query.get("status", "valid")
    status = wanted if wanted in words.ticket_statuses() else "valid"
    async with shared.db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "sheet")
        tiers = await tiers_of(session, event.id, archived=True)
        found = await find_tickets(
            session,
            event.id,
            words=search,
            status=status,
            tier_id=tier or None,
            after=number_in(request, "after"),
            limit=PART + 1,
        )
        codes = await tokens_of(session, shared, event, found[:PART])
    pictures = await asyncio.to_thread(lambda: [qr_svg(code) for code in codes])
    names = {found.id: found.name for found in tiers}
    cards = [
        {"ticket": ticket, "tier": names.get(ticket.tier_id, ""), "qr": picture}
        for ticket, picture in zip(found[:PART], pictures, strict=True)
    ]
    return render(
        request,
        "sheet.html",
        tickets=cards,
        tiers=tiers,
        chosen={"q": search, "tier": tier, "status": status},
        filtered=bool(search or tier or query.get("status")),
        statuses=list(words.ticket_statuses().items()),
        status_names=words.ticket_statuses(),
        first=link(request, after=None) if query.get("after") else None,
        more=link(request, after=found[PART - 1].id) if len(found) > PART else None,
        **around,
    )


routes = [Route("/organizer/events/{event_id}/sheet", sheet)]
