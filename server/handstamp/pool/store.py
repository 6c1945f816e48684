"""Queries of the pool room; private to it."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, any_, bindparam, func, insert, or_, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from handstamp.events.models import Event
from handstamp.kit.clock import Millis
from handstamp.plumbing.db import is_sqlite
from handstamp.pool.free_stock import MATCHABLE
from handstamp.pool.models import CredentialKey, Demand, PoolEvent, PoolTicket, PoolUpload

_PIECE = 5_000
_UPLOAD_LOCK = 0x706F6F6C  # any number that only uploads of this program share


async def events_to_come(session: AsyncSession, organizer_id: str, now: Millis) -> Sequence[Any]:
    """Return (id, number, title, start_at, time_zone, slug) of events that are not over."""
    columns = (Event.id, Event.number, Event.title, Event.start_at, Event.time_zone, Event.slug)
    query = (
        select(*columns)
        .where(Event.organizer_id == organizer_id, Event.end_at > now, Event.status != "archived")
        .order_by(Event.start_at, Event.id)
    )
    return (await session.execute(query)).all()


async def known_twins(session: AsyncSession, event_id: str, twins: Sequence[str]) -> set[str]:
    """Return those of the twins that an event's pool holds."""
    found: set[str] = set()
    for among in _among(session, PoolTicket.twin, twins):
        query = select(PoolTicket.twin).where(PoolTicket.event_id == event_id, among)
        found.update((await session.scalars(query)).all())
    return found


async def known_codes(session: AsyncSession, event_id: str, digests: Sequence[bytes]) -> set[bytes]:
    """Return those of the digests that a ticket of an event's pool carries."""
    found: set[bytes] = set()
    for among in _among(session, PoolTicket.code_digest, digests):
        query = select(PoolTicket.code_digest).where(
            PoolTicket.event_id == event_id, PoolTicket.code_digest.is_not(None), among
        )
        found.update(digest for digest in (await session.scalars(query)).all() if digest)
    return found


def _among(
    session: AsyncSession, column: InstrumentedAttribute[Any], values: Sequence[Any]
) -> Iterator[ColumnElement[bool]]:
    """Ask for many values: PostgreSQL takes them as one array, SQLite some thousands at a time."""
    for start in range(0, len(values), _PIECE):
        piece = list(values[start : start + _PIECE])
        if is_sqlite(session):
            yield column.in_(piece)
        else:
            yield column == any_(bindparam(None, piece, type_=postgresql.ARRAY(column.type)))


async def waiting(session: AsyncSession, event_ids: Collection[str]) -> dict[tuple[str, str], int]:
    """Count demands that wait, by (event id, tier id)."""
    query = (
        select(Demand.event_id, Demand.tier_id, func.count())
        .where(Demand.event_id.in_(event_ids), Demand.status == "waiting")
        .group_by(Demand.event_id, Demand.tier_id)
    )
    return {(row[0], row[1]): row[2] for row in await session.execute(query)}


async def free(session: AsyncSession, event_ids: Collection[str]) -> dict[tuple[str, str], int]:
    """Count tickets that nobody has, by (event id, tier id)."""
    query = (
        select(PoolTicket.event_id, PoolTicket.tier_id, func.count())
        .where(PoolTicket.event_id.in_(event_ids), PoolTicket.status.in_(MATCHABLE))
        .group_by(PoolTicket.event_id, PoolTicket.tier_id)
    )
    return {(row[0], row[1]): row[2] for row in await session.execute(query)}


async def lock_uploads(session: AsyncSession, event_ids: Collection[str]) -> None:
    """Let one upload at a time go past here for each event; SQLite has one writer anyway.

    Events share 64 locks, taken in one order: a file of many events needs no more.
    """
    if is_sqlite(session):
        return
    numbers = "SELECT hashtext(id) & 63 AS number FROM unnest(CAST(:ids AS text[])) AS id"
    ordered = f"SELECT DISTINCT number FROM ({numbers}) AS hashed ORDER BY number"  # noqa: S608
    for number in (await session.scalars(text(ordered), {"ids": list(event_ids)})).all():
        await session.execute(
            text("SELECT pg_advisory_xact_lock(:room, :number)"),
            {"room": _UPLOAD_LOCK, "number": number},
        )


async def upload_of_file(session: AsyncSession, values: dict[str, Any]) -> PoolUpload:
    """Return the upload of a file, new or committed before, locked until the transaction ends."""
    make: Any = sqlite.insert if is_sqlite(session) else postgresql.insert
    row = make(PoolUpload).values(**values)
    await session.execute(row.on_conflict_do_nothing(index_elements=["organizer_id", "digest"]))
    query = (
        select(PoolUpload)
        .where(PoolUpload.organizer_id == values["organizer_id"])
        .where(PoolUpload.digest == values["digest"])
        .with_for_update()
    )
    return (await session.scalars(query)).one()


async def hold_key(session: AsyncSession, key_id: int) -> bool:
    """Keep a key from going until this transaction ends; False unless it is the newest."""
    newest = await session.scalar(select(func.max(CredentialKey.id)))
    held = select(CredentialKey.id).where(CredentialKey.id == key_id).with_for_update(read=True)
    return await session.scalar(held) is not None and newest == key_id


async def add_tickets(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Add many tickets in one statement."""
    connection = await session.connection()
    await connection.execute(insert(PoolTicket), rows)


async def note_upload(
    session: AsyncSession, organizer_id: str, event_ids: Collection[str], now: Millis
) -> None:
    """Keep when an event last got tickets."""
    make: Any = sqlite.insert if is_sqlite(session) else postgresql.insert
    rows = [
        {
            "event_id": event_id,
            "organizer_id": organizer_id,
            "fallback": "none",
            "uploaded_at": now,
            "unmatched_tickets": 0,
            "unmatched_demands": 0,
            "updated_at": now,
        }
        for event_id in sorted(event_ids)
    ]
    if rows:
        insert_ = make(PoolEvent)
        changed = {"uploaded_at": now, "updated_at": now}
        await session.execute(
            insert_.on_conflict_do_update(index_elements=["event_id"], set_=changed), rows
        )


async def uploads(
    session: AsyncSession,
    organizers: Collection[str] | None,
    *,
    before: tuple[Millis, str] | None,
    limit: int,
) -> Sequence[PoolUpload]:
    """Return uploads, the latest first; `organizers` None means everybody's."""
    query = select(PoolUpload).order_by(PoolUpload.created_at.desc(), PoolUpload.id.desc())
    if organizers is not None:
        query = query.where(PoolUpload.organizer_id.in_(organizers))
    if before is not None:
        moment, last = before
        query = query.where(
            or_(
                PoolUpload.created_at < moment,
                (PoolUpload.created_at == moment) & (PoolUpload.id < last),
            )
        )
    return (await session.scalars(query.limit(limit))).all()
