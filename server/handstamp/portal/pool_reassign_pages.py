"""Giving a ticket by hand: dragged onto a member or chosen in a form, with a way back."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.events.models import Event
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, require_user, services
from handstamp.pool.find_assignments import (
    Filters,
    PoolRow,
    find_orders,
    find_tickets,
    one_order,
    one_ticket,
)
from handstamp.pool.reassign import reassign, undo
from handstamp.portal.pages import go, page, render
from handstamp.portal.pool_frame import LONGEST, pool_around, pool_in, pool_path

SHOWN = 25


@page
async def board(request: Request) -> Response:
    """Show members and free tickets beside each other, and the form that gives one to another."""
    actor, query = require_user(request), request.query_params
    texts = {name: query.get(name, "").strip()[:LONGEST] for name in
             ("member", "account", "tier", "demand", "ticket")}  # fmt: skip
    async with services(request).db.read() as session:
        event = await pool_in(session, request)
        around = await pool_around(session, event, "reassign")
        named, address = ("", texts["member"]) if "@" in texts["member"] else (texts["member"], "")
        found = [
            await find_orders(
                session, actor, event, Filters(status, named, address, texts["tier"]), limit=SHOWN
            )
            for status in ("waiting", "")
        ]
        members = _merged(*found)
        free = Filters("free", "", texts["account"], texts["tier"])
        tickets = await find_tickets(session, actor, event, free, limit=SHOWN)
        chosen = await _chosen(session, actor, event, texts["demand"], texts["ticket"])
    if chosen is not None and chosen.demand_id:
        members = _merged([chosen], members)
    elif chosen is not None:
        tickets = [chosen, *(one for one in tickets if one.ticket_id != chosen.ticket_id)]
    return render(
        request,
        "pool_reassign.html",
        members=members,
        tickets=tickets,
        texts=texts,
        query=request.url.query,
        **around,
    )


def _merged(first: Sequence[PoolRow], others: Sequence[PoolRow]) -> list[PoolRow]:
    known = {row.demand_id for row in first}
    return [*first, *(row for row in others if row.demand_id not in known)][: 2 * SHOWN]


async def _chosen(
    session: AsyncSession, actor: Actor, event: Event, demand_id: str, ticket_id: str
) -> PoolRow | None:
    if ticket_id:
        return await one_ticket(session, actor, event, ticket_id)
    if demand_id:
        return await one_order(session, actor, event, demand_id)
    return None


def _back(request: Request) -> str:
    tail = f"?{request.url.query}" if request.url.query else ""
    return pool_path(request.path_params["event_id"], f"/reassign{tail}")


@page
async def give(request: Request) -> Response:
    """Give a ticket to a member; the notice offers the way back for a short time."""
    actor, of, sent = require_user(request), services(request), await request.form()
    ticket_id, demand_id = str(sent.get("ticket", "")), str(sent.get("demand", ""))
    if not (ticket_id and demand_id):
        return go(request, _back(request), _("Choose a ticket and a member."), tone="warn")
    try:
        async with of.db.write(actor=actor.id) as session:
            event = await pool_in(session, request)
            given = await one_ticket(session, actor, event, ticket_id)
            member = await one_order(session, actor, event, demand_id)
            if given.demand_id == demand_id:
                told = _("%(member)s has this ticket already.") % {"member": member.who}
                return go(request, _back(request), told)
            done = await reassign(session, actor, ticket_id=ticket_id, demand_id=demand_id)
    except Conflict as problem:
        return go(request, _back(request), problem.detail, tone="warn")
    told = _("%(ticket)s is with %(member)s now. The member is told in a moment.")
    way_back = (pool_path(event.id, f"/reassign/{done.assignment.id}/undo"), _("Undo"))
    values = {"ticket": given.ticket_email, "member": member.who}
    return go(request, _back(request), told % values, undo=way_back, until=done.undo_until)


@page
async def take_back(request: Request) -> Response:
    """Undo a giving by hand: everybody has again what they had."""
    actor, of = require_user(request), services(request)
    here = pool_path(request.path_params["event_id"], "/reassign")
    try:
        async with of.db.write(actor=actor.id) as session:
            await pool_in(session, request)
            await undo(session, actor, request.path_params["assignment_id"])
    except Conflict as problem:
        return go(request, here, problem.detail, tone="warn")
    return go(request, here, _("Undone: everybody has again what they had."))


_REASSIGN = "/organizer/events/{event_id}/pool/reassign"
routes = [
    Route(_REASSIGN, board),
    Route(_REASSIGN, give, methods=["POST"]),
    Route(_REASSIGN + "/{assignment_id}/undo", take_back, methods=["POST"]),
]
