"""The desk of an event's ticket pool: how it stands, who has what, and what matches it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.events.models import Event
from handstamp.plumbing.file_answer import CSV_TYPE, file_answer
from handstamp.plumbing.paging import link
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, require_preorders, require_user, services
from handstamp.pool.export_assignments import begin_export, headings, pieces
from handstamp.pool.find_assignments import (
    TICKET_STATES,
    Filters,
    PoolRow,
    find_orders,
    find_tickets,
)
from handstamp.pool.pool_figures import pool_figures
from handstamp.pool.reconcile import reconcile
from handstamp.pool.set_fallback import set_fallback
from handstamp.portal import pool_words
from handstamp.portal.pages import fragment, go, page, render
from handstamp.portal.pool_frame import (
    filter_query,
    filters_in,
    pool_around,
    pool_in,
    pool_names,
    pool_path,
)
from handstamp.tickets.export_guests import csv_file

PAGE = 50


@page
async def overview(request: Request) -> Response:
    """Show the cards, the heat map, and the pre-orders or tickets that fit the filters."""
    actor, filters = require_user(request), filters_in(request.query_params)
    async with services(request).db.read() as session:
        event = await pool_in(session, request)
        around = await pool_around(session, event, "overview")
        figures = await pool_figures(session, event.id)
        listed = await listing(session, request, actor, event, filters)
    return render(
        request,
        "pool.html",
        figures=figures,
        fallbacks=pool_words.fallbacks(),
        **listed,
        **around,
    )


async def listing(
    session: AsyncSession, request: Request, actor: Actor, event: Event, filters: Filters
) -> dict[str, Any]:
    """Return a page of pre-orders, or of tickets where the status is one of tickets."""
    of_tickets = filters.status in TICKET_STATES
    find = find_tickets if of_tickets else find_orders
    after = request.query_params.get("after", "")
    found = await find(session, actor, event, filters, after=after, limit=PAGE + 1)
    rows = found[:PAGE]
    return {
        "rows": rows,
        "of_tickets": of_tickets,
        "filters": filters,
        "filtered": filters != Filters(),
        "query": filter_query(filters),
        "first": link(request, after=None) if after else None,
        "more": link(request, after=_place(rows, of_tickets)) if len(found) > PAGE else None,
    }


def _place(rows: Sequence[PoolRow], of_tickets: bool) -> str:
    last = rows[-1]
    return (last.ticket_id if of_tickets else last.demand_id) or ""


@page
async def live(request: Request) -> Response:
    """Return the part of the page that follows the pool."""
    async with services(request).db.read() as session:
        event = await pool_in(session, request)
        figures = await pool_figures(session, event.id)
        names = await pool_names(session, event)
    pool = pool_path(event.id)
    return fragment(request, "pool_live.html", event=event, figures=figures, pool=pool, **names)


@page
async def export(request: Request) -> Response:
    """Send what fits the filters as CSV, piece by piece; it holds no password."""
    require_preorders(request)
    actor, of = require_user(request), services(request)
    filters = filters_in(await request.form())
    event_id = request.path_params["event_id"]
    async with of.db.write(actor=actor.id) as session:
        event = await begin_export(session, actor, event_id, filters)
    found = csv_file(headings(), pieces(of, actor, event, filters))
    return file_answer(found, f"{event.slug}-ticket-pool.csv", CSV_TYPE)


@page
async def fallback(request: Request) -> Response:
    """Set how tickets may go to members who wished another variant."""
    actor, of = require_user(request), services(request)
    chosen = str((await request.form()).get("fallback", ""))
    async with of.db.write(actor=actor.id) as session:
        event = await pool_in(session, request)
        await set_fallback(session, actor, event.id, chosen)
    return go(request, pool_path(event.id), _("Saved. What is free is matched again now."))


@page
async def match_again(request: Request) -> Response:
    """Have the whole event matched again; where nothing has changed, nothing changes."""
    actor, of = require_user(request), services(request)
    async with of.db.write(actor=actor.id) as session:
        event = await pool_in(session, request)
        done = await reconcile(session, actor, event.id)
    said = _("Everything is looked at again. This page follows it by itself.")
    if not (done.runs or done.hand_overs):
        said = _("Nobody waits and no ticket is free: there is nothing to match.")
    return go(request, pool_path(event.id), said)


_POOL = "/organizer/events/{event_id}/pool"
routes = [
    Route(_POOL, overview),
    Route(_POOL + "/live", live),
    Route(_POOL + "/export", export, methods=["POST"]),
    Route(_POOL + "/fallback", fallback, methods=["POST"]),
    Route(_POOL + "/reconcile", match_again, methods=["POST"]),
]
