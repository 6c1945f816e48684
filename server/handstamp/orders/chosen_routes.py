"""The API that acts on several orders of an event at once, as far as this room goes."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.orders.resend_many import MOST, resend_many
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.idempotency import answer_once_outside
from handstamp.plumbing.web import require_user, services

_TAGS = ["orders"]
OrderId = Annotated[str, Field(min_length=1, max_length=64)]


class ChosenOrders(BaseModel):
    """Orders of an event by id."""

    model_config = ConfigDict(extra="forbid")

    orders: Annotated[list[OrderId], Field(min_length=1, max_length=MOST)]


class RefusedOrder(BaseModel):
    """An order with which it could not be done, and why in plain words."""

    order_id: str
    problem: str


class ResentBody(BaseModel):
    """Ids of the orders whose tickets are mailed again, and the others."""

    sent: list[str]
    refused: list[RefusedOrder]


@spec.validate(json=ChosenOrders, resp=answers(HTTP_202=ResentBody), tags=_TAGS)
async def resend(request: Request, json: ChosenOrders) -> Response:
    """Mail the tickets of several orders again; what cannot be stops none of the others."""
    who = require_user(request)
    event_id = str(request.path_params["event_id"])

    async def produce() -> Response:
        done = await resend_many(services(request), who, event_id, set(json.orders))
        refused = [
            RefusedOrder(order_id=order_id, problem=problem)
            for order_id, problem in done.refused.items()
        ]
        told = ResentBody(sent=list(done.sent), refused=refused)
        return JSONResponse(told.model_dump(), status_code=202)

    return await answer_once_outside(request, f"user:{who.id}", produce)


routes: list[BaseRoute] = [
    Route("/api/tickets/events/{event_id}/orders/resend", resend, methods=["POST"]),
]
