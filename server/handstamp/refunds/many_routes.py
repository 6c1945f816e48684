"""The API that refunds several orders of an event: what it would do, and doing it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.orders.chosen_routes import ChosenOrders, OrderId, RefusedOrder
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.idempotency import answer_once
from handstamp.plumbing.web import require_refunds, require_user, services
from handstamp.refunds.refund_many import MOST, look_at_many, refund_many
from handstamp.refunds.routes import RefundBody, RefundWish, refund_body

_TAGS = ["refunds"]


class ExpectedOrder(BaseModel):
    """An order to refund, and what was left of it (minor units) when it was looked at."""

    model_config = ConfigDict(extra="forbid")

    id: OrderId
    expected: Annotated[int | None, Field(ge=0, le=10**12)] = None


class ManyWish(RefundWish):
    """Orders of which all that is left is given back; `override` after the event's deadline."""

    orders: Annotated[list[ExpectedOrder], Field(min_length=1, max_length=MOST)]
    override: bool = False

    @model_validator(mode="after")
    def _each_once(self) -> "ManyWish":
        if len({order.id for order in self.orders}) != len(self.orders):
            raise ValueError("an order stands twice")
        return self


class LookedBody(BaseModel):
    """What a refund of one order would do; when `problem` is not empty it says why it cannot be.

    `amount` is in minor units; `tickets` turn red.
    """

    id: str
    number: str
    amount: int
    currency: str
    tickets: int
    problem: str


class ManyLookedBody(BaseModel):
    """Each of the orders, the sums by currency, and whether the event's deadline is over."""

    orders: list[LookedBody]
    totals: dict[str, int]
    late: bool


class ManyAskedBody(BaseModel):
    """The refunds that are on their way, and the orders of which nothing is refunded."""

    refunds: list[RefundBody]
    refused: list[RefusedOrder]


@spec.validate(json=ChosenOrders, resp=answers(HTTP_200=ManyLookedBody), tags=_TAGS)
async def look(request: Request, json: ChosenOrders) -> Response:
    """Tell what a refund of several orders would do; nothing is changed."""
    who, of = require_user(request), services(request)
    event_id = str(request.path_params["event_id"])
    async with of.db.read() as session:
        found = await look_at_many(session, of, who, event_id, set(json.orders))
    orders = [
        LookedBody(
            id=one.order.id,
            number=one.order.number,
            amount=one.amount,
            currency=one.order.currency,
            tickets=one.tickets,
            problem=one.problem,
        )
        for one in found.orders
    ]
    told = ManyLookedBody(orders=orders, totals=dict(found.totals), late=found.late)
    return JSONResponse(told.model_dump(), headers={"Cache-Control": "no-store"})


@spec.validate(json=ManyWish, resp=answers(HTTP_202=ManyAskedBody), tags=_TAGS)
async def refund(request: Request, json: ManyWish) -> Response:
    """Refund all that is left of several orders; what cannot be stops none of the others.

    Asked twice, an order is refunded once.
    """
    who, of = require_user(request), services(request)
    event_id = str(request.path_params["event_id"])

    async def produce(session: AsyncSession) -> Response:
        require_refunds(request)
        done = await refund_many(
            session,
            of,
            who,
            event_id,
            {order.id: order.expected for order in json.orders},
            reason=json.reason,
            note=json.note,
            override=json.override,
        )
        refused = [{"order_id": one, "problem": why} for one, why in done.refused.items()]
        refunds = [refund_body(one) for one in done.refunds]
        return JSONResponse({"refunds": refunds, "refused": refused}, status_code=202)

    return await answer_once(request, f"user:{who.id}", produce)


_REFUND = "/api/tickets/events/{event_id}/orders/refund"

routes: list[BaseRoute] = [
    Route(_REFUND, refund, methods=["POST"]),
    Route(f"{_REFUND}/preview", look, methods=["POST"]),
]
