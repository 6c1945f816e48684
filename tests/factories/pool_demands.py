"""People who wait for tickets from elsewhere, without the pre-orders that they come from."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.models import Event
from handstamp.kit.clock import Millis
from handstamp.plumbing.jobs import Worker
from handstamp.plumbing.web import Services
from handstamp.pool.assign_tickets import ASSIGN
from handstamp.pool.demands import confirm
from handstamp.pool.models import Assignment, Demand, PoolTicket
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
