"""The API of orders by hand: tickets given or sold by the organizer, and taken back."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.orders.find_orders import items_of
from handstamp.orders.give_rules import MOST_PRICE, GivenLine, Giving
from handstamp.orders.give_tickets import give_tickets
from handstamp.orders.models import Order
from handstamp.orders.rules import MOST_LINES, MOST_TICKETS
from handstamp.orders.shapes import OrderBody, order_body
from handstamp.orders.take_back import take_back
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.idempotency import answer_once
from handstamp.plumbing.web import require_ticketing, require_user, services

_TAGS = ["orders"]
_Line = Annotated[str, Field(max_length=400)]


class LineByHand(BaseModel):
    """Some tickets of a tier; `unit_price` of those sold, null: the tier's; `names`: holders."""

    model_config = ConfigDict(extra="forbid")

    tier_id: Annotated[str, Field(max_length=60)]
    quantity: Annotated[int, Field(ge=1, le=MOST_TICKETS)]
    unit_price: Annotated[int, Field(ge=0, le=MOST_PRICE)] | None = None
    names: Annotated[list[_Line], Field(max_length=MOST_TICKETS)] = []


class OrderByHand(BaseModel):
    """Tickets given (`comp`) or sold and paid elsewhere (`manual`); mailed if there is an address.

    `over`: though there are not so many left; owners of the team only, and `note` says why.
    """

    model_config = ConfigDict(extra="forbid")

    origin: Literal["comp", "manual"]
    name: _Line
    email: Annotated[str, Field(max_length=320)] = ""
    paid_by: Literal["", "cash", "card", "transfer", "invoice", "other"] = ""
    note: Annotated[str, Field(max_length=1000)] = ""
    over: bool = False
    lines: Annotated[list[LineByHand], Field(min_length=1, max_length=MOST_LINES)]

    def giving(self) -> Giving:
        """Return it as the use case takes it."""
        lines = tuple(
            GivenLine(
                line.tier_id,
                line.quantity,
                line.unit_price,
                tuple(name.strip() for name in line.names),
            )
            for line in self.lines
        )
        texts = {name: getattr(self, name).strip() for name in ("name", "email", "note")}
        return Giving(
            origin=self.origin, lines=lines, paid_by=self.paid_by, over=self.over, **texts
        )


@spec.validate(json=OrderByHand, resp=answers(HTTP_201=OrderBody), tags=_TAGS)
async def give(request: Request, json: OrderByHand) -> Response:
    """Give tickets of your event, or sell them by hand; each time anew, so send a key."""
    require_ticketing(request)
    who, event_id = require_user(request), str(request.path_params["event_id"])

    async def produce(session: AsyncSession) -> Response:
        of = services(request)
        order = await give_tickets(session, of, who, event_id, json.giving())
        return JSONResponse(await _told(session, request, order), status_code=201)

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(resp=answers(HTTP_200=OrderBody), tags=_TAGS)
async def give_back(request: Request) -> Response:
    """Take an order by hand back: its tickets end and go back on sale."""
    who, order_id = require_user(request), str(request.path_params["order_id"])

    async def produce(session: AsyncSession) -> Response:
        order = await take_back(session, services(request), who, order_id)
        return JSONResponse(await _told(session, request, order))

    return await answer_once(request, f"user:{who.id}", produce)


async def _told(session: AsyncSession, request: Request, order: Order) -> dict[str, object]:
    return order_body(order, await items_of(session, order), services(request).clock())


routes: list[BaseRoute] = [
    Route("/api/tickets/events/{event_id}/orders/by-hand", give, methods=["POST"]),
    Route("/api/tickets/orders/{order_id}/take-back", give_back, methods=["POST"]),
]
