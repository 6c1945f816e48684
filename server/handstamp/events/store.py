"""Queries of the events room; private to it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CursorResult, and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.models import CheckinList, Event, ListRevision, TaxRate, Tier
from handstamp.events.price_rules import TaxRate as Rate
from handstamp.kit.clock import Millis
from handstamp.kit.folding import folded
from handstamp.plumbing.db import only_reads
from handstamp.plumbing.search import Folded, found_in


async def event(session: AsyncSession, event_id: str) -> Event | None:
    """Return the event as it is stored now."""
    if not event_id.isprintable():  # PostgreSQL refuses text with a NUL in it
        return None
    return await session.get(Event, event_id, populate_existing=not only_reads(session))


async def number_taken(session: AsyncSession, number: int) -> bool:
    """Tell whether an event has this number."""
    return await session.scalar(select(Event.id).where(Event.number == number)) is not None


async def slug_taken(session: AsyncSession, slug: str) -> bool:
    """Tell whether an event has this address."""
    return await session.scalar(select(Event.id).where(Event.slug == slug)) is not None


async def change_event(session: AsyncSession, event_id: str, values: dict[str, Any]) -> None:
    """Write columns of one event, and always take it out of the numbered feed.

    A plain UPDATE: the unit of work would leave `feed_seq` alone when it was NULL already,
    and a row numbered meanwhile by the door would then never be announced.
    """
    await session.execute(
        update(Event)
        .where(Event.id == event_id)
        .values(**values, feed_seq=None)
        .execution_options(synchronize_session=False)
    )


async def page(
    session: AsyncSession,
    organizers: Sequence[str] | None,
    *,
    after: tuple[Millis, str] | None,
    limit: int,
    status: str | None,
    words: str = "",
) -> Sequence[Event]:
    """Return events, latest start first; `organizers` None means everybody's."""
    query = select(Event).order_by(Event.start_at.desc(), Event.id.desc()).limit(limit)
    if organizers is not None:
        query = query.where(Event.organizer_id.in_(organizers))
    if status is not None:
        query = query.where(Event.status == status)
    if words:
        query = query.where(found_in(words, Event.title, Event.venue, Event.city))
    if after is not None:
        start, last = after
        query = query.where(
            or_(Event.start_at < start, and_(Event.start_at == start, Event.id < last))
        )
    return (await session.scalars(query)).all()


async def published(
    session: AsyncSession,
    ends_after: Millis,
    city: str,
    limit: int,
    *,
    words: str = "",
    begins: tuple[Millis, Millis] | None = None,
    after: tuple[Millis, str] | None = None,
    organizer_id: str = "",
) -> Sequence[Event]:
    """Return published events that are not over, the next one first; '' is any city or organizer.

    `begins`: only those that start from (inclusive) until (exclusive), or go on at the first.
    """
    query = (
        select(Event)
        .where(Event.status == "published", Event.end_at > ends_after)
        .order_by(Event.start_at, Event.id)
        .limit(limit)
    )
    if organizer_id:
        query = query.where(Event.organizer_id == organizer_id)
    if city:
        query = query.where(Folded(Event.city) == folded(city))
    if words:
        query = query.where(found_in(words, Event.title, Event.venue, Event.city, Event.summary))
    if begins is not None:
        query = query.where(Event.end_at > begins[0], Event.start_at < begins[1])
    if after is not None:
        start, last = after
        query = query.where(
            or_(Event.start_at > start, and_(Event.start_at == start, Event.id > last)),
            Event.start_at >= start,
        )
    return (await session.scalars(query)).all()


async def published_cities(session: AsyncSession, ends_after: Millis, limit: int) -> Sequence[str]:
    """Return the cities of published events that are not over, by name."""
    query = (
        select(Event.city)
        .where(Event.status == "published", Event.end_at > ends_after, Event.city != "")
        .distinct()
        .order_by(Event.city)
        .limit(limit)
    )
    return (await session.scalars(query)).all()


async def events(session: AsyncSession, event_ids: Sequence[str]) -> Sequence[Event]:
    """Return several events, in no order."""
    return (await session.scalars(select(Event).where(Event.id.in_(event_ids)))).all()


async def by_slug(session: AsyncSession, slug: str) -> Event | None:
    """Return the event at this address."""
    return await session.scalar(select(Event).where(Event.slug == slug))


async def unfinished(session: AsyncSession, now: Millis, grace: Millis) -> Sequence[str]:
    """Return ids of the events that end after `now` less `grace`."""
    return (await session.scalars(select(Event.id).where(Event.end_at + grace > now))).all()


async def unannounce(session: AsyncSession, event_ids: Sequence[str]) -> None:
    """Take events out of the numbered feed, so that phones hear of them again."""
    await session.execute(
        update(Event)
        .where(Event.id.in_(event_ids))
        .values(feed_seq=None)
        .execution_options(synchronize_session=False)
    )


async def tiers(session: AsyncSession, event_id: str) -> Sequence[Tier]:
    """Return every tier, archived ones too, in the order shown."""
    query = select(Tier).where(Tier.event_id == event_id).order_by(Tier.sort, Tier.number)
    return (await session.scalars(query)).all()


async def tiers_of_many(session: AsyncSession, event_ids: Sequence[str]) -> Sequence[Tier]:
    """Return the tiers of several events that are not archived, in the order shown."""
    query = select(Tier).where(Tier.event_id.in_(event_ids), Tier.archived_at.is_(None))
    return (await session.scalars(query.order_by(Tier.sort, Tier.number))).all()


async def tier(session: AsyncSession, event_id: str, tier_id: str) -> Tier | None:
    """Return one tier of the event."""
    if not tier_id.isprintable():
        return None
    query = select(Tier).where(Tier.event_id == event_id, Tier.id == tier_id)
    return await session.scalar(query)


async def lists(session: AsyncSession, event_id: str) -> Sequence[CheckinList]:
    """Return every check-in list, archived ones too."""
    query = select(CheckinList).where(CheckinList.event_id == event_id).order_by(CheckinList.number)
    return (await session.scalars(query)).all()


async def locked_list(session: AsyncSession, event_id: str, number: int) -> CheckinList | None:
    """Return one list, locked until the transaction ends."""
    query = (
        select(CheckinList)
        .where(CheckinList.event_id == event_id, CheckinList.number == number)
        .with_for_update(key_share=True)
    )
    return await session.scalar(query, execution_options={"populate_existing": True})


async def lock_event(session: AsyncSession, event_id: str) -> None:
    """Lock an event's row, so that numbers of tiers and lists are given one at a time."""
    query = select(Event.id).where(Event.id == event_id).with_for_update(key_share=True)
    await session.execute(query)


async def revisions(session: AsyncSession, event_id: str) -> Sequence[ListRevision]:
    """Return every revision of every list, oldest first within a list."""
    query = (
        select(ListRevision)
        .where(ListRevision.event_id == event_id)
        .order_by(ListRevision.list_no, ListRevision.rev)
    )
    return (await session.scalars(query)).all()


async def number_event(session: AsyncSession, event_id: str, seq: int) -> Event | None:
    """Give the event its place in the feed if it waits for one; None when it does not.

    A row that a writer holds is left: its writer takes it out of the feed again anyway.
    """
    waiting = (
        select(Event.id)
        .where(Event.id == event_id, Event.feed_seq.is_(None))
        .with_for_update(skip_locked=True, key_share=True)
    )
    result: CursorResult[Any] = await session.execute(  # type: ignore[assignment]
        update(Event)
        .where(Event.id.in_(waiting))
        .values(feed_seq=seq)
        .execution_options(synchronize_session=False)
    )
    return await event(session, event_id) if result.rowcount else None


async def number_revisions(
    session: AsyncSession, event_id: str, start: int
) -> list[tuple[int, int, int]]:
    """Give waiting list revisions the places after `start`: (list, revision, place)."""
    waiting = (
        select(
            ListRevision.list_no,
            ListRevision.rev,
            func.row_number()
            .over(order_by=(ListRevision.list_no, ListRevision.rev))
            .label("place"),
        )
        .where(ListRevision.event_id == event_id, ListRevision.feed_seq.is_(None))
        .subquery()
    )
    rows = await session.execute(
        update(ListRevision)
        .where(
            ListRevision.event_id == event_id,
            ListRevision.list_no == waiting.c.list_no,
            ListRevision.rev == waiting.c.rev,
        )
        .values(feed_seq=waiting.c.place + start)
        .returning(ListRevision.list_no, ListRevision.rev, ListRevision.feed_seq)
        .execution_options(synchronize_session=False)
    )
    return sorted(((row[0], row[1], row[2] or 0) for row in rows), key=lambda row: row[2])


async def rates(session: AsyncSession, event_ids: Sequence[str]) -> Sequence[TaxRate]:
    """Return the tax rates of events, each event's in order."""
    query = select(TaxRate).where(TaxRate.event_id.in_(event_ids))
    return (await session.scalars(query.order_by(TaxRate.event_id, TaxRate.position))).all()


async def replace_rates(session: AsyncSession, event_id: str, new: Sequence[Rate]) -> None:
    """Write an event's tax rates in place of those that there are."""
    quiet = {"synchronize_session": False}
    await session.execute(
        delete(TaxRate).where(TaxRate.event_id == event_id).execution_options(**quiet)
    )
    rows = [
        {"event_id": event_id, "position": place, **rate._asdict()}
        for place, rate in enumerate(new)
    ]
    if rows:
        await session.execute(insert(TaxRate), rows)


async def change_prices(session: AsyncSession, event_id: str, values: dict[str, Any]) -> None:
    """Write columns of an event that no phone needs to know: its place in the feed stays."""
    await session.execute(
        update(Event)
        .where(Event.id == event_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
