"""What each organizer of the world has of disputes: one that was won, so that it blocks nothing."""

from typing import Any

from tests.factories.orders import make_paid_order

from handstamp.kit.ids import new_id
from handstamp.payments.models import Payment
from handstamp.plumbing.web import Services
from handstamp.refunds.models import Dispute


async def add_dispute(services: Services, side: Any) -> None:
    """Have the payment of an order of its own been disputed once."""
    now, payment, dispute = services.clock(), new_id("pay"), new_id("du")
    order = await make_paid_order(
        services, side.event, {side.ids["tier_id"]: 1}, name=f"disputes {side.event.id}"
    )
    paid = {"account": "acct_1", "amount": 2_500, "currency": "CAD", "created_at": now}
    async with services.db.write() as session:
        session.add(
            Payment(
                id=payment,
                subject_kind="order",
                subject_id=order.id,
                organizer_id=side.organizer.id,
                charge_type="direct",
                payment_intent_id=f"pi_{payment}",
                status="succeeded",
                **paid,
            )
        )
        await session.flush()
        session.add(
            Dispute(
                id=dispute,
                payment_id=payment,
                order_id=order.id,
                reason="fraudulent",
                status="won",
                outcome="won",
                closed_at=now,
                **paid,
            )
        )
    side.ids["dispute_id"] = dispute
