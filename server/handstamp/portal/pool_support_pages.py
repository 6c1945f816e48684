"""Support's pages: a member's ticket found, mailed again, explained, shown once with a reason.

Nothing else of the organizer is here, and addresses are masked for whoever does not run it.
"""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.auth.find_organizers import supported_organizers
from handstamp.events.models import Event
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.paging import link, number_in
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_preorders, require_user, services
from handstamp.pool.find_assignments import pool_event
from handstamp.pool.find_member import orders_of_member
from handstamp.pool.pool_figures import pool_events
from handstamp.portal import pool_words
from handstamp.portal.pages import page, render
from handstamp.portal.pool_desk import (
    Desk,
    mail_again,
    reveal_ticket,
    show_log,
    show_order,
    show_ticket,
)
from handstamp.portal.pool_frame import LONGEST, filters_in, pool_names
from handstamp.portal.pool_pages import listing

PAGE = 50
_HOME = "/tickets/support"


def support_path(event_id: str, tail: str = "") -> str:
    """Return the address of a support page of an event."""
    return f"{_HOME}/events/{event_id}{tail}"


async def _event(session: AsyncSession, request: Request) -> Event:
    require_preorders(request)
    return await pool_event(session, require_user(request), request.path_params["event_id"])


async def _around(session: AsyncSession, event: Event, _part: str = "") -> dict[str, Any]:
    names = await pool_names(session, event)
    return {**names, "event": event, "here": support_path(event.id)}


_DESK = Desk("support", _event, _around, support_path)


@page
async def events(request: Request) -> Response:
    """List the events whose members one helps, organizer by organizer."""
    require_preorders(request)
    actor, query = require_user(request), request.query_params
    words, wanted = query.get("q", "").strip()[:LONGEST], query.get("organizer", "")
    at, last = number_in(request, "at"), query.get("after", "")
    email = query.get("email", "").strip()[:LONGEST]
    async with services(request).db.read() as session:
        organizers = await supported_organizers(session, actor)
        chosen = next((one for one in organizers if one.id == wanted or not wanted), None)
        if chosen is None:
            raise NotFound(_("There is nothing here that you may see."))
        theirs = await orders_of_member(session, actor, chosen.id, email) if email else []
        place = (at, last) if last and last.isprintable() else None
        found = await pool_events(
            session, actor, chosen.id, words=words, after=place, limit=PAGE + 1
        )
    rows = found[:PAGE]
    return render(
        request,
        "support.html",
        organizers=organizers,
        organizer=chosen,
        rows=rows,
        search=words,
        email=email,
        theirs=theirs,
        states=pool_words.states(),
        tones=pool_words.TONES,
        first=link(request, at=None, after=None) if last else None,
        more=link(request, at=rows[-1].start_at, after=rows[-1].id) if len(found) > PAGE else None,
    )


@page
async def members(request: Request) -> Response:
    """List an event's pre-orders and tickets that fit the filters."""
    actor, filters = require_user(request), filters_in(request.query_params)
    async with services(request).db.read() as session:
        event = await _event(session, request)
        around = await _around(session, event)
        listed = await listing(session, request, actor, event, filters)
    return render(request, "support_event.html", **listed, **around)


@page
async def order(request: Request) -> Response:
    """Show one pre-order to whoever helps its member."""
    return await show_order(_DESK, request)


@page
async def ticket(request: Request) -> Response:
    """Show one ticket to whoever helps its member."""
    return await show_ticket(_DESK, request)


@page
async def reveal(request: Request) -> Response:
    """Show a ticket's e-mail and password once."""
    return await reveal_ticket(_DESK, request)


@page
async def resend(request: Request) -> Response:
    """Mail a pre-order's ticket again."""
    return await mail_again(_DESK, request)


@page
async def log(request: Request) -> Response:
    """Show what was done to an event's pool."""
    return await show_log(_DESK, request)


_EVENT = "/support/events/{event_id}"
routes = [
    Route("/support", events),
    Route(_EVENT, members),
    Route(_EVENT + "/log", log),
    Route(_EVENT + "/orders/{demand_id}", order),
    Route(_EVENT + "/orders/{demand_id}/resend", resend, methods=["POST"]),
    Route(_EVENT + "/tickets/{pool_ticket_id}", ticket),
    Route(_EVENT + "/tickets/{pool_ticket_id}/reveal", reveal, methods=["POST"]),
]
