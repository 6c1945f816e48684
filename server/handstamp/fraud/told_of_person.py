"""What is kept about a person's purchases that looked odd."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.fraud.look_for_signals import email_subject
from handstamp.fraud.models import FraudSignal
from handstamp.plumbing.config import Settings


async def signals_told(
    session: AsyncSession, settings: Settings, email: str
) -> list[dict[str, Any]]:
    """Return the signals about an address, the oldest first."""
    theirs = FraudSignal.subject == email_subject(settings, email)
    rows = await session.scalars(select(FraudSignal).where(theirs).order_by(FraudSignal.first_at))
    columns = ("kind", "n", "first_at", "last_at")
    return [{name: getattr(row, name) for name in columns} for row in rows]
