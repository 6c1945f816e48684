"""Whose money goes back: asked for, on its way, or back."""

from collections.abc import Sequence

from sqlalchemy import column, func, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.payments.models import Payment
from handstamp.preorders.models import PreOrder
from handstamp.preorders.store import IN_ONE

_REFUNDS = table(  # of the room above, by name as tables of rooms know each other
    "tickets_refunds", column("payment_id"), column("amount"), column("status")
)
LIVE = ("requested", "pending", "succeeded")


async def given_back(session: AsyncSession, preorder_ids: Sequence[str]) -> set[str]:
    """Return which of some pre-orders' whole payment goes back."""
    refund, found = _REFUNDS.c, set()
    for start in range(0, len(preorder_ids), IN_ONE):
        some = PreOrder.id.in_(preorder_ids[start : start + IN_ONE])
        query = (
            select(PreOrder.id)
            .join(Payment, Payment.payment_intent_id == PreOrder.payment_intent_id)
            .join(_REFUNDS, refund.payment_id == Payment.id)
            .where(some, Payment.account == PreOrder.account, refund.status.in_(LIVE))
            .group_by(PreOrder.id, Payment.amount)
            .having(func.sum(refund.amount) >= Payment.amount)
        )
        found |= set(await session.scalars(query))
    return found
