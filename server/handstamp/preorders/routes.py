"""The API of pre-orders: a member's own, and an event's for who decides."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.clubs.find_clubs import club_of
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.idempotency import answer_once, answer_once_outside
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services, require_preorders, require_user, services
from handstamp.preorders import shapes
from handstamp.preorders.approve_preorders import (
    Decided,
    approve,
    approve_up_to_stock,
    deny,
    withdraw_approval,
)
from handstamp.preorders.change_preorder import cancel_preorder, change_preorder, own_preorder
from handstamp.preorders.find_preorders import (
    counts_of_event,
    owned_preorder,
    preorder_view,
    preorder_views,
    preorders_of_event,
    preorders_of_user,
)
from handstamp.preorders.request_preorder import Placed, place
from handstamp.preorders.rules import STATUSES
from handstamp.preorders.saved_cards import cards_of, remove_card
from handstamp.preorders.verify_draw import verify_draw

_TAGS = ["pre-orders"]
_FRESH = {"Cache-Control": "no-store"}
Decide = Callable[[AsyncSession, Services, Actor], Awaitable[Decided]]


@spec.validate(query=shapes.MineQuery, resp=answers(HTTP_200=shapes.PreordersBody), tags=_TAGS)
async def mine(request: Request, query: shapes.MineQuery) -> Response:
    """List your pre-orders, the newest first."""
    who, of = require_user(request), services(request)
    async with of.db.read() as session:
        after = await own_preorder(session, who, query.after) if query.after else None
        found = await preorders_of_user(session, who.id, after=after, limit=query.limit)
        views = await preorder_views(session, found)
    following = found[-1].id if len(found) == query.limit else None
    told = [shapes.preorder_body(of.settings, view, of.clock()) for view in views]
    return JSONResponse({"pre_orders": told, "next": following}, headers=_FRESH)


@spec.validate(json=shapes.NewPreorder, resp=answers(HTTP_201=shapes.PreorderBody), tags=_TAGS)
async def request_one(request: Request, json: shapes.NewPreorder) -> Response:
    """Pre-order a ticket; nothing is charged now. Without a saved card, `card_url` asks for one."""
    require_preorders(request)
    who, of = require_user(request), services(request)

    async def produce() -> Response:
        return await _told(of, await place(of, who, json.wish()), 201)

    return await answer_once_outside(request, f"user:{who.id}", produce)


@spec.validate(resp=answers(HTTP_200=shapes.PreorderBody), tags=_TAGS)
async def show(request: Request) -> Response:
    """Show one of your pre-orders."""
    who, of = require_user(request), services(request)
    async with of.db.read() as session:
        preorder = await own_preorder(session, who, _id(request))
    return await _told(of, Placed(preorder))


@spec.validate(json=shapes.PreorderChange, resp=answers(HTTP_200=shapes.PreorderBody), tags=_TAGS)
async def change(request: Request, json: shapes.PreorderChange) -> Response:
    """Change the tier or the card of a pre-order, until the week is over."""
    require_preorders(request)
    who, of = require_user(request), services(request)

    async def produce() -> Response:
        return await _told(of, await change_preorder(of, who, _id(request), json.change()))

    return await answer_once_outside(request, f"user:{who.id}", produce)


@spec.validate(resp=answers(HTTP_200=shapes.PreorderBody), tags=_TAGS)
async def cancel(request: Request) -> Response:
    """Cancel a pre-order, until the week is over; its week is free again."""
    who, of = require_user(request), services(request)

    async def produce(session: AsyncSession) -> Response:
        preorder = await cancel_preorder(session, of, who, _id(request))
        view = await preorder_view(session, preorder)
        body = shapes.preorder_body(of.settings, view, of.clock())
        return JSONResponse(body, headers=_FRESH)

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(resp=answers(HTTP_200=shapes.CardsBody), tags=_TAGS)
async def my_cards(request: Request) -> Response:
    """List your saved cards."""
    who, of = require_user(request), services(request)
    async with of.db.read() as session:
        found = await cards_of(session, who)
    return JSONResponse({"cards": [shapes.card_body(card) for card in found]}, headers=_FRESH)


@spec.validate(resp=answers("HTTP_204"), tags=_TAGS)
async def forget_card(request: Request) -> Response:
    """Remove a saved card, here and at Stripe."""
    who, of = require_user(request), services(request)

    async def produce(session: AsyncSession) -> Response:
        await remove_card(session, of, who, _id(request, "card_id"))
        return Response(status_code=204)

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(query=shapes.EventQuery, resp=answers(HTTP_200=shapes.AdminPreorders), tags=_TAGS)
async def find(request: Request, query: shapes.EventQuery) -> Response:
    """List the pre-orders of one of your events."""
    who, of = require_user(request), services(request)
    if query.status is not None and query.status not in STATUSES:
        raise BadInput(_("There is no such status of pre-orders."))
    async with of.db.read() as session:
        after = await owned_preorder(session, who, query.after) if query.after else None
        event_id = _id(request, "event_id")
        found = await preorders_of_event(
            session,
            who,
            event_id,
            club_id=query.club,
            words=query.words,
            status=query.status,
            after=after,
            limit=query.limit,
        )
        counts = await counts_of_event(session, event_id)
    body = {
        "pre_orders": [shapes.admin_body(preorder) for preorder in found],
        "counts": [shapes.counts_body(count) for count in counts],
        "next": found[-1].id if len(found) == query.limit else None,
    }
    return JSONResponse(body, headers=_FRESH)


@spec.validate(json=shapes.Ids, resp=answers(HTTP_200=shapes.DecidedBody), tags=_TAGS)
async def approve_some(request: Request, json: shapes.Ids) -> Response:
    """Approve pre-orders; where stock must be confirmed, only as many as there is stock for."""
    event = _id(request, "event_id")
    return await _decide(
        request, lambda session, of, who: approve(session, of, who, event, json.ids)
    )


@spec.validate(json=shapes.Ids, resp=answers(HTTP_200=shapes.DecidedBody), tags=_TAGS)
async def deny_some(request: Request, json: shapes.Ids) -> Response:
    """Deny pre-orders; their members are told that nothing was charged."""
    event = _id(request, "event_id")
    return await _decide(request, lambda session, of, who: deny(session, of, who, event, json.ids))


@spec.validate(json=shapes.Ids, resp=answers(HTTP_200=shapes.DecidedBody), tags=_TAGS)
async def take_back_some(request: Request, json: shapes.Ids) -> Response:
    """Take approvals back before they are charged."""
    event = _id(request, "event_id")
    return await _decide(
        request, lambda session, of, who: withdraw_approval(session, of, who, event, json.ids)
    )


@spec.validate(json=shapes.WhichClub, resp=answers(HTTP_200=shapes.DecidedBody), tags=_TAGS)
async def approve_by_rule(request: Request, json: shapes.WhichClub) -> Response:
    """Approve as many as there is stock for: the first confirmed first, or as they are drawn."""
    event = _id(request, "event_id")
    return await _decide(
        request,
        lambda session, of, who: approve_up_to_stock(session, of, who, json.club_id, event),
    )


@spec.validate(resp=answers(HTTP_200=shapes.DrawBody), tags=_TAGS)
async def check_draw(request: Request) -> Response:
    """Compute a draw again, once its seed is told, and say whether it was fair."""
    who, of = require_user(request), services(request)
    async with of.db.read() as session:
        club = await club_of(session, who, _id(request, "club_id"))
        report = await verify_draw(session, of, club.id, _id(request, "event_id"))
    return JSONResponse(shapes.draw_body(report), headers=_FRESH)


async def _decide(request: Request, decide: Decide) -> Response:
    require_preorders(request)
    who, of = require_user(request), services(request)

    async def produce(session: AsyncSession) -> Response:
        return JSONResponse(shapes.decided_body(await decide(session, of, who)), headers=_FRESH)

    return await answer_once(request, f"user:{who.id}", produce)


async def _told(of: Services, placed: Placed, status: int = 200) -> Response:
    async with of.db.read() as session:
        view = await preorder_view(session, placed.preorder)
    body: dict[str, Any] = shapes.preorder_body(of.settings, view, of.clock(), placed.card_url)
    return JSONResponse(body, status_code=status, headers=_FRESH)


def _id(request: Request, name: str = "preorder_id") -> str:
    return str(request.path_params[name])


_MINE = "/api/tickets/me/pre-orders"
_CARDS = "/api/tickets/me/cards"
_DRAW = "/api/tickets/admin/clubs/{club_id}/events/{event_id}/draw"
_EVENT = "/api/tickets/admin/events/{event_id}/pre-orders"

routes: list[BaseRoute] = [
    Route(_MINE, mine, methods=["GET"]),
    Route(_MINE, request_one, methods=["POST"]),
    Route(f"{_MINE}/{{preorder_id}}", show, methods=["GET"]),
    Route(f"{_MINE}/{{preorder_id}}", change, methods=["PATCH"]),
    Route(f"{_MINE}/{{preorder_id}}", cancel, methods=["DELETE"]),
    Route(_CARDS, my_cards, methods=["GET"]),
    Route(f"{_CARDS}/{{card_id}}", forget_card, methods=["DELETE"]),
    Route(_EVENT, find, methods=["GET"]),
    Route(f"{_EVENT}/approve", approve_some, methods=["POST"]),
    Route(f"{_EVENT}/deny", deny_some, methods=["POST"]),
    Route(f"{_EVENT}/withdraw-approval", take_back_some, methods=["POST"]),
    Route(f"{_EVENT}/approve-up-to-stock", approve_by_rule, methods=["POST"]),
    Route(_DRAW, check_draw, methods=["GET"]),
]
