"""Forget what was noted about a person at refunds; while money moves nobody is forgotten."""

from collections.abc import Sequence

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.payments.models import Payment
from handstamp.plumbing.texts import _
from handstamp.refunds.models import Dispute, Refund

_OPEN = ("requested", "pending")


async def why_not_forget(
    session: AsyncSession, order_ids: Sequence[str], preorder_ids: Sequence[str]
) -> list[str]:
    """Say that money is on its way back, or that a bank has not decided yet."""
    refunds = or_(Refund.order_id.in_(order_ids), Refund.preorder_id.in_(preorder_ids))
    disputes = or_(Dispute.order_id.in_(order_ids), Dispute.preorder_id.in_(preorder_ids))
    moving = select(Refund.id).where(refunds, Refund.status.in_(_OPEN)).limit(1)
    disputed = select(Dispute.id).where(disputes, Dispute.outcome == "").limit(1)
    reasons = []
    if await session.scalar(disputed) is not None:
        reasons.append(_("A dispute of a payment of theirs is open. Wait until it is decided."))
    if await session.scalar(moving) is not None:
        reasons.append(_("A refund to them has not arrived yet. Wait until it has ended."))
    return reasons


async def forget_notes(
    session: AsyncSession, order_ids: Sequence[str], preorder_ids: Sequence[str]
) -> list[str]:
    """Empty what people wrote at refunds; return by which ids Stripe knows the payments."""
    theirs = or_(Refund.order_id.in_(order_ids), Refund.preorder_id.in_(preorder_ids))
    await session.execute(
        update(Refund).where(theirs).values(note="").execution_options(synchronize_session=False)
    )
    paid = select(Payment.payment_intent_id, Payment.charge_id).where(
        Payment.subject_id.in_([*order_ids, *preorder_ids])
    )
    return [one for row in await session.execute(paid) for one in row if one]
