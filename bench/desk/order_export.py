"""Memory of the server while 100,000 orders of one event go out as a file, both databases.

A real server process (`handstamp serve`, its usual settings, one process) is asked for an event's
orders with every column by one client that throws away what it gets: as CSV from both, as XLSX,
which is made of the same rows, from PostgreSQL alone. The server's resident memory (RSS) is read
fifty times a second. What is measured is how much higher it rose than with a file of 2,000 orders
that was sent just before: constant memory means next to nothing. Seconds are from the request to
the last byte.
"""

import asyncio
import time

from bench.figure import Figure
from bench.full_desk import Desk, build_desk
from bench.installation import DATABASES, Running, installation, server

from handstamp.kit.clock import DAY
from handstamp.orders.export_orders import COLUMNS
from handstamp.plumbing.local_time import local

ORDERS = 110_000  # every twelfth was given up and is in no list
DAYS = 4
MB = 1_000_000


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    for kind in DATABASES:
        async with installation(kind) as here:
            desk = await build_desk(here, 1, ORDERS)
            today = here.services.clock()
            since = local(today - DAYS * DAY, "America/Vancouver").date().isoformat()
            async with server(here) as running:
                for suffix in ("csv", "xlsx") if kind == "postgresql" else ("csv",):
                    path = f"/api/tickets/events/{desk.largest}/export.{suffix}"
                    path += f"?columns={','.join(COLUMNS)}"
                    small, *_ = await _fetch(running, desk, f"{path}&since={since}")
                    large, seconds, size = await _fetch(running, desk, path)
                    name = f"export of 100,000 orders, {suffix}, {kind}"
                    found |= {
                        f"{name}, memory above a small file": Figure(
                            max(large - small, 0) / MB, "MB", "<= 15"
                        ),
                        f"{name}, seconds": Figure(seconds, "s"),
                        f"{name}, size": Figure(size / MB, "MB"),
                    }
    return found


async def _fetch(running: Running, desk: Desk, path: str) -> tuple[int, float, int]:
    """Return the highest memory in bytes, the seconds, and the size of a file."""
    peak, size, start = 0, 0, time.perf_counter()
    done, family = asyncio.Event(), running.processes()

    async def watch() -> None:
        nonlocal peak
        while not done.is_set():
            peak = max(peak, sum(one.memory_info().rss for one in family))
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch())
    headers = {"Authorization": f"Bearer {desk.person.token}"}
    async with running.http.stream("GET", path, headers=headers, timeout=300) as answer:
        assert answer.status_code == 200, answer.status_code
        async for piece in answer.aiter_bytes():
            size += len(piece)
    seconds = time.perf_counter() - start
    done.set()
    await watching
    return peak, seconds, size
