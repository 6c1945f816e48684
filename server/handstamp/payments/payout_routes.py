"""The API of what Stripe paid out to an organizer's bank."""

from typing import Annotated

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.payments.find_payouts import PayoutView, payouts_of
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.web import require_payouts, require_user, services


class PayoutBody(BaseModel):
    """A payout; amounts in minor units, times in ms UTC.

    `status`: pending, in_transit, paid, failed or canceled. `since`: when the one before it was
    made. `moved`: by how much sales, refunds, platform_fees, stripe_fees, disputes and other
    changed the balance between the two.
    """

    id: str
    amount: int
    currency: str
    status: str
    created_at: int
    arrival_at: int | None
    since: int | None
    moved: dict[str, int]


class PayoutList(BaseModel):
    """Payouts, the newest first; `next` goes into `after`. `balances`: at Stripe, by currency."""

    payouts: list[PayoutBody]
    next: str | None
    balances: dict[str, int]


class PayoutQuery(BaseModel):
    """Which page of payouts."""

    after: str = Field(default="", max_length=100)
    limit: Annotated[int, Field(ge=1, le=100)] = 20


def payout_body(view: PayoutView) -> PayoutBody:
    """Return a payout as the API tells it."""
    payout = view.payout
    return PayoutBody(
        id=payout.id,
        amount=payout.amount,
        currency=payout.currency,
        status=payout.status,
        created_at=payout.created_at,
        arrival_at=payout.arrival_at,
        since=view.since,
        moved=dict(view.moved),
    )


@spec.validate(query=PayoutQuery, resp=answers(HTTP_200=PayoutList), tags=["organizers"])
async def show(request: Request, query: PayoutQuery) -> Response:
    """List an organizer's payouts with what moved the balance before each."""
    who = require_user(request)
    require_payouts(request)
    organizer_id = str(request.path_params["organizer_id"])
    async with services(request).db.read() as session:
        found = await payouts_of(session, who, organizer_id, after=query.after, limit=query.limit)
    told = PayoutList(
        payouts=[payout_body(one) for one in found.payouts],
        next=found.payouts[-1].payout.id if found.more else None,
        balances=dict(found.balances),
    )
    return JSONResponse(told.model_dump(), headers={"Cache-Control": "no-store"})


routes: list[BaseRoute] = [
    Route("/api/tickets/organizers/{organizer_id}/payouts", show, methods=["GET"]),
]
