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
from handstamp.plumbing.errors import BadInput, Conflict, NotFound, TooMany
from handstamp.plumbing.paging import link, number_in
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_preorders, require_user, services
from handstamp.pool.credentials import Credential, count_reading, read_credential
from handstamp.pool.explain import explain_demand, explain_ticket
from handstamp.pool.find_assignments import one_order, one_ticket, pool_event
from handstamp.pool.find_log import PAGE as LINES
from handstamp.pool.find_log import log_of
from handstamp.pool.find_member import orders_of_member
from handstamp.pool.pool_figures import pool_events
from handstamp.portal import pool_words
from handstamp.portal.pages import go, page, render
from handstamp.portal.pool_frame import LONGEST, filters_in, pool_names
from handstamp.portal.pool_pages import listing
from handstamp.preorders.resend_credentials import resend_credentials

PAGE = 50
_HOME = "/tickets/support"


def support_path(event_id: str, tail: str = "") -> str:
    """Return the address of a support page of an event."""
    return f"{_HOME}/events/{event_id}{tail}"


async def _event(session: AsyncSession, request: Request) -> Event:
    require_preorders(request)
    return await pool_event(session, require_user(request), request.path_params["event_id"])


async def _around(session: AsyncSession, event: Event) -> dict[str, Any]:
    names = await pool_names(session, event)
    return {**names, "event": event, "here": support_path(event.id)}


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
    """Show one pre-order: how it stands, why, and what happened."""
    actor = require_user(request)
    async with services(request).db.read() as session:
        event = await _event(session, request)
        around = await _around(session, event)
        row = await one_order(session, actor, event, request.path_params["demand_id"])
        told = await explain_demand(session, actor, row.demand_id or "")
        lines = await log_of(session, actor, event, demand_id=row.demand_id or "")
    return render(request, "support_order.html", row=row, told=told, lines=lines, **around)


@page
async def ticket(request: Request) -> Response:
    """Show one ticket: with whom it is, why, and what happened."""
    return await _ticket(request, None)


async def _ticket(request: Request, credential: Credential | None) -> Response:
    actor = require_user(request)
    async with services(request).db.read() as session:
        event = await _event(session, request)
        around = await _around(session, event)
        row = await one_ticket(session, actor, event, request.path_params["pool_ticket_id"])
        told = await explain_ticket(session, actor, row.ticket_id or "")
        lines = await log_of(session, actor, event, ticket_id=row.ticket_id or "")
    shown: dict[str, Any] = {"row": row, "told": told, "lines": lines, "credential": credential}
    return render(request, "support_ticket.html", **shown, **around)


@page
async def reveal(request: Request) -> Response:
    """Show one ticket's e-mail and password once, for a reason that is kept."""
    actor, of = require_user(request), services(request)
    reason = str((await request.form()).get("reason", ""))
    async with of.db.read() as session:
        event = await _event(session, request)
        row = await one_ticket(session, actor, event, request.path_params["pool_ticket_id"])
    ticket_id = row.ticket_id or ""
    try:
        await count_reading(of, actor)
        async with of.db.write(actor=actor.id) as session:
            found = await read_credential(session, of, actor, ticket_id, reason=reason)
    except (BadInput, TooMany) as problem:
        here = support_path(event.id, f"/tickets/{ticket_id}")
        return go(request, here, problem.detail, tone="warn")
    return await _ticket(request, found)


@page
async def resend(request: Request) -> Response:
    """Mail a pre-order's ticket again."""
    actor, of = require_user(request), services(request)
    async with of.db.read() as session:
        event = await _event(session, request)
        row = await one_order(session, actor, event, request.path_params["demand_id"])
    here = support_path(event.id, f"/orders/{row.demand_id}")
    try:
        await resend_credentials(of, actor, row.ticket_id or "none")
    except (Conflict, TooMany) as problem:
        return go(request, here, problem.detail, tone="warn")
    return go(request, here, _("The ticket is mailed again to %(email)s.") % {"email": row.email})


@page
async def log(request: Request) -> Response:
    """Show what was done to an event's pool, the newest first."""
    actor, before = require_user(request), number_in(request, "before")
    async with services(request).db.read() as session:
        event = await _event(session, request)
        around = await _around(session, event)
        found = await log_of(session, actor, event, before=before, limit=LINES + 1)
    lines = found[:LINES]
    return render(
        request,
        "support_log.html",
        lines=lines,
        first=link(request, before=None) if before else None,
        more=link(request, before=lines[-1].id) if len(found) > LINES else None,
        **around,
    )


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
