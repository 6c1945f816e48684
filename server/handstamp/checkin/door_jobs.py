"""Background work of the door: fresh snapshots before phones ask, what is old away."""

from typing import Any

from sqlalchemy import ColumnElement, delete, select, tuple_

from handstamp.checkin.models import ListKey, PairingCode, ValidateAnswer
from handstamp.checkin.release_key import useless
from handstamp.checkin.snapshot import current_snapshot, needs_build
from handstamp.events.models import Event
from handstamp.kit.clock import DAY, HOUR, Millis
from handstamp.plumbing.errors import Unavailable
from handstamp.plumbing.jobs import JobContext
from handstamp.plumbing.web import Services

REBUILD = "checkin.rebuild_snapshots"
PRUNE = "checkin.prune"
PIECE = 1_000
KEEP_ANSWERS: Millis = 7 * DAY
KEEP_CODES: Millis = 2 * DAY
AHEAD: Millis = 2 * DAY
GRACE: Millis = 12 * HOUR


async def rebuild_snapshots(ctx: JobContext) -> None:
    """Build the snapshots of events whose doors are near and whose base is far behind.

    An event whose list cannot be made is tried again with the job; the others do not wait.
    """
    services = ctx.services
    now = services.clock()
    near = select(Event.id).where(Event.start_at < now + AHEAD, Event.end_at > now - GRACE)
    async with services.db.read() as session:
        events = (await session.scalars(near)).all()
        due = [event for event in events if await needs_build(session, event)]
    failed: list[Unavailable] = []
    for event in due:
        try:
            await current_snapshot(services, event)
        except Unavailable as error:
            failed.append(error)
    if failed:
        raise failed[0]
    async with ctx.write() as session:
        await ctx.acknowledge(session)


async def prune_door(ctx: JobContext) -> None:
    """Delete stored answers, pairing codes and keys of lists that nobody can use any more."""
    await prune_now(ctx.services)
    async with ctx.write() as session:
        await ctx.acknowledge(session)


async def prune_now(services: Services) -> int:
    """Delete what is old and return how many rows that were."""
    now = services.clock()
    keys = (ValidateAnswer.device_id, ValidateAnswer.key)
    old = ValidateAnswer.created_at < now - KEEP_ANSWERS
    gone = await _delete(services, ValidateAnswer, keys, old)
    expired = PairingCode.expires_at < now - KEEP_CODES
    gone += await _delete(services, PairingCode, (PairingCode.code_hash,), expired)
    return gone + await _delete(services, ListKey, (ListKey.device_id,), useless(now))


async def _delete(
    services: Services, table: Any, keys: tuple[Any, ...], old: ColumnElement[bool]
) -> int:
    gone = 0
    while True:
        async with services.db.write(actor="prune") as session:
            rows = list((await session.execute(select(*keys).where(old).limit(PIECE))).all())
            if rows:
                named = tuple_(*keys).in_([tuple(row) for row in rows])
                await session.execute(
                    delete(table).where(named).execution_options(synchronize_session=False)
                )
        gone += len(rows)
        if len(rows) < PIECE:
            return gone
