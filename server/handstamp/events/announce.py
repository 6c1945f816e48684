"""Telling the door, after commit, that something of an event changed."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events import store
from handstamp.kit.clock import HOUR
from handstamp.plumbing.db import after_commit
from handstamp.plumbing.web import Services

DOOR_GRACE = 12 * HOUR  # R41: phones scan on for so long after the event's end


def announce(session: AsyncSession, services: Services, event_id: str) -> None:
    """Signal `event:<id>` once this transaction is committed; at most once for each event."""
    announced: set[str] = session.info.setdefault("announced_events", set())
    if event_id in announced:
        return
    announced.add(event_id)

    def publish() -> None:
        announced.discard(event_id)
        services.signals.publish(f"event:{event_id}")

    after_commit(session, publish)


async def announce_unfinished(session: AsyncSession, services: Services) -> int:
    """Put every unfinished event into its feed anew (keys changed); return how many."""
    events = await store.unfinished(session, services.clock(), DOOR_GRACE)
    if events:
        await store.unannounce(session, events)
    for event_id in events:
        announce(session, services, event_id)
    return len(events)
