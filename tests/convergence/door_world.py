"""A server and phones that fail in every way the door must stand, and the check at the end."""

import copy
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from sqlalchemy import select
from tests.convergence import model_fold
from tests.convergence.door_databases import Databases
from tests.factories.checkin import Phone, make_scanner_key, pair_phone
from tests.factories.events import make_event
from tests.factories.tickets import make_tickets, make_tokens
from tests.fixtures.services import PUBLIC_URL, make_settings

from handstamp.app import create_app
from handstamp.checkin.fold import fact_of_row, state_to_json
from handstamp.checkin.list_changes import Personal, fact_rows, feed_end, ticket_rows
from handstamp.checkin.models import Admission, Device, Fact
from handstamp.checkin.revoke_device import revoke_device
from handstamp.checkin.snapshot import build_snapshot
from handstamp.checkin.stored_facts import SERVER_KINDS
from handstamp.checkin.wire import FactRow, decode_fact, fact_hash, row_of
from handstamp.events.models import Event, ListRevision
from handstamp.events.rules import ListTier
from handstamp.events.save_list import save_list
from handstamp.kit.clock import MINUTE, FakeClock
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.web import SYSTEM, Services, build_services
from handstamp.tickets.models import Ticket
from handstamp.tickets.reissue_ticket import reissue
from handstamp.tickets.revoke_ticket import change_status

SKEWS = (0, 0, -3_000, 5 * MINUTE, -20 * MINUTE, 26 * 60 * MINUTE, -26 * 60 * MINUTE)
STATUSES = ("refunded", "cancelled", "disputed", "valid")
Step = tuple[str, int, int]


@dataclass
class Disk:
    """What of a phone's memory was on its disk at some moment; its log always is."""

    acked: int
    stamps: dict[int, int]
    copy: Any


@dataclass
class World:
    """One event, its server, and everybody at the doors."""

    databases: Databases
    clock: FakeClock
    url: str
    services: Services
    http: httpx2.AsyncClient
    event: Event
    key: str
    codes: list[str] = field(default_factory=list)
    serials: list[int] = field(default_factory=list)
    phones: list[Phone] = field(default_factory=list)
    retired: list[Phone] = field(default_factory=list)
    sent: list[tuple[Phone, dict[str, Any]]] = field(default_factory=list)
    disks: dict[int, Disk] = field(default_factory=dict)
    backup: str = ""
    closing: Callable[[], Any] | None = None

    async def run(self, script: list[Step]) -> None:
        """Do every step in turn."""
        for name, one, two in script:
            self.clock.advance(1 + two % 7_000)
            await getattr(self, name)(one, two)

    def phone(self, one: int) -> Phone:
        """Choose a phone."""
        return self.phones[one % len(self.phones)]

    async def scan(self, one: int, two: int) -> None:
        """A person shows a code at a phone that may hear nothing."""
        phone = await self._usable(one)
        phone.list_no = 1 + two % 2
        phone.scan(self.codes[two % len(self.codes)])

    async def search(self, one: int, two: int) -> None:
        """A person is admitted without a code."""
        phone = await self._usable(one)
        phone.append(serial=self.serials[two % len(self.serials)], how=2, epoch=1 + two % 2)

    async def sync(self, one: int, two: int) -> None:
        """A phone exchanges, in pieces of any size."""
        await self.phone(one).sync(batch=1 + two % 5)

    async def lose_answer(self, one: int, two: int) -> None:
        """The server hears, the phone does not."""
        phone = self.phone(one)
        request = phone.request([phone.log_from(phone.acked + 1, 1 + two % 9)])
        self.sent.append((phone, copy.deepcopy(request)))
        assert (await phone.post(request)).status_code == 200

    async def say_again(self, one: int, two: int) -> None:
        """An old request arrives once more."""
        if self.sent:
            phone, request = self.sent[one % len(self.sent)]
            assert (await phone.post(request)).status_code == 200

    async def say_out_of_order(self, one: int, two: int) -> None:
        """A piece from anywhere in a log arrives."""
        phone = self.phone(one)
        request = phone.request([phone.log_from(1 + two % (len(phone.log) + 1), 1 + one % 4)])
        if request["logs"][0]["facts"]:
            self.sent.append((phone, copy.deepcopy(request)))
            assert (await phone.post(request)).status_code == 200

    async def save(self, one: int, _two: int) -> None:
        """A phone's memory reaches its disk."""
        phone = self.phone(one)
        self.disks[id(phone)] = Disk(phone.acked, dict(phone.stamps), phone.copy)

    async def crash(self, one: int, _two: int) -> None:
        """A phone dies; its log and what was saved remain."""
        phone = self.phone(one)
        disk = self.disks.get(id(phone))
        if disk is not None:
            phone.acked, phone.stamps, phone.copy = disk.acked, dict(disk.stamps), disk.copy

    async def skew(self, one: int, two: int) -> None:
        """A phone's clock jumps."""
        self.phone(one).skew = SKEWS[two % len(SKEWS)]

    async def fork(self, one: int, _two: int) -> None:
        """A phone's disk is copied and both go on."""
        if len(self.phones) < 6:
            self.phones.append(self.phone(one).clone())

    async def pair(self, _one: int, two: int) -> None:
        """Another phone joins."""
        if len(self.phones) < 6:
            self.phones.append(await pair_phone(self.http, self.services, self.event, f"D{two}"))

    async def revoke(self, one: int, _two: int) -> None:
        """The organizer ends a pairing."""
        async with self.services.db.write() as session:
            device = self.phone(one).device
            if await session.get(Device, device) is not None:
                await revoke_device(session, self.services, SYSTEM, device)

    async def validate(self, _one: int, two: int) -> None:
        """A turnstile scans."""
        answer = await self.http.post(
            "/api/tickets/validate",
            json={"token": self.codes[two % len(self.codes)], "list": 1 + two % 2},
            headers={"Authorization": f"Bearer {self.key}"},
        )
        assert answer.status_code == 200, answer.text

    async def reissue(self, one: int, _two: int) -> None:
        """A ticket gets a new code; the old one stays in somebody's pocket."""
        async with self.services.db.write() as session:
            ticket = await self._ticket(session, one)
            if ticket.status != "valid":
                return
            fresh = await reissue(session, self.services, SYSTEM, ticket)
            self.codes += await make_tokens(session, self.services, self.event, [fresh])

    async def change_status(self, one: int, two: int) -> None:
        """A ticket is refunded, cancelled, disputed or made valid again."""
        async with self.services.db.write() as session:
            ticket = await self._ticket(session, one)
            try:
                await change_status(
                    session, self.services, SYSTEM, ticket, STATUSES[two % len(STATUSES)]
                )
            except Conflict:
                return  # this change makes no sense for the ticket as it is

    async def sell(self, _one: int, two: int) -> None:
        """More tickets are sold."""
        if len(self.serials) > 12:
            return
        async with self.services.db.write() as session:
            await self._issue(session, 1 + two % 2)

    async def change_rules(self, one: int, two: int) -> None:
        """A check-in list gets another revision."""
        opens = (None, self.clock() - MINUTE, self.clock() + MINUTE)[two % 3]
        async with self.services.db.write() as session:
            await save_list(
                session,
                self.services,
                SYSTEM,
                self.event.id,
                name=f"List {one}",
                tiers=[ListTier(1, opens)],
                number=1 + one % 2,
            )

    async def restart(self, _one: int, _two: int) -> None:
        """The server is stopped and started again."""
        await self._close()
        await self._open(self.url)

    async def take_backup(self, _one: int, _two: int) -> None:
        """A copy of the database is put aside."""
        await self._close()
        self.backup = self.databases.copy(self.url)
        await self._open(self.url)

    async def restore(self, _one: int, _two: int) -> None:
        """The server goes on from the copy that was put aside."""
        if self.backup:
            await self._close()
            self.url = self.databases.copy(self.backup)
            await self._open(self.url)

    async def heal(self) -> None:
        """Everybody meets: every log reaches the server, every phone the feed's end."""
        for _ in range(2):
            for phone in [*self.retired, *self.phones]:
                phone.forked = False
                await phone.sync()
                await self._hand_in_branch(phone)

    async def _hand_in_branch(self, phone: Phone) -> None:
        """Hand in a whole log from its beginning: what a phone does whose log has forked."""
        for first in range(1, len(phone.log) + 1, 7):
            answer = await phone.post(phone.request([phone.log_from(first, 7)]))
            stamped = {stamp[0] for stamp in answer.json()["acks"][0]["stamps"]}
            assert stamped == set(range(first, min(first + 7, len(phone.log) + 1)))
        if phone.standing in ("active", "repair"):
            await phone.sync()

    async def check(self) -> None:
        """Compare every replica with the server, the server with the oracle, both with the logs."""
        async with self.services.db.read() as session:
            stored = (await session.scalars(select(Fact))).all()
            backed = set(
                await session.scalars(select(Device.id).where(Device.kind.in_(SERVER_KINDS)))
            )
            fed = {row[:3]: row for row in await fact_rows(session, self.event.id)}
            everything = Personal(name=True, email=True, order=True)
            tickets = {
                row.serial: row for row in await ticket_rows(session, self.event.id, everything)
            }
            rules: dict[int, set[int]] = {}
            for number, rev in await session.execute(
                select(ListRevision.list_no, ListRevision.rev).where(
                    ListRevision.event_id == self.event.id
                )
            ):
                rules.setdefault(number, set()).add(rev)
            admissions = {
                (row.serial, row.list_no): row for row in await session.scalars(select(Admission))
            }
            end = await feed_end(session, self.event.id)
        self._check_nothing_is_lost(stored, backed)
        assert fed == {row[:3]: row for row in map(_row(backed), stored) if row.kind != 2}
        expected = self._oracle(list(fed.values()), tickets, rules)
        self._check_admissions(admissions, expected)
        for phone in self.phones:
            if phone.standing in ("active", "repair"):
                assert end is not None
                assert phone.copy.cursor == end.to_json()
                assert phone.copy.tickets == tickets
                assert phone.copy.facts == fed
                assert {n: set(revs) for n, revs in phone.copy.lists.items()} == rules
                for serial, state in expected.items():
                    assert state_to_json(phone.copy.state(serial)) == state

    def _check_nothing_is_lost(self, stored: Any, backed: set[int]) -> None:
        held = [(fact.device_id, fact.number, fact.hash) for fact in stored]
        logs = {
            (phone.device, number, fact_hash(raw))
            for phone in [*self.phones, *self.retired]
            for number, raw in enumerate(phone.log, 1)
        }
        assert len(held) == len(set(held)), "a fact is stored twice"
        assert logs == {fact for fact in held if fact[0] not in backed}
        assert all(fact_hash(fact.bytes) == fact.hash for fact in stored)

    def _oracle(
        self, rows: list[FactRow], tickets: dict[int, Any], rules: dict[int, set[int]]
    ) -> dict[int, Any]:
        by_serial: dict[int, list[Any]] = {}
        for row in rows:
            by_serial.setdefault(row.serial, []).append(_fact_json(row))
        known = {str(number): sorted(revs) for number, revs in rules.items()}
        return {
            serial: model_fold.state(
                {
                    "facts": facts,
                    "epoch": tickets[serial].epoch if serial in tickets else None,
                    "rules": known,
                }
            )
            for serial, facts in by_serial.items()
            if serial
        }

    def _check_admissions(self, kept: dict[tuple[int, int], Admission], expected: Any) -> None:
        said = {
            (serial, int(number)): (
                of["winner"][:2] if of["winner"] else [None, None],
                len(of["greens"]),
                len(of["pending"]),
                of["conflict"],
            )
            for serial, state in expected.items()
            for number, of in state["lists"].items()
        }
        assert said == {
            at: (
                [row.winner_device, row.winner_number],
                row.greens,
                row.pending,
                row.conflict if row.conflict in ("double", "superseded") else "",
            )
            for at, row in kept.items()
        }

    async def newcomer(self) -> None:
        """A phone that joins now, from a fresh snapshot, stands where the others stand."""
        await build_snapshot(self.services, self.event.id)
        self.phones.append(await pair_phone(self.http, self.services, self.event, "Newcomer"))
        await self.heal()

    async def _usable(self, one: int) -> Phone:
        """Choose a phone; one that must not use its id any more pairs anew first (R17, R41)."""
        phone = self.phone(one)
        if phone.standing == "active" and not phone.forked:
            return phone
        fresh = await pair_phone(self.http, self.services, self.event, "Again")
        self.retired.append(phone)
        self.phones[self.phones.index(phone)] = fresh
        return fresh

    async def _ticket(self, session: Any, one: int) -> Ticket:
        found = await session.scalars(
            select(Ticket).where(Ticket.event_id == self.event.id).order_by(Ticket.id)
        )
        tickets: list[Ticket] = list(found)
        return tickets[one % len(tickets)]

    async def _issue(self, session: Any, count: int) -> None:
        tickets = await make_tickets(session, self.services, self.event, count=count)
        self.serials += [ticket.serial for ticket in tickets]
        self.codes += await make_tokens(session, self.services, self.event, tickets)

    async def _close(self) -> None:
        assert self.closing is not None
        await self.closing()

    async def _open(self, url: str) -> None:
        self.services = build_services(make_settings(url), self.clock)
        app = create_app(self.services.settings, self.clock, services=self.services)
        transport = httpx2.ASGITransport(app=app)
        self.http = httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL)
        for phone in [*self.phones, *self.retired]:
            phone.http = self.http

        async def close() -> None:
            await self.http.aclose()
            await self.services.db.close()

        self.closing = close


@asynccontextmanager
async def new_world(databases: Databases) -> AsyncIterator[World]:
    """Open a server with an event on sale and two phones at its doors."""
    clock = FakeClock()
    url = databases.fresh()
    world = World(databases, clock, url, None, None, None, "")  # type: ignore[arg-type]
    await world._open(url)
    try:
        async with world.services.db.write() as session:
            world.event = await make_event(session, world.services, lists=("A", "B"))
            await world._issue(session, 4)
            world.key = await make_scanner_key(session, world.services, world.event)
        for number in (1, 2):
            world.phones.append(
                await pair_phone(world.http, world.services, world.event, f"Door {number}")
            )
        yield world
    finally:
        await world._close()
        databases.close()


def _row(backed: set[int]) -> Callable[[Fact], FactRow]:
    def row(fact: Fact) -> FactRow:
        return row_of(
            decode_fact(fact.bytes),
            fact.tag,
            stamp=fact.stamp,
            scanned=fact.scanned,
            backed=fact.device_id in backed,
            after_end=fact.after_end,
        )

    return row


def _fact_json(row: FactRow) -> Any:
    fact = fact_of_row(row)
    return {
        "device": fact.device,
        "number": fact.number,
        "tag": fact.tag,
        "kind": fact.kind,
        "list": fact.list_no,
        "rule": fact.rule_rev,
        "epoch": fact.epoch,
        "how": fact.how,
        "scanned": fact.scanned,
        "time": fact.time,
        "proven": fact.proven,
        "backed": fact.backed,
        "seen": [list(ref) for ref in fact.seen],
        "target": None,
    }
