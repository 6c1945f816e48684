"""Making a device's facts void from one on: looked at, then written as a server's fact (R53).

For a phone that was stolen, or that let in whom it should not. It cannot be taken back.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.checkin import store
from handstamp.checkin.batch import Batch
from handstamp.checkin.batcher import batcher
from handstamp.checkin.desk_device import KIND, desk_of
from handstamp.checkin.fold import State
from handstamp.checkin.models import Device, Fact
from handstamp.checkin.number_changes import Head
from handstamp.checkin.project_admissions import state_of
from handstamp.checkin.verdict import CODES
from handstamp.checkin.wire import API, DENY, NO_DIGEST, VOID, encode_fact, fact_hash
from handstamp.checkin.wire import Fact as WireFact
from handstamp.events.find_events import owned_event
from handstamp.kit.clock import Millis
from handstamp.kit.ids import device_hex
from handstamp.plumbing.errors import BadInput, Conflict, NotFound, Problem
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services

LONGEST_REASON = 200
_AT_ONCE = 500


class VoidPreview(NamedTuple):
    """What becomes void: facts (denials left out) from `number` on, and what that changes.

    `changed`: tickets whose admissions change on some list. `let_out`: those of them that then
    count as never let in.
    """

    number: int
    facts: int
    first_at: Millis
    last_at: Millis
    changed: int
    let_out: int


async def first_from(session: AsyncSession, device: Device, since: Millis) -> int | None:
    """Return the number of the first fact that a device made at a time or later."""
    query = select(func.min(Fact.number)).where(
        Fact.device_id == device.id, Fact.claimed_at >= since
    )
    return await session.scalar(query)


async def owned_device(session: AsyncSession, actor: Actor, device_id: int) -> Device:
    """Return a phone or a scanner of an event that the actor runs.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    device = await session.get(Device, device_id)
    if device is None or device.kind == KIND:
        raise NotFound(_("There is no such device among yours."))
    await owned_event(session, actor, device.event_id)
    return device


async def preview_void(session: AsyncSession, device: Device, number: int) -> VoidPreview:
    """Say what voiding a device's facts from `number` on would change; changes nothing.

    Raises:
        Conflict: there is no such fact, or it is void already.
    """
    if device.void_from is not None and device.void_from <= number:
        raise Conflict(_("These scans are void already."), code="already_void")
    concerned = select(func.count(), func.min(Fact.claimed_at), func.max(Fact.claimed_at)).where(
        Fact.device_id == device.id, Fact.number >= number, Fact.kind != DENY
    )
    count, first, last = (await session.execute(concerned)).one()
    if not count:
        raise Conflict(_("This phone let nobody in from there on."), code="nothing_to_void")
    connection = await session.connection()
    changed, let_out = await connection.run_sync(_compare, device.event_id, device.id, number)
    return VoidPreview(number, count, first, last, changed, let_out)


async def void_facts(
    services: Services, actor: Actor, device_id: int, number: int, reason: str
) -> VoidPreview:
    """Make a device's facts void from `number` on; opens its own transactions.

    Raises:
        NotFound: there is no such device of an event of this actor.
        BadInput: the reason is missing or too long.
        Conflict: there is no such fact, or it is void already.
    """
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON or not reason.isprintable():
        message = _("Say why, in one line of 200 letters at most.")
        raise BadInput(message, errors=[{"field": "reason", "message": message}])
    async with services.db.read() as session:
        device = await owned_device(session, actor, device_id)
        event = await owned_event(session, actor, device.event_id)
        preview = await preview_void(session, device, number)
    desk = await desk_of(services, event.id)
    item = VoidItem(desk, device_id, number, reason, actor.email[:80])
    done = await batcher(services).submit(event.id, item)
    if isinstance(done, Problem):
        raise done
    async with services.db.write(actor=f"{actor.kind}:{actor.id}") as session:
        await record(
            session,
            actor,
            "device.void",
            "device",
            device_hex(device_id),
            organizer_id=event.organizer_id,
            meta={"from": number, "facts": preview.facts, "reason": reason},
        )
    return preview


@dataclass
class VoidItem:
    """A void to write, as a batch item; the batch folds what it concerns anew."""

    desk: int
    device: int
    number: int
    reason: str
    operator: str = ""
    weight: int = 1

    def devices(self) -> Collection[int]:
        """Return the desk and the device that is void."""
        return (self.desk, self.device)

    def serials(self) -> Collection[int]:
        """None: whom it concerns is read when it takes effect."""
        return ()

    def spans(self, _batch: Batch) -> list[tuple[int, int, int]]:
        """Ask for the fact that it begins with."""
        return [(self.device, self.number, self.number)]

    def answer_keys(self) -> Collection[tuple[int, str]]:
        """None: what is void is not made void again."""
        return ()

    def decide(self, batch: Batch) -> Problem | None:
        """Write the fact; return why not when it cannot be."""
        target = next(iter(batch.held.get((self.device, self.number), ())), None)
        voided = batch.devices.get(self.device)
        if target is None or voided is None:
            return Conflict(_("This phone made no such scan."), code="nothing_to_void")
        if voided.void_from is not None and voided.void_from <= self.number:
            return Conflict(_("These scans are void already."), code="already_void")
        desk = batch.devices[self.desk]
        fact = WireFact(
            device=desk.id,
            number=desk.head_number + 1,
            previous=desk.head_hash,
            kind=VOID,
            list_no=0,
            rule_rev=0,
            serial=0,
            epoch=0,
            how=API,
            verdict=CODES["valid"],
            flags=0,
            digest=NO_DIGEST,
            claimed=batch.now,
            clock=batch.now,
            cursor=batch.head.next_seq,
            age=0,
            target=(self.device, self.number, target),
            operator=self.operator,
            note=self.reason,
        )
        raw = encode_fact(fact)
        batch.add_fact(raw, fact, fact_hash(raw), scanned=False)
        return None


def _compare(connection: Connection, event_id: str, device: int, number: int) -> tuple[int, int]:
    asked = {"device": device, "number": number}
    serials = sorted(connection.execute(store.SERIALS_OF_DEVICE, asked).scalars())
    changed = let_out = 0
    for start in range(0, len(serials), _AT_ONCE):
        batch = Batch(connection, Head(event_id, "", 0, b""), 0)
        some = serials[start : start + _AT_ONCE]
        batch.load_tickets(some)
        before = {serial: _entered(state_of(batch, serial)) for serial in some}
        batch.voids[device] = number
        after = {serial: _entered(state_of(batch, serial)) for serial in some}
        changed += sum(before[serial] != after[serial] for serial in some)
        let_out += sum(bool(before[serial]) and not after[serial] for serial in some)
    return changed, let_out


def _entered(state: State) -> dict[int, tuple[int, bool]]:
    """Return entries and whether inside, of each list where the ticket entered."""
    return {number: (of.entries, of.inside) for number, of in state.lists.items() if of.entries}
