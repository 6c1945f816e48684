"""What an event or an organizer has sold: the sums that are kept, and what came since."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.analytics import store
from handstamp.analytics.gather import Counted, gather
from handstamp.analytics.rules import NOTHING, Place, Sums
from handstamp.events.models import Event

NEWEST = 300  # rows that a reader adds itself; the job leaves fewer behind
BEST = 25
By = dict[str, Sums]


@dataclass(frozen=True)
class Metrics:
    """Sales in one currency; `days` (YYYY-MM-DD in each event's zone) in their order.

    `parts` are an event's tiers ('' is what belongs to none), or the organizer's events that sold
    for the most. `codes` are of all days, as are an organizer's events. `behind`: more came than
    was added yet; the rest follows within a minute or two.
    """

    currency: str
    total: Sums
    days: By
    parts: By
    codes: By
    behind: bool


async def event_metrics(
    session: AsyncSession, event: Event, since: str = "", until: str = ""
) -> Metrics:
    """Return what an event sold, from a day until another, both included; '' is without end."""
    fresh, behind = await _fresh(session, event.organizer_id)
    tiers = _within(await _merged(session, event.id, "tier", fresh), since, until)
    codes = await _merged(session, event.id, "code", fresh)
    tiers = {place: sums for place, sums in tiers.items() if place.currency == event.currency}
    return Metrics(
        currency=event.currency,
        total=sum(tiers.values(), NOTHING),
        days=_by(tiers, lambda place: place.day),
        parts=_by(tiers, lambda place: place.name),
        codes=_by(codes, lambda place: place.name),
        behind=behind,
    )


async def organizer_metrics(
    session: AsyncSession, organizer_id: str, since: str = "", until: str = ""
) -> list[Metrics]:
    """Return what an organizer's events sold together, for each currency by itself."""
    fresh, behind = await _fresh(session, organizer_id)
    days = await _merged(session, organizer_id, "day", fresh)
    currencies = sorted({place.currency for place in days})
    found = []
    for currency in currencies:
        own = {place: sums for place, sums in days.items() if place.currency == currency}
        own = _within(own, since, until)
        found.append(
            Metrics(
                currency=currency,
                total=sum(own.values(), NOTHING),
                days=_by(own, lambda place: place.day),
                parts=await _best_events(session, organizer_id, currency, fresh),
                codes={},
                behind=behind,
            )
        )
    return found


async def _fresh(session: AsyncSession, organizer_id: str) -> tuple[Counted, bool]:
    rows = await store.uncounted_of(session, organizer_id, NEWEST + 1)
    return await gather(session, rows[:NEWEST]), len(rows) > NEWEST


async def _merged(session: AsyncSession, owner: str, part: str, fresh: Counted) -> Counted:
    return _plus(await store.kept(session, owner, part), _of(fresh, owner, part))


async def _best_events(
    session: AsyncSession, organizer_id: str, currency: str, fresh: Counted
) -> By:
    """Return the events that sold for the most, first; what is fresh may move one up."""
    new = {
        place: sums
        for place, sums in _of(fresh, organizer_id, "event").items()
        if place.currency == currency
    }
    found = await store.best(session, organizer_id, "event", currency, BEST)
    moved = {place.name for place in new} - {place.name for place in found}
    known = await store.kept(session, organizer_id, "event", moved) if moved else {}
    found |= {place: sums for place, sums in known.items() if place.currency == currency}
    by_event = _by(_plus(found, new), lambda place: place.name)
    first = sorted(by_event, key=lambda name: (*_rank(by_event[name]), name))
    return {name: by_event[name] for name in first[:BEST]}


def _rank(sums: Sums) -> tuple[int, int]:
    return (sums.prices_back - sums.prices, -sums.units)


def _of(counted: Counted, owner: str, part: str) -> Counted:
    return {
        place: sums
        for place, sums in counted.items()
        if place.owner == owner and place.part == part
    }


def _plus(one: Mapping[Place, Sums], other: Mapping[Place, Sums]) -> Counted:
    both = dict(one)
    for place, sums in other.items():
        both[place] = both.get(place, NOTHING) + sums
    return both


def _within(counted: Counted, since: str, until: str) -> Counted:
    return {
        place: sums
        for place, sums in counted.items()
        if since <= place.day and (not until or place.day <= until)
    }


def _by(counted: Counted, key: Callable[[Place], str]) -> By:
    found: By = {}
    for place in _in_order(counted):
        found[key(place)] = found.get(key(place), NOTHING) + counted[place]
    return {name: sums for name, sums in found.items() if sums != NOTHING}


def _in_order(counted: Iterable[Place]) -> list[Place]:
    return sorted(counted, key=lambda place: (place.day, place.name))
