"""Figures of the ticket pool for Prometheus, of events that had tickets uploaded lately.

Only those: a label for every event there ever was would grow without end.
"""

from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import DAY, SECOND
from handstamp.plumbing.db import now
from handstamp.plumbing.metrics import UNMATCHED_TICKETS, Figure
from handstamp.pool.models import Demand, PoolEvent

LATELY: Final = 3 * DAY
MOST_EVENTS: Final = 200


async def unmatched_figures(session: AsyncSession) -> list[Figure]:
    """Return for each event of late: tickets nobody waits for, pre-orders, when it was uploaded."""
    events = await session.scalars(
        select(PoolEvent)
        .where(PoolEvent.uploaded_at > now(session) - LATELY)
        .order_by(PoolEvent.uploaded_at.desc())
        .limit(MOST_EVENTS)
    )
    of = {event.event_id: event for event in events}
    paid = await _paid(session, list(of))
    return [figure for key, event in of.items() for figure in _figures(event, paid.get(key, {}))]


async def _paid(session: AsyncSession, event_ids: list[str]) -> dict[str, dict[str, int]]:
    found = await session.execute(
        select(Demand.event_id, Demand.status, func.count())
        .where(Demand.event_id.in_(event_ids), Demand.status != "closed")
        .group_by(Demand.event_id, Demand.status)
    )
    paid: dict[str, dict[str, int]] = {}
    for event_id, status, count in found:
        paid.setdefault(event_id, {})[status] = count
    return paid


def _figures(event: PoolEvent, paid: dict[str, int]) -> list[Figure]:
    label = {"event": event.event_id}
    uploaded, looked = event.uploaded_at or 0, event.looked_at or 0
    rows: list[tuple[str, str, float]] = [
        (UNMATCHED_TICKETS, "Tickets from elsewhere nobody waits for", event.unmatched_tickets),
        ("tickets_pool_preorders", "Paid pre-orders of the pool", sum(paid.values())),
        ("tickets_pool_preorders_waiting", "Those without a ticket", paid.get("waiting", 0)),
        ("tickets_pool_uploaded_timestamp_seconds", "The last upload", uploaded / SECOND),
        ("tickets_pool_looked_at_timestamp_seconds", "The last look for matches", looked / SECOND),
    ]
    return [(name, about, label, value) for name, about, value in rows]
