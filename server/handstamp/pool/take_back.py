"""Taking a ticket back from who has it: the ticket is free again, who had it waits again.

What the member holds already, a ticket at the door and a pre-order that counts as fulfilled,
follows by the job `preorders.hand_over`.
"""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.plumbing.db import now
from handstamp.plumbing.jobs import enqueue
from handstamp.plumbing.web import Actor
from handstamp.pool.log_assignment import note
from handstamp.pool.models import Assignment, Demand, PoolTicket
from handstamp.pool.queue_assigning import queue_assigning

HAND_OVER = "preorders.hand_over"
_FRESH = {"populate_existing": True}


async def end_current(
    session: AsyncSession,
    actor: Actor,
    demand: Demand,
    why: str,
) -> Assignment | None:
    """End the current assignment of a demand that the caller has locked, and free its ticket.

    Return it, None when there is none; with a ticket that was used it goes on, `ended_at` stays
    None. The demand's status is the caller's.
    """
    current = select(Assignment).where(
        Assignment.demand_id == demand.id, Assignment.ended_at.is_(None)
    )
    found = await session.scalar(current, execution_options=_FRESH)
    if found is None:
        return None
    ticket = await locked_ticket(session, found.ticket_id)
    found = await session.scalar(current.with_for_update(key_share=True), execution_options=_FRESH)
    if found is None or ticket is None or ticket.status == "used":
        return found
    at = now(session)
    found.ended_at, found.ended_why = at, why
    ticket.status, ticket.updated_at = "unassigned", at
    await session.flush()
    await note(
        session,
        actor,
        "ticket.taken_back",
        event_id=found.event_id,
        ticket_id=ticket.id,
        demand_id=demand.id,
        email=demand.email,
        meta={"assignment": found.id, "why": why},
    )
    await queue_assigning(session, [(ticket.event_id, ticket.tier_id)])
    await enqueue(session, HAND_OVER, {"ended": [found.id]})
    return found


async def locked_ticket(session: AsyncSession, ticket_id: str) -> PoolTicket | None:
    """Return a ticket as it is stored now, locked until the transaction ends."""
    query = select(PoolTicket).where(PoolTicket.id == ticket_id).with_for_update(key_share=True)
    return await session.scalar(query, execution_options=_FRESH)
