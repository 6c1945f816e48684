"""The API of exports that come by themselves."""

import json as jsonlib
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.orders.find_schedules import schedules_of
from handstamp.orders.models import ExportSchedule
from handstamp.orders.schedule_exports import (
    NewSchedule,
    add_schedule,
    remove_schedule,
    set_paused,
)
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.idempotency import answer_once
from handstamp.plumbing.web import require_user, services

_TAGS = ["orders"]
Short = Annotated[str, Field(min_length=1, max_length=64)]


class NewScheduleBody(BaseModel):
    """An export that comes by itself. `weekday`: 0 is Monday, null every day; it and `hour` are in
    the event's time zone. `people`: ids of users who run the event.
    """

    model_config = ConfigDict(extra="forbid")

    what: Literal["orders", "guests"] = "orders"
    columns: Annotated[list[Short], Field(min_length=1, max_length=40)]
    weekday: Annotated[int | None, Field(ge=0, le=6)] = None
    hour: Annotated[int, Field(ge=0, le=23)] = 7
    people: Annotated[list[Short], Field(min_length=1, max_length=50)]


class ScheduleBody(BaseModel):
    """An export that comes by itself; times in ms UTC.

    `due_at`: the next one, null while it is paused: by somebody (`paused_for` is ''), because the
    event is "over", or because "nobody" of its people runs the event any more. `last_at`: up to
    when the last one went; `last_count`: to how many people.
    """

    id: str
    what: str
    columns: list[str]
    weekday: int | None
    hour: int
    people: list[str]
    due_at: int | None
    paused_for: str
    last_at: int | None
    last_count: int


class ScheduleList(BaseModel):
    """An event's exports that come by themselves."""

    schedules: list[ScheduleBody]


class Pause(BaseModel):
    """Whether it rests."""

    model_config = ConfigDict(extra="forbid")

    paused: bool


def schedule_body(found: ExportSchedule) -> ScheduleBody:
    """Return an export as the API tells it."""
    return ScheduleBody(
        id=found.id,
        what=found.what,
        columns=jsonlib.loads(found.columns_json),
        weekday=found.weekday,
        hour=found.hour,
        people=jsonlib.loads(found.people_json),
        due_at=found.due_at,
        paused_for=found.paused_for,
        last_at=found.last_at,
        last_count=found.last_count,
    )


@spec.validate(resp=answers(HTTP_200=ScheduleList), tags=_TAGS)
async def show(request: Request) -> Response:
    """List an event's exports that come by themselves."""
    who = require_user(request)
    async with services(request).db.read() as session:
        found = await schedules_of(session, who, str(request.path_params["event_id"]))
    told = ScheduleList(schedules=[schedule_body(one) for one in found])
    return JSONResponse(told.model_dump())


@spec.validate(json=NewScheduleBody, resp=answers(HTTP_201=ScheduleBody), tags=_TAGS)
async def add(request: Request, json: NewScheduleBody) -> Response:
    """Have an export told of by mail, every day or every week."""
    who, of = require_user(request), services(request)

    async def produce(session: AsyncSession) -> Response:
        wanted = NewSchedule(json.what, json.columns, json.weekday, json.hour, json.people)
        event_id = str(request.path_params["event_id"])
        made = await add_schedule(session, of, who, event_id, wanted)
        return JSONResponse(schedule_body(made).model_dump(), status_code=201)

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(json=Pause, resp=answers(HTTP_200=ScheduleBody), tags=_TAGS)
async def change(request: Request, json: Pause) -> Response:
    """Pause an export that comes by itself, or let it go on."""
    who, of = require_user(request), services(request)

    async def produce(session: AsyncSession) -> Response:
        schedule_id = str(request.path_params["schedule_id"])
        found = await set_paused(session, of, who, schedule_id, paused=json.paused)
        return JSONResponse(schedule_body(found).model_dump())

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(resp=answers("HTTP_204"), tags=_TAGS)
async def remove(request: Request) -> Response:
    """Remove an export that comes by itself."""
    who = require_user(request)

    async def produce(session: AsyncSession) -> Response:
        await remove_schedule(session, who, str(request.path_params["schedule_id"]))
        return Response(status_code=204)

    return await answer_once(request, f"user:{who.id}", produce)


_ONE = "/api/tickets/export-schedules/{schedule_id}"

routes: list[BaseRoute] = [
    Route("/api/tickets/events/{event_id}/export-schedules", show, methods=["GET"]),
    Route("/api/tickets/events/{event_id}/export-schedules", add, methods=["POST"]),
    Route(_ONE, change, methods=["PATCH"]),
    Route(_ONE, remove, methods=["DELETE"]),
]
