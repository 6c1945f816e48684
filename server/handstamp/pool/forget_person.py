"""Forget whose a ticket from elsewhere was: ticket and assignment go, the log names nobody."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_person import Person
from handstamp.mail.addresses import erased_address
from handstamp.plumbing.db import now
from handstamp.plumbing.web import Actor
from handstamp.pool.log_assignment import Act, note_all
from handstamp.pool.models import Assignment, AssignmentLog, Demand, PoolTicket
from handstamp.pool.queue_assigning import queue_assigning

ERASED = "member.erased"
_QUIET = {"synchronize_session": False}


def demands_of(person: Person) -> ColumnElement[bool]:
    """Return what makes a demand somebody's."""
    by_email = func.lower(Demand.email) == person.email
    return or_(by_email, Demand.user_id == person.user_id) if person.user_id else by_email


async def forget_in_pool(session: AsyncSession, actor: Actor, person: Person) -> None:
    """Delete a person's tickets and assignments, close their demands, mask them in the log.

    A ticket that was taken back from them and is somebody else's now stays that person's; one
    of which they hold the account's address goes unless somebody else has it.
    """
    query = select(Demand).where(demands_of(person))
    query = query.order_by(Demand.confirmed_at, Demand.id)  # as runs of the matcher lock them
    demands = list(await session.scalars(query.with_for_update()))
    gone = await _tickets_of(session, person, [demand.id for demand in demands])
    acts = [Act(ERASED, one.event_id, demand_id=one.id, email=erased_address()) for one in demands]
    acts += [Act("ticket.erased", one.event_id, ticket_id=one.id) for one in gone]
    await note_all(session, actor, acts)
    changed = [(one.event_id, one.tier_id) for one in gone]
    changed += [(one.event_id, one.tier_id) for one in demands]
    await queue_assigning(session, changed)
    await _delete_rows(session, [one.id for one in gone], [demand.id for demand in demands])
    for demand in demands:
        demand.email, demand.name, demand.status = erased_address(), "", "closed"
        demand.updated_at = now(session)
    await session.flush()
    await _mask_log(session, person, [demand.id for demand in demands])


class _Gone(NamedTuple):
    """A ticket that is deleted."""

    id: str
    event_id: str
    tier_id: str


async def _tickets_of(session: AsyncSession, person: Person, demand_ids: list[str]) -> list[_Gone]:
    current = Assignment.ended_at.is_(None)
    held = select(Assignment.ticket_id).where(current, Assignment.demand_id.in_(demand_ids))
    others = select(Assignment.ticket_id).where(current, Assignment.demand_id.not_in(demand_ids))
    own_account = (func.lower(PoolTicket.email) == person.email) & PoolTicket.id.not_in(others)
    query = select(PoolTicket.id, PoolTicket.event_id, PoolTicket.tier_id)
    query = query.where(or_(PoolTicket.id.in_(held), own_account))
    found = await session.execute(query.order_by(PoolTicket.id).with_for_update())
    return [_Gone(*row) for row in found]


async def _delete_rows(session: AsyncSession, ticket_ids: list[str], demand_ids: list[str]) -> None:
    theirs = or_(Assignment.ticket_id.in_(ticket_ids), Assignment.demand_id.in_(demand_ids))
    await session.execute(delete(Assignment).where(theirs).execution_options(**_QUIET))
    await session.execute(
        delete(PoolTicket).where(PoolTicket.id.in_(ticket_ids)).execution_options(**_QUIET)
    )


async def _mask_log(session: AsyncSession, person: Person, demand_ids: list[str]) -> None:
    about = or_(
        func.lower(AssignmentLog.email) == person.email, AssignmentLog.demand_id.in_(demand_ids)
    )
    await session.execute(
        update(AssignmentLog)
        .where(about, AssignmentLog.email != "")
        .values(email=erased_address())
        .execution_options(**_QUIET)
    )
    if person.user_id:
        await session.execute(
            update(AssignmentLog)
            .where(AssignmentLog.actor_id == person.user_id)
            .values(ip="")
            .execution_options(**_QUIET)
        )
