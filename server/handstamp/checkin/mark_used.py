"""Marking tickets from elsewhere as used by hand: an admit fact of the event's support desk."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.checkin.batch import Batch, DoorTicket
from handstamp.checkin.batcher import batcher
from handstamp.checkin.desk_device import desk_of
from handstamp.checkin.follow_pool import POOL
from handstamp.checkin.movements import MOVEMENTS
from handstamp.checkin.project_admissions import state_of
from handstamp.checkin.verdict import CODES, rules_of
from handstamp.checkin.wire import ADMIT, API, NO_DIGEST, Fact, encode_fact, fact_hash
from handstamp.plumbing.errors import BadInput, NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.pool.models import PoolTicket
from handstamp.pool.note_used import note_used
from handstamp.tickets.models import Ticket

AT_ONCE = 500
MOST_SEEN = 64  # R11
Outcome = Literal["used", "already", "not_assigned", "ended", "being_admitted"]


class Marked(NamedTuple):
    """What became of one ticket from elsewhere.

    used: it is now. already: it was. not_assigned: nobody holds it yet. ended: its place at the
    door was refunded or cancelled. being_admitted: a phone in strict mode is about to let it in.
    """

    ticket_id: str
    outcome: Outcome


async def mark_used(services: Services, actor: Actor, ticket_ids: Sequence[str]) -> list[Marked]:
    """Mark tickets from elsewhere as used, as if they had been scanned; in the order asked.

    Opens transactions of its own, one for each event. The same again changes nothing, and a
    process that dies in between leaves a job that goes on.

    Raises:
        BadInput: more than 500 at once.
        NotFound: one of them is not of an event that the actor runs.
    """
    if len(ticket_ids) > AT_ONCE:
        raise BadInput(_("At most %(count)d tickets at once.") % {"count": AT_ONCE})
    async with services.db.read() as session:
        known = await _known(session, actor, ticket_ids)
        doors = await _doors(session, known)
    outcomes: dict[str, Outcome] = {
        one.id: "already" if one.status == "used" else "not_assigned" for one in known.values()
    }
    for event_id in sorted({ticket.event_id for ticket in doors.values()}):
        serials = {
            pool_id: door.serial for pool_id, door in doors.items() if door.event_id == event_id
        }
        outcomes |= await _mark(services, actor, event_id, serials)
    return [Marked(one, outcomes[one]) for one in ticket_ids]


async def _known(
    session: AsyncSession, actor: Actor, ticket_ids: Sequence[str]
) -> dict[str, PoolTicket]:
    wanted = [one for one in dict.fromkeys(ticket_ids) if one.isprintable()]
    rows = await session.scalars(select(PoolTicket).where(PoolTicket.id.in_(wanted)))
    known = {row.id: row for row in rows if actor.may_manage(row.organizer_id)}
    if set(ticket_ids) - known.keys():
        raise NotFound(_("There is no such ticket among yours."))
    return known


async def _doors(session: AsyncSession, known: dict[str, PoolTicket]) -> dict[str, Ticket]:
    """Return the tickets at the door of those that are assigned, by the id in the pool."""
    names = {f"{POOL}{one.id}": one for one in known.values() if one.status == "assigned"}
    events = {one.event_id for one in names.values()}
    query = select(Ticket).where(Ticket.event_id.in_(events), Ticket.external_id.in_(names))
    return {names[row.external_id or ""].id: row for row in await session.scalars(query)}


async def _mark(
    services: Services, actor: Actor, event_id: str, serials: dict[str, int]
) -> dict[str, Outcome]:
    desk = await desk_of(services, event_id)
    item = MarkAll(desk, tuple(sorted(serials.values())), actor.email[:80])
    told: dict[int, Outcome] = await batcher(services).submit(event_id, item)
    outcomes = {pool_id: told[serial] for pool_id, serial in serials.items()}
    in_now = [pool_id for pool_id, outcome in outcomes.items() if outcome in ("used", "already")]
    async with services.db.write(actor=f"{actor.kind}:{actor.id}") as session:
        at = services.clock()
        fresh = await note_used(session, actor, dict.fromkeys(in_now, at), how="desk")
        if fresh:
            organizer = select(PoolTicket.organizer_id).where(PoolTicket.id == fresh[0])
            await record(
                session,
                actor,
                "pool.mark_used",
                "event",
                event_id,
                organizer_id=await session.scalar(organizer),
                meta={"tickets": fresh},
            )
    return outcomes


@dataclass
class MarkAll:
    """Tickets to admit by hand, as a batch item."""

    desk: int
    tickets: tuple[int, ...]
    operator: str = ""

    @property
    def weight(self) -> int:
        """Facts at most."""
        return len(self.tickets)

    def devices(self) -> Collection[int]:
        """Return the desk."""
        return (self.desk,)

    def serials(self) -> Collection[int]:
        """Return the tickets."""
        return self.tickets

    def spans(self, _batch: Batch) -> list[tuple[int, int, int]]:
        """None: the server writes this log itself."""
        return []

    def answer_keys(self) -> Collection[tuple[int, str]]:
        """None: who is in already is not let in again."""
        return ()

    def decide(self, batch: Batch) -> dict[int, Outcome]:
        """Add a fact for each ticket that is valid and not in yet; say what became of each."""
        return {serial: self._admit(batch, serial) for serial in self.tickets}

    def _admit(self, batch: Batch, serial: int) -> Outcome:
        ticket = batch.tickets.get(serial)
        if ticket is None or ticket.status != "valid":
            return "ended"
        if any(of.entries for of in state_of(batch, serial).lists.values()):
            return "already"
        if batch.claims.is_kept(serial, epoch := _epoch_of(batch, ticket)):
            return "being_admitted"
        chosen = _list_for(batch, ticket)
        if chosen is not None:
            fact = self._fact(batch, ticket, chosen, epoch)
            raw = encode_fact(fact)
            batch.add_fact(raw, fact, fact_hash(raw), scanned=False)
        return "used"

    def _fact(self, batch: Batch, ticket: DoorTicket, chosen: tuple[int, int], epoch: int) -> Fact:
        device = batch.devices[self.desk]
        moves = batch.facts.get(ticket.serial, ())
        seen = [fact for fact in moves if fact.kind in MOVEMENTS][-MOST_SEEN:]
        return Fact(
            device=device.id,
            number=device.head_number + 1,
            previous=device.head_hash,
            kind=ADMIT,
            list_no=chosen[0],
            rule_rev=chosen[1],
            serial=ticket.serial,
            epoch=epoch,
            how=API,
            verdict=CODES["valid"],
            flags=0,
            digest=NO_DIGEST,
            claimed=batch.now,
            clock=batch.now,
            cursor=batch.head.next_seq,
            age=0,
            seen=tuple(fact.ref for fact in seen),
            operator=self.operator,
            gate=device.gate,
        )


def _epoch_of(batch: Batch, ticket: DoorTicket) -> int:
    return max(ticket.epoch, state_of(batch, ticket.serial).epoch)


def _list_for(batch: Batch, ticket: DoorTicket) -> tuple[int, int] | None:
    """Return (list, revision) of the first list that lets its tier in, else of the first one."""
    latest = {number: max(revisions) for number, revisions in sorted(batch.rules.items())}
    living = [
        (number, rev)
        for number, rev in latest.items()
        if not batch.rules[number][rev].get("archived")
    ]
    for number, rev in living:
        rules = rules_of({"list": number, "rev": rev, "rules": batch.rules[number][rev]})
        if any(tier == ticket.tier for tier, _window in rules.tiers):
            return number, rev
    return living[0] if living else None
