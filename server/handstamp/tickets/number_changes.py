"""Giving changed tickets their places in the event's feed (R32)."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.tickets import store


async def number(session: AsyncSession, event_id: str, start: int) -> list[tuple[str, str, int]]:
    """Number this room's waiting rows of an event from `start` + 1, in order.

    The caller holds the event's lock. Returns (kind letter `t`, the serial, the revision).
    """
    return [
        ("t", str(serial), revision)
        for serial, revision, _place in await store.number_tickets(session, event_id, start)
    ]
