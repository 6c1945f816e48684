"""The API of refunds: asking for one, and what became of the money."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.ledger.rules import Parts
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.idempotency import answer_once
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_refunds, require_user, services
from handstamp.preorders.find_preorders import owned_preorder
from handstamp.refunds.find_refunds import (
    RefundView,
    owned_order,
    preorder_refund_view,
    refund_view,
)
from handstamp.refunds.models import Dispute, Refund
from handstamp.refunds.parts import divided_of, lines_of, tickets_of
from handstamp.refunds.plan_refund import Wish
from handstamp.refunds.refund_order import request_refund
from handstamp.refunds.refund_preorder import refund_preorder

_TAGS = ["refunds"]
TicketId = Annotated[int, Field(ge=1, le=2**53 - 1)]


class RefundWish(BaseModel):
    """Why money is given back; the note is for the organizer's own people."""

    model_config = ConfigDict(extra="forbid")

    reason: Literal["requested_by_customer", "duplicate", "fraudulent", "event_changed", ""] = ""
    note: Annotated[str, Field(max_length=1000)] = ""


class LineWish(BaseModel):
    """So many tickets of one line of the order; `tickets`: ids of those that are meant.

    Where fewer are named than `qty` says, the others are those that nobody came in with, the last
    ones first.
    """

    model_config = ConfigDict(extra="forbid")

    item: Annotated[str, Field(min_length=1, max_length=64)]
    qty: Annotated[int, Field(ge=1, le=200)]
    tickets: Annotated[list[TicketId], Field(max_length=200)] = []


class OrderRefundWish(RefundWish):
    """What of an order is given back: lines, or an amount in minor units, or all that is left.

    `override` gives back after the event's deadline, with a note. `expected`: what was left to
    refund when it was decided; where something else is left now, nothing is refunded.
    """

    lines: Annotated[list[LineWish], Field(max_length=50)] = []
    amount: Annotated[int | None, Field(ge=1, le=10**12)] = None
    override: bool = False
    expected: Annotated[int | None, Field(ge=0, le=10**12)] = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "OrderRefundWish":
        if self.lines and self.amount is not None:
            raise ValueError("name lines or an amount, not both")
        if len({line.item for line in self.lines}) != len(self.lines):
            raise ValueError("a line stands twice")
        if any(len(set(line.tickets)) > line.qty for line in self.lines):
            raise ValueError("more tickets are named than there are to go back")
        return self

    def wish(self) -> Wish:
        """Return it as the use case takes it."""
        return Wish(
            lines={line.item: line.qty for line in self.lines},
            amount=self.amount,
            override=self.override,
            expected=self.expected,
            tickets=frozenset(ticket for line in self.lines for ticket in line.tickets),
        )


class RefundBody(BaseModel):
    """A refund of an order or a pre-order; amounts in minor units, times in ms UTC.

    Status: requested (not at Stripe yet), pending, succeeded, failed, canceled. `origin`:
    buyer, organizer, system or stripe. `failure` is Stripe's code. `fee` and `tax` are what of
    the amount they were. `lines`: by order item how many tickets it is for; none for an amount
    or for all that was left. `tickets`: ids of those that somebody chose.
    """

    model_config = ConfigDict(from_attributes=True)

    id: str
    order_id: str | None
    preorder_id: str | None
    amount: int
    currency: str
    status: str
    origin: str
    reason: str
    note: str
    failure: str
    fee: int
    tax: int
    lines: dict[str, int]
    tickets: list[int]
    created_at: int
    settled_at: int | None


class DisputeBody(BaseModel):
    """A dispute; `outcome` is '' while it is open, then won or lost."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    order_id: str | None
    preorder_id: str | None
    amount: int
    currency: str
    reason: str
    status: str
    outcome: str
    respond_by: int | None
    created_at: int
    closed_at: int | None


class RefundList(BaseModel):
    """What became of the money of an order or pre-order.

    `refundable` is what a refund would give back now; when it is 0, `problem` says why.
    `unassigned` was given back without telling for which tickets, which are valid still.
    `failed`: the last refund did not give the money back, and somebody must try again.
    """

    refunds: list[RefundBody]
    disputes: list[DisputeBody]
    refundable: int
    problem: str
    unassigned: int
    failed: bool


def refund_body(refund: Refund) -> dict[str, Any]:
    """Return a refund as the API tells it."""
    divided = divided_of(refund)
    parts = divided.parts if divided else Parts()
    told = {name: getattr(refund, name) for name in _AS_STORED}
    return {
        **told,
        "fee": parts.fees,
        "tax": parts.tax,
        "lines": lines_of(refund),
        "tickets": sorted(tickets_of(refund)),
    }


_AS_STORED = sorted(RefundBody.model_fields.keys() - {"fee", "tax", "lines", "tickets"})


def dispute_body(dispute: Dispute) -> dict[str, Any]:
    """Return a dispute as the API tells it."""
    return DisputeBody.model_validate(dispute).model_dump()


def view_body(view: RefundView) -> dict[str, Any]:
    """Return what became of money as the API tells it."""
    return {
        "refunds": [refund_body(one) for one in view.refunds],
        "disputes": [dispute_body(one) for one in view.disputes],
        "refundable": view.refundable,
        "problem": _(view.problem) if view.problem else "",
        "unassigned": view.unassigned,
        "failed": view.failed,
    }


@spec.validate(json=OrderRefundWish, resp=answers(HTTP_202=RefundBody), tags=_TAGS)
async def refund(request: Request, json: OrderRefundWish) -> Response:
    """Refund some tickets of an order, an amount, or all that is left.

    All that is left is refunded once, however often it is asked for; a part each time, so send
    an `Idempotency-Key`, or `expected`.
    """
    who = require_user(request)
    order_id = str(request.path_params["order_id"])

    async def produce(session: AsyncSession) -> Response:
        await owned_order(session, who, order_id)
        require_refunds(request)
        made = await request_refund(
            session,
            services(request),
            who,
            order_id,
            reason=json.reason,
            note=json.note,
            wish=json.wish(),
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
    return JSONResponse(view_body(view))


@spec.validate(json=RefundWish, resp=answers(HTTP_202=RefundBody), tags=_TAGS)
async def refund_wish(request: Request, json: RefundWish) -> Response:
    """Refund all that is left of a paid pre-order; asked twice, it is refunded once.

    One whose refund failed at Stripe can be asked for again.
    """
    who, of = require_user(request), services(request)
    preorder_id = str(request.path_params["preorder_id"])

    async def produce(session: AsyncSession) -> Response:
        await owned_preorder(session, who, preorder_id)
        require_refunds(request)
        made = await refund_preorder(
            session, of, who, preorder_id, reason=json.reason, note=json.note
        )
        return JSONResponse(refund_body(made), status_code=202)

    return await answer_once(request, f"user:{who.id}", produce)


@spec.validate(resp=answers(HTTP_200=RefundList), tags=_TAGS)
async def show_of_wish(request: Request) -> Response:
    """Show a pre-order's refunds and disputes, and what is left to refund."""
    who = require_user(request)
    async with services(request).db.read() as session:
        preorder = await owned_preorder(session, who, str(request.path_params["preorder_id"]))
        view = await preorder_refund_view(session, preorder)
    return JSONResponse(view_body(view))


_ORDER = "/api/tickets/orders/{order_id}"
_PREORDER = "/api/tickets/admin/pre-orders/{preorder_id}"

routes: list[BaseRoute] = [
    Route(f"{_ORDER}/refund", refund, methods=["POST"]),
    Route(f"{_ORDER}/refunds", show, methods=["GET"]),
    Route(f"{_PREORDER}/refund", refund_wish, methods=["POST"]),
    Route(f"{_PREORDER}/refunds", show_of_wish, methods=["GET"]),
]
