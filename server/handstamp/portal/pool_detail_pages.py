"""Pages about one pre-order or ticket of the pool: why it stands so, its log, acts on several."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.plumbing.errors import BadInput, Conflict, TooMany
from handstamp.plumbing.paging import link, number_in
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_preorders, require_user, services
from handstamp.pool.credentials import Credential, count_reading, read_credential
from handstamp.pool.explain import explain_demand, explain_ticket
from handstamp.pool.find_assignments import one_order, one_ticket
from handstamp.pool.find_log import PAGE, log_of
from handstamp.portal.pages import go, page, render
from handstamp.portal.pool_bulk import MOST, act, picked_by, said
from handstamp.portal.pool_frame import filter_query, pool_around, pool_in, pool_path
from handstamp.preorders.resend_credentials import resend_credentials


@page
async def order(request: Request) -> Response:
    """Show one pre-order: its ticket, why it has that one or none, and what happened."""
    actor = require_user(request)
    async with services(request).db.read() as session:
        event = await pool_in(session, request)
        row = await one_order(session, actor, event, request.path_params["demand_id"])
        told = await explain_demand(session, actor, row.demand_id or "")
        lines = await log_of(session, actor, event, demand_id=row.demand_id or "")
        around = await pool_around(session, event, "")
    return render(request, "pool_order.html", row=row, told=told, lines=lines, **around)


@page
async def ticket(request: Request) -> Response:
    """Show one ticket: who has it, why, and what happened."""
    return await _ticket(request, None)


async def _ticket(request: Request, credential: Credential | None) -> Response:
    actor = require_user(request)
    async with services(request).db.read() as session:
        event = await pool_in(session, request)
        row = await one_ticket(session, actor, event, request.path_params["pool_ticket_id"])
        told = await explain_ticket(session, actor, row.ticket_id or "")
        lines = await log_of(session, actor, event, ticket_id=row.ticket_id or "")
        around = await pool_around(session, event, "")
    return render(
        request,
        "pool_ticket.html",
        row=row,
        told=told,
        lines=lines,
        credential=credential,
        **around,
    )


@page
async def reveal(request: Request) -> Response:
    """Show a ticket's e-mail and password once, for a reason that is kept."""
    actor, of = require_user(request), services(request)
    reason = str((await request.form()).get("reason", ""))
    async with of.db.read() as session:
        event = await pool_in(session, request)
        row = await one_ticket(session, actor, event, request.path_params["pool_ticket_id"])
    ticket_id = row.ticket_id or ""
    try:
        await count_reading(of, actor)
        async with of.db.write(actor=actor.id) as session:
            found = await read_credential(session, of, actor, ticket_id, reason=reason)
    except (BadInput, TooMany) as problem:
        here = pool_path(event.id, f"/tickets/{ticket_id}")
        return go(request, here, problem.detail, tone="warn")
    return await _ticket(request, found)


@page
async def resend(request: Request) -> Response:
    """Mail a pre-order's ticket again."""
    require_preorders(request)
    actor, of = require_user(request), services(request)
    async with of.db.read() as session:
        event = await pool_in(session, request)
        row = await one_order(session, actor, event, request.path_params["demand_id"])
    here = pool_path(event.id, f"/orders/{row.demand_id}")
    try:
        await resend_credentials(of, actor, row.ticket_id or "none")
    except (Conflict, TooMany) as problem:
        return go(request, here, problem.detail, tone="warn")
    told = _("The ticket is mailed again to %(email)s.") % {"email": row.email}
    return go(request, here, told)


@page
async def log(request: Request) -> Response:
    """Show everything that was done to an event's pool, the newest first."""
    actor, before = require_user(request), number_in(request, "before")
    async with services(request).db.read() as session:
        event = await pool_in(session, request)
        around = await pool_around(session, event, "log")
        found = await log_of(session, actor, event, before=before, limit=PAGE + 1)
    lines = found[:PAGE]
    return render(
        request,
        "pool_log.html",
        lines=lines,
        first=link(request, before=None) if before else None,
        more=link(request, before=lines[-1].id) if len(found) > PAGE else None,
        **around,
    )


@page
async def acts(request: Request) -> Response:
    """Ask whether to mail or mark as many as were chosen; then do it."""
    require_preorders(request)
    actor, of = require_user(request), services(request)
    sent = await request.form()
    async with of.db.read() as session:
        event = await pool_in(session, request)
        around = await pool_around(session, event, "overview")
        picked = await picked_by(session, actor, event, sent)
    here = pool_path(event.id, filter_query(picked.filters))
    if not picked.tickets:
        nobody = _("Choose at least one that has a ticket for that.")
        return go(request, here, nobody, tone="warn")
    if sent.get("sure") != str(len(picked.tickets)):
        return render(request, "pool_sure.html", picked=picked, most=MOST, **around)
    done = await act(of, actor, picked)
    return go(request, here, said(picked.verb, done), tone=done.tone)


_POOL = "/organizer/events/{event_id}/pool"
routes = [
    Route(_POOL + "/acts", acts, methods=["POST"]),
    Route(_POOL + "/log", log),
    Route(_POOL + "/orders/{demand_id}", order),
    Route(_POOL + "/orders/{demand_id}/resend", resend, methods=["POST"]),
    Route(_POOL + "/tickets/{pool_ticket_id}", ticket),
    Route(_POOL + "/tickets/{pool_ticket_id}/reveal", reveal, methods=["POST"]),
]
