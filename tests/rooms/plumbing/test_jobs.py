"""Jobs on both databases: atomic with their cause, in order by key, fenced, retried, buried."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.plumbing import job_queue
from handstamp.plumbing.db import at_the_end
from handstamp.plumbing.jobs import (
    Batch,
    GiveUp,
    Handler,
    JobContext,
    LeaseLost,
    NewJob,
    Worker,
    enqueue,
    enqueue_many,
)
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import Services


def worker(services: Services, handlers: Mapping[str, Handler | Batch], **options: Any) -> Worker:
    return Worker(services, handlers, **{"poll_s": 0.05, **options})


async def add(services: Services, kind: str, args: dict[str, Any], **options: Any) -> None:
    async with services.db.write() as session:
        await enqueue(session, kind, args, **options)


async def states(services: Services) -> list[str]:
    async with services.db.read() as session:
        return list((await session.execute(select(Job.state).order_by(Job.id))).scalars())


async def now(services: Services) -> int:
    async with services.db.read() as session:
        return await job_queue.read_now(session)


def recorder(done: list[Any]) -> Handler:
    async def handle(ctx: JobContext) -> None:
        async with ctx.write() as session:
            await ctx.acknowledge(session)
        done.append(ctx.args["n"])

    return handle


async def test_a_job_of_a_rolled_back_transaction_never_was(services: Services) -> None:
    with pytest.raises(RuntimeError):
        async with services.db.write() as session:
            await enqueue(session, "note", {"n": 1})
            raise RuntimeError("no")
    assert await states(services) == []


async def test_a_running_worker_wakes_up_and_stops(services: Services) -> None:
    done: list[int] = []
    working = worker(services, {"note": recorder(done)}, poll_s=60)
    task = asyncio.create_task(working.run())
    await asyncio.sleep(0.2)
    await add(services, "note", {"n": 1})
    async with asyncio.timeout(20):
        while not done:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        working.stop()
        await task
    assert await states(services) == ["done"]


async def test_one_key_runs_in_order_and_alone_across_workers(services: Services) -> None:
    order: list[int] = []
    at_work: set[str] = set()

    async def handle(ctx: JobContext) -> None:
        assert "k" not in at_work
        at_work.add("k")
        await asyncio.sleep(0.001)
        async with ctx.write() as session:
            await ctx.acknowledge(session)
        at_work.discard("k")
        order.append(ctx.args["n"])

    async with services.db.write() as session:
        await enqueue_many(session, "keyed", [NewJob({"n": n}, key="k") for n in range(20)])
    workers = [worker(services, {"keyed": handle}) for _ in range(3)]
    tasks = [asyncio.create_task(one.run()) for one in workers]
    async with asyncio.timeout(60):
        while len(order) < 20:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    for one in workers:
        one.stop()
    await asyncio.gather(*tasks)
    assert order == list(range(20))


async def test_a_failing_keyed_job_holds_back_its_key_until_it_is_dead(services: Services) -> None:
    done: list[int] = []

    async def fail_first(ctx: JobContext) -> None:
        if ctx.args["n"] == 0:
            raise GiveUp("cannot")
        await recorder(done)(ctx)

    async with services.db.write() as session:
        await enqueue_many(session, "keyed", [NewJob({"n": n}, key="k") for n in range(2)])
    await worker(services, {"keyed": fail_first}).drain()
    assert done == [1]
    assert await states(services) == ["dead", "done"]


async def test_only_one_of_the_same_waits(services: Services) -> None:
    async with services.db.write() as session:
        await enqueue_many(session, "note", [NewJob({"n": n}, dedupe="same") for n in range(5)])
    await add(services, "note", {"n": 9}, dedupe="same")
    done: list[int] = []
    await worker(services, {"note": recorder(done)}).drain()
    assert done == [0]
    await add(services, "note", {"n": 10}, dedupe="same")
    await worker(services, {"note": recorder(done)}).drain()
    assert done == [0, 10]


async def test_a_twin_enqueued_while_one_runs_is_kept(services: Services) -> None:
    done: list[int] = []

    async def enqueue_again(ctx: JobContext) -> None:
        if ctx.args["n"] == 0:
            await add(ctx.services, "note", {"n": 1}, dedupe="same")
        await recorder(done)(ctx)

    await add(services, "note", {"n": 0}, dedupe="same")
    await worker(services, {"note": enqueue_again}).drain()
    assert done == [0, 1]


async def test_a_failed_job_gives_way_to_its_waiting_twin(services: Services) -> None:
    async def fail(ctx: JobContext) -> None:
        await add(ctx.services, "note", {"n": 1}, dedupe="same")
        raise OSError("away")

    await add(services, "note", {"n": 0}, dedupe="same", max_attempts=2)
    working = worker(services, {"note": fail})
    assert await working._claim()
    await working._run_together(working._queue.get_nowait())
    assert await states(services) == ["cancelled", "ready"]


async def test_a_job_waits_for_its_time(services: Services) -> None:
    done: list[int] = []
    async with services.db.read() as session:
        now = await job_queue.read_now(session)
    await add(services, "note", {"n": 1}, run_at=now + 3_600_000)
    assert await worker(services, {"note": recorder(done)}).drain() == 0
    async with services.db.write() as session:
        await session.execute(update(Job).values(run_at=now - 1))
    assert await worker(services, {"note": recorder(done)}).drain() == 1


async def test_failures_are_tried_again_later_and_then_buried(services: Services) -> None:
    tries: list[int] = []

    async def fail(ctx: JobContext) -> None:
        tries.append(ctx.job.attempt)
        raise OSError("secret person@example.org")

    await add(services, "note", {"n": 1}, max_attempts=3)
    for _ in range(3):
        await worker(services, {"note": fail}).drain()
        async with services.db.write() as session:
            await session.execute(update(Job).values(run_at=0))
    assert tries == [1, 2, 3]
    async with services.db.read() as session:
        job = (await session.execute(select(Job))).scalar_one()
    assert job.state == "dead"
    assert job.error is not None
    assert "person@example.org" not in job.error
    async with services.db.write() as session:
        assert await job_queue.replay(session, job.id)
    done: list[int] = []
    await worker(services, {"note": recorder(done)}).drain()
    assert done == [1]


async def test_a_pause_grows_with_each_failure(services: Services) -> None:
    async def fail(_ctx: JobContext) -> None:
        raise OSError("away")

    await add(services, "note", {})
    pauses = []
    for _ in range(4):
        async with services.db.write() as session:
            await session.execute(update(Job).values(run_at=0))
            before = await job_queue.read_now(session)
        await worker(services, {"note": fail}).drain()
        async with services.db.read() as session:
            pauses.append((await session.execute(select(Job.run_at))).scalar_one() - before)
    assert pauses[3] > pauses[1] > 0


async def test_a_handler_that_forgets_to_acknowledge_has_failed(services: Services) -> None:
    async def forget(_ctx: JobContext) -> None:
        return

    await add(services, "note", {}, max_attempts=1)
    await worker(services, {"note": forget}).drain()
    assert await states(services) == ["dead"]


async def test_a_worker_without_its_lease_cannot_commit_its_effect(services: Services) -> None:
    await add(services, "note", {"n": 1})
    outcome: list[str] = []

    async def slow(ctx: JobContext) -> None:
        async with services.db.write() as session:
            await session.execute(update(Job).values(lease_until=0))
            assert await job_queue.sweep(session) == 1
        thief = worker(services, {"note": recorder([])})
        assert await thief.drain() == 1
        try:
            async with ctx.write() as session:
                await session.execute(text("UPDATE tickets_jobs SET error = 'effect'"))
                await ctx.acknowledge(session)
        except LeaseLost:
            outcome.append("lost")
            raise

    await worker(services, {"note": slow}).drain()
    assert outcome == ["lost"]
    async with services.db.read() as session:
        assert (await session.execute(select(Job.error))).scalar_one() is None
    assert await states(services) == ["done"]


async def vanishes(services: Services) -> None:
    """Have a worker claim what is ready and never be heard of again."""
    async with services.db.write() as session:
        await job_queue.claim(session, "gone", 9, 1_000, ["note"])
        await session.execute(update(Job).values(lease_until=0))
        await job_queue.sweep(session)


async def test_a_vanished_worker_takes_no_try_of_a_job(services: Services) -> None:
    await add(services, "note", {}, max_attempts=2)
    for _ in range(5):
        await vanishes(services)
    last: list[bool] = []

    async def fail(ctx: JobContext) -> None:
        last.append(ctx.is_last_attempt)
        raise ConnectionError

    for _ in range(2):
        await worker(services, {"note": fail}).drain()
        async with services.db.write() as session:
            await session.execute(update(Job).values(run_at=0))
    assert last == [False, True]
    assert await states(services) == ["dead"]


async def test_a_job_that_makes_every_worker_vanish_ends(services: Services) -> None:
    await add(services, "note", {}, max_attempts=3)
    for _ in range(19):
        await vanishes(services)
    assert await states(services) == ["ready"]
    await vanishes(services)
    assert await states(services) == ["dead"]


async def test_leases_are_renewed_while_a_handler_works(services: Services) -> None:
    runs: list[int] = []

    async def slow(ctx: JobContext) -> None:
        runs.append(ctx.job.attempt)
        async with services.db.read() as session:
            first_end = await session.scalar(select(Job.lease_until))
        assert first_end
        while await now(services) <= first_end:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        async with ctx.write() as session:
            await ctx.acknowledge(session)

    await add(services, "slow", {})
    pair = [worker(services, {"slow": slow}, lease=4_000) for _ in range(2)]
    tasks = [asyncio.create_task(one.run()) for one in pair]
    async with asyncio.timeout(60):
        while await states(services) != ["done"]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    for one in pair:
        one.stop()
    await asyncio.gather(*tasks)
    assert runs == [1]


async def test_stopping_gives_back_what_has_not_begun(services: Services) -> None:
    started = asyncio.Event()

    async def slow(ctx: JobContext) -> None:
        started.set()
        await asyncio.sleep(0.2)
        async with ctx.write() as session:
            await ctx.acknowledge(session)

    async with services.db.write() as session:
        await enqueue_many(session, "slow", [NewJob({}) for _ in range(10)])
    working = worker(services, {"slow": slow}, concurrency=1)
    task = asyncio.create_task(working.run())
    await asyncio.wait_for(started.wait(), 20)
    working.stop()
    await asyncio.wait_for(task, 20)
    found = await states(services)
    assert found.count("running") == 0
    assert found.count("ready") >= 8
    async with services.db.read() as session:
        begun = await session.execute(select(func.sum(Job.attempt)))
        assert begun.scalar_one() == found.count("done")


async def test_stopping_breaks_off_a_stuck_handler_and_gives_its_job_back(
    services: Services,
) -> None:
    started = asyncio.Event()

    async def stuck(_ctx: JobContext) -> None:
        started.set()
        await asyncio.sleep(3600)

    await add(services, "stuck", {})
    working = worker(services, {"stuck": stuck}, patience_s=0.05)
    task = asyncio.create_task(working.run())
    await asyncio.wait_for(started.wait(), 20)
    working.stop()
    await asyncio.wait_for(task, 20)
    assert await states(services) == ["ready"]


async def test_other_kinds_are_left_to_other_workers(services: Services) -> None:
    await add(services, "foreign", {})
    assert await worker(services, {"note": recorder([])}).drain() == 0
    assert await states(services) == ["ready"]


async def test_ten_thousand_jobs_are_enqueued_at_once(services: Services) -> None:
    async with services.db.write() as session:
        await enqueue_many(session, "note", [NewJob({"n": n}) for n in range(10_000)])
    async with services.db.read() as session:
        assert await job_queue.counts(session) == [("note", "ready", 10_000)]
        assert await job_queue.oldest_ready_age(session) >= 0


async def test_writer_of_a_deduplicated_job_is_seen_by_its_run(postgres_url: str) -> None:
    """A job that waits must not run between another writer's "it waits already" and commit."""
    from tests.fixtures.services import make_settings

    from handstamp.plumbing.web import build_services

    services = build_services(make_settings(postgres_url))
    await add(services, "note", {"n": 0}, dedupe="same")
    working = worker(services, {"note": recorder([])})
    ran: list[int] = []

    async def before_the_commit(_session: AsyncSession) -> None:
        ran.append(await working.drain())

    async with services.db.write() as session:
        await enqueue(session, "note", {"n": 1}, dedupe="same")
        at_the_end(session, before_the_commit)
    assert [*ran, await working.drain()] == [0, 1]
    await services.db.close()


async def test_jobs_of_two_transactions_never_wait_for_each_other(services: Services) -> None:
    """Whatever each wrote before, and whichever job it thought of first."""
    both = asyncio.Barrier(2)

    async def add_two(first: str, second: str) -> None:
        async with services.db.write() as session:
            await enqueue(session, "note", {}, dedupe=first)
            if not services.db.is_sqlite:
                await both.wait()
            await enqueue(session, "note", {}, dedupe=second)

    for _again in range(20):
        await asyncio.gather(add_two("a", "b"), add_two("b", "a"))
    assert await worker(services, {"note": recorder([])}).drain() == 2
