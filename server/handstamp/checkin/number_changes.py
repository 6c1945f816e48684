"""The event lock: take it, number what other writers left unnumbered, end batches with marks."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.checkin import store
from handstamp.checkin.models import Device, FeedHead, FeedMark
from handstamp.events import number_changes as event_changes
from handstamp.events.models import Event
from handstamp.kit.clock import Millis
from handstamp.kit.ids import new_id
from handstamp.tickets import number_changes as ticket_changes

MARK_ROWS = 1_000
FIRST_DIGEST = bytes(16)

Numbered = tuple[str, str, int]  # kind letter, identity, revision: what the digest covers (R31)


@dataclass
class Head:
    """The locked end of an event's feed; `rows` are numbered in this transaction.

    `claims`: whether strict mode was ever used here.
    """

    event_id: str
    feed_id: str
    seq: int
    digest: bytes
    rows: list[Numbered] = field(default_factory=list)
    claims: bool = False

    @property
    def next_seq(self) -> int:
        """The number before the next free one."""
        return self.seq + len(self.rows)


def lock_feed(connection: Connection, event_id: str, now: Millis) -> tuple[Head, bool]:
    """Take the event lock until the transaction ends; makes the feed at first use.

    Returns the feed's end, and whether changes of other writers wait for their numbers.
    """
    asked = {"event": event_id}
    row = connection.execute(store.LOCK, asked).one_or_none()
    if row is None:
        _begin_feed(connection, event_id, now)
        row = connection.execute(store.LOCK, asked).one()
    feed_id, seq, digest, waits = row
    claims = bool(connection.execute(store.CLAIMED, asked).scalar())
    return Head(event_id, feed_id, seq, digest, claims=claims), bool(waits)


def _begin_feed(connection: Connection, event_id: str, now: Millis) -> None:
    head = {"event_id": event_id, "feed_id": new_id("feed"), "seq": 0, "digest": FIRST_DIGEST}
    mark = {"event_id": event_id, "seq": 0, "digest": FIRST_DIGEST, "created_at": now}
    for table, row in ((FeedHead, head), (FeedMark, mark)):
        connection.execute(store.add_first(connection.dialect.name, table), row)


async def has_unnumbered(session: AsyncSession, event_id: str) -> bool:
    """Tell whether a committed change of the event still waits for its number."""
    return bool(await session.scalar(store.UNNUMBERED, {"event": event_id}))


async def number_pending(session: AsyncSession, head: Head) -> None:
    """Give the next numbers to every unnumbered row of the event; the lock must be held."""
    changed = await event_changes.number(session, head.event_id, head.next_seq)
    head.rows += changed
    if any(kind == "e" for kind, _identity, _revision in changed):
        await _begin_anew(session, head)
    head.rows += await ticket_changes.number(session, head.event_id, head.next_seq)
    waiting = await session.execute(
        select(Device.id).where(Device.event_id == head.event_id, Device.feed_seq.is_(None))
    )
    for device in sorted(waiting.scalars()):
        number = head.next_seq + 1
        await session.execute(update(Device).where(Device.id == device).values(feed_seq=number))
        head.rows.append(("d", str(device), number))


async def _begin_anew(session: AsyncSession, head: Head) -> None:
    """Let no phone keep personal fields that the organizer took back: they all load anew (R51)."""
    fields = await session.scalar(select(Event.snapshot_fields).where(Event.id == head.event_id))
    known = await session.scalar(select(FeedHead.fields).where(FeedHead.event_id == head.event_id))
    if fields == known:
        return
    values: dict[str, Any] = {"fields": fields}
    if known is not None and head.seq > 0:
        head.feed_id = new_id("feed")
        values |= {"feed_id": head.feed_id, "began": head.next_seq}
    await session.execute(
        update(FeedHead).where(FeedHead.event_id == head.event_id).values(values),
        execution_options={"synchronize_session": False},
    )


def end_batch(connection: Connection, head: Head, now: Millis) -> None:
    """Write marks for the rows numbered in this transaction (R31) and move the head."""
    marks = []
    for start in range(0, len(head.rows), MARK_ROWS):
        chunk = head.rows[start : start + MARK_ROWS]
        salt, rows = secrets.token_bytes(8), mark_rows(chunk)
        head.digest = mark_digest(head.digest, rows, salt)
        head.seq += len(chunk)
        marks.append(
            {
                "event_id": head.event_id,
                "seq": head.seq,
                "digest": head.digest,
                "created_at": now,
                "salt": salt,
                "rows": rows,
            }
        )
    if not marks:
        return
    connection.execute(store.ADD_MARKS, marks)
    connection.execute(
        store.MOVE_HEAD,
        {"event": head.event_id, "end_seq": head.seq, "end_digest": head.digest},
    )
    head.rows = []


def mark_rows(rows: Sequence[Numbered]) -> str:
    """Return a line for each row, in order: what the digest covers of them (R31)."""
    return "".join(f"{kind}{identity}:{revision}\n" for kind, identity, revision in rows)


def mark_digest(previous: bytes, rows: str, salt: bytes) -> bytes:
    """The first 16 bytes of SHA-256 over the previous digest, the rows' lines, the salt (R31)."""
    return hashlib.sha256(previous + rows.encode() + salt).digest()[:16]
