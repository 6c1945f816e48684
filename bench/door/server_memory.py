"""Memory of the whole server with 50,000 tickets and 50 phones connected, on SQLite.

`handstamp serve` with its usual settings (the worker runs inside), started on a database that has
the tickets but no built list. Fifty phones pair, download the list that the server builds for the
first of them, and connect by WebSocket. Then three times each phone hands in ten admissions, and
all the others pull what they are hinted of. Afterwards the resident memory (RSS) of all the
server's processes is added up: it counts pages shared with other programs too, so it is the largest
of the usual measures. The process that draws PDF tickets, idle here and ended after a minute, is
left out; the one that made the list has ended. USS counts only pages that are the server's own. The
peak is the highest RSS there ever was in them (the kernel's VmHWM); it has no goal.
"""

import asyncio
from pathlib import Path

import psutil
from bench.door_phones import API, pair_phone
from bench.figure import Figure
from bench.installation import Installation, Running, installation, server
from bench.online_phone import OnlinePhone

from handstamp.events.models import Event
from handstamp.tickets.models import Ticket

TICKETS = 50_000
PHONES = 50
ROUNDS = 3
SCANS = 10
MB = 1_000_000


async def measure() -> dict[str, Figure]:
    """Measure."""
    async with installation() as here:
        event = await here.event(TICKETS)
        tickets = await here.tickets(event, PHONES * ROUNDS * SCANS)
        async with server(here) as running:
            empty = sum(process.memory_info().rss for process in running.processes())
            phones = await _connected(here, running, event)
            for _ in range(ROUNDS):
                mine, tickets = tickets[: PHONES * SCANS], tickets[PHONES * SCANS :]
                await _scan(here, running, phones, mine)
            assert all(phone.pulls > 0 for phone in phones)
            family = running.processes()
            rss = sum(process.memory_info().rss for process in family)
            uss = sum(process.memory_full_info().uss for process in family)
            peak = sum(_peak(process) for process in family)
            await asyncio.gather(*(phone.close() for phone in phones))
    name = "server memory, 50,000 tickets, 50 phones"
    return {
        f"{name}, RSS": Figure(rss / MB, "MB", "<= 150"),
        f"{name}, USS": Figure(uss / MB, "MB"),
        f"{name}, peak RSS": Figure(peak / MB, "MB"),
        "server memory when started, RSS": Figure(empty / MB, "MB"),
    }


async def _connected(here: Installation, running: Running, event: Event) -> list[OnlinePhone]:
    phones = []
    for number in range(PHONES):
        phone = await pair_phone(here, event, f"Door {number + 1}", http=running.http)
        await phone.download(running.http)
        phones.append(await OnlinePhone(phone, running.http).connect(here))
    return phones


async def _scan(
    here: Installation, running: Running, phones: list[OnlinePhone], tickets: list[Ticket]
) -> None:
    for number, online in enumerate(phones):
        phone = online.phone
        first = len(phone.log) + 1
        phone.admit(tickets[number * SCANS : (number + 1) * SCANS], here.services.clock())
        headers, body = phone.zipped(first)
        answer = await running.http.post(f"{API}/sync", content=body, headers=headers)
        assert answer.json()["acks"][0]["to"] == len(phone.log), answer.text
        await asyncio.sleep(0.02)
    await asyncio.sleep(1)


def _peak(process: psutil.Process) -> int:
    """Return the highest RSS that Linux saw of a process, in bytes."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("this system does not say how much memory a process took at most")
