"""Keep what Stripe says of a PaymentIntent; later facts never take anything back."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.ids import new_id
from handstamp.payments import store
from handstamp.payments.facts import PaymentFacts
from handstamp.payments.models import Payment
from handstamp.payments.rules import later_status, payment_status
from handstamp.plumbing.db import now


async def record_payment(
    session: AsyncSession,
    *,
    subject_kind: str,
    subject_id: str,
    organizer_id: str,
    account: str,
    charge_type: str,
    destination: str,
    facts: PaymentFacts,
) -> Payment:
    """Store or update the payment of `facts.id`, and return it locked until the commit.

    A payment that succeeded stays so, and what was refunded never shrinks: facts may come in
    any order. Whose it is was decided when it was first stored.
    """
    status = payment_status(facts.status, facts.error_code)
    payment = await store.locked_payment(
        session,
        {
            "id": new_id("pay"),
            "subject_kind": subject_kind,
            "subject_id": subject_id,
            "organizer_id": organizer_id,
            "account": account,
            "charge_type": charge_type,
            "destination": destination,
            "payment_intent_id": facts.id,
            "charge_id": facts.charge_id,
            "amount": facts.amount,
            "currency": facts.currency,
            "application_fee": facts.application_fee,
            "stripe_fee": None,
            "status": "pending",
            "failure_code": "",
            "refunded": 0,
            "disputed": False,
            "card": facts.card,
            "created_at": facts.created or now(session),
            "paid_at": None,
        },
    )
    payment.status = later_status(payment.status, status)
    payment.refunded = max(payment.refunded, facts.refunded)
    payment.card = facts.card or payment.card
    payment.disputed = payment.disputed or facts.disputed
    if payment.status == status:
        payment.failure_code = "" if status == "succeeded" else facts.error_code
        payment.charge_id = facts.charge_id or payment.charge_id
    if status == "succeeded":
        payment.paid_at = facts.paid_at or payment.paid_at or now(session)
        payment.stripe_fee = payment.stripe_fee if facts.fee is None else facts.fee
    await session.flush()
    return payment
