"""The API of tickets that change hands or names: by their buyer, and by the organizer."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.orders.buyers import Buyer, buyer_of, set_cookie
from handstamp.orders.find_orders import order_for_buyer
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.errors import Forbidden
from handstamp.plumbing.idempotency import ProduceOutside, answer_once, answer_once_outside
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import actor, is_foreign, require_user, services
from handstamp.tickets.models import Ticket
from handstamp.tickets.note_routes import ticket_id_of
from handstamp.transfers.transfer_ticket import (
    checked,
    rename_bought,
    rename_owned,
    transfer_bought,
    transfer_owned,
)

_TAGS = ["tickets"]


class NewHolder(BaseModel):
    """Who gets the ticket: they are mailed the new code, and the code before is superseded."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=200)]
    email: Annotated[str, Field(max_length=320)]


class NewName(BaseModel):
    """Whose name stands on the ticket; its code stays."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=200)]


class KeyQuery(BaseModel):
    """The secret of the link that was mailed to the buyer, where there is no cookie."""

    key: str = Field(default="", max_length=80)


class HandedOn(BaseModel):
    """The ticket as it is now."""

    ticket_id: int
    printed_id: str
    holder_name: str


@spec.validate(query=KeyQuery, json=NewHolder, resp=answers(HTTP_200=HandedOn), tags=_TAGS)
async def pass_on(request: Request, query: KeyQuery, json: NewHolder) -> Response:
    """Give a ticket of your order to another person; this cannot be undone."""
    buyer, order_id, ticket_id = await _bought(request, query.key)
    person = checked(json.name, json.email)

    async def produce() -> Response:
        of = services(request)
        return _told(await transfer_bought(of, actor(request), order_id, ticket_id, person))

    return await _answer(request, buyer, produce)


@spec.validate(query=KeyQuery, json=NewName, resp=answers(HTTP_200=HandedOn), tags=_TAGS)
async def rename(request: Request, query: KeyQuery, json: NewName) -> Response:
    """Change the name on a ticket of your order; its code stays."""
    buyer, order_id, ticket_id = await _bought(request, query.key)

    async def produce() -> Response:
        of = services(request)
        return _told(await rename_bought(of, actor(request), order_id, ticket_id, json.name))

    return await _answer(request, buyer, produce)


@spec.validate(json=NewHolder, resp=answers(HTTP_200=HandedOn), tags=_TAGS)
async def pass_on_guest(request: Request, json: NewHolder) -> Response:
    """Give a ticket of your event to another person; this cannot be undone."""
    who, person = require_user(request), checked(json.name, json.email)

    async def produce(session: AsyncSession) -> Response:
        of = services(request)
        return _told(await transfer_owned(session, of, who, ticket_id_of(request), person))

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(json=NewName, resp=answers(HTTP_200=HandedOn), tags=_TAGS)
async def rename_guest(request: Request, json: NewName) -> Response:
    """Change the name on a ticket of your event; its code stays."""
    who = require_user(request)

    async def produce(session: AsyncSession) -> Response:
        of = services(request)
        return _told(await rename_owned(session, of, who, ticket_id_of(request), json.name))

    return await answer_once(request, f"user:{who.id}", produce)


async def _bought(request: Request, key: str) -> tuple[Buyer, str, int]:
    buyer, order_id = buyer_of(request), str(request.path_params["order_id"])
    async with services(request).db.read() as session:
        order = await order_for_buyer(session, order_id, buyer=buyer, secret=key)
    return buyer, order.id, ticket_id_of(request)


async def _answer(request: Request, buyer: Buyer, produce: ProduceOutside) -> Response:
    if not buyer.new_cookie and is_foreign(request):
        raise Forbidden(_("This request did not come from a page of this server."))
    response = await answer_once_outside(request, f"buyer:{buyer.key}", produce)
    set_cookie(response, services(request).settings, buyer)
    return response


def _told(ticket: Ticket) -> Response:
    body = HandedOn(
        ticket_id=ticket.id, printed_id=ticket.printed_id, holder_name=ticket.holder_name
    )
    return JSONResponse(body.model_dump(), headers={"Cache-Control": "no-store"})


_BOUGHT = "/api/tickets/orders/{order_id}/tickets/{ticket_id}"
_GUEST = "/api/tickets/tickets/{ticket_id}"

routes: list[BaseRoute] = [
    Route(f"{_BOUGHT}/transfer", pass_on, methods=["POST"]),
    Route(f"{_BOUGHT}/name", rename, methods=["PUT"]),
    Route(f"{_GUEST}/transfer", pass_on_guest, methods=["POST"]),
    Route(f"{_GUEST}/name", rename_guest, methods=["PUT"]),
]
