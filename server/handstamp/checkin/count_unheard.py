"""How many phones may have scanned without the server knowing: for a count of heads (R70)."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.checkin.models import Device
from handstamp.kit.clock import HOUR, SECOND, Millis

AT_WORK = 12 * HOUR
SILENT = 90 * SECOND  # a phone with a network asks every 25 s at the latest


async def count_unheard(session: AsyncSession, own: Device, now: Millis) -> int:
    """Return how many other phones of the event were at work lately and are silent now."""
    wanted = select(func.count()).where(
        Device.event_id == own.event_id,
        Device.id != own.id,
        Device.kind == "phone",
        Device.last_seen_at >= now - AT_WORK,
        Device.last_seen_at < now - SILENT,
    )
    return await session.scalar(wanted) or 0
