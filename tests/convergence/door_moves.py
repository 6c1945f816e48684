"""What people do at a world's doors beside letting in, and what an organizer does about it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import update
from tests.factories.checkin import Phone
from tests.factories.movements import admit_party, leave, override, undo_last

from handstamp.checkin.batch import Batch
from handstamp.checkin.batcher import batcher
from handstamp.checkin.desk_device import desk_of
from handstamp.checkin.wire import (
    API,
    BY_SUPERVISOR,
    NO_DIGEST,
    SEARCH,
    UNDO,
    VOID,
    Fact,
    Ref,
    encode_fact,
    fact_hash,
    tag_of,
)
from handstamp.events.entry_rules import EntryRules
from handstamp.events.models import Event
from handstamp.kit.clock import HOUR, MINUTE, FakeClock
from handstamp.plumbing.web import Services

ENTRIES = (
    EntryRules(),
    EntryRules("reentry", capacity=1),
    EntryRules("per_day", 1),
    EntryRules("per_day", 2),
    EntryRules("reentry"),
)
POLICIES = ("accept", "accept_and_flag", "hold")
PIN = '{"salt": "AAAA", "rounds": 600000, "hash": "AAAA"}'
MOST_WAITS = 2  # a third one would end the pairings


class Moves:
    """Steps of a world: people leave, decisions are taken back, overruled and made void."""

    if TYPE_CHECKING:
        services: Services
        clock: FakeClock
        event: Event
        serials: list[int]
        phones: list[Phone]
        waits: int

        async def _usable(self, one: int) -> Phone: ...

    async def leave(self, one: int, two: int) -> None:
        """Somebody leaves, or a phone says that they are not in."""
        phone = await self._usable(one)
        phone.list_no = 1 + two % 2
        leave(phone, self.serials[two % len(self.serials)])

    async def party(self, one: int, two: int) -> None:
        """Some of an order are let in at once."""
        phone = await self._usable(one)
        phone.list_no = 1 + two % 2
        admit_party(phone, self._party(two))

    async def undo_party(self, one: int, two: int) -> None:
        """A phone takes back its last movement of each of an order."""
        phone = await self._usable(one)
        for serial in self._party(two):
            undo_last(phone, serial)

    def _party(self, two: int) -> list[int]:
        first = two % len(self.serials)
        return self.serials[first : first + 3]

    async def undo(self, one: int, two: int) -> None:
        """A phone takes back its last movement of a ticket."""
        undo_last(await self._usable(one), self.serials[two % len(self.serials)])

    async def undo_any(self, one: int, two: int) -> None:
        """Somebody takes back what is not theirs, or not there; with a PIN now and then."""
        phone = await self._usable(one)
        serial = self.serials[two % len(self.serials)]
        rows = [row for row in phone.copy.facts.values() if row.serial == serial]
        chosen = rows[one % len(rows)] if rows else None
        target: Ref = (7, 7, 7)
        if chosen is not None:
            target = (chosen.device, chosen.number, chosen.tag)
        phone.append(
            kind=UNDO,
            list_no=chosen.list_no if chosen and one % 4 else phone.list_no,
            serial=serial,
            how=SEARCH,
            flags=BY_SUPERVISOR * (two % 3 > 0),
            target=target,
        )

    async def override(self, one: int, two: int) -> None:
        """Somebody is let in on purpose; by a steward alone it comes to nothing."""
        phone = await self._usable(one)
        phone.list_no = 1 + two % 2
        flags = BY_SUPERVISOR * (one % 5 > 0)
        override(phone, self.serials[two % len(self.serials)], flags=flags)

    async def wait(self, _one: int, two: int) -> None:
        """Time passes: too much for an undo, or until the next entry day."""
        if two % 3 or self.waits == MOST_WAITS:
            self.clock.advance(6 * MINUTE)
        else:
            self.waits += 1
            self.clock.advance(17 * HOUR)

    async def set_pin(self, one: int, _two: int) -> None:
        """The organizer gives the supervisors a PIN, or takes it away."""
        change = {"supervisor_json": PIN if one % 3 else "", "feed_seq": None}
        async with self.services.db.write() as session:
            await session.execute(update(Event).where(Event.id == self.event.id).values(change))

    async def change_policy(self, one: int, _two: int) -> None:
        """The organizer thinks otherwise about tickets that phones do not know yet."""
        change = {"unknown_policy": POLICIES[one % 3], "feed_seq": None}
        async with self.services.db.write() as session:
            await session.execute(update(Event).where(Event.id == self.event.id).values(change))

    async def void(self, one: int, two: int) -> None:
        """The organizer finds that a phone was in the wrong hands from some fact on."""
        phone = self.phones[one % len(self.phones)]
        if not phone.log:
            return
        number = 1 + two % len(phone.log)
        target = (phone.device, number, tag_of(fact_hash(phone.log[number - 1])))
        desk = await desk_of(self.services, self.event.id)
        await batcher(self.services).submit(self.event.id, VoidFrom(desk, target))

    async def false_void(self, one: int, two: int) -> None:
        """A phone says that another's facts are void: nobody minds."""
        phone = await self._usable(one)
        other = self.phones[two % len(self.phones)]
        phone.append(kind=VOID, list_no=0, rule_rev=0, epoch=0, target=(other.device, 1, 1))


@dataclass
class VoidFrom:
    """The server's word that a device's facts are void from one of them on, as a batch item."""

    desk: int
    target: Ref
    weight: int = 1

    def devices(self) -> Collection[int]:
        """Return the desk and the device."""
        return (self.desk, self.target[0])

    def serials(self) -> Collection[int]:
        """None: the void itself finds whom it moves."""
        return ()

    def spans(self, _batch: Batch) -> list[tuple[int, int, int]]:
        """None: the server writes this log itself."""
        return []

    def answer_keys(self) -> Collection[tuple[int, str]]:
        """None."""
        return ()

    def decide(self, batch: Batch) -> None:
        """Add the fact."""
        device = batch.devices[self.desk]
        members: dict[str, Any] = {"list_no": 0, "rule_rev": 0, "serial": 0, "epoch": 0}
        fact = Fact(
            device=device.id,
            number=device.head_number + 1,
            previous=device.head_hash,
            kind=VOID,
            how=API,
            verdict=1,
            flags=0,
            digest=NO_DIGEST,
            claimed=batch.now,
            clock=batch.now,
            cursor=0,
            age=0,
            target=self.target,
            **members,
        )
        raw = encode_fact(fact)
        batch.add_fact(raw, fact, fact_hash(raw), scanned=False)
