"""The API of what a steward reads before admitting one guest."""

from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from handstamp.events.shapes import MaybeLine
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.idempotency import answer_once
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_user, services
from handstamp.tickets.find_tickets import owned_ticket
from handstamp.tickets.write_note import write_note


class DoorNote(BaseModel):
    """What a steward reads before admitting; empty takes it away."""

    model_config = ConfigDict(extra="forbid")

    note: MaybeLine


def ticket_id_of(request: Request) -> int:
    """Return the id of the ticket in the address.

    Raises:
        NotFound: it cannot be one.
    """
    text = str(request.path_params["ticket_id"])
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise NotFound(_("There is no such ticket among yours."))
    return int(text)


@spec.validate(json=DoorNote, resp=answers("HTTP_204"), tags=["tickets"])
async def note(request: Request, json: DoorNote) -> Response:
    """Write what a steward reads before admitting this guest."""
    who = require_user(request)

    async def produce(session: AsyncSession) -> Response:
        ticket, _event = await owned_ticket(session, who, ticket_id_of(request))
        await write_note(session, services(request), who, ticket, json.note)
        return Response(status_code=204)

    return await answer_once(request, f"user:{who.id}", produce)


routes: list[BaseRoute] = [
    Route("/api/tickets/tickets/{ticket_id}/note", note, methods=["PUT"]),
]
