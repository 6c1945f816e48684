"""A pre-order, a ticket and the log of a pool, as the organizer's and the support's pages share it.

Each of the two finds the event by its own rule of who may see it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from handstamp.events.models import Event
from handstamp.plumbing.errors import BadInput, Conflict, TooMany
from handstamp.plumbing.paging import link, number_in
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_user, services
from handstamp.pool.credentials import Credential, count_reading, read_credential
from handstamp.pool.explain import explain_demand, explain_ticket
from handstamp.pool.find_assignments import one_order, one_ticket
from handstamp.pool.find_log import PAGE, log_of
from handstamp.portal.pages import go, render
from handstamp.preorders.resend_credentials import resend_credentials


@dataclass(frozen=True)
class Desk:
    """Whose pages they are.

    `name` begins the names of their templates; `event_in` returns the event in the address or
    raises; `around` returns what the frame shows, given the part that is open; `path` returns the
    address of an event's page with a tail.
    """

    name: str
    event_in: Callable[[AsyncSession, Request], Awaitable[Event]]
    around: Callable[[AsyncSession, Event, str], Awaitable[dict[str, Any]]]
    path: Callable[[str, str], str]


async def show_order(desk: Desk, request: Request) -> Response:
    """Show one pre-order: its ticket, why it has that one or none, and what happened."""
    actor = require_user(request)
    async with services(request).db.read() as session:
        event = await desk.event_in(session, request)
        row = await one_order(session, actor, event, request.path_params["demand_id"])
        told = await explain_demand(session, actor, row.demand_id or "")
        lines = await log_of(session, actor, event, demand_id=row.demand_id or "")
        around = await desk.around(session, event, "")
    name = f"{desk.name}_order.html"
    return render(request, name, row=row, told=told, lines=lines, **around)


async def show_ticket(
    desk: Desk, request: Request, credential: Credential | None = None
) -> Response:
    """Show one ticket: who has it, why, what happened, and what opens it if that was asked for."""
    actor = require_user(request)
    async with services(request).db.read() as session:
        event = await desk.event_in(session, request)
        row = await one_ticket(session, actor, event, request.path_params["pool_ticket_id"])
        told = await explain_ticket(session, actor, row.ticket_id or "")
        lines = await log_of(session, actor, event, ticket_id=row.ticket_id or "")
        around = await desk.around(session, event, "")
    return render(
        request,
        f"{desk.name}_ticket.html",
        row=row,
        told=told,
        lines=lines,
        credential=credential,
        **around,
    )


async def reveal_ticket(desk: Desk, request: Request) -> Response:
    """Show a ticket's e-mail and password once, for a reason that is kept."""
    actor, of = require_user(request), services(request)
    reason = str((await request.form()).get("reason", ""))
    async with of.db.read() as session:
        event = await desk.event_in(session, request)
        row = await one_ticket(session, actor, event, request.path_params["pool_ticket_id"])
    ticket_id = row.ticket_id or ""
    try:
        await count_reading(of, actor)
        async with of.db.write(actor=actor.id) as session:
            found = await read_credential(session, of, actor, ticket_id, reason=reason)
    except (BadInput, TooMany) as problem:
        here = desk.path(event.id, f"/tickets/{ticket_id}")
        return go(request, here, problem.detail, tone="warn")
    return await show_ticket(desk, request, found)


async def mail_again(desk: Desk, request: Request) -> Response:
    """Mail a pre-order's ticket again."""
    actor, of = require_user(request), services(request)
    async with of.db.read() as session:
        event = await desk.event_in(session, request)
        row = await one_order(session, actor, event, request.path_params["demand_id"])
    here = desk.path(event.id, f"/orders/{row.demand_id}")
    try:
        await resend_credentials(of, actor, row.ticket_id or "")
    except (Conflict, TooMany) as problem:
        return go(request, here, problem.detail, tone="warn")
    return go(request, here, _("The ticket is mailed again to %(email)s.") % {"email": row.email})


async def show_log(desk: Desk, request: Request) -> Response:
    """Show what was done to an event's pool, the newest first."""
    actor, before = require_user(request), number_in(request, "before")
    async with services(request).db.read() as session:
        event = await desk.event_in(session, request)
        around = await desk.around(session, event, "log")
        found = await log_of(session, actor, event, before=before, limit=PAGE + 1)
    lines = found[:PAGE]
    return render(
        request,
        f"{desk.name}_log.html",
        lines=lines,
        first=link(request, before=None) if before else None,
        more=link(request, before=lines[-1].id) if len(found) > PAGE else None,
        **around,
    )
