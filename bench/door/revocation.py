"""A refund reaches a phone that is online: by the API and by the command line.

SQLite with one server process, PostgreSQL with one and with two; 10,000 tickets. Eight phones are
connected by WebSocket, with two processes on both of them. They do as the app does: on a hint they
wait a random 0 to 200 ms and pull. By the API the time runs from the organizer's request being
sent, each on a new connection; by the command line from starting `handstamp tickets revoke`, so
that starting Python is part of it. It ends when a phone has the ticket's new status. Every
delay of every phone counts. Between two refunds a random half second passes.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence

import httpx2
from bench.door_phones import pair_phone
from bench.figure import Figure, share
from bench.installation import HANDSTAMP, Installation, Running, installation, server
from bench.online_phone import OnlinePhone
from tests.factories.auth import make_person

from handstamp.auth.models import Organizer
from handstamp.events.models import Event
from handstamp.tickets.models import Ticket

TICKETS = 10_000
PLACES = (("sqlite", 1), ("postgresql", 1), ("postgresql", 2))
PHONES = 8
BY_API = 25
BY_COMMAND = 10
LEAST_PER_PROCESS = 2
ATTEMPTS = 200

Act = Callable[[Ticket], Awaitable[None]]


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    for kind, processes in PLACES:
        words = f"{kind}, {processes} process{'es' if processes > 1 else ''}"
        async with installation(kind) as here:
            event = await here.event(TICKETS)
            tickets = await here.tickets(event, BY_API + BY_COMMAND)
            async with server(here, processes) as running:
                phones = await online(here, running, event, processes)
                by_api = await delays(await _api(here, event), phones, tickets[:BY_API])
                by_command = await delays(_command(here), phones, tickets[BY_API:])
                for phone in phones:
                    await phone.close()
        found |= figures(f"refund by API, {words}", by_api)
        found |= figures(f"refund by command line, {words}", by_command)
    return found


async def _api(here: Installation, event: Event) -> Act:
    async with here.services.db.read() as session:
        organizer = await session.get_one(Organizer, event.organizer_id)
    person = await make_person(here.services, organizer=organizer)

    async def act(ticket: Ticket) -> None:
        async with httpx2.AsyncClient(base_url=here.address, timeout=60) as http:
            path = f"/api/tickets/tickets/{ticket.id}/refund"
            answer = await http.post(path, headers=person.headers)
        assert answer.json()["status"] == "refunded", answer.text

    return act


def _command(here: Installation) -> Act:
    async def act(ticket: Ticket) -> None:
        command = ["tickets", "revoke", ticket.printed_id, "--as", "refunded"]
        process = await asyncio.create_subprocess_exec(
            str(HANDSTAMP), *command, env=here.environment, stdout=asyncio.subprocess.DEVNULL
        )
        assert await process.wait() == 0

    return act


async def delays(act: Act, phones: Sequence[OnlinePhone], tickets: Sequence[Ticket]) -> list[float]:
    """Return, in seconds, after what time each phone had each ticket's change."""
    found: list[float] = []
    for ticket in tickets:
        await asyncio.sleep(0.5 * random.random())
        started = time.perf_counter()
        async with asyncio.timeout(60):
            await asyncio.gather(act(ticket), *(phone.has(ticket.serial) for phone in phones))
        found += [phone.changed[ticket.serial] - started for phone in phones]
    return found


async def online(
    here: Installation, running: Running, event: Event, processes: int
) -> list[OnlinePhone]:
    """Connect the phones; with several processes anew until each has its share of them."""
    phones = []
    for number in range(PHONES):
        paired = await pair_phone(here, event, f"Door {number + 1}", http=running.http)
        await paired.download(running.http)
        phones.append(OnlinePhone(paired, running.http))
    for _ in range(ATTEMPTS):
        await asyncio.gather(*(phone.connect(here) for phone in phones))
        held = _connections(running, {phone.local_port for phone in phones})
        if sum(count >= LEAST_PER_PROCESS for count in held) >= processes:
            await asyncio.gather(*(phone.pull() for phone in phones))
            return phones
        await asyncio.gather(*(phone.close() for phone in phones))
    raise RuntimeError("the phones were never spread over the server's processes")


def _connections(running: Running, ports: set[int]) -> list[int]:
    """Return how many of the phones each of the server's processes has."""
    return [
        sum(1 for link in process.net_connections("tcp") if link.raddr and link.raddr.port in ports)
        for process in running.processes()
    ]


def figures(name: str, taken: list[float]) -> dict[str, Figure]:
    """Return the figures of delays."""
    return {
        f"{name}, {words}": Figure(share(taken, part), "s", "< 2")
        for words, part in (("p50", 0.5), ("p95", 0.95))
    }
