"""The API of an event's supervisor PIN. No answer is kept for a repeat: it would hold the PIN."""

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from handstamp.events.find_events import owned_event
from handstamp.events.set_supervisor_pin import hashed_pin, set_supervisor_pin
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.web import require_user, services

_TAGS = ["events"]


class SupervisorPin(BaseModel):
    """4 to 8 digits that are not guessed easily."""

    model_config = ConfigDict(extra="forbid")

    pin: str = Field(max_length=20)


@spec.validate(json=SupervisorPin, resp=answers("HTTP_204"), tags=_TAGS)
async def set_pin(request: Request, json: SupervisorPin) -> Response:
    """Set the PIN by which a supervisor decides on a steward's phone."""
    who, of = require_user(request), services(request)
    event_id = str(request.path_params["event_id"])
    async with of.db.read() as session:
        await owned_event(session, who, event_id)
    hashed = await hashed_pin(json.pin)
    async with of.db.write(actor=f"user:{who.id}") as session:
        await set_supervisor_pin(session, of, who, event_id, hashed)
    return Response(status_code=204)


@spec.validate(resp=answers("HTTP_204"), tags=_TAGS)
async def drop_pin(request: Request) -> Response:
    """Take the PIN away; a supervisor then needs a phone of their own."""
    who, of = require_user(request), services(request)
    async with of.db.write(actor=f"user:{who.id}") as session:
        await set_supervisor_pin(session, of, who, str(request.path_params["event_id"]), "")
    return Response(status_code=204)


_PIN = "/api/tickets/events/{event_id}/supervisor-pin"
routes: list[BaseRoute] = [
    Route(_PIN, set_pin, methods=["PUT"]),
    Route(_PIN, drop_pin, methods=["DELETE"]),
]
