"""What the ticket pool keeps of a person."""

from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_person import Person
from handstamp.events.models import Event, Tier
from handstamp.pool.forget_person import demands_of
from handstamp.pool.models import Assignment, AssignmentLog, Demand, PoolTicket


async def pool_told(session: AsyncSession, person: Person) -> dict[str, Any]:
    """Return a person's demands, what they were given, and what the log says of them.

    Passwords and codes are left out: their page shows them, and notes each time.
    """
    return {
        "demands": await _demands(session, person),
        "tickets": await _tickets(session, person),
        "log": await _log(session, person),
    }


async def _demands(session: AsyncSession, person: Person) -> list[dict[str, Any]]:
    query = (
        select(Demand, Event.title, Tier.name)
        .join(Event, Event.id == Demand.event_id)
        .join(Tier, Tier.id == Demand.tier_id)
        .where(demands_of(person))
        .order_by(Demand.confirmed_at, Demand.id)
    )
    return [
        {
            "event": event,
            "tier": tier,
            "pre_order": demand.number,
            "email": demand.email,
            "name": demand.name,
            "status": demand.status,
            "confirmed_at": demand.confirmed_at,
        }
        for demand, event, tier in (await session.execute(query)).all()
    ]


async def _tickets(session: AsyncSession, person: Person) -> list[dict[str, Any]]:
    query = (
        select(Assignment, PoolTicket.email)
        .join(Demand, Demand.id == Assignment.demand_id)
        .join(PoolTicket, PoolTicket.id == Assignment.ticket_id)
        .where(demands_of(person))
        .order_by(Assignment.created_at, Assignment.id)
    )
    return [
        {
            # Somebody else may have the ticket by now.
            "account": account if one.ended_at is None else None,
            "how": one.how,
            "delivery": one.delivery_status,
            "given_at": one.created_at,
            "taken_back_at": one.ended_at,
        }
        for one, account in (await session.execute(query)).all()
    ]


async def _log(session: AsyncSession, person: Person) -> list[dict[str, Any]]:
    theirs = select(Demand.id).where(demands_of(person)).scalar_subquery()
    about = or_(
        func.lower(AssignmentLog.email) == person.email, AssignmentLog.demand_id.in_(theirs)
    )
    query = select(AssignmentLog).where(about).order_by(AssignmentLog.id)
    return [{"at": one.created_at, "action": one.action} for one in await session.scalars(query)]
