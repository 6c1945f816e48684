"""Time to build the list of 50,000 tickets, and how often it is handed out once it is built.

Build: on SQLite, `build_snapshot` from reading the tickets to the stored result: the child process
that makes large lists is started, fed, makes columns, signature, gzip and brotli, and ends. The
median of five builds, each from nothing; the event is before doors, so there are no scans yet. A
second figure, without a goal, is the same event with 45,000 admissions. Serves: a real server
process, 8 clients on kept connections in a process of their own, each downloading the whole list
with brotli again and again.
"""

import time
from statistics import median

from bench.clients import request_bytes, run_clients
from bench.door_phones import API, pair_phone
from bench.figure import Figure
from bench.full_house import admit
from bench.installation import Installation, installation, server

from handstamp.checkin.snapshot import build_snapshot
from handstamp.events.models import Event

TICKETS = 50_000
ADMITTED = 45_000
BUILDS = 5
CLIENTS = 8
DOWNLOADS = 60


async def measure() -> dict[str, Figure]:
    """Measure."""
    async with installation() as here:
        event = await here.event(TICKETS)
        await build_snapshot(here.services, event.id)
        fresh = median([await _build(here, event) for _ in range(BUILDS)])
        async with server(here) as running:
            phone = await pair_phone(here, event, http=running.http)
            headers = {**phone.headers, "Accept-Encoding": "br"}
            asked = request_bytes("GET", f"{API}/snapshot", headers)
            run = await run_clients(here.folder, here.port, [[asked] * DOWNLOADS] * CLIENTS, warm=2)
        assert run.statuses == {"200": CLIENTS * (DOWNLOADS - 2)}, run.statuses
        await admit(here, event, ADMITTED)
        full = median([await _build(here, event) for _ in range(3)])
    return {
        "list, build at 50,000 tickets": Figure(fresh, "s", "< 1"),
        "list, build at 50,000 tickets with 45,000 admitted": Figure(full, "s"),
        "list, cached serves of 50,000 tickets": Figure(run.rate, "lists/s"),
        "list, cached bytes served": Figure(run.received / run.seconds / 1e6, "MB/s"),
    }


async def _build(here: Installation, event: Event) -> float:
    started = time.perf_counter()
    built = await build_snapshot(here.services, event.id)
    assert built.tickets == TICKETS
    return time.perf_counter() - started
