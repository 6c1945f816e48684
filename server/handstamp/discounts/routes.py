"""The API of codes: an organizer adds, changes and switches them off."""

import json as text
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.discounts.find_codes import codes_of, owned_code
from handstamp.discounts.models import Discount
from handstamp.discounts.save_code import add_code, change_code
from handstamp.discounts.shapes import CodeBody, CodeChange, CodeList, NewCode
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.idempotency import answer_once
from handstamp.plumbing.web import require_ticketing, require_user, services

_TAGS = ["discounts"]
_FRESH = {"Cache-Control": "no-store"}


@spec.validate(resp=answers(HTTP_200=CodeList), tags=_TAGS)
async def find(request: Request) -> Response:
    """List the codes of one of your events."""
    who, of = require_user(request), services(request)
    async with of.db.read() as session:
        found = await codes_of(session, who, str(request.path_params["event_id"]))
        return JSONResponse({"discounts": [_told(code) for code in found]}, headers=_FRESH)


@spec.validate(json=NewCode, resp=answers(HTTP_201=CodeBody), tags=_TAGS)
async def add(request: Request, json: NewCode) -> Response:
    """Add a code to one of your events."""
    who, of = require_user(request), services(request)
    require_ticketing(request)

    async def produce(session: Any) -> Response:
        code = await add_code(session, of, who, str(request.path_params["event_id"]), json)
        return JSONResponse(_told(code), 201)

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(resp=answers(HTTP_200=CodeBody), tags=_TAGS)
async def show(request: Request) -> Response:
    """Show a code."""
    who, of = require_user(request), services(request)
    async with of.db.read() as session:
        _event, code = await owned_code(session, who, str(request.path_params["discount_id"]))
        return JSONResponse(_told(code), headers=_FRESH)


@spec.validate(json=CodeChange, resp=answers(HTTP_200=CodeBody), tags=_TAGS)
async def change(request: Request, json: CodeChange) -> Response:
    """Change a code, or switch it off."""
    who, of = require_user(request), services(request)
    code_id = str(request.path_params["discount_id"])
    async with of.db.write(actor=f"user:{who.id}") as session:
        code = await change_code(session, of, who, code_id, json)
        return JSONResponse(_told(code), headers=_FRESH)


def _told(code: Discount) -> dict[str, Any]:
    values = {name: getattr(code, name) for name in CodeBody.model_fields if name != "tiers"}
    return CodeBody(**values, tiers=text.loads(code.tiers_json)).model_dump()


_EVENT = "/api/tickets/events/{event_id}/discounts"
_ONE = "/api/tickets/discounts/{discount_id}"
routes: list[BaseRoute] = [
    Route(_EVENT, find, methods=["GET"]),
    Route(_EVENT, add, methods=["POST"]),
    Route(_ONE, show, methods=["GET"]),
    Route(_ONE, change, methods=["PATCH"]),
]
