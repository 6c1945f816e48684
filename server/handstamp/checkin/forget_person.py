"""Forget lists for phones that still hold erased people; the next phone gets a new one."""

from collections.abc import Sequence

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.checkin.models import SnapshotBase


async def forget_snapshots(session: AsyncSession, event_ids: Sequence[str]) -> None:
    """Delete the stored snapshots of events whose tickets were erased."""
    await session.execute(
        delete(SnapshotBase)
        .where(SnapshotBase.event_id.in_(event_ids))
        .execution_options(synchronize_session=False)
    )
