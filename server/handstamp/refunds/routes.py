"""The API of refunds: asking for one, and what became of an order's money."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.idempotency import answer_once
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_checkout, require_user, services
from handstamp.refunds.find_refunds import owned_order, refund_view
from handstamp.refunds.models import Dispute, Refund
from handstamp.refunds.refund_order import request_refund

_TAGS = ["refunds"]


class RefundWish(BaseModel):
    """Why an order is refunded; the note is for the organizer's own people."""

    model_config = ConfigDict(extra="forbid")

    reason: Literal["requested_by_customer", "duplicate", "fraudulent", "event_changed", ""] = ""
    note: Annotated[str, Field(max_length=1000)] = ""


class RefundBody(BaseModel):
    """A refund; amounts in minor units, times in ms UTC.

    Status: requested (not at Stripe yet), pending, succeeded, failed, canceled. `origin`:
    buyer, organizer, system or stripe. `failure` is Stripe's code.
    """

    model_config = ConfigDict(from_attributes=True)

    id: str
    order_id: str
    amount: int
    currency: str
    status: str
    origin: str
    reason: str
    note: str
    failure: str
    created_at: int
    settled_at: int | None


class DisputeBody(BaseModel):
    """A dispute; `outcome` is '' while it is open, then won or lost."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    order_id: str
    amount: int
    currency: str
    reason: str
    status: str
    outcome: str
    respond_by: int | None
    created_at: int
    closed_at: int | None


class RefundList(BaseModel):
    """What became of an order's money.

    `refundable` is what a refund would give back now; when it is 0, `problem` says why.
    `unassigned` was given back without telling for which tickets, which are valid still.
    """

    refunds: list[RefundBody]
    disputes: list[DisputeBody]
    refundable: int
    problem: str
    unassigned: int


def refund_body(refund: Refund) -> dict[str, Any]:
    """Return a refund as the API tells it."""
    return RefundBody.model_validate(refund).model_dump()


def dispute_body(dispute: Dispute) -> dict[str, Any]:
    """Return a dispute as the API tells it."""
    return DisputeBody.model_validate(dispute).model_dump()


@spec.validate(json=RefundWish, resp=answers(HTTP_202=RefundBody), tags=_TAGS)
async def refund(request: Request, json: RefundWish) -> Response:
    """Refund all that is left of an order; asked twice, it is refunded once."""
    who = require_user(request)
    order_id = str(request.path_params["order_id"])

    async def produce(session: AsyncSession) -> Response:
        await owned_order(session, who, order_id)
        require_checkout(request)
        made = await request_refund(
            session,
            services(request),
            who,
            order_id,
            reason=json.reason,
            note=json.note,
        )
        return JSONResponse(refund_body(made), status_code=202)

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(resp=answers(HTTP_200=RefundList), tags=_TAGS)
async def show(request: Request) -> Response:
    """Show an order's refunds and disputes, and what is left to refund."""
    who = require_user(request)
    async with services(request).db.read() as session:
        order = await owned_order(session, who, str(request.path_params["order_id"]))
        view = await refund_view(session, order)
    return JSONResponse(
        {
            "refunds": [refund_body(one) for one in view.refunds],
            "disputes": [dispute_body(one) for one in view.disputes],
            "refundable": view.refundable,
            "problem": _(view.problem) if view.problem else "",
            "unassigned": view.unassigned,
        }
    )


_ORDER = "/api/tickets/orders/{order_id}"

routes: list[BaseRoute] = [
    Route(f"{_ORDER}/refund", refund, methods=["POST"]),
    Route(f"{_ORDER}/refunds", show, methods=["GET"]),
]
