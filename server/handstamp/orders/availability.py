"""What can be bought of an event now: of the event, and of each tier."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.find_events import tiers_of_many
from handstamp.events.models import Event, Tier
from handstamp.events.rules import limit_of
from handstamp.kit.clock import Millis
from handstamp.orders import rules, store
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.tickets.stock import WHOLE_EVENT, Count, counts
from handstamp.waitlist.find_waiting import least_of
from handstamp.waitlist.rules import keeps_for_list


@dataclass(frozen=True)
class TierAvailability:
    """A tier as a buyer finds it; None is without limit, prices are in minor units.

    `state`: on_sale, few_left, sold_out, not_yet or ended. `remaining` also counts what is left
    of the whole event, and is 0 while what is free is kept for people on the waiting list;
    `can_buy` is the most that one order may take now.
    """

    id: str
    name: str
    price: int
    currency: str
    capacity: int | None
    sold: int
    held: int
    remaining: int | None
    max_per_order: int
    can_buy: int
    state: str
    sales_start_at: Millis | None
    sales_end_at: Millis | None
    visibility: str
    ask_names: bool


@dataclass(frozen=True)
class EventAvailability:
    """What is left of an event; `state`: on_sale, few_left, sold_out, not_yet, ended or closed."""

    event_id: str
    capacity: int | None
    sold: int
    held: int
    remaining: int | None
    state: str
    tiers: list[TierAvailability]


async def availability(
    session: AsyncSession, event: Event, now: Millis, *, hidden: bool = False
) -> EventAvailability:
    """Return what is left of an event and its tiers, hidden ones only when asked for."""
    return (await availabilities(session, [event], now, hidden=hidden))[event.id]


async def availabilities(
    session: AsyncSession, events: Sequence[Event], now: Millis, *, hidden: bool = False
) -> dict[str, EventAvailability]:
    """Return what is left of several events, by event id."""
    ids = [event.id for event in events]
    taken, tiers = await counts(session, ids), await tiers_of_many(session, ids)
    least = await least_of(session, ids, now)
    return {
        event.id: _event(
            event,
            [tier for tier in tiers[event.id] if hidden or _is_public(tier)],
            taken,
            least.get(event.id, {}),
            now,
        )
        for event in events
    }


def without(
    event: Event, found: EventAvailability, tiers: Collection[str], now: Millis
) -> EventAvailability:
    """Return what is left of an event as somebody sees it from whom some tiers are hidden."""
    shown = [tier for tier in found.tiers if tier.id not in tiers]
    return replace(found, tiers=shown, state=_event_state(event, shown, found.remaining, now))


def _is_public(tier: Tier) -> bool:
    return tier.visibility == "public"


def _event(
    event: Event,
    tiers: Sequence[Tier],
    taken: Mapping[tuple[str, str], Count],
    least: Mapping[str, int],
    now: Millis,
) -> EventAvailability:
    whole = taken.get((event.id, WHOLE_EVENT), Count())
    left = _left(event, event.capacity, whole)
    shown = []
    for tier in tiers:
        count = taken.get((event.id, tier.id), Count())
        limits = (_left(event, tier.capacity, count), left)
        remaining = min((limit for limit in limits if limit is not None), default=None)
        shown.append(_tier(tier, count, remaining, least, now))
    return EventAvailability(
        event_id=event.id,
        capacity=event.capacity,
        sold=whole.issued,
        held=whole.held,
        remaining=left,
        state=_event_state(event, shown, left, now),
        tiers=shown,
    )


async def public_event_by(session: AsyncSession, name: str) -> Event:
    """Return a published event by its id or its address.

    Raises:
        NotFound: there is none, or it is not published.
    """
    event = await store.public_event(session, name)
    if event is None:
        raise NotFound(_("There is no such event."))
    return event


def offered(tier: Tier) -> rules.OfferedTier:
    """Return a tier as the rules know it."""
    return rules.OfferedTier(
        id=tier.id,
        name=tier.name,
        unit_price=tier.price_cents,
        currency=tier.currency,
        max_per_order=tier.max_per_order,
        sales_start_at=tier.sales_start_at,
        sales_end_at=tier.sales_end_at,
        hidden=tier.visibility != "public",
        archived=tier.archived_at is not None,
    )


def _tier(
    tier: Tier, count: Count, remaining: int | None, least: Mapping[str, int], now: Millis
) -> TierAvailability:
    if remaining is not None and _is_public(tier) and keeps_for_list(least, tier.id, remaining):
        remaining = 0  # it is kept for who waits
    state = rules.sale_state(offered(tier), now)
    if state == "on_sale":
        state = _stock_state(remaining, tier.capacity)
    buyable = state in ("on_sale", "few_left")
    most = min(tier.max_per_order, rules.MOST_TICKETS)
    return TierAvailability(
        id=tier.id,
        name=tier.name,
        price=tier.price_cents,
        currency=tier.currency,
        capacity=tier.capacity,
        sold=count.issued,
        held=count.held,
        remaining=remaining,
        max_per_order=tier.max_per_order,
        can_buy=(most if remaining is None else min(most, remaining)) if buyable else 0,
        state=state,
        sales_start_at=tier.sales_start_at,
        sales_end_at=tier.sales_end_at,
        visibility=tier.visibility,
        ask_names=tier.ask_names,
    )


def _event_state(event: Event, tiers: list[TierAvailability], left: int | None, now: Millis) -> str:
    if rules.event_refusal(event.status, event.end_at, now) is not None:
        return "closed"
    states = {tier.state for tier in tiers}
    if "on_sale" in states:
        return _stock_state(left, event.capacity)
    first = ("few_left", "sold_out", "not_yet", "ended")
    return next((state for state in first if state in states), "closed")


def _stock_state(remaining: int | None, capacity: int | None) -> str:
    if remaining is None:
        return "on_sale"
    if remaining == 0:
        return "sold_out"
    return "few_left" if rules.few_left(remaining, capacity or 0) else "on_sale"


def _left(event: Event, capacity: int | None, count: Count) -> int | None:
    limit = limit_of(event, capacity)
    return None if limit is None else max(0, limit - count.taken)
