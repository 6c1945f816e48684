"""Pages of sales: what one event sold, and all events of an organizer together."""

from datetime import date, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.analytics.look_at_sales import sales_of_event, sales_of_organizer
from handstamp.plumbing.local_time import local
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_user, services
from handstamp.portal.event_frame import event_of, path_of
from handstamp.portal.event_frame import frame as event_frame
from handstamp.portal.organizer_frame import frame, organizer_path
from handstamp.portal.pages import go, page, render
from handstamp.portal.sales_chart import chart
from handstamp.refunds.find_disputes import event_taken, organizer_taken

RANGES = {"90": 90, "30": 30}  # days back; without one everything is shown


@page
async def of_event(request: Request) -> Response:
    """Show what an event sold; how far back stands in the address."""
    shared = services(request)
    async with shared.db.read() as session:
        event = await event_of(session, request)
        around = await event_frame(session, event, "sales")
        today = local(shared.clock(), event.time_zone).date()
        wanted, since = _range(request, today)
        sales = await sales_of_event(session, event, shared.clock(), since)
        taken = await event_taken(session, event.id)
    return render(
        request,
        "sales.html",
        sales=sales,
        taken=taken,
        picture=chart(sales.metrics.days, _first(since), today if since else None),
        **_choices(wanted, path_of(event.id, "/sales")),
        **around,
    )


@page
async def first(request: Request) -> Response:
    """Lead on to the sales of the organizer that is chosen, or of the first."""
    async with services(request).db.read() as session:
        around = await frame(session, request, "sales")
    if around["organizer"] is None:
        return go(request, "/tickets/organizer/new")
    return go(request, organizer_path("sales", around["organizer"].id))


@page
async def of_organizer(request: Request) -> Response:
    """Show what all events of an organizer sold, each currency by itself."""
    require_user(request)
    shared = services(request)
    async with shared.db.read() as session:
        around = await frame(session, request, "sales")
        today = local(shared.clock(), "UTC").date()
        wanted, since = _range(request, today)
        found = await sales_of_organizer(session, around["organizer"].id, since)
        taken = await organizer_taken(session, around["organizer"].id)
    last = today if since else None
    return render(
        request,
        "sales_all.html",
        taken=taken,
        currencies=[(one, chart(one.metrics.days, _first(since), last)) for one in found],
        **_choices(wanted, organizer_path("sales", around["organizer"].id)),
        **around,
    )


def _range(request: Request, today: date) -> tuple[str, str]:
    """Return which range is asked for, and its first day ('' is all)."""
    wanted = request.query_params.get("range", "")
    if wanted not in RANGES:
        return "", ""
    return wanted, (today - timedelta(days=RANGES[wanted] - 1)).isoformat()


def _first(since: str) -> date | None:
    return date.fromisoformat(since) if since else None


def _choices(wanted: str, path: str) -> dict[str, Any]:
    names = {"": _("All"), "90": _("90 days"), "30": _("30 days")}
    return {
        "wanted": wanted,
        "ranges": [
            (value, name, f"{path}?range={value}" if value else path)
            for value, name in names.items()
        ],
    }


routes = [
    Route("/organizer/events/{event_id}/sales", of_event),
    Route("/organizer/sales", first),
    Route("/organizer/sales/{organizer_id}", of_organizer),
]
