"""Strict mode while servers are killed: every ticket is let in once, whoever asked and was lost."""

import asyncio
import random
from contextlib import AsyncExitStack

import httpx2
import pytest
from sqlalchemy import select
from tests.factories.checkin import API, Phone, make_code
from tests.factories.events import make_event
from tests.factories.tickets import make_tickets
from tests.fixtures.services import make_settings
from tests.flows.test_concurrency_kill import Server

from handstamp.checkin.models import Admission, Claim, Fact
from handstamp.checkin.wire import CLAIMED
from handstamp.plumbing.web import Services, build_services
from handstamp.tickets.models import Ticket

pytestmark = pytest.mark.anyio
PHONES = 6
TICKETS = 24
BEFORE_KILL = 20


class Gate:
    """A phone that asks before each admit, and keeps on its disk what it asked."""

    def __init__(self, phone: Phone, tickets: list[Ticket], seed: int) -> None:
        self.phone = phone
        self.left = [*tickets]
        random.Random(seed).shuffle(self.left)
        self.asked = ""
        self.unused: list[dict[str, object]] = []
        self._asks = 0

    async def work(self, answers: asyncio.Semaphore) -> None:
        """Go on with what is left until it is done or the server is gone."""
        try:
            while self.left:
                done = await self._decide(self.left[-1])
                await self.phone.sync()
                if done:
                    self.left.pop()
                answers.release()
        except httpx2.TransportError:
            return
        finally:  # nobody waits for a phone that has ended
            for _ in range(BEFORE_KILL):
                answers.release()

    async def _decide(self, ticket: Ticket) -> bool:
        """Ask and write down; tells whether this ticket is done with."""
        if any(fact.ref for fact in self.phone.own_facts(ticket.serial)):
            return True  # before the server went; what is left is to hand it in
        self._asks += not self.asked
        self.asked = self.asked or f"{self.phone.device:016x}-{self._asks}"
        place = {"list": 1, "serial": ticket.serial, "epoch": 1}
        body = {**place, "id": self.asked}
        answer = await self.phone.http.post(f"{API}/claim", json=body, headers=self.phone.headers)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        if told["granted"] and self._asks == 1:  # the guest went away, or the app did
            self.unused.append(body)
            self.asked = ""  # with it the report is on the disk: nobody asks under this id again
            self.left.insert(0, self.left.pop())
            sent = self.phone.request([]) | {"claims_unused": self.unused}
            assert (await self.phone.post(sent)).status_code == 200
            return False
        if told["granted"]:
            self.phone.append(serial=ticket.serial, flags=CLAIMED, claimed=told["at"])
        self.asked = ""
        return True


@pytest.fixture
async def seeded(database_url: str) -> Services:
    """Services on the test's database, by the real clock."""
    return build_services(make_settings(database_url))


async def test_every_ticket_is_let_in_once_over_a_kill(seeded: Services, database_url: str) -> None:
    async with seeded.db.write() as session:
        event = await make_event(session, seeded, strict_budget_ms=400)
        tickets = await make_tickets(session, seeded, event, count=TICKETS)
        codes = [await make_code(session, seeded, event, f"Door {n}") for n in range(PHONES)]
    await seeded.db.close()
    servers = [Server(database_url) for _ in range(1 + database_url.startswith("postgresql"))]
    gates: list[Gate] = []
    for last in (False, True):
        async with AsyncExitStack() as open_now:
            addresses = []
            for server in servers:
                addresses.append(await server.start())
                open_now.push_async_callback(server.kill)
            clients = [
                await open_now.enter_async_context(httpx2.AsyncClient(base_url=one, timeout=60))
                for one in addresses
            ]
            for number in range(PHONES):
                http = clients[number % len(clients)]
                if last:
                    gates[number].phone.http = http
                    continue
                phone = Phone(http, seeded.clock)  # type: ignore[arg-type]
                await phone.pair(codes[number])
                await phone.download()
                gates.append(Gate(phone, tickets, number))
            answers = asyncio.Semaphore(0)
            working = [asyncio.create_task(gate.work(answers)) for gate in gates]
            if not last:
                for _ in range(BEFORE_KILL):
                    await answers.acquire()
                await asyncio.gather(*(server.kill() for server in servers))
            await asyncio.gather(*working)
            servers = servers[:1]
    assert not any(gate.left for gate in gates)
    await check(seeded, tickets)


async def check(seeded: Services, tickets: list[Ticket]) -> None:
    """Each ticket once, backed, without a conflict, and no claim left open."""
    again = build_services(seeded.settings)
    async with again.db.read() as session:
        facts = (await session.scalars(select(Fact))).all()
        admissions = (await session.scalars(select(Admission))).all()
        claims = (await session.scalars(select(Claim))).all()
    await again.db.close()
    assert sorted(fact.serial for fact in facts) == sorted(ticket.serial for ticket in tickets)
    assert all(fact.backed for fact in facts)
    assert {(row.greens, row.conflict) for row in admissions} == {(1, "")}
    assert {claim.ended_by for claim in claims} == {"fact", "unused"}
