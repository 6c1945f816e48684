"""The API of overbooking: how much more is sold, and giving back when there is less room."""

from typing import Annotated

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.events.find_events import owned_event
from handstamp.events.rules import limit_of
from handstamp.events.set_overbooking import Overbooking, set_overbooking
from handstamp.events.shapes import Prose, Shape
from handstamp.notices.declare_capacity import (
    LONGEST,
    MOST_SHOWN,
    CapacityLook,
    declare_capacity,
    latest_of,
    look_at_capacity,
    taken_of,
)
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.idempotency import answer_once
from handstamp.plumbing.web import Actor, require_refunds, require_ticketing, require_user, services

_TAGS = ["capacity"]
_FRESH = {"Cache-Control": "no-store"}
Capacity = Annotated[int, Field(ge=0, le=1_000_000)]


class CapacityQuery(BaseModel):
    """How many an event really holds."""

    capacity: Capacity


class DeclareBody(Shape):
    """How many an event really holds; `seen` is what the look told, `message` is mailed."""

    capacity: Capacity
    seen: Annotated[str, Field(max_length=100)]
    message: Annotated[Prose, Field(max_length=LONGEST)] = ""


class ShortfallRunBody(BaseModel):
    """A run that gives tickets back; `kept`: orders that could not be refunded."""

    id: str
    capacity: int
    created_at: int
    finished_at: int | None
    orders: int
    tickets: int
    kept: list[str]


class CapacityBody(BaseModel):
    """How many tickets an event has; `limit`: how many are sold, null without limit."""

    capacity: int | None
    overbook_bp: int
    overbook_number: int
    limit: int | None
    sold: int
    held: int
    run: ShortfallRunBody | None


class LosingBody(BaseModel):
    """An order that would be given back; amount in minor units."""

    id: str
    number: str
    placed_at: int
    tickets: int
    amount: int


class LookBody(BaseModel):
    """What declaring a capacity would do now; `orders` the last bought first, 100 at most.

    `left_over`: tickets that would still be too many, and which only you can take back.
    """

    capacity: int
    sold: int
    held: int
    too_many: int
    tickets: int
    amount: int
    left_over: int
    order_count: int
    orders: list[LosingBody]
    seen: str


@spec.validate(resp=answers(HTTP_200=CapacityBody), tags=_TAGS)
async def show(request: Request) -> Response:
    """Show how many tickets of one of your events are sold, and how many may be."""
    who, of = require_user(request), services(request)
    async with of.db.read() as session:
        return await _told(session, who, _event_id(request))


@spec.validate(json=Overbooking, resp=answers(HTTP_200=CapacityBody), tags=_TAGS)
async def change(request: Request, json: Overbooking) -> Response:
    """Sell so many more tickets than there is room for, from now on."""
    who, of = require_user(request), services(request)
    require_ticketing(request)

    async def produce(session: AsyncSession) -> Response:
        await set_overbooking(session, of, who, _event_id(request), json)
        return await _told(session, who, _event_id(request))

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(query=CapacityQuery, resp=answers(HTTP_200=LookBody), tags=_TAGS)
async def look(request: Request, query: CapacityQuery) -> Response:
    """Show what declaring a capacity would do; nothing is done."""
    who, of = require_user(request), services(request)
    async with of.db.read() as session:
        found = await look_at_capacity(session, who, _event_id(request), query.capacity)
    return JSONResponse(_look(found), headers=_FRESH)


@spec.validate(json=DeclareBody, resp=answers(HTTP_202=CapacityBody), tags=_TAGS)
async def declare(request: Request, json: DeclareBody) -> Response:
    """Say how many an event really holds; what was bought last and has no room is refunded."""
    who, of = require_user(request), services(request)
    require_refunds(request)

    async def produce(session: AsyncSession) -> Response:
        await declare_capacity(
            session, of, who, _event_id(request),
            capacity=json.capacity, seen=json.seen, message=json.message,
        )  # fmt: skip
        answer = await _told(session, who, _event_id(request))
        answer.status_code = 202
        return answer

    return await answer_once(request, f"user:{who.id}", produce)


async def _told(session: AsyncSession, who: Actor, event_id: str) -> JSONResponse:
    event = await owned_event(session, who, event_id)
    taken, latest = await taken_of(session, event.id), await latest_of(session, event.id)
    run = None
    if latest is not None:
        names = ("id", "capacity", "created_at", "finished_at")
        values = {name: getattr(latest.run, name) for name in names}
        kept = [order for order, _number, _problem in latest.kept]
        run = ShortfallRunBody(**values, orders=latest.orders, tickets=latest.tickets, kept=kept)
    body = CapacityBody(
        capacity=event.capacity,
        overbook_bp=event.overbook_bp,
        overbook_number=event.overbook_number,
        limit=limit_of(event, event.capacity),
        sold=taken.issued,
        held=taken.held,
        run=run,
    )
    return JSONResponse(body.model_dump(), headers=_FRESH)


def _look(found: CapacityLook) -> dict[str, object]:
    names = ("capacity", "sold", "held", "too_many", "tickets", "amount", "left_over", "seen")
    orders = [
        LosingBody(**{name: getattr(one, name) for name in LosingBody.model_fields})
        for one in found.orders[:MOST_SHOWN]
    ]
    told = {name: getattr(found, name) for name in names}
    return LookBody(**told, order_count=len(found.orders), orders=orders).model_dump()


def _event_id(request: Request) -> str:
    return str(request.path_params["event_id"])


_CAPACITY = "/api/tickets/events/{event_id}/capacity"
routes: list[BaseRoute] = [
    Route(_CAPACITY, show, methods=["GET"]),
    Route(_CAPACITY, change, methods=["PATCH"]),
    Route(_CAPACITY, declare, methods=["POST"]),
    Route(f"{_CAPACITY}/preview", look, methods=["GET"]),
]
