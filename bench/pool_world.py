"""A club's event with tickets from elsewhere, members who have paid, workers, an organizer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from sqlalchemy import func, select
from tests.factories.auth import Person, make_person
from tests.factories.clubs import make_club_sale
from tests.factories.pool_crowd import have_crowd_wait, make_crowd

from bench.installation import HANDSTAMP, TIERS, Installation, Running, server, stop
from handstamp.auth.models import Member
from handstamp.clubs.find_clubs import Offered
from handstamp.preorders.models import PreOrder

UPLOAD = "/api/tickets/admin/tickets/upload"
PRICE = 1_500
POLL_S = 0.05
LONGEST_S = 300


async def waiting_members(here: Installation, count: int, tiers: int = 1) -> Offered:
    """Have members wait who have paid, each tier's after the other, for an event of `TIERS`."""
    prices = dict.fromkeys(TIERS[:tiers], PRICE)
    _club, offer, _tiers = await make_club_sale(
        here.services, prices=prices, offer={"declared": count}
    )
    for number in range(tiers):
        ids = await make_crowd(
            here.services, offer, count // tiers, tier=number, name="abcd"[number]
        )
        await have_crowd_wait(here.services, offer, ids)
    await here.analyze()
    return offer


async def owner_of(here: Installation, organizer_id: str) -> Person:
    """Make somebody who runs the organizer's events."""
    person = await make_person(here.services, "harry@example.org")
    async with here.services.db.write() as session:
        session.add(Member(user_id=person.actor.id, organizer_id=organizer_id, role="owner"))
    return person


@asynccontextmanager
async def running(here: Installation, workers: int) -> AsyncIterator[Running]:
    """Run the server and so many workers; on SQLite the one inside the server."""
    if not here.services.db.is_sqlite:
        here.more["HANDSTAMP_RUN_WORKER"] = "false"
    async with AsyncExitStack() as stack:
        serving = await stack.enter_async_context(server(here))
        if not here.services.db.is_sqlite:
            for number in range(workers):
                await stack.enter_async_context(_worker(here, number))
        yield serving


@asynccontextmanager
async def _worker(here: Installation, number: int) -> AsyncIterator[None]:
    log = here.folder / f"worker{number}.log"
    environment = {**here.environment, "HANDSTAMP_RUN_WORKER": "true", "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            str(HANDSTAMP), "worker", env=environment, stdout=output, stderr=output
        )
    try:
        await until(lambda: _is_ready(log))
        yield
    finally:
        await stop(process)


async def fulfilled(here: Installation) -> int:
    """Return how many pre-orders have their ticket."""
    query = select(func.count()).where(PreOrder.status == "fulfilled")
    async with here.services.db.read() as session:
        return int(await session.scalar(query) or 0)


async def until(done: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something is so, asking every 50 ms.

    Raises:
        TimeoutError: it took longer than five minutes.
    """
    async with asyncio.timeout(LONGEST_S):
        ready = await done()
        while not ready:
            await asyncio.sleep(POLL_S)
            ready = await done()


async def _is_ready(log: Path) -> bool:
    return b"ready" in await asyncio.to_thread(log.read_bytes)
