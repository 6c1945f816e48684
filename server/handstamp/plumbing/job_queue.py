"""The job table's SQL: claim, renew, sweep, acknowledge, put back. Time is the database's."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Update,
    bindparam,
    case,
    func,
    insert,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from handstamp.kit.clock import Millis
from handstamp.plumbing.db import is_sqlite
from handstamp.plumbing.models import Job

MAX_ATTEMPTS = 20
_CLAIM_LOCK = 0x6A6F6273  # any number that every worker of this program shares
_SQLITE_NOW = "CAST((julianday('now') - 2440587.5) * 86400000.0 AS INTEGER)"
_POSTGRES_NOW = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)"


@dataclass(frozen=True)
class ClaimedJob:
    """A job that this worker may run until its lease ends."""

    id: int
    kind: str
    args: dict[str, Any]
    key: str | None
    attempt: int
    max_attempts: int
    owner: str


def database_now(session: AsyncSession) -> ColumnElement[int]:
    """Return the database's clock in milliseconds, as SQL."""
    return literal_column(_SQLITE_NOW if is_sqlite(session) else _POSTGRES_NOW)


async def read_now(session: AsyncSession) -> Millis:
    """Ask the database for the time."""
    return int((await session.execute(select(database_now(session)))).scalar_one())


def add_on(
    connection: Connection, kind: str, jobs: Sequence[tuple[Mapping[str, Any], Millis | None]]
) -> None:
    """Add jobs, (arguments, moment), by a plain connection; nobody is woken for them.

    The moment None is at once.
    """
    now: ColumnElement[int]
    now = literal_column(_SQLITE_NOW if connection.dialect.name == "sqlite" else _POSTGRES_NOW)
    rows = [{**to_row(kind, args, None, None, MAX_ATTEMPTS), "due": due} for args, due in jobs]
    run_at = func.coalesce(bindparam("due", type_=Job.run_at.type), now)
    connection.execute(insert(Job).values(created_at=now, run_at=run_at), rows)


def _ready(now: ColumnElement[int], limit: int) -> Select[int]:
    other = aliased(Job)
    earlier = (
        select(other.id)
        .where(other.job_key == Job.job_key)
        .where((other.state == "running") | ((other.state == "ready") & (other.id < Job.id)))
    )
    return (
        select(Job.id)
        .where(Job.state == "ready", Job.run_at <= now)
        .where(Job.job_key.is_(None) | ~earlier.exists())
        .order_by(Job.run_at, Job.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )


async def any_ready(session: AsyncSession, kinds: Sequence[str]) -> bool:
    """Tell, without any lock, whether a claim may find something."""
    now = database_now(session)
    due = select(Job.id).where(Job.state == "ready", Job.run_at <= now, Job.kind.in_(kinds))
    return (await session.execute(due.limit(1))).first() is not None


async def claim(
    session: AsyncSession, owner: str, limit: int, lease: Millis, kinds: Sequence[str]
) -> list[ClaimedJob]:
    """Take up to `limit` ready jobs, at most one of each key and none whose key is running.

    Claims queue on one lock: two snapshots side by side could each see a different first job
    of the same key.
    """
    if not is_sqlite(session):
        await session.execute(text(f"SELECT pg_advisory_xact_lock({_CLAIM_LOCK})"))
    now = database_now(session)
    ids = list((await session.execute(_ready(now, limit).where(Job.kind.in_(kinds)))).scalars())
    if not ids:
        return []
    rows = await session.execute(
        update(Job)
        .where(Job.id.in_(ids))
        .values(state="running", owner=owner, lease_until=now + lease, attempt=Job.attempt + 1)
        .returning(Job.id, Job.kind, Job.args, Job.job_key, Job.attempt, Job.max_attempts)
        .execution_options(synchronize_session=False)
    )
    claimed = [
        ClaimedJob(
            row.id,
            row.kind,
            json.loads(row.args),
            row.job_key,
            row.attempt,
            row.max_attempts,
            owner,
        )
        for row in rows
    ]
    return sorted(claimed, key=lambda job: ids.index(job.id))


def _held(job: ClaimedJob) -> Update:
    return (
        update(Job)
        .where(Job.id == job.id, Job.state == "running")
        .where(Job.owner == job.owner, Job.attempt == job.attempt)
        .execution_options(synchronize_session=False)
    )


async def finish(session: AsyncSession, job: ClaimedJob) -> bool:
    """Mark a job done if it is still ours; False when the lease went to somebody else."""
    done = _held(job).values(state="done", finished_at=database_now(session), error=None)
    return _rows(await session.execute(done)) == 1


async def finish_all(session: AsyncSession, jobs: Sequence[ClaimedJob]) -> set[int]:
    """Mark jobs of one owner done; return the ids of those that still were ours."""
    mine = (
        select(Job.id, Job.attempt)
        .where(Job.id.in_([job.id for job in jobs]), Job.state == "running")
        .where(Job.owner.in_({job.owner for job in jobs}))
        .order_by(Job.id)
        .with_for_update()
    )
    found = {(row.id, row.attempt) for row in await session.execute(mine)}
    kept = {job.id for job in jobs if (job.id, job.attempt) in found}
    await session.execute(
        update(Job)
        .where(Job.id.in_(kept))
        .values(state="done", finished_at=database_now(session), error=None)
        .execution_options(synchronize_session=False)
    )
    return kept


async def give_up(session: AsyncSession, job: ClaimedJob, error: str) -> None:
    """Leave a job among the dead letters."""
    now = database_now(session)
    await session.execute(_held(job).values(state="dead", finished_at=now, error=error))


async def put_back(session: AsyncSession, job: ClaimedJob, error: str, pause: Millis) -> None:
    """Make a job ready again after a pause; its twin that waits already does instead of it."""
    now = database_now(session)
    values = {"run_at": now + pause, "error": error, "owner": None, "lease_until": None}
    await session.execute(_held(job).values(state=_ready_or_twin(), **values))


async def cancel(session: AsyncSession, job: ClaimedJob) -> None:
    """End a job without its effect."""
    await session.execute(_held(job).values(state="cancelled", finished_at=database_now(session)))


async def release(session: AsyncSession, jobs: Sequence[ClaimedJob]) -> None:
    """Give back jobs that were claimed but never begun; the attempt does not count."""
    for job in jobs:
        back = {"attempt": Job.attempt - 1, "owner": None, "lease_until": None}
        await session.execute(_held(job).values(state=_ready_or_twin(), **back))


def _ready_or_twin() -> ColumnElement[str]:
    other = aliased(Job)
    twin = select(other.id).where(other.dedupe == Job.dedupe, other.state == "ready").exists()
    return case((twin, "cancelled"), else_="ready")


async def renew(session: AsyncSession, owner: str, ids: Sequence[int], lease: Millis) -> None:
    """Lengthen the leases of running jobs; one that is locked is being acknowledged or swept."""
    running = (
        select(Job.id)
        .where(Job.id.in_(ids), Job.owner == owner, Job.state == "running")
        .order_by(Job.id)
        .with_for_update(skip_locked=True)
    )
    held = list((await session.execute(running)).scalars())
    await session.execute(
        update(Job)
        .where(Job.id.in_(held))
        .values(lease_until=database_now(session) + lease)
        .execution_options(synchronize_session=False)
    )


async def sweep(session: AsyncSession) -> int:
    """Make jobs of vanished workers ready again; dead after 20 attempts, whoever made them.

    A job of few tries keeps them: whoever vanishes takes a whole batch along, tried or not.
    """
    now = database_now(session)
    expired = (
        select(Job.id)
        .where(Job.state == "running", Job.lease_until < now)
        .order_by(Job.dedupe)
        .with_for_update(skip_locked=True)
    )
    ids = list((await session.execute(expired)).scalars())
    for one in ids:
        await session.execute(
            update(Job)
            .where(Job.id == one)
            .values(
                state=case((Job.attempt >= MAX_ATTEMPTS, "dead"), else_=_ready_or_twin()),
                max_attempts=case(
                    (Job.max_attempts < MAX_ATTEMPTS, Job.max_attempts + 1), else_=Job.max_attempts
                ),
                run_at=now,
                finished_at=now,
                owner=None,
                lease_until=None,
                error="the worker vanished",
            )
            .execution_options(synchronize_session=False)
        )
    return len(ids)


async def replay(session: AsyncSession, job_id: int) -> bool:
    """Make a dead letter ready again with fresh attempts."""
    result = await session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == "dead")
        .values(state=_ready_or_twin(), attempt=0, run_at=database_now(session), finished_at=None)
        .execution_options(synchronize_session=False)
    )
    return _rows(result) == 1


async def counts(session: AsyncSession) -> list[tuple[str, str, int]]:
    """Count jobs by kind and state."""
    grouped = select(Job.kind, Job.state, func.count()).group_by(Job.kind, Job.state)
    return [(row[0], row[1], row[2]) for row in await session.execute(grouped)]


async def oldest_ready_age(session: AsyncSession) -> Millis:
    """Return how long the oldest ready job has been due, 0 when none is."""
    now = database_now(session)
    first = select(func.min(Job.run_at)).where(Job.state == "ready", Job.run_at <= now)
    due: int | None = (await session.execute(first)).scalar_one()
    return 0 if due is None else max(0, await read_now(session) - due)


def _rows(result: Any) -> int:
    return int(result.rowcount)


def to_row(
    kind: str, args: Mapping[str, Any], key: str | None, dedupe: str | None, max_attempts: int
) -> dict[str, Any]:
    """Return the columns of a new job."""
    return {
        "kind": kind,
        "args": json.dumps(dict(args), separators=(",", ":")),
        "job_key": key,
        "dedupe": dedupe,
        "max_attempts": max_attempts,
        "state": "ready",
        "attempt": 0,
    }
