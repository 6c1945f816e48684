"""Who waits for a ticket from elsewhere: confirmed when paid, closed when the money goes back.

A demand's id is the pre-order's. Rows are locked in one order everywhere: pre-order, demand,
ticket, assignment.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import Millis
from handstamp.plumbing.db import is_sqlite, now
from handstamp.plumbing.web import SYSTEM, Actor
from handstamp.pool.log_assignment import note
from handstamp.pool.models import Demand
from handstamp.pool.queue_assigning import queue_assigning
from handstamp.pool.take_back import end_current


async def confirm(
    session: AsyncSession,
    *,
    preorder_id: str,
    organizer_id: str,
    event_id: str,
    tier_id: str,
    user_id: str,
    email: str,
    name: str,
    number: str,
    confirmed_at: Millis,
) -> bool:
    """Have somebody who has paid wait for a ticket; the same again changes nothing.

    Tell whether it is new. `confirmed_at`: when it was paid, milliseconds UTC.
    """
    insert: Any = sqlite.insert if is_sqlite(session) else postgresql.insert
    at = now(session)
    row = insert(Demand).values(
        id=preorder_id,
        organizer_id=organizer_id,
        event_id=event_id,
        tier_id=tier_id,
        user_id=user_id,
        email=email,
        name=name,
        number=number,
        status="waiting",
        confirmed_at=confirmed_at,
        created_at=at,
        updated_at=at,
    )
    fresh = row.on_conflict_do_nothing(index_elements=["id"]).returning(Demand.id)
    if (await session.execute(fresh)).first() is None:
        return False
    await note(
        session,
        SYSTEM,
        "demand.confirmed",
        event_id=event_id,
        demand_id=preorder_id,
        email=email,
    )
    await queue_assigning(session, [(event_id, tier_id)])
    return True


async def close(session: AsyncSession, demand_id: str, why: str, *, actor: Actor = SYSTEM) -> bool:
    """End a demand for good; its ticket, unless used, goes back. Tell whether it was open.

    `why`: refunded, dispute_lost, no_ticket, erased. One that is unknown or closed changes nothing.
    """
    demand = await locked(session, demand_id)
    if demand is None or demand.status == "closed":
        return False
    if demand.status == "assigned":
        await end_current(session, actor, demand, why)
    demand.status, demand.updated_at = "closed", now(session)
    await session.flush()
    await _note(session, actor, "demand.closed", demand, why)
    await queue_assigning(session, [(demand.event_id, demand.tier_id)])
    return True


async def reopen(session: AsyncSession, demand_id: str, why: str) -> bool:
    """Have somebody wait again, in their old place; tell whether it was closed."""
    demand = await locked(session, demand_id)
    if demand is None or demand.status != "closed":
        return False
    demand.status, demand.flagged_at, demand.updated_at = "waiting", None, now(session)
    await session.flush()
    await _note(session, SYSTEM, "demand.reopened", demand, why)
    await queue_assigning(session, [(demand.event_id, demand.tier_id)])
    return True


async def is_assigned(session: AsyncSession, demand_id: str) -> bool:
    """Tell whether somebody has a ticket; the demand is locked until the transaction ends."""
    demand = await locked(session, demand_id)
    return demand is not None and demand.status == "assigned"


async def locked(session: AsyncSession, demand_id: str) -> Demand | None:
    """Return a demand as it is stored now, locked until the transaction ends."""
    query = select(Demand).where(Demand.id == demand_id).with_for_update(key_share=True)
    return await session.scalar(query, execution_options={"populate_existing": True})


async def _note(session: AsyncSession, actor: Actor, action: str, of: Demand, why: str) -> None:
    await note(
        session,
        actor,
        action,
        event_id=of.event_id,
        demand_id=of.id,
        email=of.email,
        meta={"why": why},
    )
