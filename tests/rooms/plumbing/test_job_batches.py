"""Jobs in batches on both databases: together, each acknowledged, fenced and retried by itself."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select, text, update
from tests.rooms.plumbing.test_jobs import add, recorder, states, worker

from handstamp.plumbing import job_queue
from handstamp.plumbing.jobs import (
    Batch,
    GiveUp,
    JobContext,
    LeaseLost,
    NewJob,
    acknowledge_all,
    enqueue_many,
)
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import Services

pytestmark = pytest.mark.anyio


async def add_many(services: Services, count: int, **options: Any) -> None:
    async with services.db.write() as session:
        rows = [NewJob({"n": n}, **options) for n in range(count)]
        await enqueue_many(session, "many", rows)


def numbers(batch: Sequence[JobContext]) -> list[int]:
    return [ctx.args["n"] for ctx in batch]


async def acknowledge(batch: Sequence[JobContext]) -> list[int]:
    """Acknowledge a batch; return the numbers of those that still were the worker's."""
    async with batch[0].write() as session:
        return numbers(await acknowledge_all(session, batch))


async def test_jobs_of_its_kind_come_together_and_others_alone(services: Services) -> None:
    runs: list[list[int]] = []
    alone: list[int] = []

    async def handle(batch: Sequence[JobContext]) -> None:
        runs.append(numbers(batch))
        await acknowledge(batch)

    await add_many(services, 5)
    await add(services, "note", {"n": 7})
    await add(services, "note", {"n": 8})
    ran = await worker(services, {"many": Batch(handle, 3), "note": recorder(alone)}).drain()
    assert ran == 7
    assert runs == [[0, 1, 2], [3, 4]]
    assert alone == [7, 8]
    assert await states(services) == ["done"] * 7


async def test_each_of_a_batch_has_its_own_end(services: Services) -> None:
    ends = {1: OSError("away"), 2: GiveUp("cannot"), 4: None}

    async def handle(batch: Sequence[JobContext]) -> None:
        for ctx in batch:
            ctx.error = ends.get(ctx.args["n"])
        await acknowledge([ctx for ctx in batch if ctx.args["n"] in (0, 3)])

    await add_many(services, 5)
    await worker(services, {"many": Batch(handle, 9)}).drain()
    assert await states(services) == ["done", "ready", "dead", "done", "ready"]
    async with services.db.read() as session:
        errors = list(await session.scalars(select(Job.error).order_by(Job.id)))
    assert errors == [None, "OSError", "cannot", None, "NotAcknowledged"]


async def test_what_is_done_stays_done_when_the_handler_then_fails(services: Services) -> None:
    async def handle(batch: Sequence[JobContext]) -> None:
        await acknowledge(batch[:2])
        raise OSError("away")

    await add_many(services, 4)
    await worker(services, {"many": Batch(handle, 9)}).drain()
    assert await states(services) == ["done", "done", "ready", "ready"]


async def test_an_acknowledgement_that_is_rolled_back_is_none(services: Services) -> None:
    async def handle(batch: Sequence[JobContext]) -> None:
        async with batch[0].write() as session:
            assert len(await acknowledge_all(session, batch)) == 2
            raise OSError("away")

    await add_many(services, 2)
    await worker(services, {"many": Batch(handle, 9)}).drain()
    assert await states(services) == ["ready", "ready"]


async def test_only_jobs_that_are_still_ours_have_an_effect(services: Services) -> None:
    lost: list[bool] = []

    async def steal(batch: Sequence[JobContext]) -> None:
        async with services.db.write() as session:
            taken = [ctx.job.id for ctx in batch[:2]]
            await session.execute(update(Job).where(Job.id.in_(taken)).values(lease_until=0))
            assert await job_queue.sweep(session) == 2
        assert await worker(services, {"many": recorder([])}).drain() == 2
        async with batch[0].write() as session:
            for ctx in await acknowledge_all(session, batch):
                await session.execute(
                    text("UPDATE tickets_jobs SET args = '\"effect\"' WHERE id = :id"),
                    {"id": ctx.job.id},
                )
        lost.extend(isinstance(ctx.error, LeaseLost) for ctx in batch)

    await add_many(services, 4)
    await worker(services, {"many": Batch(steal, 9)}).drain()
    assert lost == [True, True, False, False]
    assert await states(services) == ["done"] * 4
    async with services.db.read() as session:
        args = list(await session.scalars(select(Job.args).order_by(Job.id)))
    assert args == ['{"n":0}', '{"n":1}', '"effect"', '"effect"']


async def test_a_job_given_back_and_taken_again_is_not_ended_by_its_former_attempt(
    services: Services,
) -> None:
    await add_many(services, 1)
    async with services.db.write() as session:
        (first,) = await job_queue.claim(session, "me", 9, 1_000, ["many"])
        await job_queue.put_back(session, first, "away", 0)
        (again,) = await job_queue.claim(session, "me", 9, 1_000, ["many"])
        assert await job_queue.finish_all(session, [first]) == set()
        assert await job_queue.finish_all(session, [again]) == {again.id}


async def test_jobs_of_one_key_never_share_a_batch(services: Services) -> None:
    runs: list[list[int]] = []

    async def handle(batch: Sequence[JobContext]) -> None:
        runs.append(numbers(batch))
        await acknowledge(batch)

    await add_many(services, 3, key="k")
    await worker(services, {"many": Batch(handle, 9)}).drain()
    assert runs == [[0], [1], [2]]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_lease_is_not_renewed_by_waiting_for_who_ends_it(services: Services) -> None:
    """Two that lock several jobs in different orders would wait for each other for ever."""
    await add_many(services, 3)
    async with services.db.write() as session:
        jobs = await job_queue.claim(session, "me", 9, 1_000, ["many"])
    async with services.db.write() as ending:
        assert await job_queue.finish_all(ending, jobs[:1]) == {jobs[0].id}
        async with services.db.write() as renewing:
            await job_queue.renew(renewing, "me", [job.id for job in jobs], 60_000)
    async with services.db.read() as session:
        leases = list(await session.scalars(select(Job.lease_until).order_by(Job.id)))
    first, *others = (lease or 0 for lease in leases)
    assert first > 0
    assert min(others) > first  # each row's own moment: not one number
