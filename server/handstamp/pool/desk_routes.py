"""The API of the desk of tickets from elsewhere: what was assigned, and what is done about it.

Mailing again and marking as used lie with the rooms that do it (preorders, checkin).
"""

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.events.find_events import owned_event
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.file_answer import CSV_TYPE, file_answer
from handstamp.plumbing.idempotency import answer_once
from handstamp.plumbing.web import require_preorders, require_user, services
from handstamp.pool import desk_shapes as shapes
from handstamp.pool.export_assignments import begin_export, headings, pieces
from handstamp.pool.find_assignments import (
    TICKET_STATES,
    find_orders,
    find_tickets,
    pool_event,
)
from handstamp.pool.pool_figures import pool_figures
from handstamp.pool.reassign import reassign, undo
from handstamp.pool.reconcile import reconcile
from handstamp.pool.set_fallback import set_fallback
from handstamp.tickets.export_guests import csv_file

_TAGS = ["ticket pool"]
_FRESH = {"Cache-Control": "no-store"}


class ReconcilingBody(BaseModel):
    """What was enqueued: runs of the matcher, and assignments to be handed over once more."""

    runs: int
    hand_overs: int


@spec.validate(resp=answers(HTTP_202=ReconcilingBody), tags=_TAGS)
async def reconcile_event(request: Request) -> Response:
    """Match an event's tickets again; where nothing has changed, nothing changes."""
    require_preorders(request)
    who, of = require_user(request), services(request)
    async with of.db.write(actor=f"{who.kind}:{who.id}") as session:
        found = await reconcile(session, who, str(request.path_params["event_id"]))
    told = ReconcilingBody(runs=found.runs, hand_overs=found.hand_overs)
    return JSONResponse(told.model_dump(), status_code=202)


@spec.validate(
    query=shapes.AssignmentsQuery, resp=answers(HTTP_200=shapes.AssignmentsBody), tags=_TAGS
)
async def assignments(request: Request, query: shapes.AssignmentsQuery) -> Response:
    """List an event's pre-orders with their tickets, or, by the status of tickets, those."""
    who, filters = require_user(request), query.filters()
    of_tickets = filters.status in TICKET_STATES
    find = find_tickets if of_tickets else find_orders
    async with services(request).db.read() as session:
        event = await pool_event(session, who, query.event_id)
        rows = await find(session, who, event, filters, after=query.after, limit=query.limit)
    following = None
    if len(rows) == query.limit:
        following = rows[-1].ticket_id if of_tickets else rows[-1].demand_id
    told = [shapes.assignment_body(row).model_dump() for row in rows]
    return JSONResponse({"assignments": told, "next": following}, headers=_FRESH)


@spec.validate(query=shapes.AssignmentsQuery, resp=answers("HTTP_200"), tags=_TAGS)
async def export(request: Request, query: shapes.AssignmentsQuery) -> Response:
    """Send what fits as CSV, every page of it; never a password or a code."""
    who, of, filters = require_user(request), services(request), query.filters()
    async with of.db.write(actor=f"{who.kind}:{who.id}") as session:
        event = await begin_export(session, who, query.event_id, filters)
    found = csv_file(headings(), pieces(of, who, event, filters))
    return file_answer(found, f"{event.slug}-ticket-pool.csv", CSV_TYPE)


@spec.validate(json=shapes.ReassignWish, resp=answers(HTTP_200=shapes.ReassignedBody), tags=_TAGS)
async def reassign_ticket(request: Request, json: shapes.ReassignWish) -> Response:
    """Give a ticket to a certain pre-order, whoever had it; that can be undone for a while."""
    require_preorders(request)
    who, ticket_id = require_user(request), str(request.path_params["pool_ticket_id"])

    async def produce(session: AsyncSession) -> Response:
        done = await reassign(session, who, ticket_id=ticket_id, demand_id=json.pre_order_id)
        told = shapes.ReassignedBody(assignment_id=done.assignment.id, undo_until=done.undo_until)
        return JSONResponse(told.model_dump())

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(resp=answers("HTTP_204"), tags=_TAGS)
async def undo_reassigning(request: Request) -> Response:
    """Take a giving by hand back: everybody has again what they had."""
    who, of = require_user(request), services(request)
    async with of.db.write(actor=f"{who.kind}:{who.id}") as session:
        await undo(session, who, str(request.path_params["assignment_id"]))
    return Response(status_code=204)


@spec.validate(resp=answers(HTTP_200=shapes.PoolBody), tags=_TAGS)
async def show_pool(request: Request) -> Response:
    """Tell how an event's pool stands, by variant."""
    who = require_user(request)
    async with services(request).db.read() as session:
        event = await owned_event(session, who, str(request.path_params["event_id"]))
        figures = await pool_figures(session, event.id)
    return JSONResponse(shapes.pool_body(figures).model_dump(), headers=_FRESH)


@spec.validate(json=shapes.FallbackWish, resp=answers(HTTP_200=shapes.PoolBody), tags=_TAGS)
async def change_pool(request: Request, json: shapes.FallbackWish) -> Response:
    """Set how tickets may go to members who wished another variant, and match again."""
    require_preorders(request)
    who, of = require_user(request), services(request)
    event_id = str(request.path_params["event_id"])
    async with of.db.write(actor=f"{who.kind}:{who.id}") as session:
        await set_fallback(session, who, event_id, json.fallback)
        figures = await pool_figures(session, event_id)
    return JSONResponse(shapes.pool_body(figures).model_dump(), headers=_FRESH)


_TICKETS, _EVENT = "/api/tickets/admin/tickets", "/api/tickets/admin/events/{event_id}"

routes: list[BaseRoute] = [
    Route(f"{_EVENT}/reconcile", reconcile_event, methods=["POST"]),
    Route(f"{_EVENT}/pool", show_pool, methods=["GET"]),
    Route(f"{_EVENT}/pool", change_pool, methods=["PUT"]),
    Route(f"{_TICKETS}/assignments", assignments, methods=["GET"]),
    Route(f"{_TICKETS}/assignments/export", export, methods=["GET"]),
    Route(f"{_TICKETS}/assignments/{{assignment_id}}/undo", undo_reassigning, methods=["POST"]),
    Route(f"{_TICKETS}/{{pool_ticket_id}}/reassign", reassign_ticket, methods=["POST"]),
]
