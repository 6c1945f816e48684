"""100 uploads of 1,000 rows at once, for an event of four tiers.

100 files of 1,000 different rows are sent to the API at the same moment, ten of them twice; there
are 100,000 members who have paid. A real server process and on PostgreSQL, as Debian ships it, two
worker processes; on SQLite the worker inside. Time runs until every upload is answered and every
ticket has its member. Nothing is assigned twice and nothing deadlocks (no job fails), or nothing
is reported.
"""

import asyncio
import time

import httpx2
from bench.figure import Figure
from bench.installation import DATABASES, TIERS, Installation, installation
from bench.pool_world import UPLOAD, fulfilled, owner_of, running, until, waiting_members
from sqlalchemy import func, select
from tests.factories.pool import pool_csv, ticket_rows

from handstamp.plumbing.models import Job
from handstamp.pool.models import Assignment, PoolTicket

FILES = 100
ROWS = 1_000
TWICE = 10


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    for kind in DATABASES:
        async with installation(kind) as here:
            here.more["ENABLE_TICKETING_PREORDERS"] = "true"
            answered, assigned = await _run(here)
        name = f"{FILES} uploads of {ROWS:,} rows at once, {kind}"
        found[f"{name}: all answered"] = Figure(answered, "s")
        found[f"{name}: all assigned"] = Figure(assigned, "s")
    return found


async def _run(here: Installation) -> tuple[float, float]:
    offer = await waiting_members(here, FILES * ROWS, len(TIERS))
    person = await owner_of(here, offer.event.organizer_id)
    files = [
        pool_csv(ticket_rows(offer.event.title, ROWS, TIERS[n % len(TIERS)], first=n * ROWS))
        for n in range(FILES)
    ]
    at_once = httpx2.Limits(max_connections=FILES + TWICE)
    client = httpx2.AsyncClient(base_url=here.address, timeout=300, limits=at_once)
    async with running(here, 2), client as http:
        headers = {**person.headers, "Content-Type": "text/csv"}

        async def send(number: int) -> None:
            params = {"commit": "true", "filename": f"{number}.csv"}
            answer = await http.post(UPLOAD, params=params, headers=headers, content=files[number])
            assert answer.status_code < 300, answer.text

        started = time.perf_counter()
        await asyncio.gather(*(send(n) for n in [*range(FILES), *range(TWICE)]))
        answered = time.perf_counter() - started

        async def all_have() -> bool:
            return await fulfilled(here) >= FILES * ROWS

        await until(all_have)
        assigned = time.perf_counter() - started
    await _check(here)
    return answered, assigned


async def _check(here: Installation) -> None:
    ticket, demand = Assignment.ticket_id, Assignment.demand_id
    assigned = select(func.count(), func.count(ticket.distinct()), func.count(demand.distinct()))
    async with here.services.db.read() as session:
        whole = FILES * ROWS
        assert tuple((await session.execute(assigned)).one()) == (whole, whole, whole)
        assert await session.scalar(select(func.count()).select_from(PoolTicket)) == whole
        failed = select(func.count()).where(Job.kind.in_(("pool.assign", "preorders.hand_over")))
        assert await session.scalar(failed.where(Job.attempt > 1)) == 0
