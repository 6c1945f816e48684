"""Pages about one pre-order or ticket of the pool: why it stands so, its log, acts on several."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_user, services
from handstamp.portal.pages import go, page, render
from handstamp.portal.pool_bulk import MOST, act, picked_by, said
from handstamp.portal.pool_desk import (
    Desk,
    mail_again,
    reveal_ticket,
    show_log,
    show_order,
    show_ticket,
)
from handstamp.portal.pool_frame import filter_query, pool_around, pool_in, pool_path

_DESK = Desk("pool", pool_in, pool_around, pool_path)


@page
async def order(request: Request) -> Response:
    """Show one pre-order to its organizer."""
    return await show_order(_DESK, request)


@page
async def ticket(request: Request) -> Response:
    """Show one ticket to its organizer."""
    return await show_ticket(_DESK, request)


@page
async def reveal(request: Request) -> Response:
    """Show a ticket's e-mail and password to its organizer, once."""
    return await reveal_ticket(_DESK, request)


@page
async def resend(request: Request) -> Response:
    """Mail a pre-order's ticket again."""
    return await mail_again(_DESK, request)


@page
async def log(request: Request) -> Response:
    """Show everything that was done to an event's pool."""
    return await show_log(_DESK, request)


@page
async def acts(request: Request) -> Response:
    """Ask whether to mail or mark as many as were chosen; then do it."""
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
