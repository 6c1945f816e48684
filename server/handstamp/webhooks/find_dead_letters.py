"""Background work and events that were given up: what, since when, and why."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import Millis
from handstamp.plumbing.models import Job
from handstamp.webhooks import store
from handstamp.webhooks.models import StripeEvent
from handstamp.webhooks.stripe_inbox import JOB

MOST = 200


@dataclass(frozen=True)
class DeadLetter:
    """Something that was tried `attempts` times in vain.

    `id` is Stripe's for an event and a number for other work. `what` is the event's type or
    the job's kind; `about` the object or account it concerns. Nothing personal is in it.
    """

    id: str
    what: str
    about: str
    error: str
    attempts: int
    since: Millis


async def find_dead_letters(session: AsyncSession, limit: int = MOST) -> list[DeadLetter]:
    """Return what was given up, the latest first, at most `limit` of each sort."""
    events = [_of_event(one) for one in await store.dead_events(session, limit)]
    jobs = [_of_job(one) for one in await store.dead_jobs(session, JOB, limit)]
    return sorted([*events, *jobs], key=lambda letter: -letter.since)


async def count_dead_letters(session: AsyncSession) -> int:
    """Count all that was given up."""
    return await store.count(session, "dead") + await store.count_dead_jobs(session, JOB)


async def find_dead_letter(session: AsyncSession, letter_id: str) -> DeadLetter | None:
    """Return one of them."""
    if letter_id.isascii() and letter_id.isdigit() and len(letter_id) < 19:
        job = await store.dead_job(session, int(letter_id))
        return _of_job(job) if job and job.kind != JOB else None
    event = await store.event(session, letter_id) if letter_id.isprintable() else None
    return _of_event(event) if event and event.status == "dead" else None


def _of_event(event: StripeEvent) -> DeadLetter:
    about = " ".join(part for part in (event.object_id, event.account) if part)
    return DeadLetter(event.id, event.type, about, event.error, event.attempts, event.received_at)


def _of_job(job: Job) -> DeadLetter:
    since = job.finished_at or job.created_at
    return DeadLetter(str(job.id), job.kind, "", job.error or "", job.attempt, since)
