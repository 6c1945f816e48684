"""What is kept of the mails to a person."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.mail.models import Mail


async def mails_to(session: AsyncSession, email: str) -> list[dict[str, Any]]:
    """Return the mails to an address, the oldest first; their text is made at sending only."""
    query = (
        select(Mail).where(func.lower(Mail.to_email) == email).order_by(Mail.created_at, Mail.id)
    )
    return [
        {
            "id": mail.id,
            "kind": mail.kind,
            "about": mail.about,
            "status": mail.status,
            "delivery": mail.delivery,
            "created_at": mail.created_at,
            "sent_at": mail.sent_at,
        }
        for mail in await session.scalars(query)
    ]
