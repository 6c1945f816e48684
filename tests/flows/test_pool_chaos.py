"""Workers are killed while uploads and payments meet: each has one ticket, in order, all told."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from tests.contract.long_counts import long_count
from tests.factories.clubs import make_club_sale
from tests.factories.pool import ticket_rows, upload_rows
from tests.factories.pool_crowd import make_crowd
from tests.fixtures.mail import SmtpServer
from tests.fixtures.services import SECRET, make_settings
from tests.flows.passing_time import give_leases_up, work_done
from tests.flows.sale_processes import Handstamp

from handstamp.clubs.find_clubs import Offered
from handstamp.mail.models import Mail
from handstamp.plumbing.job_queue import MAX_ATTEMPTS, replay
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import Services, build_services
from handstamp.pool.models import Assignment, AssignmentLog, Demand, PoolEvent, PoolTicket
from handstamp.preorders.fulfil_preorder import demand
from handstamp.preorders.models import PreOrder
from handstamp.tickets import stock
from handstamp.tickets.models import Ticket

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(1_800)]

WORKERS = 3
WAVE = 6  # payments, and as many tickets, of each tier in one wave
SHORT = 5  # tickets of the second tier that are missing in the end
STEPS = (3, 8, 1, 13, 5, 2, 21, 6, 4, 10, 7, 17)  # at which a worker dies after it has begun


@dataclass
class World:
    """A database, an event with two tiers, and workers that die."""

    services: Services
    offer: Offered
    processes: list[Handstamp]
    steps: "itertools.cycle[int]"
    deaths: int = 0

    async def revive(self) -> None:
        """Start what has died, and have it die again some steps later."""
        for process in self.processes:
            if not process.is_alive:
                if process.process is not None:
                    self.deaths += 1
                    await give_leases_up(self.services, process.process.pid)
                await process.start()
                process.die_at(next(self.steps))

    async def revive_always(self) -> None:
        while True:
            await self.revive()
            await asyncio.sleep(0.02)

    async def let_live(self) -> None:
        """Kill nobody any more, and have everything done."""
        for process in self.processes:
            process.die_at(0)
        await self.revive()
        for process in self.processes:
            process.die_at(0)
        for _ in range(5):  # what failed waits for a second try, after many deaths for minutes
            async with self.services.db.write() as session:
                later = update(Job).where(Job.state == "ready").values(run_at=0)
                await session.execute(later)
                await self.replay_buried(session)
            tails = "\n".join(one.tail() for one in self.processes)
            assert await work_done(self.services, 240), tails

    async def replay_buried(self, session: AsyncSession) -> None:
        """Try again, as an operator would, what twenty workers in a row died with."""
        buried = select(Job.id).where(Job.state == "dead", Job.error == "the worker vanished")
        for job_id in await session.scalars(buried.where(Job.attempt >= MAX_ATTEMPTS)):
            assert await replay(session, job_id)

    async def pay(self, ids: list[str]) -> None:
        """Have members pay one after the other."""
        for one in ids:
            async with self.services.db.write() as session:
                paid = await session.get_one(PreOrder, one)
                paid.paid_at = self.services.clock()
                await session.flush()
                await demand(session, paid)

    async def bring(self, tier: int, first: int, count: int) -> None:
        """Upload tickets of a tier."""
        rows = ticket_rows(
            self.offer.event.title, count, self.offer.tiers[tier].name, first=first, coded=True
        )
        await upload_rows(self.services, self.offer.event, rows)


@asynccontextmanager
async def open_world(url: str, folder: Path, smtp: SmtpServer) -> AsyncIterator[World]:
    settings = make_settings(url, enable_preorders=True)
    services = build_services(settings)
    await services.signals.start()
    prices = {"Early": 1_500, "Late": 1_500}
    _club, offer, _tiers = await make_club_sale(services, prices=prices, offer={"declared": 500})
    names = {
        "HANDSTAMP_DATABASE_URL": url,
        "HANDSTAMP_SECRET": SECRET,
        "HANDSTAMP_PUBLIC_URL": settings.public_url,
        "HANDSTAMP_MAIL_URL": smtp.url,
        "ENABLE_TICKETING": "true",
        "ENABLE_TICKETING_PREORDERS": "true",
    }
    processes = [
        Handstamp(f"worker {number}", ("worker",), names, folder) for number in range(WORKERS)
    ]
    world = World(services, offer, processes, itertools.cycle(STEPS))
    try:
        yield world
    finally:
        await asyncio.gather(*(process.kill() for process in processes))
        await services.signals.stop()
        await services.db.close()


async def test_workers_that_are_killed_lose_nothing_and_give_nothing_twice(
    postgres_url: str, tmp_path: Path, smtp_server: SmtpServer
) -> None:
    waves = long_count(2, 40, "waves of uploads and payments under killed workers")
    async with open_world(postgres_url, tmp_path, smtp_server) as world:
        crowd = [
            await make_crowd(world.services, world.offer, waves * WAVE, tier=tier, name=f"t{tier}")
            for tier in (0, 1)
        ]
        reviving = asyncio.create_task(world.revive_always())
        for wave in range(waves):
            first = wave * WAVE
            some = [ids[first : first + WAVE] for ids in crowd]
            missing = SHORT if wave == waves - 1 else 0
            await asyncio.gather(
                world.pay(some[0]),
                world.pay(some[1]),
                world.bring(0, first, WAVE),
                world.bring(1, 10_000 + first, WAVE - missing),
            )
            await work_done(world.services, 20)
        reviving.cancel()
        with suppress(asyncio.CancelledError):
            await reviving
        await world.let_live()
        assert world.deaths >= waves
        await check(world, crowd)


async def check(world: World, crowd: list[list[str]]) -> None:
    """Hold what must be true whoever died when."""
    served = [*crowd[0], *crowd[1][:-SHORT]]
    async with world.services.db.read() as session:
        made = list(await session.scalars(select(Assignment)))
        wishes = {one.id: one for one in await session.scalars(select(PreOrder))}
        demands = {one.id: one for one in await session.scalars(select(Demand))}
        tickets = {one.id: one for one in await session.scalars(select(PoolTicket))}
        doors = list(await session.scalars(select(Ticket)))
        mails = list(await session.scalars(select(Mail).where(Mail.kind == "pool_ticket")))
        log = select(AssignmentLog.demand_id).where(AssignmentLog.action == "ticket.assigned")
        order = list(await session.scalars(log.order_by(AssignmentLog.id)))
        kept = (await session.scalars(select(PoolEvent))).one()
        unfinished = select(Job.kind, Job.state, Job.attempt, Job.error)
        unfinished = unfinished.where(Job.state.not_in(("done", "cancelled")))
        assert (await session.execute(unfinished)).all() == []
        assert await stock.recount(session, [world.offer.event.id]) == []
    assert all(one.ended_at is None and one.handed_at is not None for one in made)
    assert sorted(one.demand_id for one in made) == sorted(served)
    assert len({one.ticket_id for one in made}) == len(made) == len(tickets)
    assert {one.status for one in tickets.values()} == {"assigned"}
    for tier in crowd:
        assert [one for one in order if one in tier] == [one for one in tier if one in served]
    statuses = Counter(wishes[one].status for ids in crowd for one in ids)
    assert statuses == {"fulfilled": len(served), "waiting_for_stock": SHORT}
    assert Counter(one.status for one in demands.values()) == {
        "assigned": len(served), "waiting": SHORT,
    }  # fmt: skip
    assert (kept.unmatched_tickets, kept.unmatched_demands) == (0, SHORT)
    assert sorted(one.order_item_id or "" for one in doors) == sorted(served)
    assert {wishes[one].ticket_id for one in served} == {one.id for one in doors}
    assert Counter(one.status for one in mails) == {"sent": len(served)}
    assert {one.mail_id for one in made} == {one.id for one in mails}
