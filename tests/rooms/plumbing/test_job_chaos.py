"""Workers killed -9 at random: every job has exactly one effect, every key keeps its order."""

import asyncio
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from handstamp.plumbing import job_queue
from handstamp.plumbing.jobs import NewJob, enqueue_many
from handstamp.plumbing.web import Services

PROGRAM = Path(__file__).with_name("chaos_worker.py")
JOBS, KEYS, KILLS = 240, 6, 8


def begin(url: str, size: int) -> "subprocess.Popen[bytes]":
    command = [sys.executable, str(PROGRAM), url, str(size)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


async def done(services: Services) -> int:
    async with services.db.read() as session:
        return sum(n for _kind, state, n in await job_queue.counts(session) if state == "done")


@pytest.mark.parametrize("size", [1, 7])
async def test_killed_workers_lose_and_repeat_nothing(services: Services, size: int) -> None:
    url = services.settings.database_url
    async with services.db.write() as session:
        number = "INTEGER PRIMARY KEY" if services.db.is_sqlite else "SERIAL PRIMARY KEY"
        await session.execute(
            text(f"CREATE TABLE effects (id {number}, job INTEGER, part INTEGER, place INTEGER)")
        )
        rows = [
            NewJob(
                {"n": n, "part": n % (2 * KEYS), "place": n},
                key=f"k{n % (2 * KEYS)}" if n % (2 * KEYS) < KEYS else None,
                max_attempts=1_000,
            )
            for n in range(JOBS)
        ]
        await enqueue_many(session, "effect", rows)
    chance = random.Random(20261121)
    workers = [begin(url, size) for _ in range(2)]
    kills = 0
    try:
        async with asyncio.timeout(180):
            while (finished := await done(services)) < JOBS:
                await asyncio.sleep(0.1)
                if kills < KILLS and finished >= kills * JOBS // (KILLS + 1) and finished:
                    victim = chance.randrange(len(workers))
                    workers[victim].send_signal(signal.SIGKILL)
                    workers[victim].wait()
                    workers[victim] = begin(url, size)
                    kills += 1
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    assert kills == KILLS
    async with services.db.read() as session:
        effects = (await session.execute(text("SELECT job, part FROM effects ORDER BY id"))).all()
    assert sorted(row.job for row in effects) == list(range(JOBS))
    for part in range(KEYS):
        mine = [row.job for row in effects if row.part == part]
        assert mine == sorted(mine)
