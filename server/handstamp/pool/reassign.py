"""Giving a certain ticket to a certain person by hand; it can be undone for a while."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import SECOND, Millis
from handstamp.kit.ids import new_id
from handstamp.plumbing.db import now
from handstamp.plumbing.errors import Conflict, NotFound
from handstamp.plumbing.jobs import enqueue
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor
from handstamp.pool.free_stock import MATCHABLE
from handstamp.pool.handed_over import door_name
from handstamp.pool.log_assignment import note
from handstamp.pool.models import Assignment, AssignmentLog, Demand, PoolTicket
from handstamp.pool.queue_assigning import queue_assigning
from handstamp.pool.take_back import HAND_OVER
from handstamp.tickets.models import Ticket

UNDO: Millis = 10 * SECOND  # until then the member's side does not follow
REASSIGNED, UNDONE = "ticket.reassigned", "ticket.reassign_undone"
_FRESH = {"populate_existing": True}


class Reassigned(NamedTuple):
    """A ticket given by hand; `undo_until` is when the member's side follows, ms UTC."""

    assignment: Assignment
    undo_until: Millis


async def reassign(
    session: AsyncSession, actor: Actor, *, ticket_id: str, demand_id: str
) -> Reassigned:
    """Give a ticket to a demand, whoever had it; who is left without waits in their old place.

    The ticket that the demand had is free again. The same again changes nothing.

    Raises:
        NotFound: there is no such ticket or demand, or it is somebody else's.
        Conflict: a ticket was used or taken out of the pool, they are of different events, the
            demand is closed, or somebody was faster.
    """
    if not (ticket_id.isprintable() and demand_id.isprintable()):
        raise NotFound(_("There is no such ticket among yours."))
    seen = await _current(session, [ticket_id], [demand_id])
    demands = await _locked_demands(session, {demand_id, *(one.demand_id for one in seen)})
    tickets = await _locked_tickets(session, {ticket_id, *(one.ticket_id for one in seen)})
    demand, ticket = demands.get(demand_id), tickets.get(ticket_id)
    _check(actor, demand, ticket)
    assert demand is not None
    assert ticket is not None
    ended = await _current(session, [ticket_id], [demand_id], lock=True)
    if {one.id for one in ended} != {one.id for one in seen}:
        raise Conflict(_("Somebody was faster. Look at it again."), code="moved_on")
    if len(ended) == 1 and (ended[0].ticket_id, ended[0].demand_id) == (ticket_id, demand_id):
        return Reassigned(ended[0], ended[0].created_at + UNDO)
    sides = _Sides(list(demands.values()), list(tickets.values()))
    await _end(session, sides, ended, "reassigned")
    made = await _give(session, actor, demand, ticket)
    meta = {"assignment": made.id, "ended": [one.id for one in ended]}
    await _note(session, actor, REASSIGNED, made=made, email=demand.email, meta=meta)
    until = made.created_at + UNDO
    followed = {"assignments": [made.id], "ended": meta["ended"]}
    await enqueue(session, HAND_OVER, followed, run_at=until)
    await queue_assigning(session, sides.keys, run_at=until)
    return Reassigned(made, until)


async def undo(session: AsyncSession, actor: Actor, assignment_id: str) -> None:
    """Take a reassignment back: everybody has again what they had, if it is still free.

    The same again changes nothing.

    Raises:
        NotFound: there is no such assignment by hand, or it is somebody else's.
        Conflict: the ticket was used or given to somebody else meanwhile.
    """
    known = assignment_id if assignment_id.isprintable() else ""
    made = await session.get(Assignment, known, populate_existing=True)
    if made is None or made.how != "manual":
        raise NotFound(_("There is no such reassignment among yours."))
    before = await _ended_by(session, made)
    demands = await _locked_demands(session, {one.demand_id for one in (made, *before)})
    tickets = await _locked_tickets(session, {one.ticket_id for one in (made, *before)})
    sides = _Sides(list(demands.values()), list(tickets.values()))
    demand, ticket = sides.demand(made), sides.ticket(made)
    if not actor.may_manage(demand.organizer_id):
        raise NotFound(_("There is no such reassignment among yours."))
    await session.refresh(made)
    if made.ended_why == "undone":
        return
    if made.ended_at is not None or ticket.status != "assigned":
        raise Conflict(_("It has moved on and cannot be undone."), code="moved_on")
    await _end(session, sides, [made], "undone")
    again = [one for one in before if sides.may_have_again(one)]
    for one in again:
        await _have_again(session, sides, one)
    meta = {"assignment": made.id, "again": [one.id for one in again]}
    await _note(session, actor, UNDONE, made=made, email=demand.email, meta=meta)
    await enqueue(session, HAND_OVER, {"assignments": meta["again"], "ended": [made.id]})
    await queue_assigning(session, sides.keys)


@dataclass(frozen=True)
class _Sides:
    """The locked rows on both sides of what changes."""

    demands: Sequence[Demand]
    tickets: Sequence[PoolTicket]

    @property
    def keys(self) -> set[tuple[str, str]]:
        """Return the (event, tier) pairs whose runs may have something to do now."""
        wished = {(one.event_id, one.tier_id) for one in self.demands}
        return wished | {(one.event_id, one.tier_id) for one in self.tickets}

    def demand(self, of: Assignment) -> Demand:
        """Return whose an assignment is."""
        return next(one for one in self.demands if one.id == of.demand_id)

    def ticket(self, of: Assignment) -> PoolTicket:
        """Return what an assignment gives."""
        return next(one for one in self.tickets if one.id == of.ticket_id)

    def may_have_again(self, ended: Assignment) -> bool:
        """Tell whether both sides of an assignment that has ended are free."""
        free = self.ticket(ended).status in MATCHABLE
        return free and self.demand(ended).status == "waiting"


def _check(actor: Actor, demand: Demand | None, ticket: PoolTicket | None) -> None:
    if demand is None or not actor.may_manage(demand.organizer_id):
        raise NotFound(_("There is no such pre-order among yours."))
    if ticket is None or not actor.may_manage(ticket.organizer_id):
        raise NotFound(_("There is no such ticket among yours."))
    if ticket.event_id != demand.event_id:
        raise Conflict(_("That ticket is of another event."), code="other_event")
    if demand.status == "closed":
        raise Conflict(_("This pre-order is closed: its money went back."), code="closed")
    if ticket.status in ("used", "void"):
        raise Conflict(_("This ticket was used or taken out of the pool."), code=ticket.status)


async def _current(
    session: AsyncSession,
    ticket_ids: Sequence[str],
    demand_ids: Sequence[str],
    *,
    lock: bool = False,
) -> list[Assignment]:
    table = Assignment
    either = or_(table.ticket_id.in_(ticket_ids), table.demand_id.in_(demand_ids))
    query = select(table).where(either, table.ended_at.is_(None)).order_by(table.id)
    if lock:
        query = query.with_for_update(key_share=True)
    return list(await session.scalars(query, execution_options=_FRESH))


async def _locked_demands(session: AsyncSession, ids: Collection[str]) -> dict[str, Demand]:
    wanted = sorted(one for one in ids if one.isprintable())
    query = select(Demand).where(Demand.id.in_(wanted))
    query = query.order_by(Demand.confirmed_at, Demand.id).with_for_update(key_share=True)
    found = await session.scalars(query, execution_options=_FRESH)
    return {one.id: one for one in found}


async def _locked_tickets(session: AsyncSession, ids: Collection[str]) -> dict[str, PoolTicket]:
    wanted = sorted(one for one in ids if one.isprintable())
    query = select(PoolTicket).where(PoolTicket.id.in_(wanted)).order_by(PoolTicket.id)
    found = await session.scalars(query.with_for_update(key_share=True), execution_options=_FRESH)
    return {one.id: one for one in found}


async def _end(session: AsyncSession, sides: _Sides, ended: Sequence[Assignment], why: str) -> None:
    at = now(session)
    for one in ended:
        ticket, demand = sides.ticket(one), sides.demand(one)
        if ticket.status == "used":
            raise Conflict(_("The ticket that this member has was used."), code="used")
        one.ended_at, one.ended_why = at, why
        ticket.status, ticket.updated_at = "unassigned", at
        demand.status, demand.flagged_at, demand.updated_at = "waiting", None, at
    await session.flush()


async def _give(
    session: AsyncSession, actor: Actor, demand: Demand, ticket: PoolTicket
) -> Assignment:
    at = now(session)
    made = Assignment(
        id=new_id("pa"),
        event_id=ticket.event_id,
        tier_id=ticket.tier_id,
        ticket_id=ticket.id,
        demand_id=demand.id,
        user_id=demand.user_id,
        how="manual",
        actor=f"{actor.kind}:{actor.id}",
        created_at=at,
    )
    session.add(made)
    ticket.status = demand.status = "assigned"
    ticket.updated_at = demand.updated_at = at
    await session.flush()
    return made


async def _have_again(session: AsyncSession, sides: _Sides, ended: Assignment) -> None:
    """Let an assignment that had ended go on; what the member holds is kept if it is there yet."""
    ticket, demand = sides.ticket(ended), sides.demand(ended)
    door = select(Ticket.id).where(
        Ticket.event_id == ticket.event_id,
        Ticket.external_id == door_name(ticket.id),
        Ticket.order_item_id == demand.id,
    )
    held = await session.scalar(door) is not None
    ended.ended_at, ended.ended_why = None, ""
    ended.handed_at = ended.handed_at if held else None
    ticket.status = demand.status = "assigned"
    ticket.updated_at = demand.updated_at = now(session)
    await session.flush()


async def _ended_by(session: AsyncSession, made: Assignment) -> list[Assignment]:
    """Return what a reassignment ended, as the log says."""
    table = AssignmentLog
    lines = await session.scalars(
        select(table.meta_json).where(table.action == REASSIGNED, table.ticket_id == made.ticket_id)
    )
    told = [json.loads(line) for line in lines]
    ids = [one for each in told if each["assignment"] == made.id for one in each["ended"]]
    query = select(Assignment).where(Assignment.id.in_(ids)).order_by(Assignment.id)
    return list(await session.scalars(query, execution_options=_FRESH))


async def _note(
    session: AsyncSession,
    actor: Actor,
    action: str,
    *,
    made: Assignment,
    email: str,
    meta: dict[str, Any],
) -> None:
    await note(
        session,
        actor,
        action,
        event_id=made.event_id,
        ticket_id=made.ticket_id,
        demand_id=made.demand_id,
        email=email,
        meta=meta,
    )
