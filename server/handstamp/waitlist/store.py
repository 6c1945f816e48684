"""Queries of the waitlist room; private to it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    and_,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.models import Event
from handstamp.kit.clock import Millis
from handstamp.plumbing.search import found_in
from handstamp.waitlist.models import Waiting, Waitlist, WaitOffer
from handstamp.waitlist.rules import STATUSES, WAITING

EVERY = STATUSES
PRESENT = ("unconfirmed", "waiting", "offered", "missed")
_QUIET = {"synchronize_session": False}
_LEAST = (
    select(Waiting.tier_id, func.min(case((Waiting.fewer, 1), else_=Waiting.qty)))
    .join(Waitlist, Waitlist.event_id == Waiting.event_id)
    .join(Event, Event.id == Waiting.event_id)
    .where(Waiting.event_id == bindparam("event"), Waiting.status == "waiting")
    .where(Waitlist.auto.is_(True), Event.start_at > bindparam("now"))
    .group_by(Waiting.tier_id)
)
_OFFERS = select(*WaitOffer.__table__.c).where(
    WaitOffer.__table__.c.id.in_(bindparam("offers", expanding=True))
)


def least_on(connection: Connection, event_id: str, now: Millis) -> dict[str, int]:
    """Return by tier with how few tickets somebody on a list that fills itself can be served."""
    found = connection.execute(_LEAST, {"event": event_id, "now": now})
    return {row[0]: int(row[1]) for row in found}


async def least_of(
    session: AsyncSession, event_ids: Sequence[str], now: Millis
) -> dict[str, dict[str, int]]:
    """Return the same of several events, by event."""
    query = (
        select(
            Waiting.event_id,
            Waiting.tier_id,
            func.min(case((Waiting.fewer, 1), else_=Waiting.qty)),
        )
        .join(Waitlist, Waitlist.event_id == Waiting.event_id)
        .join(Event, Event.id == Waiting.event_id)
        .where(Waiting.event_id.in_(event_ids), Waiting.status == "waiting")
        .where(Waitlist.auto.is_(True), Event.start_at > now)
        .group_by(Waiting.event_id, Waiting.tier_id)
    )
    found: dict[str, dict[str, int]] = {}
    for event_id, tier_id, least in await session.execute(query):
        found.setdefault(event_id, {})[tier_id] = int(least)
    return found


def offers_on(connection: Connection, offer_ids: Sequence[str]) -> Sequence[Any]:
    """Return rows of offers."""
    return connection.execute(_OFFERS, {"offers": list(offer_ids)}).all()


def change_offer(
    connection: Connection,
    offer_id: str,
    statuses: Collection[str],
    values: Mapping[str, Any],
    *where: ColumnElement[bool],
) -> bool:
    """Change an offer if it still has one of these statuses; tell whether it had."""
    changed = (
        update(WaitOffer)
        .where(WaitOffer.id == offer_id, WaitOffer.status.in_(statuses), *where)
        .values(**values)
    )
    return bool(connection.execute(changed).rowcount)


def change_of_offer(connection: Connection, offer_id: str, values: Mapping[str, Any]) -> None:
    """Change whoever an offer was made to, if they are still thought of as offered."""
    whose = select(WaitOffer.waiting_id).where(WaitOffer.id == offer_id).scalar_subquery()
    changed = update(Waiting).where(Waiting.id == whose, Waiting.status == "offered")
    connection.execute(changed.values(**values))


async def waitlist(session: AsyncSession, event_id: str, *, lock: bool = False) -> Waitlist | None:
    """Return how an event's list works; locked, one transaction at a time works on the list."""
    query = select(Waitlist).where(Waitlist.event_id == event_id)
    if lock:
        query = query.with_for_update(key_share=True)
    return await session.scalar(query, execution_options={"populate_existing": True})


async def waiting(session: AsyncSession, waiting_id: str, *, lock: bool = False) -> Waiting | None:
    """Return somebody who waits, as stored now; locked, nobody else changes or forgets them."""
    if not waiting_id.isprintable():
        return None
    query = select(Waiting).where(Waiting.id == waiting_id)
    if lock:
        query = query.with_for_update(key_share=True)
    return await session.scalar(query, execution_options={"populate_existing": True})


async def in_line(session: AsyncSession, event_id: str, tier_id: str, email: str) -> Waiting | None:
    """Return who already waits under an address for a tier, confirmed or not; locked."""
    query = select(Waiting).where(
        Waiting.event_id == event_id,
        Waiting.tier_id == tier_id,
        Waiting.email == email,
        Waiting.status.in_(("unconfirmed", "waiting", "offered")),
    )
    return await session.scalar(query.with_for_update(key_share=True))


async def line(session: AsyncSession, event_id: str, limit: int) -> Sequence[Waiting]:
    """Return everybody who waits for an event, by time."""
    query = select(Waiting).where(Waiting.event_id == event_id, Waiting.status == "waiting")
    return (await session.scalars(query.order_by(Waiting.since, Waiting.id).limit(limit))).all()


async def counts(session: AsyncSession, event_id: str) -> dict[str, int]:
    """Count who is on a list by status."""
    query = select(Waiting.status, func.count()).where(Waiting.event_id == event_id)
    return {row[0]: row[1] for row in await session.execute(query.group_by(Waiting.status))}


async def page(
    session: AsyncSession,
    event_id: str,
    *,
    words: str,
    statuses: Sequence[str],
    after: Waiting | None,
    limit: int,
) -> Sequence[Waiting]:
    """Return who is on a list with some statuses, by time; `after` is the last one before."""
    query = select(Waiting).where(Waiting.event_id == event_id, Waiting.status.in_(statuses))
    if words:
        query = query.where(found_in(words, Waiting.email))
    if after is not None:
        later = and_(Waiting.since == after.since, Waiting.id > after.id)
        query = query.where(or_(Waiting.since > after.since, later))
    return (await session.scalars(query.order_by(Waiting.since, Waiting.id).limit(limit))).all()


async def of_person(
    session: AsyncSession, event_id: str, *, user_id: str, email: str
) -> Sequence[Waiting]:
    """Return a signed-in person's places on an event's list that are not over."""
    mine = or_(Waiting.user_id == user_id, Waiting.email == email)
    query = select(Waiting).where(Waiting.event_id == event_id, mine, Waiting.status.in_(WAITING))
    return (await session.scalars(query.order_by(Waiting.since, Waiting.id))).all()


async def offers_of(session: AsyncSession, waiting_ids: Sequence[str]) -> dict[str, WaitOffer]:
    """Return the newest offer of each of some people."""
    query = select(WaitOffer).where(WaitOffer.waiting_id.in_(waiting_ids))
    query = query.order_by(WaitOffer.created_at, WaitOffer.id)
    found = await session.scalars(query, execution_options={"populate_existing": True})
    return {offer.waiting_id: offer for offer in found}


async def offer(session: AsyncSession, offer_id: str) -> WaitOffer | None:
    """Return one offer, whatever became of it."""
    return await session.get(WaitOffer, offer_id)


async def open_offers(
    session: AsyncSession, event_id: str, until: Millis | None, limit: int
) -> Sequence[WaitOffer]:
    """Return offers of an event that are open; those due at `until` when it is given."""
    query = select(WaitOffer).where(WaitOffer.event_id == event_id, WaitOffer.status == "open")
    if until is not None:
        query = query.where(WaitOffer.expires_at <= until)
    return (await session.scalars(query.order_by(WaitOffer.id).limit(limit))).all()


async def change_waiting(
    session: AsyncSession, waiting_id: str, statuses: Collection[str], values: Mapping[str, Any]
) -> bool:
    """Change somebody who still has one of these statuses; tell whether they had."""
    result: CursorResult[Any] = await session.execute(  # type: ignore[assignment]
        update(Waiting)
        .where(Waiting.id == waiting_id, Waiting.status.in_(statuses))
        .values(**values)
        .execution_options(**_QUIET)
    )
    return bool(result.rowcount)


async def highest_lift(session: AsyncSession, event_id: str) -> int:
    """Return how far in front the first of those is whom the organizer put there."""
    query = select(func.max(Waiting.lift)).where(Waiting.event_id == event_id)
    return await session.scalar(query.where(Waiting.status == "waiting")) or 0


async def end_line(session: AsyncSession, event_id: str, now: Millis) -> None:
    """End the waiting of everybody: there will be nothing to come to."""
    ended = (
        update(Waiting)
        .where(Waiting.event_id == event_id, Waiting.status == "waiting")
        .values(status="ended", closed_at=now)
    )
    await session.execute(ended.execution_options(**_QUIET))


async def without_hope(session: AsyncSession, event_id: str, limit: int) -> Sequence[Waiting]:
    """Return who waits for an event, or was offered what neither offer nor order holds now."""
    held = select(WaitOffer.id).where(
        WaitOffer.waiting_id == Waiting.id, WaitOffer.status.in_(("open", "ordered"))
    )
    idle = and_(Waiting.status == "offered", ~held.exists())
    query = select(Waiting).where(
        Waiting.event_id == event_id, or_(Waiting.status == "waiting", idle)
    )
    return (await session.scalars(query.order_by(Waiting.since, Waiting.id).limit(limit))).all()


async def is_waited_for(session: AsyncSession, event_id: str) -> bool:
    """Tell whether somebody waits for an event."""
    query = select(Waiting.id).where(Waiting.event_id == event_id, Waiting.status == "waiting")
    return await session.scalar(query.limit(1)) is not None


async def busy_events(session: AsyncSession) -> list[str]:
    """Return the events of which somebody waits or has an open offer."""
    wait = select(Waiting.event_id).where(Waiting.status == "waiting")
    held = select(WaitOffer.event_id).where(WaitOffer.status == "open")
    return sorted(set(await session.scalars(wait.distinct())) | set(await session.scalars(held)))


async def held_by_offers(
    session: AsyncSession, event_ids: Sequence[str]
) -> dict[tuple[str, str], int]:
    """Count the tickets that open offers hold, by (event id, tier id)."""
    query = (
        select(WaitOffer.event_id, WaitOffer.tier_id, func.sum(WaitOffer.qty))
        .where(WaitOffer.status == "open", WaitOffer.event_id.in_(event_ids))
        .group_by(WaitOffer.event_id, WaitOffer.tier_id)
    )
    return {(row[0], row[1]): int(row[2]) for row in await session.execute(query)}


async def forget_old(
    session: AsyncSession, *, unconfirmed: Millis, over: Millis, limit: int
) -> int:
    """Delete some who never confirmed, and lists of events that were over by a moment.

    Who is being changed at this moment stays, and is asked again the next time.
    """
    old = select(Event.id).where(Event.end_at < over)
    never = and_(Waiting.status == "unconfirmed", Waiting.created_at < unconfirmed)
    ended = and_(Waiting.event_id.in_(old), Waiting.status != "offered")
    query = select(Waiting.id).where(or_(never, ended)).limit(limit)
    query = query.with_for_update(skip_locked=True)
    ids = list(await session.scalars(query))
    if ids:
        offers = delete(WaitOffer).where(WaitOffer.waiting_id.in_(ids))
        await session.execute(offers.execution_options(**_QUIET))
        gone = delete(Waiting).where(Waiting.id.in_(ids))
        await session.execute(gone.execution_options(**_QUIET))
    return len(ids)
