"""What of an event could be offered to somebody who waits, at this moment."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.find_events import tiers_of_many
from handstamp.events.models import Event, Tier
from handstamp.events.rules import limit_of
from handstamp.kit.clock import Millis
from handstamp.payments.payment_accounts import account_of, why_not_selling
from handstamp.tickets.stock import WHOLE_EVENT, Count, counts
from handstamp.waitlist.rules import UNLIMITED, Room


@dataclass(frozen=True)
class Free:
    """What is free of an event: of its tiers that are on sale, by id, and of the whole."""

    tiers: dict[str, Room]
    whole: int


def on_sale(event: Event, tier: Tier, now: Millis) -> bool:
    """Tell whether a tier is on sale to everybody, were there any left."""
    begun = tier.sales_start_at is None or now >= tier.sales_start_at
    ended = tier.sales_end_at is not None and now >= tier.sales_end_at
    public = tier.visibility == "public" and tier.archived_at is None
    return event.status == "published" and now < event.start_at and public and begun and not ended


async def free_of(session: AsyncSession, event: Event, now: Millis) -> Free:
    """Return what could be offered of one event; nothing that costs while it cannot be paid."""
    found = (await free_of_many(session, [event], now))[event.id]
    if why_not_selling(await account_of(session, event.organizer_id)):
        tiers = (await tiers_of_many(session, [event.id]))[event.id]
        costs = {tier.id for tier in tiers if tier.price_cents}
        kept = {key: room for key, room in found.tiers.items() if key not in costs}
        return Free(kept, found.whole)
    return found


async def free_of_many(
    session: AsyncSession, events: Sequence[Event], now: Millis
) -> dict[str, Free]:
    """Return what could be offered of several events, by event, whether or not it can be paid."""
    ids = [event.id for event in events]
    taken, tiers = await counts(session, ids), await tiers_of_many(session, ids)
    found = {}
    for event in events:
        whole = _left(event, event.capacity, taken.get((event.id, WHOLE_EVENT), Count()))
        rooms = {
            tier.id: Room(
                min(whole, _left(event, tier.capacity, taken.get((event.id, tier.id), Count()))),
                tier.max_per_order,
            )
            for tier in tiers[event.id]
            if on_sale(event, tier, now)
        }
        found[event.id] = Free(rooms, whole)
    return found


def _left(event: Event, capacity: int | None, count: Count) -> int:
    limit = limit_of(event, capacity)
    return UNLIMITED if limit is None else max(0, limit - count.taken)
