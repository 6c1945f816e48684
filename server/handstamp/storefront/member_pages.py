"""A member's first page: this week's events, how wishes stand, clubs, cards and notices."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from handstamp.clubs.find_clubs import invitations, memberships
from handstamp.clubs.join_club import accept_invitation
from handstamp.clubs.leave_club import leave_club
from handstamp.plumbing.errors import Conflict, NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_preorders, require_user, services
from handstamp.preorders.saved_cards import cards_of, remove_card
from handstamp.storefront.club_frame import Board, board_of, shown_as
from handstamp.storefront.pages import ME, go, member_page, render

_WORKER = Path(__file__).parent / "push-worker.js"


async def _board(request: Request) -> Board:
    who, of = require_user(request), services(request)
    offers = of.settings.enable_ticketing and of.settings.enable_preorders
    async with of.db.read() as session:
        return await board_of(session, who, of.clock(), offers=offers)


@member_page
async def board(request: Request) -> Response:
    """Show a member's page."""
    who = require_user(request)
    found = await _board(request)
    async with services(request).db.read() as session:
        cards = await cards_of(session, who)
    return render(request, "member.html", board=found, cards=cards, shown=shown_as(found.wishes))


@member_page
async def status(request: Request) -> Response:
    """Tell a page of a member whether there is something else to show."""
    found = await _board(request)
    headers = {"Cache-Control": "no-store"}
    return JSONResponse({"shown": shown_as(found.wishes), "unpaid": False}, headers=headers)


@member_page
async def accept(request: Request) -> Response:
    """Take up a club's invitation."""
    require_preorders(request)
    who, of = require_user(request), services(request)
    async with of.db.write(actor=who.id) as session:
        joined = await accept_invitation(session, of, who, request.path_params["club_id"])
    return go(request, ME, _("You are a member of %(club)s.") % {"club": joined.club.name})


@member_page
async def decline(request: Request) -> Response:
    """Turn a club's invitation down."""
    who, of = require_user(request), services(request)
    club_id = request.path_params["club_id"]
    async with of.db.write(actor=who.id) as session:
        if all(one.club.id != club_id for one in await invitations(session, who.email)):
            raise NotFound(_("No club has invited you under that address."))
        await leave_club(session, of, who, club_id)
    return go(request, ME, _("You have turned the invitation down."))


@member_page
async def leave(request: Request) -> Response:
    """Ask whether to leave a club, and do it."""
    who, of = require_user(request), services(request)
    club_id = request.path_params["club_id"]
    async with of.db.read() as session:
        mine = [one.club for one in await memberships(session, who.id) if one.club.id == club_id]
    if not mine:
        raise NotFound(_("You are not a member of that club."))
    if request.method == "GET":
        return render(request, "club_leave.html", club=mine[0])
    async with of.db.write(actor=who.id) as session:
        await leave_club(session, of, who, club_id)
    return go(request, ME, _("You have left %(club)s.") % {"club": mine[0].name})


@member_page
async def forget_card(request: Request) -> Response:
    """Remove a saved card, here and at Stripe."""
    who, of = require_user(request), services(request)
    try:
        async with of.db.write(actor=who.id) as session:
            await remove_card(session, of, who, request.path_params["card_id"])
    except Conflict as problem:
        return go(request, f"{ME}#cards", problem.detail, tone="warn")
    return go(request, f"{ME}#cards", _("The card is removed."))


async def push_worker(_request: Request) -> Response:
    """Serve the worker that shows notices; it lies where its scope is."""
    headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    return FileResponse(_WORKER, media_type="text/javascript", headers=headers)


async def without_slash(_request: Request) -> Response:
    """Lead on to the page, whose worker's scope ends in a slash."""
    return RedirectResponse(ME, status_code=307)


routes = [
    Route("/me", without_slash),
    Route("/me/", board),
    Route("/me/status", status),
    Route("/me/push-worker.js", push_worker),
    Route("/me/clubs/{club_id}/accept", accept, methods=["POST"]),
    Route("/me/clubs/{club_id}/decline", decline, methods=["POST"]),
    Route("/me/clubs/{club_id}/leave", leave, methods=["GET", "POST"]),
    Route("/me/cards/{card_id}/remove", forget_card, methods=["POST"]),
]
