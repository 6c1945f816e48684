"""The list a phone downloads: signed columns of one moment, built once and served many times."""

import asyncio
import hashlib
from typing import Any, NamedTuple

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.checkin.batcher import batcher
from handstamp.checkin.list_changes import feed_end
from handstamp.checkin.make_list import make_list
from handstamp.checkin.models import FeedHead, SnapshotBase
from handstamp.checkin.number_changes import has_unnumbered
from handstamp.checkin.pair_device import SERVER_KEY
from handstamp.checkin.store import add_first
from handstamp.events.models import Event
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.memory import give_back
from handstamp.plumbing.secrets import kept_key
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services
from handstamp.tickets.models import Ticket

LEAST_DELTA = 500
KEPT_IN_MEMORY = 4
BASES_KEPT = 2


class Snapshot(NamedTuple):
    """A built snapshot at feed number `seq`; `etag` names it without the encoding."""

    seq: int
    tickets: int
    etag: str
    gzip: bytes
    brotli: bytes


async def current_snapshot(services: Services, event_id: str) -> Snapshot:
    """Return a snapshot whose distance to the feed's end is small, building one if need be.

    However many ask at once, one of them builds.
    """
    locks: dict[str, asyncio.Lock] = services.rooms.setdefault("checkin.snapshot_locks", {})
    found = await _usable(services, event_id)
    if found is None:
        async with locks.setdefault(event_id, asyncio.Lock()):
            found = await _usable(services, event_id) or await build_snapshot(services, event_id)
    return found


async def build_snapshot(services: Services, event_id: str) -> Snapshot:
    """Read, encode, sign, compress and store a snapshot at the feed's end."""
    await batcher(services).number(event_id)
    _public, private = await kept_key(services, SERVER_KEY)
    made = await make_list(services, event_id, private)
    row = {
        "event_id": event_id,
        "seq": made.seq,
        "fields": made.fields,
        **made.sealed._asdict(),
        "built_at": services.clock(),
    }
    async with services.db.write(actor="door") as session:
        add = add_first(session.get_bind().dialect.name, SnapshotBase)
        await session.execute(add, row)
        newest = (
            select(SnapshotBase.id)
            .where(SnapshotBase.event_id == event_id)
            .order_by(SnapshotBase.seq.desc(), SnapshotBase.id.desc())
            .limit(BASES_KEPT)
        )
        await session.execute(
            delete(SnapshotBase).where(
                SnapshotBase.event_id == event_id, SnapshotBase.id.not_in(newest.scalar_subquery())
            )
        )
    give_back()
    return _remember(services, event_id, row)


async def needs_build(session: AsyncSession, event_id: str) -> bool:
    """Tell whether the newest base is missing or too far behind."""
    event = await session.get(Event, event_id)
    return event is not None and await _fresh_base(session, event) is None


async def _usable(services: Services, event_id: str) -> Snapshot | None:
    async with services.db.read() as session:
        event = await session.get(Event, event_id)
        if event is None:
            raise NotFound(_("There is no such event."))
        if await feed_end(session, event_id) is None and await has_unnumbered(session, event_id):
            return None
        base = await _fresh_base(session, event)
        if base is None:
            return None
        base_id, seq = base
        kept: dict[tuple[str, str], Snapshot] = _memory(services)
        found = kept.get((event_id, event.snapshot_fields))
        if found is not None and found.seq == seq:
            return found
        row = await session.get_one(SnapshotBase, base_id)
        columns = {name: getattr(row, name) for name in ("seq", "fields", "tickets", "built_at")}
        return _remember(services, event_id, columns | {"gzip": row.gzip, "brotli": row.brotli})


async def _fresh_base(session: AsyncSession, event: Event) -> tuple[int, int] | None:
    """Return (id, seq) of the newest base if new phones may start from it."""
    end = await feed_end(session, event.id)
    row = (
        await session.execute(
            select(SnapshotBase.id, SnapshotBase.seq, SnapshotBase.tickets, FeedHead.began)
            .join(FeedHead, FeedHead.event_id == SnapshotBase.event_id)
            .where(SnapshotBase.event_id == event.id, SnapshotBase.fields == event.snapshot_fields)
            .order_by(SnapshotBase.seq.desc())
            .limit(1)
        )
    ).one_or_none()
    if end is None or row is None or row.seq < row.began:
        return None
    if end.seq - row.seq > max(LEAST_DELTA, row.tickets // 20):
        return None
    # What was erased must not be handed out again, not even to be overwritten a second later.
    erased = exists().where(
        Ticket.event_id == event.id, Ticket.feed_seq > row.seq, Ticket.erased_at.is_not(None)
    )
    if await session.scalar(select(erased)):
        return None
    return row.id, row.seq


def _memory(services: Services) -> dict[tuple[str, str], Snapshot]:
    memory: dict[tuple[str, str], Snapshot] = services.rooms.setdefault("checkin.snapshots", {})
    return memory


def _remember(services: Services, event_id: str, row: dict[str, Any]) -> Snapshot:
    name = f"{row['seq']}/{row['fields']}/{row['built_at']}".encode()
    etag = f"{row['seq']}-{hashlib.sha256(name + row['gzip'][:4096]).hexdigest()[:16]}"
    made = Snapshot(row["seq"], row["tickets"], etag, row["gzip"], row["brotli"])
    memory = _memory(services)
    memory.pop((event_id, row["fields"]), None)
    memory[event_id, row["fields"]] = made
    while len(memory) > KEPT_IN_MEMORY:
        memory.pop(next(iter(memory)))
    return made
