"""The administrator's pages of moderation: the queue of public pages, and one page in it."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.moderation.decide_review import approve_page, hide_page, set_trust
from handstamp.moderation.find_reviews import PAGE, hidden_pages, page_review, waiting_pages
from handstamp.moderation.routes import next_place
from handstamp.plumbing.errors import BadInput, Conflict
from handstamp.plumbing.paging import link, place_of
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_admin, services
from handstamp.portal import words
from handstamp.portal.organizer_frame import frame
from handstamp.portal.pages import go, page, render

HOME = "/tickets/admin/reviews"


def why_names() -> dict[str, str]:
    """Name why a page waits for a look."""
    return {
        "new": _("New"),
        "changed": _("Changed"),
        "again": _("Was hidden, asks again"),
    }


@page
async def reviews(request: Request) -> Response:
    """List what waits, the longest first, and what is hidden."""
    who = require_admin(request)
    after = place_of(request.query_params.get("after", ""))
    async with services(request).db.read() as session:
        around = await frame(session, request, "reviews")
        rows = await waiting_pages(session, who, after=after)
        hidden = await hidden_pages(session, who)
    return render(
        request,
        "reviews.html",
        rows=rows[:PAGE],
        hidden=hidden,
        why_names=why_names(),
        status_names=words.event_statuses(),
        first=link(request, after=None) if after else None,
        more=link(request, after=next_place(rows)) if len(rows) > PAGE else None,
        **around,
    )


@page
async def review(request: Request) -> Response:
    """Show a page as the public reads it, with what can be decided."""
    return await _show(request)


async def _show(request: Request, problem: str = "", reason: str = "") -> Response:
    who = require_admin(request)
    async with services(request).db.read() as session:
        found = await page_review(session, who, request.path_params["event_id"])
        around = await frame(session, request, "reviews")
    return render(
        request,
        "review.html",
        status=422 if problem else 200,
        found=found,
        event=found.event,
        problem=problem,
        reason=reason,
        why_names=why_names(),
        status_names=words.event_statuses(),
        **around,
    )


@page
async def approve(request: Request) -> Response:
    """Say yes to what was looked at."""
    who, sent, event_id = require_admin(request), await request.form(), _event_id(request)
    seen, trusts = str(sent.get("seen", "")), bool(sent.get("trust"))
    try:
        async with services(request).db.write(actor=who.id) as session:
            of = services(request)
            await approve_page(session, of, who, event_id, seen=seen, trust=trusts)
    except Conflict as changed:
        return go(request, f"{HOME}/{event_id}", changed.detail, tone="warn")
    return go(request, HOME, _("Approved. The page is public."))


@page
async def hide(request: Request) -> Response:
    """Take a page from the public, with a reason."""
    who, sent, event_id = require_admin(request), await request.form(), _event_id(request)
    seen, reason = str(sent.get("seen", "")), str(sent.get("reason", ""))
    try:
        async with services(request).db.write(actor=who.id) as session:
            await hide_page(session, services(request), who, event_id, reason=reason, seen=seen)
    except BadInput as problem:
        return await _show(request, problem.detail, reason)
    except Conflict as changed:
        return go(request, f"{HOME}/{event_id}", changed.detail, tone="warn")
    said = _("Hidden. Nobody finds it, nothing of it is sold, and its team gets your reason.")
    return go(request, HOME, said)


@page
async def trust(request: Request) -> Response:
    """Trust an organizer's pages from now on, or look at them again."""
    who, sent = require_admin(request), await request.form()
    trusted = bool(sent.get("trusted"))
    organizer_id = request.path_params["organizer_id"]
    async with services(request).db.write(actor=who.id) as session:
        await set_trust(session, services(request), who, organizer_id, trusted=trusted)
    said = _("Their pages are looked at again.")
    return go(request, HOME, _("Their pages wait for nobody from now on.") if trusted else said)


def _event_id(request: Request) -> str:
    return str(request.path_params["event_id"])


_REVIEWS = "/admin/reviews"
routes = [
    Route(_REVIEWS, reviews),
    Route(_REVIEWS + "/{event_id}", review),
    Route(_REVIEWS + "/{event_id}/approve", approve, methods=["POST"]),
    Route(_REVIEWS + "/{event_id}/hide", hide, methods=["POST"]),
    Route("/admin/organizers/{organizer_id}/trust", trust, methods=["POST"]),
]
