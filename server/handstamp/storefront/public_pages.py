"""What everybody may read: the list of events, and one event with its tiers."""

from collections.abc import Awaitable, Callable
from functools import wraps

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.events.find_events import public_event, public_events, tiers_of
from handstamp.plumbing.errors import NotFound, SwitchedOff
from handstamp.plumbing.money_text import price
from handstamp.plumbing.pages import Pages
from handstamp.plumbing.web import require_ticketing, services

MOST = 200

_pages = Pages("handstamp.storefront", foreign_images=True, private=False)
_pages.env.filters.update(price=price)


Handler = Callable[[Request], Awaitable[Response]]


def while_open(handler: Handler) -> Handler:
    """Make a public page that says so, in its own frame, while ticketing is switched off."""

    @wraps(handler)
    async def answer(request: Request) -> Response:
        try:
            require_ticketing(request)
        except SwitchedOff as problem:
            return _pages.answer(request, "closed.html", status=problem.status, problem=problem)
        return await handler(request)

    return answer


async def home(_request: Request) -> Response:
    """Lead from the bare address to the list of events."""
    return RedirectResponse("/tickets/events", status_code=307)


@while_open
async def events(request: Request) -> Response:
    """List published events that are not over; search by title, place or city."""
    words = request.query_params.get("q", "").strip()[:100]
    city = request.query_params.get("city", "").strip()[:100]
    async with services(request).db.read() as session:
        found = await public_events(session, services(request).clock(), limit=MOST)
    cities = sorted({event.city for event in found if event.city})
    wanted = words.casefold()
    shown = [
        event
        for event in found
        if wanted in f"{event.title} {event.venue} {event.city} {event.summary}".casefold()
        and (not city or event.city == city)
    ]
    return _pages.answer(
        request,
        "public_events.html",
        events=shown,
        any_events=bool(found),
        cities=cities,
        city=city,
        words=words,
    )


@while_open
async def event(request: Request) -> Response:
    """Show one published event with the tiers that the public may see."""
    try:
        async with services(request).db.read() as session:
            found = await public_event(session, request.path_params["slug"])
            tiers = [
                tier for tier in await tiers_of(session, found.id) if tier.visibility == "public"
            ]
    except NotFound:
        return _pages.answer(request, "no_event.html", status=404)
    return _pages.answer(request, "public_event.html", event=found, tiers=tiers)


routes: list[BaseRoute] = [
    Route("/tickets", home),
    Route("/tickets/events", events),
    Route("/tickets/e/{slug}", event),
]
