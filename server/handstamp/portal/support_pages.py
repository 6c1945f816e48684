"""Support's one search, and the story of what it finds: what happened, in one line of time."""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.orders.resend_tickets import resend_tickets
from handstamp.plumbing.errors import BadInput, NotFound, Problem
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, require_user, services
from handstamp.portal import support_words
from handstamp.portal.pages import go, page, render
from handstamp.support.find_anything import find_anything
from handstamp.support.found import Found, Story
from handstamp.support.rules import LONGEST
from handstamp.support.timeline import (
    helped_order,
    order_of,
    order_story,
    preorder_story,
    ticket_story,
)

HOME = "/tickets/support/find"
_PATHS = {"order": "orders", "preorder": "pre-orders", "ticket": "tickets"}


def story_path(kind: str, id_: str) -> str:
    """Return the address of a story; '' for what has none."""
    return f"/tickets/support/{_PATHS[kind]}/{id_}" if kind in _PATHS else ""


@page
async def find(request: Request) -> Response:
    """Ask for words, and show all that fits them."""
    who = require_user(request)
    if who.kind != "admin" and not who.organizers:
        raise NotFound(_("There is nothing here that you may see."))
    typed = request.query_params.get("q", "").strip()[:LONGEST]
    found, problem = None, ""
    if typed:
        try:
            async with services(request).db.read() as session:
                found = await find_anything(session, who, typed)
        except BadInput as error:
            problem = error.detail
    return render(
        request,
        "support_find.html",
        status=422 if problem else 200,
        typed=typed,
        found=found or Found(),
        asked=found is not None,
        problem=problem,
        kinds=support_words.kinds(),
        words=support_words,
        path=story_path,
    )


Tell = Callable[[AsyncSession, Actor], Awaitable[Story]]


async def _show(request: Request, tell: Tell, order_id: str = "") -> Response:
    who = require_user(request)
    async with services(request).db.read() as session:
        story = await tell(session, who)
        if story.kind == "ticket":
            order_id = await order_of(session, int(story.id))
    return render(
        request,
        "support_story.html",
        story=story,
        order_id=order_id,
        kinds=support_words.moment_kinds(),
        words=support_words,
        desk=_desk(story),
    )


def _desk(story: Story) -> str:
    """Return where the organizer's own page of it is, for refunds and all else."""
    place = {"order": "orders", "preorder": "pre-orders", "ticket": "guests"}[story.kind]
    return f"/tickets/organizer/events/{story.event.id}/{place}/{story.id}"


@page
async def of_order(request: Request) -> Response:
    """Show all that happened to an order."""
    order_id = request.path_params["order_id"]
    return await _show(request, lambda session, who: order_story(session, who, order_id))


@page
async def of_preorder(request: Request) -> Response:
    """Show all that happened to a pre-order."""
    id_ = request.path_params["preorder_id"]
    return await _show(request, lambda session, who: preorder_story(session, who, id_))


@page
async def of_ticket(request: Request) -> Response:
    """Show all that happened to a ticket."""
    id_ = request.path_params["ticket_id"]
    if id_ >= 2**63:
        raise NotFound(_("There is nothing here that you may see."))
    return await _show(request, lambda session, who: ticket_story(session, who, id_))


@page
async def resend(request: Request) -> Response:
    """Mail an order's tickets again."""
    who, order_id = require_user(request), request.path_params["order_id"]
    async with services(request).db.read() as session:
        await helped_order(session, who, order_id)
    here = story_path("order", order_id)
    try:
        await resend_tickets(services(request), who, order_id)
    except Problem as problem:
        return go(request, here, problem.detail, tone="warn")
    return go(request, here, _("On their way. Mails often take a minute or two."))


routes = [
    Route("/support/find", find),
    Route("/support/orders/{order_id}", of_order),
    Route("/support/orders/{order_id}/resend", resend, methods=["POST"]),
    Route("/support/pre-orders/{preorder_id}", of_preorder),
    Route("/support/tickets/{ticket_id:int}", of_ticket),
]
