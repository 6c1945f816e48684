"""Payments as other rooms find them."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.payments import store
from handstamp.payments.models import Payment


async def payment_by_intent(session: AsyncSession, payment_intent_id: str) -> Payment | None:
    """Return the payment of a PaymentIntent."""
    return await store.payment_by_intent(session, payment_intent_id)


async def payment_by_charge(session: AsyncSession, charge_id: str) -> Payment | None:
    """Return the payment of a charge."""
    return await store.payment_by_charge(session, charge_id)


async def payment_of(session: AsyncSession, subject_kind: str, subject_id: str) -> Payment | None:
    """Return the payment that counts for a subject: the succeeded one, else the newest."""
    return await store.payment_of(session, subject_kind, subject_id)
