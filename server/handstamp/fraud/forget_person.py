"""What looked odd about a person's purchases is forgotten with them."""

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.fraud.look_for_signals import email_subject
from handstamp.fraud.models import FraudSignal
from handstamp.plumbing.config import Settings


async def forget_signals(session: AsyncSession, settings: Settings, email: str) -> None:
    """Delete the signals about an address."""
    theirs = delete(FraudSignal).where(FraudSignal.subject == email_subject(settings, email))
    await session.execute(theirs.execution_options(synchronize_session=False))
