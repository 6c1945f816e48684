"""The API of check-in lists."""

from typing import Any

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.events.find_events import ListView, list_of, lists_of, owned_event
from handstamp.events.save_list import archive_list, save_list
from handstamp.events.shapes import NewList
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.idempotency import answer_once
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_ticketing, require_user, services

_TAGS = ["events"]


class ListBody(BaseModel):
    """A check-in list at its current revision."""

    number: int
    revision: int
    name: str
    rules: dict[str, Any]
    archived: bool


class Lists(BaseModel):
    """An event's check-in lists by number."""

    lists: list[ListBody]


def _list_body(view: ListView) -> dict[str, Any]:
    return {
        "number": view.number,
        "revision": view.revision,
        "name": view.name,
        "rules": view.rules,
        "archived": view.archived,
    }


def _scope(request: Request) -> str:
    return f"user:{require_user(request).id}"


def _event_id(request: Request) -> str:
    return str(request.path_params["event_id"])


@spec.validate(resp=answers(HTTP_200=Lists), tags=_TAGS)
async def find_lists(request: Request) -> Response:
    """List an event's check-in lists, closed ones too."""
    who = require_user(request)
    async with services(request).db.read() as session:
        event = await owned_event(session, who, _event_id(request))
        views = await lists_of(session, event.id, archived=True)
    return JSONResponse({"lists": [_list_body(view) for view in views]})


@spec.validate(json=NewList, resp=answers(HTTP_201=ListBody), tags=_TAGS)
async def create_list(request: Request, json: NewList) -> Response:
    """Add a check-in list to an event."""
    require_ticketing(request)
    return await _save(request, json, None)


@spec.validate(resp=answers(HTTP_200=ListBody), tags=_TAGS)
async def show_list(request: Request) -> Response:
    """Show one check-in list."""
    who = require_user(request)
    async with services(request).db.read() as session:
        event = await owned_event(session, who, _event_id(request))
        view = await list_of(session, event.id, _number(request))
    return JSONResponse(_list_body(view))


@spec.validate(json=NewList, resp=answers(HTTP_200=ListBody), tags=_TAGS)
async def change_list(request: Request, json: NewList) -> Response:
    """Give a check-in list its next revision; phones judge by it once they have it."""
    return await _save(request, json, _number(request))


@spec.validate(resp=answers(HTTP_200=ListBody), tags=_TAGS)
async def close_list(request: Request) -> Response:
    """Close a check-in list; what was scanned on it stays."""
    who = require_user(request)

    async def produce(session: AsyncSession) -> Response:
        number = _number(request)
        view = await archive_list(session, services(request), who, _event_id(request), number)
        return JSONResponse(_list_body(view))

    return await answer_once(request, _scope(request), produce)


async def _save(request: Request, shape: NewList, number: int | None) -> Response:
    who = require_user(request)

    async def produce(session: AsyncSession) -> Response:
        view = await save_list(
            session,
            services(request),
            who,
            _event_id(request),
            name=shape.name,
            tiers=[tier.rule() for tier in shape.tiers],
            entry=shape.rule(),
            number=number,
        )
        return JSONResponse(_list_body(view), status_code=201 if number is None else 200)

    return await answer_once(request, _scope(request), produce)


def _number(request: Request) -> int:
    text = str(request.path_params["number"])
    if not text.isascii() or not text.isdigit() or len(text) > 3:
        raise NotFound(_("There is no such check-in list in this event."))
    return int(text)


_LISTS = "/api/tickets/events/{event_id}/lists"
_LIST = "/api/tickets/events/{event_id}/lists/{number}"

routes: list[BaseRoute] = [
    Route(_LISTS, find_lists, methods=["GET"]),
    Route(_LISTS, create_list, methods=["POST"]),
    Route(_LIST, show_list, methods=["GET"]),
    Route(_LIST, change_list, methods=["PUT"]),
    Route(_LIST, close_list, methods=["DELETE"]),
]
