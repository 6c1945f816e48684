"""Counting an event's pool again after each change, so that no page counts a million rows.

What has changed is read from the end of the log of assignments and from the last uploads.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.models import Event
from handstamp.kit.clock import MINUTE, Millis
from handstamp.plumbing.db import is_sqlite
from handstamp.plumbing.jobs import JobContext
from handstamp.pool.models import AssignmentLog, Demand, PoolEvent, PoolTicket

JOB = "pool.count"
EVERY = MINUTE
LATE: Millis = 2 * MINUTE  # a transaction may take so long until others see its lines
AT_ONCE = 100
_LINES = 5_000
GIVEN = ("assigned", "used")


async def count_events(ctx: JobContext) -> None:
    """Count every event that has changed since the last time, some in each transaction.

    Only the last ones are counted as of now: whoever goes on after a death finds the others again.
    """
    at = ctx.services.clock()
    async with ctx.services.db.read() as session:
        last = await session.scalar(select(func.max(PoolEvent.counted_at))) or 0
        changed = await _changed(session, last - LATE)
    for start in range(0, len(changed), AT_ONCE):
        end = start + AT_ONCE
        async with ctx.services.db.write(actor="pool") as session:
            await count(session, changed[start:end], at if end >= len(changed) else last)
    async with ctx.write() as session:
        await ctx.acknowledge(session)


async def count(session: AsyncSession, event_ids: Sequence[str], at: Millis) -> None:
    """Keep the numbers of some events as they are now."""
    tickets = await statuses(session, PoolTicket, event_ids)
    demands = await statuses(session, Demand, event_ids)
    owners = await session.execute(
        select(Event.id, Event.organizer_id).where(Event.id.in_(event_ids)).order_by(Event.id)
    )
    rows = [
        {
            "event_id": event_id,
            "organizer_id": organizer_id,
            "fallback": "none",
            "unmatched_tickets": 0,
            "unmatched_demands": 0,
            "updated_at": at,
            "counted_at": at,
            **_numbers(tickets.get(event_id, Counter()), demands.get(event_id, Counter())),
        }
        for event_id, organizer_id in owners
    ]
    if rows:
        await _keep(session, rows)


def _numbers(tickets: Counter[str], demands: Counter[str]) -> dict[str, int]:
    return {
        "tickets": tickets.total() - tickets["void"],
        "given": sum(tickets[status] for status in GIVEN),
        "used": tickets["used"],
        "orders": demands.total() - demands["closed"],
        "served": demands["assigned"],
    }


async def _keep(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    make: Any = sqlite.insert if is_sqlite(session) else postgresql.insert
    row = make(PoolEvent)
    names = ("tickets", "given", "used", "orders", "served", "counted_at")
    kept = {name: row.excluded[name] for name in names}
    statement = row.on_conflict_do_update(index_elements=["event_id"], set_=kept)
    await session.execute(statement, list(rows))


async def statuses(
    session: AsyncSession, table: Any, event_ids: Sequence[str]
) -> dict[str, Counter[str]]:
    """Count the tickets or demands of some events by status."""
    query = (
        select(table.event_id, table.status, func.count())
        .where(table.event_id.in_(event_ids))
        .group_by(table.event_id, table.status)
    )
    found: dict[str, Counter[str]] = {}
    for event_id, status, number in await session.execute(query):
        found.setdefault(event_id, Counter())[status] += number
    return found


async def _changed(session: AsyncSession, since: Millis) -> list[str]:
    behind = or_(PoolEvent.counted_at.is_(None), PoolEvent.updated_at >= since)
    found = set(await session.scalars(select(PoolEvent.event_id).where(behind)))
    before: int | None = None
    while True:
        query = select(AssignmentLog.id, AssignmentLog.event_id, AssignmentLog.created_at)
        if before is not None:
            query = query.where(AssignmentLog.id < before)
        lines = (await session.execute(query.order_by(AssignmentLog.id.desc()).limit(_LINES))).all()
        found.update(line.event_id for line in lines if line.created_at >= since)
        if len(lines) < _LINES or lines[-1].created_at < since:
            return sorted(found)
        before = lines[-1].id
