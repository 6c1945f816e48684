"""What everybody may read: the list of events, by words, city and day."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from handstamp.events.find_events import public_cities, public_events, published_event
from handstamp.events.models import Event
from handstamp.orders.availability import availabilities
from handstamp.plumbing.local_time import zone_names
from handstamp.plumbing.paging import link
from handstamp.plumbing.web import services
from handstamp.storefront import words
from handstamp.storefront.bills import bill, days_of
from handstamp.storefront.pages import public_page, render

PAGE = 24


async def home(_request: Request) -> Response:
    """Lead from the bare address to the list of events."""
    return RedirectResponse("/tickets/events", status_code=307)


@public_page
async def events(request: Request) -> Response:
    """List published events that are not over, the next one first."""
    query, now = request.query_params, services(request).clock()
    search, city = (query.get(name, "").strip()[:100] for name in ("q", "city"))
    when, last = query.get("when", ""), query.get("after", "")
    async with services(request).db.read() as session:
        after: Event | None = await published_event(session, last) if last else None
        found = await public_events(
            session,
            now,
            city=city,
            words=search,
            begins=days_of(when, now, _zone(request)),
            after=after,
            limit=PAGE + 1,
        )
        shown = found[:PAGE]
        left = await availabilities(session, shown, now)
        cities = await public_cities(session, now)
    return render(
        request,
        "public_events.html",
        kept=True,
        rows=[bill(event, left[event.id]) for event in shown],
        searched=bool(search or city or when or after),
        cities=cities,
        city=city,
        search=search,
        when=when,
        whens=words.when_choices(),
        more=link(request, after=shown[-1].id) if len(found) > PAGE else "",
        first=link(request, after=None),
        later=after is not None,
    )


def _zone(request: Request) -> str:
    wanted = request.cookies.get("hs_zone", "")
    return wanted if wanted in zone_names() else "UTC"


routes = [Route("/events", events)]
