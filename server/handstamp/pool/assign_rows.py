"""Queries of a run of the matcher: who waits, what is free, and what is written of a match."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import Millis
from handstamp.plumbing.db import is_sqlite
from handstamp.pool.free_stock import MATCHABLE
from handstamp.pool.match_tickets import Spare, Wish
from handstamp.pool.models import Assignment, Demand, PoolEvent, PoolTicket

IN_ONE = 500  # ids in one statement
_FRESH = {"populate_existing": True}
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
_BESIDE = text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:name, 0))")


class Waiting(NamedTuple):
    """A demand as a run reads it."""

    wish: Wish
    user_id: str
    email: str


async def fallback_of(session: AsyncSession, event_id: str) -> str:
    """Return how an event's tickets may go to people who wished another variant."""
    query = select(PoolEvent.fallback).where(PoolEvent.event_id == event_id)
    return await session.scalar(query) or "none"


async def lock(session: AsyncSession, event_id: str, tier_id: str) -> None:
    """Keep other runs out until the transaction ends: of a tier, or ('') of the whole event."""
    if is_sqlite(session):
        return
    await session.execute(_BESIDE if tier_id else _ALONE, {"name": f"pool:{event_id}"})
    if tier_id:
        await session.execute(_ALONE, {"name": f"pool:{event_id}:{tier_id}"})


async def waiting(
    session: AsyncSession,
    event_id: str,
    tiers: Sequence[str] | None,
    after: tuple[Millis, str] | None,
    limit: int,
) -> list[Waiting]:
    """Return the next who wait, locked; `tiers` None is every tier."""
    where = [Demand.event_id == event_id, Demand.status == "waiting"]
    if tiers is not None:
        where.append(Demand.tier_id.in_(tiers))
    if after is not None:
        moment, last = after
        same = and_(Demand.confirmed_at == moment, Demand.id > last)
        where.append(or_(Demand.confirmed_at > moment, same))
    query = (
        select(Demand.id, Demand.tier_id, Demand.confirmed_at, Demand.user_id, Demand.email)
        .where(*where)
        .order_by(Demand.confirmed_at, Demand.id)
        .limit(limit)
        .with_for_update(key_share=True)
    )
    found = await session.execute(query)
    return [Waiting(Wish(row[0], row[1], row[2]), row[3], row[4]) for row in found]


async def free(session: AsyncSession, event_id: str, tier_id: str, limit: int) -> list[Spare]:
    """Return the oldest free tickets of a tier, locked."""
    table = PoolTicket
    query = (
        select(table.id, table.tier_id, table.created_at, table.line)
        .where(table.event_id == event_id, table.tier_id == tier_id)
        .where(table.status.in_(MATCHABLE))
        .order_by(table.created_at, table.line, table.id)
        .limit(limit)
        .with_for_update(key_share=True)
    )
    return [Spare(row[0], row[1], row[2], row[3]) for row in await session.execute(query)]


async def tiers_with(session: AsyncSession, event_id: str) -> tuple[list[str], list[str]]:
    """Return the tiers that somebody waits for, and those of which a ticket is free."""
    wished = select(Demand.tier_id).where(Demand.event_id == event_id, Demand.status == "waiting")
    spare = select(PoolTicket.tier_id).where(
        PoolTicket.event_id == event_id, PoolTicket.status.in_(MATCHABLE)
    )
    return (
        sorted(await session.scalars(wished.distinct())),
        sorted(await session.scalars(spare.distinct())),
    )


async def add_assignments(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Insert assignments in one statement, and give both sides their status."""
    connection = await session.connection()
    await connection.execute(insert(Assignment), list(rows))
    at = rows[0]["created_at"]
    status = {"status": "assigned", "updated_at": at}
    await _change(session, PoolTicket, [row["ticket_id"] for row in rows], status)
    await _change(session, Demand, [row["demand_id"] for row in rows], status)


async def _change(
    session: AsyncSession, model: Any, ids: Sequence[str], values: dict[str, Any]
) -> None:
    for start in range(0, len(ids), IN_ONE):
        some = model.id.in_(ids[start : start + IN_ONE])
        await session.execute(
            update(model).where(some).values(**values).execution_options(synchronize_session=False)
        )


async def flag_tickets(
    session: AsyncSession, event_id: str, tiers: Sequence[str] | None, at: Millis, limit: int
) -> list[tuple[str, str, Millis]]:
    """Call free tickets unmatched: (id, tier id, created at) of those that were not yet."""
    table = PoolTicket
    where = [table.event_id == event_id, table.status == "unassigned"]
    found = await _flagged(session, table, where, tiers, limit)
    await _change(
        session, table, [row[0] for row in found], {"status": "unmatched", "updated_at": at}
    )
    return found


async def flag_demands(
    session: AsyncSession, event_id: str, tiers: Sequence[str] | None, at: Millis, limit: int
) -> list[tuple[str, str, Millis]]:
    """Note who waits in vain: (id, tier id, confirmed at) of those who did not yet."""
    table = Demand
    where = [table.event_id == event_id, table.status == "waiting", table.flagged_at.is_(None)]
    found = await _flagged(session, table, where, tiers, limit)
    await _change(session, table, [row[0] for row in found], {"flagged_at": at, "updated_at": at})
    return found


async def _flagged(
    session: AsyncSession,
    table: Any,
    where: list[ColumnElement[bool]],
    tiers: Sequence[str] | None,
    limit: int,
) -> list[tuple[str, str, Millis]]:
    since = table.confirmed_at if table is Demand else table.created_at
    query = select(table.id, table.tier_id, since).where(*where)
    if tiers is not None:
        query = query.where(table.tier_id.in_(tiers))
    query = query.order_by(table.id).limit(limit).with_for_update(key_share=True)
    return [(row[0], row[1], row[2]) for row in await session.execute(query)]


async def look(session: AsyncSession, event_id: str, organizer_id: str, at: Millis) -> None:
    """Count what is left of an event, and keep it if it is not what was kept.

    Also when the last upload is younger than the last look.
    """
    insert_row: Any = sqlite.insert if is_sqlite(session) else postgresql.insert
    known = select(PoolEvent).where(PoolEvent.event_id == event_id).with_for_update(key_share=True)
    kept = await session.scalar(known, execution_options=_FRESH)
    if kept is None:
        row = insert_row(PoolEvent).values(
            event_id=event_id, organizer_id=organizer_id, fallback="none", updated_at=at,
            unmatched_tickets=0, unmatched_demands=0,
        )  # fmt: skip
        await session.execute(row.on_conflict_do_nothing())
        kept = (await session.scalars(known, execution_options=_FRESH)).one()
    tickets = await _count(session, PoolTicket, event_id, MATCHABLE)
    demands = await _count(session, Demand, event_id, ("waiting",))
    same = (kept.unmatched_tickets, kept.unmatched_demands) == (tickets, demands)
    if same and kept.looked_at is not None and kept.looked_at >= (kept.uploaded_at or 0):
        return
    kept.unmatched_tickets, kept.unmatched_demands = tickets, demands
    kept.looked_at = kept.updated_at = at
    await session.flush()


async def _count(session: AsyncSession, model: Any, event_id: str, statuses: Sequence[str]) -> int:
    query = select(func.count()).select_from(model)
    where = (model.event_id == event_id, model.status.in_(statuses))
    return int(await session.scalar(query.where(*where)) or 0)
