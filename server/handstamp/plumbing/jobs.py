"""Background work: enqueue in the transaction that causes it, run it at least once elsewhere.

A handler opens its own transaction, has its effect in it and acknowledges inside it; an
acknowledgement by a worker that has lost its lease raises, so the effect is rolled back.
"""

import asyncio
import os
import random
import secrets
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Table, bindparam, func, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import MINUTE, SECOND, Millis
from handstamp.plumbing import job_queue
from handstamp.plumbing.db import after_commit, at_the_end, is_sqlite
from handstamp.plumbing.job_handlers import (
    Batch,
    GiveUp,
    Handler,
    JobContext,
    LeaseLost,
    NotAcknowledged,
    acknowledge_all,
    run_handler,
)
from handstamp.plumbing.job_queue import MAX_ATTEMPTS, ClaimedJob, database_now
from handstamp.plumbing.metrics import JOBS_FINISHED
from handstamp.plumbing.models import CronSlot, Job
from handstamp.plumbing.schedule import Cron
from handstamp.plumbing.web import Services

TOPIC = "job"
LEASE: Millis = 30 * SECOND
BATCH = 20
POLL_S = 1.0
PATIENCE_S = 20.0
LONGEST_BACK_OFF: Millis = 10 * MINUTE

__all__ = [
    "Batch", "GiveUp", "Handler", "JobContext", "LeaseLost", "NewJob", "NotAcknowledged", "Worker",
    "acknowledge_all", "enqueue", "enqueue_many", "where",
]  # fmt: skip

_log = structlog.get_logger("handstamp.jobs")
_JOBS = Job.__table__
assert isinstance(_JOBS, Table)
_WAITING = text("state = 'ready' AND dedupe IS NOT NULL")


class NewJob(NamedTuple):
    """One job for `enqueue_many`; the fields are those of `enqueue`."""

    args: Mapping[str, Any]
    key: str | None = None
    dedupe: str | None = None
    run_at: Millis | None = None
    max_attempts: int = MAX_ATTEMPTS


async def enqueue(
    session: AsyncSession,
    kind: str,
    args: Mapping[str, Any],
    *,
    key: str | None = None,
    dedupe: str | None = None,
    run_at: Millis | None = None,
    max_attempts: int = MAX_ATTEMPTS,
) -> None:
    """Add a job that becomes visible when this transaction commits.

    Args:
        key: jobs of one key run one at a time, in the order of enqueueing.
        dedupe: while a job with this text waits, no second one is added.
        run_at: not before then, milliseconds UTC; None is at once.
    """
    await enqueue_many(session, kind, [NewJob(args, key, dedupe, run_at, max_attempts)])


async def enqueue_many(session: AsyncSession, kind: str, rows: Iterable[NewJob]) -> None:
    """Add many jobs of one kind; all jobs of a transaction are written together, as its last thing.

    Who adds a job waits for whoever has just added its twin: in one order, with nothing locked
    afterwards, two of them never wait for each other.
    """
    waiting: list[dict[str, Any]] = session.info.setdefault("jobs", [])
    if not waiting:
        at_the_end(session, _write_jobs)
    waiting.extend(
        {**job_queue.to_row(kind, r.args, r.key, r.dedupe, r.max_attempts), "due": r.run_at}
        for r in rows
    )


async def _write_jobs(session: AsyncSession) -> None:
    values = sorted(session.info.pop("jobs", []), key=lambda row: row["dedupe"] or "")
    if not values:
        return
    now = database_now(session)
    insert: Any = sqlite.insert if is_sqlite(session) else postgresql.insert
    statement = insert(_JOBS).values(
        run_at=func.coalesce(bindparam("due", type_=_JOBS.c.run_at.type), now), created_at=now
    )
    if values[-1]["dedupe"]:
        # An update, not "do nothing": it locks the waiting job until this transaction ends,
        # so that no worker can run it without seeing what this transaction wrote.
        statement = statement.on_conflict_do_update(
            index_elements=["dedupe"],
            index_where=_WAITING,
            set_={"run_at": _earlier(session, statement.excluded.run_at)},
        )
    await session.execute(statement, values)
    wake = session.info.get("wake_jobs")
    if wake is not None:
        after_commit(session, wake)


def _earlier(session: AsyncSession, excluded: Any) -> Any:
    least = func.min if is_sqlite(session) else func.least
    return least(_JOBS.c.run_at, excluded)


class Worker:
    """Claims jobs and runs their handlers, several at a time, until stopped.

    Args:
        handlers: kind to handler, or to one of batches; other kinds are left to other workers.
        crons: what to enqueue by the clock.
        concurrency: handlers at work at the same time.
        batch: jobs held at the same time, at work or about to be.
        lease: how long a silent worker keeps a job, milliseconds.
        patience_s: how long stopping waits for handlers at work before it breaks them off.
    """

    def __init__(
        self,
        services: Services,
        handlers: Mapping[str, Handler | Batch],
        crons: Sequence[Cron] = (),
        *,
        concurrency: int = 4,
        batch: int = BATCH,
        lease: Millis = LEASE,
        poll_s: float = POLL_S,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._services = services
        self._handlers = dict(handlers)
        self._crons = tuple(crons)
        self._concurrency = concurrency
        self._batch = batch
        self._lease = lease
        self._poll_s = poll_s
        self._patience_s = patience_s
        self.owner = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._queue: asyncio.Queue[list[ClaimedJob]] = asyncio.Queue()
        self._held: dict[int, ClaimedJob] = {}
        self._slots: dict[str, Millis] = {}
        self._stopping = asyncio.Event()
        self._wake = services.signals.subscribe(TOPIC)

    async def run(self) -> None:
        """Work until `stop()`: then finish what has begun and give back the rest."""
        runners = [asyncio.create_task(self._run_jobs()) for _ in range(self._concurrency)]
        keepers = [
            asyncio.create_task(self._every(self._lease / 3000, self._renew)),
            asyncio.create_task(self._every(self._lease / 2000, self._sweep)),
            asyncio.create_task(self._every(self._poll_s, self._run_crons)),
        ]
        try:
            while not self._stopping.is_set():
                if not await self._guarded(self._claim):
                    await self._wake.wait(self._poll_s)
            await self._give_back(self._queued())
            with suppress(TimeoutError):
                await asyncio.wait_for(self._queue.join(), self._patience_s)
        finally:
            begun = list(self._held.values())
            for task in (*runners, *keepers):
                task.cancel()
            await asyncio.gather(*runners, *keepers, return_exceptions=True)
            self._wake.close()
            await self._guarded(partial(self._give_back, begun))

    def stop(self) -> None:
        """Ask `run()` to end."""
        self._stopping.set()
        self._wake.push("")

    async def drain(self) -> int:
        """Run what is ready now, and what that makes ready, one by one; return how many."""
        ran = 0
        while await self._claim():
            while not self._queue.empty():
                together = self._queue.get_nowait()
                await self._run_together(together)
                ran += len(together)
        return ran

    async def _claim(self) -> bool:
        free = self._batch - len(self._held)
        if free <= 0 or self._stopping.is_set():
            return False
        kinds = list(self._handlers)
        async with self._services.db.read() as session:
            if not await job_queue.any_ready(session, kinds):
                return False
        async with self._services.db.write(actor="worker") as session:
            jobs = await job_queue.claim(session, self.owner, free, self._lease, kinds)
        self._held |= {job.id: job for job in jobs}
        for together in self._portions(jobs):
            self._queue.put_nowait(together)
        return bool(jobs)

    def _portions(self, jobs: Sequence[ClaimedJob]) -> list[list[ClaimedJob]]:
        """Put jobs together that a batch handler takes at once, each in its first one's place."""
        made: list[list[ClaimedJob]] = []
        filling: dict[str, list[ClaimedJob]] = {}
        for job in jobs:
            handler = self._handlers[job.kind]
            room = filling.get(job.kind)
            if room is None or not isinstance(handler, Batch) or len(room) >= handler.size:
                room = filling[job.kind] = []
                made.append(room)
            room.append(job)
        return made

    async def _run_jobs(self) -> None:
        while True:
            together = await self._queue.get()
            try:
                await self._run_together(together)
            finally:
                self._queue.task_done()
            if self._queue.empty() or any(job.key is not None for job in together):
                self._wake.push("")

    async def _run_together(self, jobs: Sequence[ClaimedJob]) -> None:
        contexts = [JobContext(self._services, job) for job in jobs]
        try:
            await run_handler(self._handlers[jobs[0].kind], contexts)
            for ctx in contexts:
                await self._settle(ctx.job, ctx.error)
        finally:
            for job in jobs:
                self._held.pop(job.id, None)

    async def _settle(self, job: ClaimedJob, error: Exception | None) -> None:
        outcome = "done"
        if isinstance(error, LeaseLost):
            outcome = "lost"
        elif isinstance(error, GiveUp):
            outcome = "dead"
            await self._guarded(partial(self._bury, job, str(error)))
        elif error is not None:
            outcome = "failed"
            await self._guarded(partial(self._fail, job, where(error)))
        JOBS_FINISHED.labels(kind=job.kind, outcome=outcome).inc()
        level = _log.info if outcome == "done" else _log.warning
        level("job", kind=job.kind, id=job.id, attempt=job.attempt, outcome=outcome)

    async def _bury(self, job: ClaimedJob, reason: str) -> None:
        async with self._services.db.write(actor="worker") as session:
            await job_queue.give_up(session, job, reason)

    async def _fail(self, job: ClaimedJob, error: str) -> None:
        if job.attempt >= job.max_attempts:
            await self._bury(job, error)
            return
        pause = min(SECOND * 2 ** min(job.attempt - 1, 20), LONGEST_BACK_OFF)
        jittered = round(pause * random.uniform(0.8, 1.2))  # noqa: S311 (spreads load only)
        try:
            async with self._services.db.write(actor="worker") as session:
                await job_queue.put_back(session, job, error, jittered)
        except IntegrityError:
            # Its twin was enqueued at the same moment and does the work.
            async with self._services.db.write(actor="worker") as session:
                await job_queue.cancel(session, job)

    async def _renew(self) -> None:
        if self._held:
            async with self._services.db.write(actor="worker") as session:
                await job_queue.renew(session, self.owner, list(self._held), self._lease)

    async def _sweep(self) -> None:
        async with self._services.db.write(actor="worker") as session:
            if await job_queue.sweep(session):
                self._wake.push("")

    async def _run_crons(self) -> None:
        if not self._crons:
            return
        async with self._services.db.read() as session:
            now = await job_queue.read_now(session)
        for cron in self._crons:
            slot = cron.last_slot(now)
            if now - slot <= cron.grace and self._slots.get(cron.name, 0) < slot:
                await self._take_slot(cron, slot)
                self._slots[cron.name] = slot

    async def _take_slot(self, cron: Cron, slot: Millis) -> None:
        async with self._services.db.write(actor="worker") as session:
            insert: Any = sqlite.insert if is_sqlite(session) else postgresql.insert
            row = insert(CronSlot).values(
                name=cron.name, slot=slot, created_at=database_now(session)
            )
            free = row.on_conflict_do_nothing().returning(CronSlot.slot)
            if (await session.execute(free)).first() is not None:
                await enqueue(session, cron.kind, {**cron.args, "slot": slot})

    def _queued(self) -> list[ClaimedJob]:
        waiting: list[ClaimedJob] = []
        while not self._queue.empty():
            waiting += self._queue.get_nowait()
            self._queue.task_done()
        return waiting

    async def _give_back(self, jobs: list[ClaimedJob]) -> None:
        if not jobs:
            return
        async with self._services.db.write(actor="worker") as session:
            await job_queue.release(session, jobs)
        for job in jobs:
            self._held.pop(job.id, None)

    async def _every(self, seconds: float, step: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self._guarded(step)
            await asyncio.sleep(seconds)

    async def _guarded(self, step: Callable[[], Awaitable[Any]]) -> Any:
        """Outlive a database that is away: what was not done is swept or tried again."""
        try:
            return await step()
        except (SQLAlchemyError, OSError) as error:
            _log.warning("worker_step_failed", error=where(error))
            return None


def where(error: BaseException) -> str:
    """Name an error by type and place; its message may hold personal data and is left out."""
    frames = traceback.extract_tb(error.__traceback__)
    place = next((f for f in reversed(frames) if "handstamp" in f.filename), None)
    if place is None:
        return type(error).__name__
    return f"{type(error).__name__} in {place.name}, line {place.lineno}"
