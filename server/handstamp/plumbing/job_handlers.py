"""What runs jobs: a handler of one, or of a batch of one kind, and what either is given.

Either acknowledges its jobs in the transaction of their effect, so that neither is without the
other, and a worker that has lost its lease has no effect.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.plumbing import job_queue
from handstamp.plumbing.db import after_commit
from handstamp.plumbing.job_queue import ClaimedJob
from handstamp.plumbing.web import Services

LONGEST_RUN_S = 15 * 60.0


class LeaseLost(Exception):
    """The job was given to another worker meanwhile; this effect must not be committed."""


class NotAcknowledged(Exception):
    """A handler returned without acknowledging its job: it would have run twice."""


class GiveUp(Exception):
    """Trying again cannot help; the reason (nothing personal) is kept with the dead letter."""


@dataclass
class JobContext:
    """What a handler gets: the services of the process and the job.

    `error` is why a job of a batch failed while others of it went well.
    """

    services: Services
    job: ClaimedJob
    acknowledged: bool = False
    error: Exception | None = None

    @property
    def args(self) -> dict[str, Any]:
        """Return the arguments that were enqueued."""
        return self.job.args

    @property
    def is_last_attempt(self) -> bool:
        """Tell whether a failure now makes the job a dead letter."""
        return self.job.attempt >= self.job.max_attempts

    def write(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open the handler's transaction, in the name of the job."""
        return self.services.db.write(actor=f"job:{self.job.kind}")

    async def acknowledge(self, session: AsyncSession) -> None:
        """Mark the job done in the transaction of its effect.

        Raises:
            LeaseLost: the job belongs to another worker now.
        """
        if not await job_queue.finish(session, self.job):
            raise LeaseLost(self.job.kind)
        self.acknowledged = True


Handler = Callable[[JobContext], Awaitable[None]]


@dataclass(frozen=True)
class Batch:
    """A handler of several claimed jobs of its kind at once, at most `size`.

    It gives each an `error` or acknowledges it, by `acknowledge_all`; what it raises befalls
    those of which nothing is known yet.
    """

    handle: Callable[[Sequence[JobContext]], Awaitable[None]]
    size: int


async def acknowledge_all(
    session: AsyncSession, batch: Sequence[JobContext]
) -> Sequence[JobContext]:
    """Mark jobs of one batch done; return those that are still this worker's.

    The transaction must hold the effects of those alone: the others may be at work elsewhere.
    """
    kept = await job_queue.finish_all(session, [ctx.job for ctx in batch])

    def settle() -> None:
        for ctx in batch:
            ctx.acknowledged = ctx.job.id in kept
            ctx.error = None if ctx.acknowledged else LeaseLost(ctx.job.kind)

    after_commit(session, settle)
    return [ctx for ctx in batch if ctx.job.id in kept]


async def run_handler(handler: Handler | Batch, contexts: Sequence[JobContext]) -> None:
    """Run one job, or a batch; afterwards each is acknowledged or has an `error`."""
    try:
        async with asyncio.timeout(LONGEST_RUN_S):
            if isinstance(handler, Batch):
                await handler.handle(contexts)
            else:
                await handler(contexts[0])
    except Exception as error:
        for ctx in contexts:  # a single one may have been acknowledged in what was rolled back
            if not isinstance(handler, Batch) or not (ctx.acknowledged or ctx.error):
                ctx.error = error
    for ctx in contexts:
        if not (ctx.acknowledged or ctx.error):
            ctx.error = NotAcknowledged(ctx.job.kind)
