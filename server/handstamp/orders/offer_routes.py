"""The API of taking what a waiting list offers: the order that its tickets become."""

from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.events.shapes import Shape
from handstamp.orders.buyers import buyer_of, set_cookie
from handstamp.orders.shapes import OrderBody, order_body
from handstamp.orders.take_offer import take_offer
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.errors import Forbidden
from handstamp.plumbing.idempotency import answer_once_outside
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import actor, is_foreign, require_checkout, services
from handstamp.waitlist.find_waiting import own_place
from handstamp.waitlist.rules import MOST_TICKETS
from handstamp.waitlist.shapes import LinkQuery


class TakeBody(Shape):
    """How many of the offered tickets are taken; null is all of them."""

    quantity: Annotated[int, Field(ge=1, le=MOST_TICKETS)] | None = None


@spec.validate(
    query=LinkQuery,
    json=TakeBody,
    resp=answers(HTTP_200=OrderBody, HTTP_201=OrderBody),
    tags=["waiting lists"],
)
async def take(request: Request, query: LinkQuery, json: TakeBody) -> Response:
    """Take what you were offered: it becomes an order that waits for its payment."""
    require_checkout(request)
    if is_foreign(request):
        raise Forbidden(_("This request did not come from a page of this server."))
    of, buyer = services(request), buyer_of(request)

    async def produce() -> Response:
        async with of.db.read() as session:
            found = await own_place(
                session,
                of.settings,
                str(request.path_params["waiting_id"]),
                actor=actor(request),
                secret=query.key,
            )
        held = await take_offer(of, buyer, found.id, quantity=json.quantity)
        told = order_body(held.order, held.items, of.clock())
        return JSONResponse(
            told, 200 if held.resumed else 201, headers={"Cache-Control": "no-store"}
        )

    response = await answer_once_outside(request, f"buyer:{buyer.key}", produce)
    set_cookie(response, of.settings, buyer)
    return response


routes: list[BaseRoute] = [
    Route("/api/tickets/waiting/{waiting_id}/take", take, methods=["POST"]),
]
