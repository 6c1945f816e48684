"""Queries of the tickets room; private to it."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Select, delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.models import Organizer
from handstamp.events.models import Event
from handstamp.kit.clock import Millis
from handstamp.plumbing.db import is_sqlite
from handstamp.plumbing.search import found_in
from handstamp.tickets.models import GuestImport, SigningKey, Ticket

CHUNK = 500
PIECE = 1_000
_KEY_LOCK = 0x68735F6B  # "hs_k"


async def organizer_code(session: AsyncSession, organizer_id: str) -> str:
    """Return the letters that begin an organizer's printed ids."""
    return (await session.scalars(select(Organizer.code).where(Organizer.id == organizer_id))).one()


async def serials_taken(session: AsyncSession, event_id: str, serials: Sequence[int]) -> set[int]:
    """Return which of these serials the event has already."""
    taken: set[int] = set()
    for start in range(0, len(serials), CHUNK):
        query = select(Ticket.serial).where(
            Ticket.event_id == event_id, Ticket.serial.in_(serials[start : start + CHUNK])
        )
        taken.update((await session.scalars(query)).all())
    return taken


async def externals_taken(
    session: AsyncSession, event_id: str, externals: Sequence[str]
) -> set[str]:
    """Return which of these external ids the event has already."""
    if len(externals) > 4 * CHUNK:
        every = select(Ticket.external_id).where(
            Ticket.event_id == event_id, Ticket.external_id.is_not(None)
        )
        return {*externals} & {external for external in await session.scalars(every) if external}
    taken: set[str | None] = set()
    for start in range(0, len(externals), CHUNK):
        query = select(Ticket.external_id).where(
            Ticket.event_id == event_id, Ticket.external_id.in_(externals[start : start + CHUNK])
        )
        taken.update((await session.scalars(query)).all())
    return {external for external in taken if external is not None}


async def add_tickets(
    session: AsyncSession, rows: Sequence[dict[str, Any]], told: Callable[[int], None]
) -> None:
    """Insert many tickets, a piece at a time; `told` hears how many each time."""
    for start in range(0, len(rows), PIECE):
        piece = rows[start : start + PIECE]
        await session.execute(insert(Ticket.__table__), piece)  # type: ignore[arg-type]
        told(len(piece))


async def ticket(session: AsyncSession, ticket_id: int) -> Ticket | None:
    """Return a ticket as it is stored now."""
    return await session.get(Ticket, ticket_id, populate_existing=True)


async def lock_ticket(session: AsyncSession, ticket_id: int) -> None:
    """Keep a ticket as it is until the transaction ends; what is read of it then stays true."""
    query = select(Ticket.id).where(Ticket.id == ticket_id).with_for_update(key_share=True)
    await session.execute(query)


async def by_serials(session: AsyncSession, event_id: str, serials: Sequence[int]) -> list[Ticket]:
    """Return the event's tickets with these serials, in the order asked."""
    found: dict[int, Ticket] = {}
    for start in range(0, len(serials), CHUNK):
        query = select(Ticket).where(
            Ticket.event_id == event_id, Ticket.serial.in_(serials[start : start + CHUNK])
        )
        found.update({row.serial: row for row in (await session.scalars(query)).all()})
    return [found[serial] for serial in serials if serial in found]


async def change_ticket(
    session: AsyncSession,
    ticket_id: int,
    values: dict[str, Any],
    *,
    statuses: Sequence[str],
    epoch: int | None = None,
) -> bool:
    """Change a ticket if it still has one of these statuses (and this epoch); tell if it had.

    Always raises the revision and takes the row out of the numbered feed; a plain UPDATE,
    because the unit of work would leave a NULL `feed_seq` out and miss a row that the door
    numbered meanwhile.
    """
    query = update(Ticket).where(Ticket.id == ticket_id, Ticket.status.in_(statuses))
    if epoch is not None:
        query = query.where(Ticket.epoch == epoch)
    result = await session.execute(
        query.values(**values, revision=Ticket.revision + 1, feed_seq=None)
        .returning(Ticket.id)
        .execution_options(synchronize_session=False)
    )
    return result.first() is not None


async def number_tickets(
    session: AsyncSession, event_id: str, start: int
) -> list[tuple[int, int, int]]:
    """Give waiting tickets the places after `start`: (serial, revision, place), in order.

    A row that a writer holds is left: its writer takes it out of the feed again anyway, and
    waiting for it could deadlock.
    """
    free = (
        select(Ticket.id)
        .where(Ticket.event_id == event_id, Ticket.feed_seq.is_(None))
        .with_for_update(skip_locked=True, key_share=True)
        .subquery()
    )
    waiting = select(
        free.c.id, func.row_number().over(order_by=free.c.id).label("place")
    ).subquery()
    rows = await session.execute(
        update(Ticket)
        .where(Ticket.id == waiting.c.id)
        .values(feed_seq=waiting.c.place + start)
        .returning(Ticket.serial, Ticket.revision, Ticket.feed_seq)
        .execution_options(synchronize_session=False)
    )
    return sorted(((row[0], row[1], row[2] or 0) for row in rows), key=lambda row: row[2])


async def page(
    session: AsyncSession,
    event_id: str,
    *,
    words: str = "",
    serial: int | None = None,
    status: str | None = None,
    tier_id: str | None = None,
    among: Select[int] | None = None,
    outside: Select[int] | None = None,
    after: int = 0,
    limit: int,
) -> Sequence[Ticket]:
    """Return tickets by id after `after`; `words` is looked for in names, mails and orders."""
    query = select(Ticket).where(Ticket.event_id == event_id, Ticket.id > after)
    if status is not None:
        query = query.where(Ticket.status == status)
    if tier_id is not None:
        query = query.where(Ticket.tier_id == tier_id)
    if among is not None:
        query = query.where(Ticket.serial.in_(among))
    if outside is not None:
        query = query.where(Ticket.serial.not_in(outside))
    if serial is not None:
        query = query.where(Ticket.serial == serial)
    elif words:
        query = query.where(
            found_in(
                words, Ticket.holder_name, Ticket.holder_email, Ticket.order_ref, Ticket.external_id
            )
        )
    return (await session.scalars(query.order_by(Ticket.id).limit(limit))).all()


async def event_counts(session: AsyncSession, events: Sequence[str]) -> dict[str, int]:
    """Count the tickets of each of a few events."""
    query = (
        select(Ticket.event_id, func.count())
        .where(Ticket.event_id.in_(events))
        .group_by(Ticket.event_id)
    )
    return {row[0]: row[1] for row in await session.execute(query)}


async def counts(session: AsyncSession, event_id: str) -> Sequence[tuple[str, str, int]]:
    """Return (tier id, status, how many) of an event's tickets."""
    query = (
        select(Ticket.tier_id, Ticket.status, func.count())
        .where(Ticket.event_id == event_id)
        .group_by(Ticket.tier_id, Ticket.status)
    )
    return [(row[0], row[1], row[2]) for row in await session.execute(query)]


async def lock_keys(session: AsyncSession) -> None:
    """Let one transaction at a time make or rotate keys (SQLite writers queue anyway)."""
    if not is_sqlite(session):
        await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _KEY_LOCK})


async def keys(session: AsyncSession) -> Sequence[SigningKey]:
    """Return every signing key, oldest first."""
    query = select(SigningKey).order_by(SigningKey.id)
    return (await session.scalars(query, execution_options={"populate_existing": True})).all()


async def oldest_unfinished(session: AsyncSession, now: Millis, grace: Millis) -> Millis | None:
    """Return when the oldest event that is not over was created; None when all are over."""
    query = select(func.min(Event.created_at)).where(Event.end_at + grace > now)
    return await session.scalar(query)


async def guest_import(
    session: AsyncSession, event_id: str, import_id: str, *, lock: bool = False
) -> GuestImport | None:
    """Return an uploaded guest list of the event."""
    if not import_id.isprintable():
        return None
    query = select(GuestImport).where(GuestImport.event_id == event_id, GuestImport.id == import_id)
    if lock:
        query = query.with_for_update()
    return await session.scalar(query, execution_options={"populate_existing": True})


async def drop_old_imports(session: AsyncSession, before: Millis) -> None:
    """Forget uploaded files that nobody decided on."""
    await session.execute(
        delete(GuestImport).where(GuestImport.status == "preview", GuestImport.created_at < before)
    )
