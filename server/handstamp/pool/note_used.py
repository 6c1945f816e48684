"""A ticket from elsewhere that let its member in is used: it is never taken back or given again.

Unless the door takes back that it let anybody in; then it is the member's as before.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import Millis
from handstamp.plumbing.db import now
from handstamp.plumbing.web import Actor
from handstamp.pool.log_assignment import Act, note_all
from handstamp.pool.models import Assignment, Demand, PoolTicket

USED = "ticket.used"
UNUSED = "ticket.unused"
_AT_ONCE = 500


async def note_used(
    session: AsyncSession, actor: Actor, used: Mapping[str, Millis], *, how: str
) -> list[str]:
    """Mark assigned tickets as used; return which of them are so only now, in order of their ids.

    Args:
        used: when each was used, ms UTC, by the ticket's id. Who is not assigned stays as it is.
        how: `door` for a scan, `desk` for a person at the support desk.
    """
    fresh: list[str] = []
    ids = sorted(used)
    for start in range(0, len(ids), _AT_ONCE):
        fresh += await _note_some(session, actor, ids[start : start + _AT_ONCE], used, how)
    return fresh


async def note_unused(session: AsyncSession, actor: Actor, ids: Collection[str]) -> list[str]:
    """Give used tickets back to their members; return which were used, in order of their ids."""
    fresh: list[str] = []
    ordered = sorted(ids)
    for start in range(0, len(ordered), _AT_ONCE):
        events = await _locked(session, ordered[start : start + _AT_ONCE], "used")
        await session.execute(
            update(PoolTicket)
            .where(PoolTicket.id.in_(events))
            .values(status="assigned", used_at=None, updated_at=now(session))
            .execution_options(synchronize_session=False)
        )
        await _log(session, actor, UNUSED, events, "door")
        fresh += events
    return fresh


async def _locked(session: AsyncSession, ids: list[str], status: str) -> dict[str, str]:
    """Lock those of this status; return their events."""
    locked = (
        select(PoolTicket.id, PoolTicket.event_id)
        .where(PoolTicket.id.in_(ids), PoolTicket.status == status)
        .order_by(PoolTicket.id)
        .with_for_update(key_share=True)
    )
    return {row[0]: row[1] for row in await session.execute(locked)}


async def _note_some(
    session: AsyncSession, actor: Actor, ids: list[str], used: Mapping[str, Millis], how: str
) -> list[str]:
    events = await _locked(session, ids, "assigned")
    await _change(session, {ticket_id: used[ticket_id] for ticket_id in events})
    await _log(session, actor, USED, events, how)
    return list(events)


async def _log(
    session: AsyncSession, actor: Actor, act: str, events: Mapping[str, str], how: str
) -> None:
    if not events:
        return
    people = await _holders(session, list(events))
    acts = []
    for ticket_id, event_id in events.items():
        demand_id, email = people.get(ticket_id, (None, ""))
        acts.append(Act(act, event_id, ticket_id, demand_id, email, {"how": how}))
    await note_all(session, actor, acts)


async def _change(session: AsyncSession, moments: Mapping[str, Millis]) -> None:
    by_moment: dict[Millis, list[str]] = {}
    for ticket_id, at in moments.items():
        by_moment.setdefault(at, []).append(ticket_id)
    for at, ids in by_moment.items():
        await session.execute(
            update(PoolTicket)
            .where(PoolTicket.id.in_(ids))
            .values(status="used", used_at=at, updated_at=now(session))
            .execution_options(synchronize_session=False)
        )


async def _holders(session: AsyncSession, ids: list[str]) -> dict[str, tuple[str, str]]:
    """Return (demand id, e-mail) of who has each ticket."""
    query = (
        select(Assignment.ticket_id, Demand.id, Demand.email)
        .join(Demand, Demand.id == Assignment.demand_id)
        .where(Assignment.ticket_id.in_(ids), Assignment.ended_at.is_(None))
    )
    return {row[0]: (row[1], row[2]) for row in await session.execute(query)}
