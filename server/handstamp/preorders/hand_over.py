"""Pre-orders follow what the pool assigned: a ticket at the door, the status, mail and notice.

One job looks at some assignments as they are by then, so it may come late, twice or in any
order: what is assigned is handed over once, what was taken back goes from its member.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.clubs import supply
from handstamp.clubs.find_clubs import club_event
from handstamp.events.find_events import events_by_id, tiers_of
from handstamp.plumbing.jobs import JobContext
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.pool import demands
from handstamp.pool.handed_over import (
    Given,
    admissions,
    door_name,
    given_by,
    lock_current,
    note_handed,
    who_wait,
)
from handstamp.pool.models import Assignment
from handstamp.pool.take_back import HAND_OVER
from handstamp.preorders import push, store
from handstamp.preorders.change_status import change_many, change_status
from handstamp.preorders.credential_mails import queue_credentials
from handstamp.preorders.given_back import given_back
from handstamp.preorders.models import PreOrder
from handstamp.preorders.rules import PAID
from handstamp.preorders.store import IN_ONE
from handstamp.preorders.waiting_mails import queue_waiting
from handstamp.tickets.issue_tickets import Holder, issue_rows
from handstamp.tickets.models import Ticket
from handstamp.tickets.take_back_ticket import take_back_tickets

__all__ = ["HAND_OVER", "follow", "hand_over"]


async def hand_over(ctx: JobContext) -> None:
    """Bring pre-orders in line with assignments, made or ended, and with waiting in vain."""
    args = ctx.args
    async with ctx.write() as session:
        await follow(session, ctx.services, [*args.get("assignments", ()), *args.get("ended", ())])
        await _wait_in_vain(session, ctx.services, args.get("waiting", ()))
        await ctx.acknowledge(session)


async def follow(
    session: AsyncSession, services: Services, assignment_ids: Collection[str]
) -> list[str]:
    """Do it for some assignments; return the ids of the pre-orders that were fulfilled.

    Locked in the order that everybody keeps: pre-orders, demands, then assignments.
    """
    given: dict[str, list[Given]] = defaultdict(list)
    for one in await given_by(session, assignment_ids):
        given[one.event_id].append(one)
    fulfilled: list[str] = []
    for event_id in sorted(given):
        fulfilled += await _follow(session, services, event_id, given[event_id])
    return fulfilled


async def _follow(
    session: AsyncSession, services: Services, event_id: str, given: Sequence[Given]
) -> list[str]:
    at_door = await _at_door(session, event_id, given)
    ids = {one.demand_id for one in given} | {one.order_item_id or "" for one in at_door}
    preorders = {one.id: one for one in await store.locked_by_id(session, ids)}
    current = await lock_current(session, ids)
    at_door = await _at_door(session, event_id, given)  # again, now that nobody changes it
    stale = [one for one in at_door if not _is_current(one, current)]
    await _take_from(session, services, stale, preorders)
    asked = {one.id for one in given}  # another one's ticket may be in the door of somebody else
    due = {
        demand_id: one
        for demand_id, one in current.items()
        if one.handed_at is None and one.id in asked
    }
    refused = await _refused(session, preorders, due)
    for demand_id in sorted(refused):
        await demands.close(session, demand_id, "refunded")
    chosen = [due[demand_id] for demand_id in sorted(due) if demand_id not in refused]
    await _hand(session, services, event_id, _Batch(chosen, preorders))
    return [one.demand_id for one in chosen]


async def _at_door(session: AsyncSession, event_id: str, given: Sequence[Given]) -> list[Ticket]:
    """Return the door's tickets of the tickets and of the members that it is about."""
    found: dict[int, Ticket] = {}
    for start in range(0, len(given), IN_ONE):
        some = given[start : start + IN_ONE]
        names = [door_name(one.ticket_id) for one in some]
        lines = [one.demand_id for one in some]
        query = select(Ticket).where(Ticket.event_id == event_id, Ticket.external_id.in_(names))
        own = select(Ticket).where(Ticket.order_item_id.in_(lines), Ticket.place == 0)
        for each in (query, own):
            fresh = await session.scalars(each, execution_options={"populate_existing": True})
            found |= {one.id: one for one in fresh}
    return list(found.values())


def _is_current(ticket: Ticket, current: Mapping[str, Assignment]) -> bool:
    """Tell whether a door's ticket is what its member has by an assignment that goes on."""
    if ticket.source != "pool":
        return True
    has = current.get(ticket.order_item_id or "")
    if has is None or has.handed_at is None:
        return False
    return ticket.external_id == door_name(has.ticket_id)


async def _take_from(
    session: AsyncSession,
    services: Services,
    stale: Sequence[Ticket],
    preorders: Mapping[str, PreOrder],
) -> None:
    """Take the door's tickets back; who had one waits again."""
    await take_back_tickets(session, services, stale)
    for ticket in stale:
        preorder = preorders.get(ticket.order_item_id or "")
        if preorder is not None and preorder.status == "fulfilled":
            preorder.ticket_id = preorder.fulfilled_at = None
            await change_status(session, services, preorder, "waiting_for_stock", taken=ticket.id)
    await session.flush()


async def _refused(
    session: AsyncSession, preorders: Mapping[str, PreOrder], due: Iterable[str]
) -> set[str]:
    """Return who gets nothing after all: the money went back, or is about to."""
    wanted = sorted(due)
    ended = {one for one in wanted if one not in preorders or preorders[one].status not in PAID}
    return ended | await given_back(session, wanted)


@dataclass(frozen=True)
class _Batch:
    """Assignments to hand over, with the pre-orders by id."""

    chosen: Sequence[Assignment]
    preorders: Mapping[str, PreOrder]

    @property
    def pairs(self) -> list[tuple[PreOrder, Assignment]]:
        """Return whose each is."""
        return [(self.preorders[one.demand_id], one) for one in self.chosen]


async def _hand(session: AsyncSession, services: Services, event_id: str, batch: _Batch) -> None:
    if not batch.chosen:
        return
    tickets = await _issue(session, services, event_id, batch)
    keeps = await _keeps_reserved(session, batch)
    wishes = [preorder for preorder, _one in batch.pairs]
    values = {
        one.id: {
            "ticket_id": tickets[one.id],
            "fulfilled_at": services.clock(),
            "reserved": one.reserved and one.club_id in keeps,
            "failure_code": "",
        }
        for one in wishes
    }
    await change_many(session, services, wishes, "fulfilled", values)
    await note_handed(session, batch.chosen, {one.id: one.email for one in wishes})
    await queue_credentials(session, batch.pairs)
    await push.queue_all_notices(session, wishes)


async def _issue(
    session: AsyncSession, services: Services, event_id: str, batch: _Batch
) -> dict[str, int]:
    """Issue the door's tickets; return their ids by pre-order."""
    event = (await events_by_id(session, [event_id]))[event_id]
    tiers = {tier.id: tier for tier in await tiers_of(session, event.id, archived=True)}
    admit = await admissions(session, [one.ticket_id for one in batch.chosen])
    rows = [
        (
            tiers[admit[one.ticket_id].tier_id],
            Holder(
                name=preorder.name,
                email=preorder.email,
                order=preorder.number,
                external_id=door_name(one.ticket_id),
                order_item_id=preorder.id,
                place=0,
                code_digest=admit[one.ticket_id].code_digest,
            ),
        )
        for preorder, one in batch.pairs
    ]
    await issue_rows(session, services, event, rows, source="pool", actor=SYSTEM)
    ids = [preorder.id for preorder, _one in batch.pairs]
    found: dict[str, int] = {}
    for start in range(0, len(ids), IN_ONE):
        some = Ticket.order_item_id.in_(ids[start : start + IN_ONE])
        query = select(Ticket.order_item_id, Ticket.id).where(some, Ticket.place == 0)
        found |= {str(row[0]): row[1] for row in await session.execute(query)}
    return found


async def _keeps_reserved(session: AsyncSession, batch: _Batch) -> set[str]:
    """Return the clubs whose promised number a ticket goes on to count against."""
    clubs = {(one.club_id, one.event_id) for one, _assigned in batch.pairs}
    terms = [await club_event(session, *each) for each in sorted(clubs)]
    return {one.club_id for one in terms if supply.keeps_reserved(one)}


async def _wait_in_vain(
    session: AsyncSession, services: Services, preorder_ids: Collection[str]
) -> None:
    """Say of who has paid and got nothing at the last run that a ticket is waited for."""
    if not preorder_ids:
        return
    paid = await store.locked_by_id(session, preorder_ids, PreOrder.status == "paid")
    waiting = await who_wait(session, [one.id for one in paid])
    chosen = [one for one in paid if one.id in waiting]
    nothing: dict[str, dict[str, object]] = {one.id: {} for one in chosen}
    await change_many(session, services, chosen, "waiting_for_stock", nothing)
    await queue_waiting(session, chosen)
