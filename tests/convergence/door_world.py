"""A server and phones that fail in every way the door must stand."""

import copy
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from sqlalchemy import select
from tests.convergence.door_databases import Databases
from tests.convergence.door_moves import ENTRIES, Moves
from tests.factories.checkin import Phone, make_scanner_key, pair_phone
from tests.factories.events import make_event
from tests.factories.tickets import make_tickets, make_tokens
from tests.fixtures.services import PUBLIC_URL, make_settings

from handstamp.app import create_app
from handstamp.checkin.models import Device
from handstamp.checkin.revoke_device import revoke_device
from handstamp.checkin.snapshot import build_snapshot
from handstamp.events.models import Event
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
class World(Moves):
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
    waits: int = 0
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
            role = ("steward", "steward", "supervisor")[two % 3]
            self.phones.append(
                await pair_phone(self.http, self.services, self.event, f"D{two}", role=role)
            )

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
        """A check-in list gets another revision: other windows, or another way to enter."""
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
                entry=ENTRIES[one % len(ENTRIES)],
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
