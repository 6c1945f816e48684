"""The ticket pools of all events of an organizer, at a glance."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.plumbing.paging import link, number_in
from handstamp.plumbing.web import require_preorders, require_user, services
from handstamp.pool.pool_figures import pool_events, pool_totals
from handstamp.portal.organizer_frame import frame
from handstamp.portal.pages import go, page, render

PAGE = 50
LONGEST = 100


@page
async def all_pools(request: Request) -> Response:
    """Show the sums, and each event that has a pool, the latest first."""
    require_preorders(request)
    actor, query = require_user(request), request.query_params
    words, only_open = query.get("q", "").strip()[:LONGEST], query.get("show") == "open"
    at, last = number_in(request, "at"), query.get("after", "")
    async with services(request).db.read() as session:
        around = await frame(session, request, "pool")
        organizer = around["organizer"]
        if organizer is None:
            return go(request, "/tickets/organizer/new")
        totals = await pool_totals(session, actor, organizer.id)
        found = await pool_events(
            session,
            actor,
            organizer.id,
            words=words,
            only_open=only_open,
            after=(at, last) if last and last.isprintable() else None,
            limit=PAGE + 1,
        )
    rows = found[:PAGE]
    more = link(request, at=rows[-1].start_at, after=rows[-1].id) if len(found) > PAGE else None
    return render(
        request,
        "pool_all.html",
        totals=totals,
        rows=rows,
        search=words,
        only_open=only_open,
        first=link(request, at=None, after=None) if last else None,
        more=more,
        **around,
    )


routes = [
    Route("/organizer/pool", all_pools),
    Route("/organizer/pool/{organizer_id}", all_pools),
]
