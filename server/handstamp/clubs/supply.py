"""The one port through which tickets for a club's members are set aside, given back and taken.

Native stock is the event's own capacity: reserved is held in `tickets/stock.py`, taken is a
signed ticket. The two other kinds get their tickets from the pool of tickets from elsewhere, so
taking does nothing here: declared is a promised number, of which the reserved ones are counted;
pool is what is uploaded, free, and neither paid for nor set aside.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import column, func, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.clubs import store
from handstamp.clubs.models import ClubEvent
from handstamp.events.find_events import events_by_id, tiers_of
from handstamp.events.models import Event, Tier
from handstamp.events.rules import limit_of
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.pool.free_stock import free_stock, hold_stock
from handstamp.tickets import stock
from handstamp.tickets.issue_tickets import Holder, issue_rows

_WISHES = table(  # of the room above, by name as tables of rooms know each other
    "tickets_pre_orders",
    column("club_id"),
    column("event_id"),
    column("tier_id"),
    column("status"),
    column("reserved"),
)
_PAID = ("paid", "waiting_for_stock", "fulfilled")  # of these the pool knows who waits


class Left(NamedTuple):
    """What there is of a tier for a club; `declared` and `remaining` None are without limit."""

    declared: int | None
    reserved: int
    remaining: int | None


async def reserve(session: AsyncSession, terms: ClubEvent, tier_id: str) -> bool:
    """Set one ticket of a tier aside; False, and nothing changed, when none is left."""
    return await _reserve_all(session, terms, {tier_id: 1})


async def reserve_in_order(
    session: AsyncSession, terms: ClubEvent, wanted: Sequence[str]
) -> list[bool]:
    """Set one ticket aside for each tier id, the first first; tell for each whether there was one.

    The caller holds the lock of the club's event. Buyers of the public may be faster meanwhile:
    then it is counted again.
    """
    fresh = False
    while True:
        served = await _fitting(session, terms, wanted, fresh=fresh)
        fresh = True
        counts = Counter(tier for tier, fits in zip(wanted, served, strict=True) if fits)
        if not counts or await _reserve_all(session, terms, counts):
            return served


async def swap(session: AsyncSession, terms: ClubEvent, tier_id: str, instead: str) -> bool:
    """Set a ticket of another tier aside and give the first one back; False when none is left."""
    if terms.stock == "pool":
        return await reserve(session, terms, instead)
    if terms.stock == "declared":
        if not await store.move_stock(session, terms, instead, 1):
            return False
        return await store.move_stock(session, terms, tier_id, -1)
    moves = [
        stock.Move(terms.event_id, tier_id, held=-1),
        stock.Move(terms.event_id, instead, held=1),
    ]
    return await _move(session, moves)


async def _reserve_all(session: AsyncSession, terms: ClubEvent, counts: Mapping[str, int]) -> bool:
    if terms.stock == "native":
        return await stock.reserve_in(session, terms.event_id, counts)
    if terms.stock == "pool":
        await session.flush()
        await hold_stock(session, terms.event_id)
        room = await _pool_room(session, terms.event_id)
        return all(room.get(tier_id, 0) >= number for tier_id, number in counts.items())
    async with session.begin_nested() as attempt:
        for tier_id in sorted(counts):
            if not await store.move_stock(session, terms, tier_id, counts[tier_id]):
                await attempt.rollback()
                return False
    return True


async def _move(session: AsyncSession, moves: Sequence[stock.Move]) -> bool:
    await session.flush()
    connection = await session.connection()
    async with session.begin_nested() as attempt:
        if await connection.run_sync(stock.move, moves) is None:
            return True
        await attempt.rollback()
    return False


async def _fitting(
    session: AsyncSession, terms: ClubEvent, wanted: Sequence[str], *, fresh: bool
) -> list[bool]:
    event = (await events_by_id(session, [terms.event_id]))[terms.event_id]
    tiers = await tiers_of(session, event.id, archived=True)
    for row in (event, *tiers) if fresh else ():
        await session.refresh(row)  # a capacity may be lower than when it was read
    left = await left_of(session, terms, event, tiers)
    room = {tier_id: one.remaining for tier_id, one in left.items()}
    whole = await _room_of(session, event) if terms.stock == "native" else None
    served = []
    for tier_id in wanted:
        own = room.get(tier_id, 0)
        fits = (own is None or own > 0) and (whole is None or whole > 0)
        if fits:
            room[tier_id] = None if own is None else own - 1
            whole = None if whole is None else whole - 1
        served.append(fits)
    return served


async def _room_of(session: AsyncSession, event: Event) -> int | None:
    limit = limit_of(event, event.capacity)
    if limit is None:
        return None
    counts = await stock.counts(session, [event.id])
    whole = counts.get((event.id, stock.WHOLE_EVENT), stock.Count())
    return max(0, limit - whole.taken)


async def release(session: AsyncSession, terms: ClubEvent, tier_id: str) -> None:
    """Give back a ticket that was set aside; of the pool the wish itself is all that says so."""
    if terms.stock == "native":
        stock.later(session, [stock.Move(terms.event_id, tier_id, held=-1)])
    elif terms.stock == "declared":
        await store.move_stock(session, terms, tier_id, -1)


async def take(
    session: AsyncSession,
    services: Services,
    terms: ClubEvent,
    *,
    event: Event,
    tier: Tier,
    holder: Holder,
) -> int | None:
    """Turn what was set aside into a ticket and return its serial.

    None, and nothing changed, where tickets come from the pool.

    Raises:
        Conflict: the holder's `external_id` has its ticket already.
    """
    if terms.stock != "native":
        return None
    serials = await issue_rows(
        session,
        services,
        event,
        [(tier, holder)],
        source="pre-order",
        actor=SYSTEM,
        were_held=True,
    )
    return serials[0]


async def left_of(
    session: AsyncSession, terms: ClubEvent, event: Event, tiers: Sequence[Tier]
) -> dict[str, Left]:
    """Return what there is of each tier."""
    if terms.stock == "native":
        return await _native(session, event, tiers)
    if terms.stock == "pool":
        return await _pooled(session, terms, tiers)
    rows = await store.stocks(session, terms.club_id, [terms.event_id])
    known = {row.tier_id: row for row in rows}
    found = {}
    for tier in tiers:
        row = known.get(tier.id)
        declared, reserved = (row.declared, row.reserved) if row else (0, 0)
        found[tier.id] = Left(declared, reserved, declared - reserved)
    return found


async def _native(session: AsyncSession, event: Event, tiers: Sequence[Tier]) -> dict[str, Left]:
    counts = await stock.counts(session, [event.id])
    room = await _room_of(session, event)
    held = await reserved_natively(session, [event.id])
    found = {}
    for tier in tiers:
        taken = counts.get((event.id, tier.id), stock.Count()).taken
        limit = limit_of(event, tier.capacity)
        own = None if limit is None else max(0, limit - taken)
        limits = [limit for limit in (own, room) if limit is not None]
        reserved = held.get((event.id, tier.id), 0)
        found[tier.id] = Left(None, reserved, min(limits) if limits else None)
    return found


async def _pooled(
    session: AsyncSession, terms: ClubEvent, tiers: Sequence[Tier]
) -> dict[str, Left]:
    wish = _WISHES.c
    mine = (wish.club_id == terms.club_id, wish.event_id == terms.event_id)
    aside = select(wish.tier_id, func.count()).where(*mine, wish.reserved.is_(True))
    found = await session.execute(aside.group_by(wish.tier_id))
    reserved = {row[0]: int(row[1]) for row in found}
    room = await _pool_room(session, terms.event_id)
    left = {}
    for tier in tiers:
        remaining, own = max(0, room.get(tier.id, 0)), reserved.get(tier.id, 0)
        left[tier.id] = Left(own + remaining, own, remaining)
    return left


async def _pool_room(session: AsyncSession, event_id: str) -> dict[str, int]:
    """Return by tier id how many free tickets nobody waits for and no wish was promised."""
    wish = _WISHES.c
    promised = (
        select(wish.tier_id, func.count())
        .join(
            ClubEvent,
            (ClubEvent.club_id == wish.club_id) & (ClubEvent.event_id == wish.event_id),
        )
        .where(wish.event_id == event_id, wish.reserved.is_(True), wish.status.not_in(_PAID))
        .where(ClubEvent.stock != "native")
        .group_by(wish.tier_id)
    )
    # First: whoever pays meanwhile is counted twice then, and never left out.
    found = (await session.execute(promised)).all()
    room = await free_stock(session, event_id)
    for tier_id, number in found:
        room[tier_id] = room.get(tier_id, 0) - int(number)
    return room


def is_from_elsewhere(terms: ClubEvent) -> bool:
    """Tell whether a club's event gets its tickets from the pool."""
    return terms.stock != "native"


def keeps_reserved(terms: ClubEvent) -> bool:
    """Tell whether a ticket that was handed over still counts against what was promised."""
    return terms.stock == "declared"


async def still_reserved(session: AsyncSession, terms: ClubEvent, *, handed: bool) -> bool:
    """Tell whether any pre-order holds stock of a club's event; `handed`: tickets count too."""
    wish = _WISHES.c
    mine = [wish.club_id == terms.club_id, wish.event_id == terms.event_id]
    if not handed:
        mine.append(wish.status != "fulfilled")
    query = select(wish.tier_id).where(*mine, wish.reserved.is_(True)).limit(1)
    return await session.scalar(query) is not None


async def reserved_natively(
    session: AsyncSession, event_ids: Sequence[str]
) -> dict[tuple[str, str], int]:
    """Count what pre-orders hold of events' own capacity, by (event id, tier id)."""
    wish = _WISHES.c
    query = (
        select(wish.event_id, wish.tier_id, func.count())
        .join(
            ClubEvent,
            (ClubEvent.club_id == wish.club_id) & (ClubEvent.event_id == wish.event_id),
        )
        .where(wish.event_id.in_(list(event_ids)), wish.reserved.is_(True))
        .where(ClubEvent.stock == "native")
        .group_by(wish.event_id, wish.tier_id)
    )
    return {(row[0], row[1]): int(row[2]) for row in await session.execute(query)}
