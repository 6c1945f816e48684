"""Queries of the webhooks room; private to it."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import Millis
from handstamp.plumbing.db import is_sqlite
from handstamp.plumbing.models import Job
from handstamp.webhooks.models import StripeEvent, WebhookCursor

ENDED = ("done", "ignored")


async def add_event(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Store an event unless it is stored; tell whether it was new."""
    insert: Any = sqlite.insert if is_sqlite(session) else postgresql.insert
    row = insert(StripeEvent).values(**values).on_conflict_do_nothing()
    return (await session.execute(row.returning(StripeEvent.id))).first() is not None


async def event(session: AsyncSession, event_id: str) -> StripeEvent | None:
    """Return an event as it is stored now."""
    return await session.get(StripeEvent, event_id, populate_existing=True)


async def known(session: AsyncSession, ids: Iterable[str]) -> set[str]:
    """Return which of these events are stored."""
    return set(await session.scalars(select(StripeEvent.id).where(StripeEvent.id.in_(list(ids)))))


async def change_event(session: AsyncSession, event_id: str, values: dict[str, Any]) -> None:
    """Write columns of one event."""
    await session.execute(
        update(StripeEvent)
        .where(StripeEvent.id == event_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def lost(
    session: AsyncSession, before: Millis, kind: str, limit: int
) -> Sequence[tuple[str, bool]]:
    """Return events that wait since before `before` although no job of `kind` waits for them.

    With each: whether such a job was given up, its worker having vanished every time. A job
    names its event in `dedupe`.
    """
    of_it = select(Job.id).where(Job.kind == kind, Job.dedupe == StripeEvent.id)
    waiting = of_it.where(Job.state.in_(("ready", "running"))).exists()
    given_up = of_it.where(Job.state == "dead").exists()
    query = (
        select(StripeEvent.id, given_up)
        .where(StripeEvent.status == "new", StripeEvent.received_at < before, ~waiting)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in await session.execute(query)]


async def cursor(session: AsyncSession, account: str) -> Millis | None:
    """Return until when an account's events are known to be complete."""
    query = select(WebhookCursor.checked_until).where(WebhookCursor.account == account)
    return await session.scalar(query)


async def move_cursor(session: AsyncSession, account: str, until: Millis) -> None:
    """Move an account's cursor on, never back."""
    insert: Any = sqlite.insert if is_sqlite(session) else postgresql.insert
    row = insert(WebhookCursor).values(account=account, checked_until=until)
    await session.execute(
        row.on_conflict_do_update(
            index_elements=["account"],
            set_={"checked_until": row.excluded.checked_until},
            where=WebhookCursor.checked_until < row.excluded.checked_until,
        )
    )


async def last_received(session: AsyncSession) -> Millis | None:
    """Return when the latest event came."""
    query = select(func.max(StripeEvent.received_at))
    return await session.scalar(query.where(StripeEvent.status.in_(("new", "done", "ignored"))))


async def count(session: AsyncSession, status: str) -> int:
    """Count the events of a status."""
    query = select(func.count()).select_from(StripeEvent).where(StripeEvent.status == status)
    return (await session.execute(query)).scalar_one()


async def dead_events(session: AsyncSession, limit: int) -> Sequence[StripeEvent]:
    """Return events that were given up, the latest first."""
    query = (
        select(StripeEvent)
        .where(StripeEvent.status == "dead")
        .order_by(StripeEvent.received_at.desc(), StripeEvent.id)
        .limit(limit)
    )
    return (await session.scalars(query)).all()


async def dead_jobs(session: AsyncSession, without: str, limit: int) -> Sequence[Job]:
    """Return jobs that were given up, except those of one kind, the latest first."""
    query = (
        select(Job)
        .where(Job.state == "dead", Job.kind != without)
        .order_by(Job.finished_at.desc(), Job.id.desc())
        .limit(limit)
    )
    return (await session.scalars(query)).all()


async def count_dead_jobs(session: AsyncSession, without: str) -> int:
    """Count the jobs that were given up, except those of one kind."""
    query = select(func.count()).select_from(Job)
    return await session.scalar(query.where(Job.state == "dead", Job.kind != without)) or 0


async def dead_job(session: AsyncSession, job_id: int) -> Job | None:
    """Return a job that was given up."""
    return await session.scalar(select(Job).where(Job.id == job_id, Job.state == "dead"))


async def forget_payloads(session: AsyncSession, before: Millis, limit: int) -> int:
    """Empty the bodies of events that ended before `before`; return how many."""
    old = (
        select(StripeEvent.id)
        .where(StripeEvent.status.in_(ENDED), StripeEvent.received_at < before)
        .where(StripeEvent.payload != "")
        .limit(limit)
    )
    ids = list(await session.scalars(old))
    if ids:
        await session.execute(
            update(StripeEvent)
            .where(StripeEvent.id.in_(ids))
            .values(payload="")
            .execution_options(synchronize_session=False)
        )
    return len(ids)


async def forget_events(session: AsyncSession, before: Millis, limit: int) -> int:
    """Delete events that ended before `before`; return how many."""
    old = (
        select(StripeEvent.id)
        .where(StripeEvent.status.in_(ENDED), StripeEvent.received_at < before)
        .limit(limit)
    )
    ids = list(await session.scalars(old))
    if ids:
        await session.execute(
            delete(StripeEvent)
            .where(StripeEvent.id.in_(ids))
            .execution_options(synchronize_session=False)
        )
    return len(ids)
