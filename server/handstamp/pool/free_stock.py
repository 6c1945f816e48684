"""How many tickets from elsewhere of each tier nobody has paid for yet."""

from sqlalchemy import func, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.plumbing.db import is_sqlite
from handstamp.pool.models import Demand, PoolTicket

MATCHABLE = ("unassigned", "unmatched")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


async def free_stock(session: AsyncSession, event_id: str) -> dict[str, int]:
    """Return by tier id how many tickets are free, less those who wait for one of that tier.

    Below 0 where more wait than there are. One statement: a run of the matcher that commits
    between two would leave a ticket counted as free, and nobody who waits for it.
    """
    ticket, demand = PoolTicket, Demand
    tickets = (
        select(ticket.tier_id, func.count())
        .where(ticket.event_id == event_id, ticket.status.in_(MATCHABLE))
        .group_by(ticket.tier_id)
    )
    waiting = (
        select(demand.tier_id, -func.count())
        .where(demand.event_id == event_id, demand.status == "waiting")
        .group_by(demand.tier_id)
    )
    free: dict[str, int] = {}
    for tier_id, number in await session.execute(union_all(tickets, waiting)):
        free[tier_id] = free.get(tier_id, 0) + int(number)
    return free


async def hold_stock(session: AsyncSession, event_id: str) -> None:
    """Let one transaction at a time count and set aside an event's tickets from elsewhere."""
    if not is_sqlite(session):
        await session.execute(_LOCK, {"name": f"pool-stock:{event_id}"})
