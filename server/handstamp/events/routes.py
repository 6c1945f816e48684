"""The API of events and their tiers."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.events import list_routes, pin_routes, price_routes
from handstamp.events.add_tier import add_tier
from handstamp.events.create_event import create_event
from handstamp.events.edit_event import edit_event
from handstamp.events.edit_tier import edit_tier
from handstamp.events.find_events import (
    PAGE,
    list_events,
    owned_event,
    public_events,
    tier_of,
    tiers_of,
)
from handstamp.events.models import Event, Tier
from handstamp.events.publish_event import publish_event
from handstamp.events.remove_tier import remove_tier
from handstamp.events.rules import BY_OTHERS, STATUSES, named_kinds
from handstamp.events.shapes import EventChange, NewEvent, NewTier, TierChange
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.idempotency import answer_once
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_ticketing, require_user, services

CheckStart = Callable[[AsyncSession, Event], Awaitable[None]]
START_ROOM = "events.start"
_TAGS = ["events"]


class EventBody(BaseModel):
    """An event; times in ms UTC, `number` stands in its tickets."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    organizer_id: str
    number: int
    slug: str
    code: str
    title: str
    summary: str
    description: str
    venue: str
    city: str
    province: str
    time_zone: str
    currency: str
    start_at: int
    end_at: int
    capacity: int | None
    cover_url: str
    status: str
    unknown_policy: str
    unknown_max_age_s: int
    snapshot_fields: list[str]
    release_hours: int
    refund_until: int | None
    refund_policy: str
    ask_phone: bool
    members_only: bool
    strict_budget_ms: int | None
    supervisor_pin: bool
    created_at: int
    updated_at: int


class TierBody(BaseModel):
    """A tier; `number` stands in its tickets, price in minor units."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    number: int
    name: str
    price_cents: int
    currency: str
    capacity: int | None
    max_per_order: int
    sales_start_at: int | None
    sales_end_at: int | None
    visibility: str
    ask_names: bool
    prompt_kinds: Annotated[list[str], BeforeValidator(named_kinds)]
    prompt_text: str
    sort: int
    archived_at: int | None


class EventPage(BaseModel):
    """Events, the latest start first; `next` is the `after` of the following page."""

    events: list[EventBody]
    next: str | None


class PublicEvent(BaseModel):
    """What everybody may know of a published event; times in ms UTC."""

    model_config = ConfigDict(from_attributes=True)

    slug: str
    title: str
    summary: str
    venue: str
    city: str
    province: str
    time_zone: str
    start_at: int
    end_at: int
    cover_url: str


class PublicEvents(BaseModel):
    """Published events that are not over, the next one first."""

    events: list[PublicEvent]


class PublicQuery(BaseModel):
    """Which city, and how many events at most."""

    city: str = Field(default="", max_length=100)
    limit: Annotated[int, Field(ge=1, le=200)] = PAGE


class Tiers(BaseModel):
    """An event's tiers in the order shown."""

    tiers: list[TierBody]


class EventQuery(BaseModel):
    """Which events: of an organizer, of a status, holding words, after the page before."""

    organizer: str | None = Field(default=None, max_length=60)
    status: str | None = Field(default=None, max_length=20)
    words: str = Field(default="", max_length=100)
    after: str | None = Field(default=None, max_length=60)
    limit: Annotated[int, Field(ge=1, le=200)] = PAGE


class NewOwnedEvent(NewEvent):
    """An event to create, and whose it will be."""

    organizer_id: Annotated[str, Field(max_length=60)]


class StatusChange(BaseModel):
    """The status to give to an event: draft, published or archived."""

    model_config = ConfigDict(extra="forbid")

    status: str = Field(max_length=20)


def event_body(event: Event) -> dict[str, Any]:
    """Return the event as the API tells it."""
    names = EventBody.model_fields.keys() - {"supervisor_pin"}
    fields = {name: getattr(event, name) for name in names}
    fields["supervisor_pin"] = bool(event.supervisor_json)  # that there is one, never its hash
    fields["snapshot_fields"] = [name for name in event.snapshot_fields.split(",") if name]
    return EventBody(**fields).model_dump()


def _tier_body(tier: Tier) -> dict[str, Any]:
    return TierBody.model_validate(tier).model_dump()


def _scope(request: Request) -> str:
    return f"user:{require_user(request).id}"


def _event_id(request: Request) -> str:
    return str(request.path_params["event_id"])


@spec.validate(query=EventQuery, resp=answers(HTTP_200=EventPage), tags=_TAGS)
async def find(request: Request, query: EventQuery) -> Response:
    """List your events."""
    who = require_user(request)
    if query.status is not None and query.status not in STATUSES:
        raise BadInput(_("There is no such status of events."))
    async with services(request).db.read() as session:
        after = await owned_event(session, who, query.after) if query.after else None
        found = await list_events(
            session,
            who,
            organizer_id=query.organizer,
            status=query.status,
            words=query.words,
            after=after,
            limit=query.limit,
        )
    following = found[-1].id if len(found) == query.limit else None
    return JSONResponse({"events": [event_body(event) for event in found], "next": following})


@spec.validate(query=PublicQuery, resp=answers(HTTP_200=PublicEvents), tags=_TAGS)
async def find_public(request: Request, query: PublicQuery) -> Response:
    """List published events; nobody needs to sign in."""
    require_ticketing(request)
    of = services(request)
    async with of.db.read() as session:
        found = await public_events(session, of.clock(), city=query.city, limit=query.limit)
    shown = [PublicEvent.model_validate(event).model_dump() for event in found]
    return JSONResponse({"events": shown}, headers={"Cache-Control": "public, max-age=60"})


@spec.validate(json=NewOwnedEvent, resp=answers(HTTP_201=EventBody), tags=_TAGS)
async def create(request: Request, json: NewOwnedEvent) -> Response:
    """Create a draft event."""
    require_ticketing(request)
    who = require_user(request)
    new = NewEvent(**json.model_dump(exclude={"organizer_id"}))

    async def produce(session: AsyncSession) -> Response:
        event = await create_event(session, services(request), who, json.organizer_id, new)
        return JSONResponse(event_body(event), status_code=201)

    return await answer_once(request, _scope(request), produce)


@spec.validate(resp=answers(HTTP_200=EventBody), tags=_TAGS)
async def show(request: Request) -> Response:
    """Show one of your events."""
    who = require_user(request)
    async with services(request).db.read() as session:
        return JSONResponse(event_body(await owned_event(session, who, _event_id(request))))


@spec.validate(json=EventChange, resp=answers(HTTP_200=EventBody), tags=_TAGS)
async def edit(request: Request, json: EventChange) -> Response:
    """Change members of an event; absent ones stay.

    The start of an event that somebody has a ticket for is changed by `/postpone`, which tells
    them: here it is refused by the rule that the composition root put into `rooms[START_ROOM]`.
    """
    who, of = require_user(request), services(request)

    async def produce(session: AsyncSession) -> Response:
        event = await owned_event(session, who, _event_id(request))
        if json.start_at not in (None, event.start_at):
            check: CheckStart = of.rooms[START_ROOM]
            await check(session, event)
        event = await edit_event(session, of, who, event.id, json)
        return JSONResponse(event_body(event))

    return await answer_once(request, _scope(request), produce)


@spec.validate(json=StatusChange, resp=answers(HTTP_200=EventBody), tags=_TAGS)
async def set_status(request: Request, json: StatusChange) -> Response:
    """Publish an event, take it back, or archive it; `review`: an administrator looks first."""
    who = require_user(request)
    if json.status not in STATUSES or json.status in BY_OTHERS:  # those have use cases of their own
        raise BadInput(_("There is no such status of events."))
    if json.status == "published":
        require_ticketing(request)

    async def produce(session: AsyncSession) -> Response:
        event_id = _event_id(request)
        event = await publish_event(session, services(request), who, event_id, json.status)
        return JSONResponse(event_body(event))

    return await answer_once(request, _scope(request), produce)


@spec.validate(resp=answers(HTTP_200=Tiers), tags=_TAGS)
async def find_tiers(request: Request) -> Response:
    """List an event's tiers, removed ones too."""
    who = require_user(request)
    async with services(request).db.read() as session:
        event = await owned_event(session, who, _event_id(request))
        tiers = await tiers_of(session, event.id, archived=True)
    return JSONResponse({"tiers": [_tier_body(tier) for tier in tiers]})


@spec.validate(json=NewTier, resp=answers(HTTP_201=TierBody), tags=_TAGS)
async def create_tier(request: Request, json: NewTier) -> Response:
    """Add a tier to an event."""
    require_ticketing(request)
    who = require_user(request)

    async def produce(session: AsyncSession) -> Response:
        tier = await add_tier(session, services(request), who, _event_id(request), json)
        return JSONResponse(_tier_body(tier), status_code=201)

    return await answer_once(request, _scope(request), produce)


@spec.validate(resp=answers(HTTP_200=TierBody), tags=_TAGS)
async def show_tier(request: Request) -> Response:
    """Show one tier."""
    who = require_user(request)
    async with services(request).db.read() as session:
        event = await owned_event(session, who, _event_id(request))
        tier = await tier_of(session, event.id, request.path_params["tier_id"])
    return JSONResponse(_tier_body(tier))


@spec.validate(json=TierChange, resp=answers(HTTP_200=TierBody), tags=_TAGS)
async def change_tier(request: Request, json: TierChange) -> Response:
    """Change members of a tier; absent ones stay."""
    who = require_user(request)

    async def produce(session: AsyncSession) -> Response:
        tier = await edit_tier(
            session,
            services(request),
            who,
            _event_id(request),
            request.path_params["tier_id"],
            change=json,
        )
        return JSONResponse(_tier_body(tier))

    return await answer_once(request, _scope(request), produce)


@spec.validate(resp=answers("HTTP_204"), tags=_TAGS)
async def delete_tier(request: Request) -> Response:
    """Remove a tier; its tickets stay as they are."""
    who = require_user(request)

    async def produce(session: AsyncSession) -> Response:
        tier_id = request.path_params["tier_id"]
        await remove_tier(session, services(request), who, _event_id(request), tier_id)
        return Response(status_code=204)

    return await answer_once(request, _scope(request), produce)


_EVENTS = "/api/tickets/events"
_EVENT = "/api/tickets/events/{event_id}"

routes: list[BaseRoute] = [
    Route(_EVENTS, find, methods=["GET"]),
    Route(_EVENTS, create, methods=["POST"]),
    Route(f"{_EVENTS}/public", find_public, methods=["GET"]),
    Route(_EVENT, show, methods=["GET"]),
    Route(_EVENT, edit, methods=["PATCH"]),
    Route(f"{_EVENT}/status", set_status, methods=["POST"]),
    Route(f"{_EVENT}/tiers", find_tiers, methods=["GET"]),
    Route(f"{_EVENT}/tiers", create_tier, methods=["POST"]),
    Route(f"{_EVENT}/tiers/{{tier_id}}", show_tier, methods=["GET"]),
    Route(f"{_EVENT}/tiers/{{tier_id}}", change_tier, methods=["PATCH"]),
    Route(f"{_EVENT}/tiers/{{tier_id}}", delete_tier, methods=["DELETE"]),
    *list_routes.routes,
    *pin_routes.routes,
    *price_routes.routes,
]
