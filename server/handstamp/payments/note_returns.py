"""Keep what of a payment went back: refunds that stand, and whether a bank asks for it."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.payments.models import Payment


async def note_returns(
    session: AsyncSession, payment: Payment, *, refunded: int, disputed: bool
) -> None:
    """Write both onto a payment that the caller holds locked; a failed refund counts no more."""
    payment.refunded, payment.disputed = refunded, disputed
    await session.flush()
