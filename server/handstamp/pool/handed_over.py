"""What was assigned, as whoever hands it over needs to know, and that it was handed over."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.plumbing.db import now
from handstamp.plumbing.web import SYSTEM
from handstamp.pool.assign_rows import IN_ONE
from handstamp.pool.log_assignment import Act, note_all
from handstamp.pool.models import Assignment, Demand, PoolTicket

_FRESH = {"populate_existing": True}


class Given(NamedTuple):
    """Which ticket an assignment gives to whom; it may have ended."""

    id: str
    event_id: str
    ticket_id: str
    demand_id: str


class Admission(NamedTuple):
    """As what a ticket from elsewhere admits: its tier, and the digest of its code if any."""

    tier_id: str
    code_digest: bytes | None


def door_name(ticket_id: str) -> str:
    """Return the id by which a door's ticket names its ticket from elsewhere."""
    return f"pool:{ticket_id}"


async def given_by(session: AsyncSession, assignment_ids: Collection[str]) -> list[Given]:
    """Return what some assignments give, whether or not they have ended."""
    table = Assignment
    found: list[Given] = []
    for some in _pieces(assignment_ids):
        query = select(table.id, table.event_id, table.ticket_id, table.demand_id)
        rows = await session.execute(query.where(table.id.in_(some)))
        found += [Given(row[0], row[1], row[2], row[3]) for row in rows]
    return found


async def lock_current(session: AsyncSession, demand_ids: Collection[str]) -> dict[str, Assignment]:
    """Lock some demands; return their current assignments, locked too, by demand id."""
    current: dict[str, Assignment] = {}
    for some in _pieces(demand_ids):
        rows = select(Demand.id).where(Demand.id.in_(some))
        rows = rows.order_by(Demand.confirmed_at, Demand.id)  # as runs of the matcher lock them
        await session.execute(rows.with_for_update(key_share=True))
    for some in _pieces(demand_ids):
        query = _current(some).order_by(Assignment.demand_id).with_for_update(key_share=True)
        found = await session.scalars(query, execution_options=_FRESH)
        current |= {one.demand_id: one for one in found}
    return current


async def admissions(session: AsyncSession, ticket_ids: Collection[str]) -> dict[str, Admission]:
    """Return as what some tickets admit, by id."""
    table = PoolTicket
    found: dict[str, Admission] = {}
    for some in _pieces(ticket_ids):
        query = select(table.id, table.tier_id, table.code_digest).where(table.id.in_(some))
        found |= {row[0]: Admission(row[1], row[2]) for row in await session.execute(query)}
    return found


async def note_handed(
    session: AsyncSession, handed: Sequence[Assignment], emails: dict[str, str]
) -> None:
    """Note that assignments were handed over; `emails` of their members are by demand id."""
    at = now(session)
    for one in handed:
        one.handed_at = at
    await session.flush()
    acts = [
        Act(
            "ticket.handed_over",
            one.event_id,
            one.ticket_id,
            one.demand_id,
            emails[one.demand_id],
            {"assignment": one.id},
        )
        for one in handed
    ]
    await note_all(session, SYSTEM, acts)


async def held_ticket(session: AsyncSession, demand_id: str) -> str | None:
    """Return the id of the ticket that a demand has now."""
    current: str | None = await session.scalar(
        _current([demand_id]).with_only_columns(Assignment.ticket_id)
    )
    return current


async def who_wait(session: AsyncSession, demand_ids: Collection[str]) -> set[str]:
    """Return which of some demands still wait."""
    found: set[str] = set()
    for some in _pieces(demand_ids):
        query = select(Demand.id).where(Demand.id.in_(some), Demand.status == "waiting")
        found |= set(await session.scalars(query))
    return found


def _current(demand_ids: Sequence[str]) -> Select[Assignment]:
    table = Assignment
    return select(table).where(table.demand_id.in_(demand_ids), table.ended_at.is_(None))


def _pieces(ids: Collection[str]) -> list[list[str]]:
    ordered = sorted(set(ids))
    return [ordered[start : start + IN_ONE] for start in range(0, len(ordered), IN_ONE)]
