"""What the audit log says that a person did."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.models import AuditEntry


async def acts_of(session: AsyncSession, user_id: str) -> list[dict[str, Any]]:
    """Return a person's acts, the oldest first."""
    query = select(AuditEntry).where(AuditEntry.actor_id == user_id).order_by(AuditEntry.id)
    return [
        {
            "at": entry.created_at,
            "action": entry.action,
            "target_type": entry.target_type,
            "target_id": entry.target_id,
            "ip": entry.ip,
        }
        for entry in await session.scalars(query)
    ]
