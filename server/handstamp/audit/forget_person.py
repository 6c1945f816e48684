"""Forget from which networks a person acted; that somebody acted stays in the audit log."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.models import AuditEntry


async def forget_addresses(session: AsyncSession, user_id: str) -> None:
    """Empty the network addresses of a person's acts; their id, which names nobody now, stays.

    The chain covers a digest of each address under a salt of its own. The salt goes with the
    address, so that the digest, which stays, tells nothing and the chain still holds.
    """
    await session.execute(
        update(AuditEntry)
        .where(AuditEntry.actor_id == user_id, AuditEntry.ip != "")
        .values(ip="", ip_salt=None)
        .execution_options(synchronize_session=False)
    )
