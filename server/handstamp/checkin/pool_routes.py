"""The API by which tickets from elsewhere are marked as used."""

from typing import Annotated

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.checkin.mark_used import AT_ONCE, mark_used
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.idempotency import answer_once_outside
from handstamp.plumbing.web import require_user, services

_TAGS = ["ticket pool"]


class MarkedBody(BaseModel):
    """What became of a ticket: used, already (it was before), not_assigned, ended, being_admitted.

    The last: a phone in strict mode is about to let it in; once it has, the ticket is used.
    """

    ticket_id: str
    outcome: str


class ManyMarked(BaseModel):
    """What became of each ticket, in the order asked."""

    tickets: list[MarkedBody]


class UsedTickets(BaseModel):
    """Tickets from elsewhere, by their ids in the pool."""

    ticket_ids: list[Annotated[str, Field(max_length=60)]] = Field(min_length=1, max_length=AT_ONCE)


@spec.validate(resp=answers(HTTP_200=MarkedBody), tags=_TAGS)
async def use_one(request: Request) -> Response:
    """Mark a ticket from elsewhere as used, as if it had been scanned."""
    return await _mark(request, [str(request.path_params["pool_ticket_id"])], many=False)


@spec.validate(json=UsedTickets, resp=answers(HTTP_200=ManyMarked), tags=_TAGS)
async def use_many(request: Request, json: UsedTickets) -> Response:
    """Mark tickets from elsewhere as used."""
    return await _mark(request, json.ticket_ids, many=True)


async def _mark(request: Request, ticket_ids: list[str], *, many: bool) -> Response:
    who, of = require_user(request), services(request)

    async def produce() -> Response:
        marked = [one._asdict() for one in await mark_used(of, who, ticket_ids)]
        return JSONResponse({"tickets": marked} if many else marked[0])

    return await answer_once_outside(request, f"user:{who.id}", produce)


routes: list[BaseRoute] = [
    Route("/api/tickets/admin/tickets/{pool_ticket_id}/used", use_one, methods=["POST"]),
    Route("/api/tickets/admin/tickets/used", use_many, methods=["POST"]),
]
