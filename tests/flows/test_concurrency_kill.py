"""The server is killed while phones hand in their logs: afterwards every fact is there once."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import select
from tests.factories.checkin import Phone, make_code
from tests.factories.events import make_event
from tests.factories.tickets import make_tickets
from tests.fixtures.services import SECRET, make_settings

from handstamp.checkin.models import Device, Fact
from handstamp.checkin.wire import fact_hash
from handstamp.plumbing.web import Services, build_services

pytestmark = pytest.mark.anyio
HANDSTAMP = Path(sys.executable).parent / "handstamp"
FACTS = 240
PIECE = 7
KILLS = 4


class Server:
    """The real server as a process, to be killed."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def start(self) -> str:
        """Start and return the address."""
        kept = {name: value for name, value in os.environ.items() if "HANDSTAMP_" not in name}
        self._process = await asyncio.create_subprocess_exec(
            HANDSTAMP,
            "serve",
            "--port",
            "0",
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={
                **kept,
                "HANDSTAMP_DATABASE_URL": self._url,
                "HANDSTAMP_SECRET": SECRET,
                "ENABLE_TICKETING": "true",
                "HANDSTAMP_RUN_WORKER": "false",
            },
        )
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            if line.startswith(b"ready on "):
                return line.decode().strip().removeprefix("ready on ")
        raise AssertionError("the server did not start")

    async def kill(self) -> None:
        """End it as a power cut does; one that is gone already stays gone."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
            await self._process.wait()


async def hand_in(phone: Phone, answered: asyncio.Semaphore) -> None:
    """Exchange in small pieces until the server is gone or the log is handed in."""
    while phone.acked < len(phone.log):
        request = phone.request([phone.log_from(phone.acked + 1, PIECE)])
        try:
            answer = await phone.post(request)
        except httpx2.TransportError:
            return
        assert answer.status_code == 200
        await phone.receive(answer.json())
        answered.release()


@pytest.fixture
async def seeded(database_url: str) -> Services:
    """Services on the test's database, by the real clock."""
    return build_services(make_settings(database_url))


async def test_every_fact_is_there_once_after_kills(seeded: Services) -> None:
    async with seeded.db.write() as session:
        event = await make_event(session, seeded)
        tickets = await make_tickets(session, seeded, event, count=30)
        codes = [await make_code(session, seeded, event, f"Door {n}") for n in range(3)]
    await seeded.db.close()
    server = Server(seeded.settings.database_url)
    phones: list[Phone] = []
    for kill in range(KILLS + 1):
        address = await server.start()
        async with httpx2.AsyncClient(base_url=address, timeout=60) as http:
            for phone in phones:
                phone.http = http
            for code in codes if not phones else ():
                phone = Phone(http, seeded.clock)  # type: ignore[arg-type]
                await phone.pair(code)
                await phone.download()
                for number in range(FACTS):
                    phone.append(serial=tickets[number % len(tickets)].serial)
                phones.append(phone)
            answered = asyncio.Semaphore(0)
            tasks = [asyncio.create_task(hand_in(phone, answered)) for phone in phones]
            if kill < KILLS:
                for _ in range(5 + 4 * kill):
                    await answered.acquire()
                await server.kill()
            await asyncio.gather(*tasks)
            if kill == KILLS:
                for phone in phones:
                    await phone.sync()
                    assert phone.acked == FACTS
        if kill == KILLS:
            await server.kill()
    await check(seeded, phones)


async def check(seeded: Services, phones: list[Phone]) -> None:
    """Every fact once, in an unbroken chain, on the server; and all phones hold the same."""
    again = build_services(seeded.settings)
    async with again.db.read() as session:
        stored = (await session.scalars(select(Fact).order_by(Fact.number))).all()
        devices = {row.id: row for row in await session.scalars(select(Device))}
    await again.db.close()
    for phone in phones:
        mine = [fact.hash for fact in stored if fact.device_id == phone.device]
        assert mine == [fact_hash(raw) for raw in phone.log]
        assert devices[phone.device].head_hash == mine[-1]
        assert devices[phone.device].forked_at is None
    assert len(stored) == FACTS * len(phones)
