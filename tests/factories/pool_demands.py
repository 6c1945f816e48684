"""People who wait for tickets from elsewhere, without the pre-orders that they come from."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.find_events import events_by_id
from handstamp.events.models import Event
from handstamp.kit.clock import Millis
from handstamp.plumbing.jobs import Worker
from handstamp.plumbing.web import Actor, Services
from handstamp.pool.assign_tickets import ASSIGN, Progress, step
from handstamp.pool.demands import confirm
from handstamp.pool.models import Assignment, Demand, PoolTicket
from handstamp.pool.queue_assigning import queue_assigning
from handstamp.pool.take_back import end_current
from handstamp.worker import JOBS


async def confirm_one(
    session: AsyncSession, event: Event, tier_id: str, name: str, at: Millis
) -> bool:
    """Have somebody wait who has paid at a moment; `name` is the demand's id."""
    return await confirm(
        session,
        preorder_id=name,
        organizer_id=event.organizer_id,
        event_id=event.id,
        tier_id=tier_id,
        user_id=f"user-{name}",
        email=f"{name}@example.org",
        name=name,
        number=name.upper(),
        confirmed_at=at,
    )


async def have_wait(
    services: Services, event: Event, tier_id: str, names: Sequence[str], *, first: Millis = 1_000
) -> None:
    """Have people wait who have paid one after the other."""
    async with services.db.write() as session:
        for place, name in enumerate(names):
            await confirm_one(session, event, tier_id, name, first + place)


async def run_matcher(services: Services) -> int:
    """Run the runs of the matcher that are asked for, and nothing that follows from them."""
    return await Worker(services, {ASSIGN: JOBS[ASSIGN]}).drain()


async def given(services: Services) -> dict[str, str]:
    """Return the line of the ticket that each has now, as "tier id:line", by demand."""
    query = (
        select(Assignment.demand_id, PoolTicket.tier_id, PoolTicket.line)
        .join(PoolTicket, PoolTicket.id == Assignment.ticket_id)
        .where(Assignment.ended_at.is_(None))
    )
    async with services.db.read() as session:
        return {row[0]: f"{row[1]}:{row[2]}" for row in await session.execute(query)}


async def tickets_of(services: Services, event: Event) -> list[PoolTicket]:
    """Return an event's tickets in the order of their e-mails."""
    query = select(PoolTicket).where(PoolTicket.event_id == event.id)
    async with services.db.read() as session:
        return list(await session.scalars(query.order_by(PoolTicket.email)))


async def demand_of(services: Services, name: str) -> Demand:
    """Return a demand as it is stored now."""
    async with services.db.read() as session:
        return await session.get_one(Demand, name)


async def current_of(services: Services, name: str) -> Assignment:
    """Return what somebody has now."""
    query = select(Assignment).where(Assignment.demand_id == name, Assignment.ended_at.is_(None))
    async with services.db.read() as session:
        return (await session.scalars(query)).one()


async def assign(services: Services, event_id: str, tier_id: str) -> int:
    """Do what a run does, without its job; return how many were assigned."""
    async with services.db.read() as session:
        event = (await events_by_id(session, [event_id]))[event_id]
    progress = Progress(event, tier_id)
    while not progress.done:
        async with services.db.write() as session:
            await step(session, services, progress)
    return progress.assigned


async def take_back(session: AsyncSession, actor: Actor, assignment_id: str, why: str) -> None:
    """End an assignment that goes on and whose ticket was not used; its member waits again."""
    seen = await session.get_one(Assignment, assignment_id)
    query = select(Demand).where(Demand.id == seen.demand_id).with_for_update(key_share=True)
    demand = (await session.scalars(query, execution_options={"populate_existing": True})).one()
    await session.refresh(seen)
    if seen.ended_at is not None:
        return
    ended = await end_current(session, actor, demand, why)
    if ended is not None and ended.ended_at is not None:
        demand.status, demand.flagged_at = "waiting", None
        await session.flush()
        await queue_assigning(session, [(demand.event_id, demand.tier_id)])
