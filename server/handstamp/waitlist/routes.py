"""The API of waiting lists: join, look, leave; for organizers the list, its terms and offers."""

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.errors import BadInput, Forbidden
from handstamp.plumbing.idempotency import answer_once, answer_once_outside
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import (
    actor,
    is_foreign,
    require_checkout,
    require_ticketing,
    require_user,
    services,
)
from handstamp.waitlist.change_list import change_list, put_in_front, unset
from handstamp.waitlist.find_waiting import list_waiting, own_place, place_of
from handstamp.waitlist.join_list import Wanted, confirm_place, join_list
from handstamp.waitlist.leave_list import leave_list, remove_from_list
from handstamp.waitlist.models import Waiting
from handstamp.waitlist.offer_tickets import offer_by_hand
from handstamp.waitlist.rules import STATUSES
from handstamp.waitlist.shapes import (
    FrontBody,
    JoinBody,
    JoinedBody,
    LinkQuery,
    ListChange,
    OfferBody,
    PlaceBody,
    TermsBody,
    WaitingPage,
    WaitQuery,
    listed_bodies,
    offer_body,
    place_body,
    terms_body,
)

_TAGS = ["waiting lists"]
_FRESH = {"Cache-Control": "no-store"}


@spec.validate(json=JoinBody, resp=answers(HTTP_201=JoinedBody, HTTP_202=JoinedBody), tags=_TAGS)
async def join(request: Request, json: JoinBody) -> Response:
    """Join an event's waiting list: at once when signed in, else once a mailed link is opened."""
    require_checkout(request)
    _own_page(request)
    of, who = services(request), actor(request)
    event_id = str(request.path_params["event_id"])

    async def produce() -> Response:
        wanted = Wanted(json.tier_id, json.quantity, json.fewer, json.email)
        joined = await join_list(of, who, event_id, wanted)
        if joined.waiting is None:
            return JSONResponse({"outcome": "confirm", "place": None}, 202, headers=_FRESH)
        told = await _told(request, joined.waiting)
        return JSONResponse({"outcome": "waiting", "place": told}, 201, headers=_FRESH)

    return await answer_once_outside(request, _scope(request), produce)


@spec.validate(query=LinkQuery, resp=answers(HTTP_200=PlaceBody), tags=_TAGS)
async def show(request: Request, query: LinkQuery) -> Response:
    """Show a place on a waiting list to whoever has its link or is signed in as that person."""
    return JSONResponse(await _told(request, await _own(request, query)), headers=_FRESH)


@spec.validate(query=LinkQuery, resp=answers(HTTP_200=PlaceBody), tags=_TAGS)
async def confirm(request: Request, query: LinkQuery) -> Response:
    """Take up a place by its mailed link, or take it up again after it had ended."""
    require_checkout(request)

    async def produce() -> Response:
        found = await confirm_place(services(request), await _own(request, query))
        return JSONResponse(await _told(request, found), headers=_FRESH)

    _own_page(request)
    return await answer_once_outside(request, _scope(request), produce)


@spec.validate(query=LinkQuery, resp=answers(HTTP_200=PlaceBody), tags=_TAGS)
async def leave(request: Request, query: LinkQuery) -> Response:
    """Leave a waiting list; what was offered goes to the next."""

    async def produce() -> Response:
        found = await _own(request, query)
        async with services(request).db.write(actor="waitlist") as session:
            found = await leave_list(session, services(request), found)
        return JSONResponse(await _told(request, found), headers=_FRESH)

    _own_page(request)
    return await answer_once_outside(request, _scope(request), produce)


@spec.validate(query=WaitQuery, resp=answers(HTTP_200=WaitingPage), tags=_TAGS)
async def find(request: Request, query: WaitQuery) -> Response:
    """List who waits for one of your events, by time; those who wait or have an offer."""
    who, of = require_user(request), services(request)
    if query.status is not None and query.status not in STATUSES:
        raise BadInput(_("There is no such status of waiting lists."))
    async with of.db.read() as session:
        found = await list_waiting(
            session,
            who,
            str(request.path_params["event_id"]),
            words=query.words,
            status=query.status,
            after=query.after,
            limit=query.limit,
        )
    following = found.rows[-1].id if len(found.rows) == query.limit else None
    told = {
        "terms": terms_body(found.terms or unset(found.event.id)),
        "counts": dict(found.counts),
        "waiting": listed_bodies(found),
        "next": following,
    }
    return JSONResponse(told, headers=_FRESH)


@spec.validate(json=ListChange, resp=answers(HTTP_200=TermsBody), tags=_TAGS)
async def change(request: Request, json: ListChange) -> Response:
    """Open or close an event's waiting list, and say how it works."""
    who, of = require_user(request), services(request)
    require_ticketing(request)
    event_id = str(request.path_params["event_id"])

    async def produce(session: AsyncSession) -> Response:
        return JSONResponse(terms_body(await change_list(session, of, who, event_id, json)))

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(resp=answers(HTTP_200=OfferBody), tags=_TAGS)
async def offer(request: Request) -> Response:
    """Offer tickets to somebody out of turn; the same again returns the offer that stands."""
    who, of = require_user(request), services(request)
    require_checkout(request)

    async def produce(session: AsyncSession) -> Response:
        return JSONResponse(offer_body(await offer_by_hand(session, of, who, _id(request))))

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(json=FrontBody, resp=answers(HTTP_200=PlaceBody), tags=_TAGS)
async def put_front(request: Request, json: FrontBody) -> Response:
    """Put somebody in front of everybody who waits, or back where they belong."""
    who = require_user(request)

    async def produce(session: AsyncSession) -> Response:
        found = await put_in_front(session, who, _id(request), front=json.front)
        return JSONResponse(place_body(await place_of(session, found)))

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(resp=answers(HTTP_200=PlaceBody), tags=_TAGS)
async def remove(request: Request) -> Response:
    """Take somebody off one of your lists."""
    who, of = require_user(request), services(request)

    async def produce(session: AsyncSession) -> Response:
        found = await remove_from_list(session, of, who, _id(request))
        return JSONResponse(place_body(await place_of(session, found)))

    return await answer_once(request, f"user:{who.id}", produce)


async def _own(request: Request, query: LinkQuery) -> Waiting:
    of = services(request)
    async with of.db.read() as session:
        return await own_place(
            session, of.settings, _id(request), actor=actor(request), secret=query.key
        )


async def _told(request: Request, found: Waiting) -> dict[str, object]:
    async with services(request).db.read() as session:
        return place_body(await place_of(session, found))


def _own_page(request: Request) -> None:
    if is_foreign(request):
        raise Forbidden(_("This request did not come from a page of this server."))


def _scope(request: Request) -> str:
    who = actor(request)
    return f"user:{who.id}" if who.id else f"waiting:{who.ip}"


def _id(request: Request) -> str:
    return str(request.path_params["waiting_id"])


_EVENT = "/api/tickets/events/{event_id}/waiting-list"
_ONE = "/api/tickets/waiting/{waiting_id}"
routes: list[BaseRoute] = [
    Route(_EVENT, join, methods=["POST"]),
    Route(_EVENT, find, methods=["GET"]),
    Route(_EVENT, change, methods=["PATCH"]),
    Route(_ONE, show, methods=["GET"]),
    Route(f"{_ONE}/confirm", confirm, methods=["POST"]),
    Route(f"{_ONE}/leave", leave, methods=["POST"]),
    Route(f"{_ONE}/offer", offer, methods=["POST"]),
    Route(f"{_ONE}/front", put_front, methods=["POST"]),
    Route(_ONE, remove, methods=["DELETE"]),
]
