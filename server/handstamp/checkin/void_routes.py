"""The API of making a device's scans void."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.checkin.void_facts import owned_device, preview_void, void_facts
from handstamp.kit.ids import device_of_hex
from handstamp.plumbing.api import JSON_LIMIT, answers, spec
from handstamp.plumbing.web import require_user, services

_TAGS = ["doors"]
FactNumber = Annotated[int, Field(ge=1, lt=JSON_LIMIT)]


class VoidQuery(BaseModel):
    """The number of the first scan that is to be void."""

    number: FactNumber = 1


class NewVoid(BaseModel):
    """The number of the first scan that becomes void, and why. It cannot be taken back."""

    model_config = ConfigDict(extra="forbid")

    number: FactNumber
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class Voided(BaseModel):
    """Facts void from `number` on (ms UTC), tickets changed, those now never let in."""

    number: int
    facts: int
    first_at: int
    last_at: int
    changed: int
    let_out: int


@spec.validate(query=VoidQuery, resp=answers(HTTP_200=Voided), tags=_TAGS)
async def preview(request: Request, query: VoidQuery) -> Response:
    """Say what making a device's scans void would change; changes nothing."""
    who = require_user(request)
    device_id = device_of_hex(request.path_params["device"])
    async with services(request).db.read() as session:
        device = await owned_device(session, who, device_id)
        found = await preview_void(session, device, query.number)
    return JSONResponse(found._asdict())


@spec.validate(json=NewVoid, resp=answers(HTTP_200=Voided), tags=_TAGS)
async def make_void(request: Request, json: NewVoid) -> Response:
    """Make a device's scans void from one on; saying it again is refused and changes nothing."""
    who = require_user(request)
    device_id = device_of_hex(request.path_params["device"])
    done = await void_facts(services(request), who, device_id, json.number, json.reason)
    return JSONResponse(done._asdict())


_VOID = "/api/tickets/devices/{device}/void"
routes: list[BaseRoute] = [
    Route(_VOID, preview, methods=["GET"]),
    Route(_VOID, make_void, methods=["POST"]),
]
