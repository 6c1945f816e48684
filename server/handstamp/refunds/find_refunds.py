"""Refunds and disputes of an order or a pre-order, and whether a refund can be asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.orders.models import Order
from handstamp.payments.models import Payment
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor
from handstamp.preorders.models import PreOrder
from handstamp.refunds import store
from handstamp.refunds.book_refund import is_deposit
from handstamp.refunds.models import Dispute, Refund
from handstamp.refunds.parts import lines_of
from handstamp.refunds.rules import GIVING, LIVE, refund_problem, standing
from handstamp.refunds.tried_again import Try, is_owed_still


@dataclass(frozen=True)
class RefundView:
    """What became of the money of an order or pre-order; amounts in minor units.

    `refundable` is what a refund would give back now, 0 when `problem` (in English, for `_`)
    says why not. `unassigned` was given back without telling which tickets it was for: those
    are valid still, and somebody must decide. `failed`: some of what was given back came back,
    and no later refund is for it.
    """

    refunds: Sequence[Refund]
    disputes: Sequence[Dispute]
    refundable: int
    problem: str
    unassigned: int = 0

    @property
    def failed(self) -> bool:
        """Whether somebody must try again."""
        return has_failed(self.refunds)


async def owned_order(
    session: AsyncSession, actor: Actor, order_id: str, *, lock: bool = False
) -> Order:
    """Return an order of an event that the actor runs, locked when it is about to change.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    order = await store.order(session, order_id, lock=lock)
    if order is None or not actor.may_manage(order.organizer_id):
        raise NotFound(_("There is no such order among yours."))
    return order


async def refund_view(session: AsyncSession, order: Order) -> RefundView:
    """Return an order's refunds and disputes, the oldest first, and what is left to refund."""
    payment = await refundable_payment(session, order.id)
    refunds = await store.refunds_of_order(session, order.id)
    of_payment = [row for row in refunds if payment is not None and row.payment_id == payment.id]
    left = left_to_refund(payment, of_payment)
    disputed = await dispute_standing(session, payment)
    problem = refund_problem(paid=payment is not None, disputed=disputed, left=left)
    loose = [
        row.amount
        for row in of_payment
        if row.status in GIVING and row.voided_at is None and not row.lines_json
    ]
    return RefundView(
        refunds=refunds,
        disputes=await store.disputes_of_order(session, order.id),
        refundable=0 if problem else left,
        problem=problem,
        unassigned=sum(loose) if order.status == "partially_refunded" else 0,
    )


async def preorder_refund_view(session: AsyncSession, preorder: PreOrder) -> RefundView:
    """Return a pre-order's refunds and disputes, the oldest first, and what is left to refund."""
    payment = await refundable_payment(session, preorder.id, kind="preorder")
    refunds = await store.refunds_of_preorder(session, preorder.id)
    of_payment = [row for row in refunds if payment is not None and row.payment_id == payment.id]
    left = left_to_refund(payment, of_payment)
    disputed = await dispute_standing(session, payment)
    problem = refund_problem(paid=payment is not None, disputed=disputed, left=left)
    return RefundView(
        refunds=refunds,
        disputes=await store.disputes_of_preorder(session, preorder.id),
        refundable=0 if problem else left,
        problem=problem,
    )


async def failed_among(
    session: AsyncSession, *, orders: Sequence[str] = (), preorders: Sequence[str] = ()
) -> frozenset[str]:
    """Return the ids of which money came back that was not given again."""
    rows: dict[str, list[Refund]] = {}
    for refund in await store.refunds_among(session, orders, preorders):
        rows.setdefault(refund.order_id or refund.preorder_id or "", []).append(refund)
    return frozenset(about for about, refunds in rows.items() if has_failed(refunds))


async def refundable_payment(
    session: AsyncSession, subject_id: str, payment_id: str = "", *, kind: str = "order"
) -> Payment | None:
    """Return the payment that bought the tickets, or the one asked for; None = unpaid."""
    payments = await store.payments_of(session, kind, subject_id)
    if payment_id:
        return next((one for one in payments if one.id == payment_id), None)
    bought = [one for one in payments if not await is_deposit(session, one)]
    return next(iter([*bought, *payments]), None)


def left_to_refund(payment: Payment | None, refunds: Sequence[Refund]) -> int:
    """Return how much of a payment is neither given back nor about to be."""
    paid = payment.amount if payment else 0
    return paid - sum(refund.amount for refund in refunds if refund.status in LIVE)


def has_failed(refunds: Sequence[Refund]) -> bool:
    """Tell whether some of it came back and was not given again; payment by payment."""
    tries: dict[str, list[Try]] = {}
    for one in refunds:
        known_at = one.created_at if one.settled_at is None else one.settled_at
        found = Try(one.status, one.amount, one.created_at, known_at, lines_of(one))
        tries.setdefault(one.payment_id, []).append(found)
    return any(is_owed_still(found) for found in tries.values())


async def disputed_among(session: AsyncSession, order_ids: Sequence[str]) -> frozenset[str]:
    """Return which of some orders have a dispute that is open or lost."""
    return frozenset(await store.disputed_orders(session, order_ids))


async def dispute_standing(session: AsyncSession, payment: Payment | None) -> str:
    """Tell whether a bank is asking for a payment back ("open"), or has got it ("lost"), else ''.

    Stripe's charge says "disputed" for ever, so a dispute that was won counts by its own row.
    """
    if payment is None:
        return ""
    disputes = await store.disputes_of_payment(session, payment.id)
    if disputes:
        return standing(dispute.status for dispute in disputes)
    return "open" if payment.disputed else ""
