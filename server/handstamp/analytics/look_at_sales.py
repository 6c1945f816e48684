"""Sales with the names of what was sold: an event's tiers and codes, an organizer's events."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.analytics.find_metrics import By, Metrics, event_metrics, organizer_metrics
from handstamp.analytics.rules import NO_TIER, NOTHING, Sums
from handstamp.discounts.find_codes import names_of_codes
from handstamp.events.find_events import events_by_id, tiers_of
from handstamp.events.models import Event, Tier
from handstamp.kit.clock import Millis
from handstamp.orders.availability import availability


@dataclass(frozen=True)
class Row:
    """What was sold of a tier or with a code; `remaining` and `capacity` None: no limit."""

    id: str
    name: str
    sums: Sums
    remaining: int | None = None
    capacity: int | None = None


@dataclass(frozen=True)
class EventSales:
    """An event's sales; `tiers` in the order shown, what belongs to none last if it is anything."""

    metrics: Metrics
    tiers: list[Row]
    codes: list[Row]
    remaining: int | None


@dataclass(frozen=True)
class OrganizerSales:
    """An organizer's sales in one currency; the events that sold for the most, those first."""

    metrics: Metrics
    events: list[tuple[Event, Sums]]


async def sales_of_event(
    session: AsyncSession, event: Event, now: Millis, since: str = "", until: str = ""
) -> EventSales:
    """Return what an event sold from a day until another; '' is without end."""
    found = await event_metrics(session, event, since, until)
    tiers = await tiers_of(session, event.id, archived=True)
    left = await availability(session, event, now, hidden=True)
    by_id = {one.id: one.remaining for one in left.tiers}
    rows = [_tier(tier, by_id.get(tier.id), found.parts) for tier in tiers]
    rows = [row for row, tier in zip(rows, tiers, strict=True) if _shown(row, tier)]
    if NO_TIER in found.parts:
        rows.append(Row(NO_TIER, "", found.parts[NO_TIER], remaining=None))
    names = await names_of_codes(session, event.id) if found.codes else {}
    codes = [Row(code, names.get(code, code), sums) for code, sums in found.codes.items()]
    codes.sort(key=lambda row: (-row.sums.orders, row.name))
    return EventSales(found, rows, codes, left.remaining)


async def sales_of_organizer(
    session: AsyncSession, organizer_id: str, since: str = "", until: str = ""
) -> list[OrganizerSales]:
    """Return what an organizer's events sold together, each currency by itself."""
    found = await organizer_metrics(session, organizer_id, since, until)
    events = await events_by_id(session, {name for one in found for name in one.parts})
    return [
        OrganizerSales(one, [(events[name], sums) for name, sums in one.parts.items()])
        for one in found
    ]


def _tier(tier: Tier, remaining: int | None, parts: By) -> Row:
    return Row(tier.id, tier.name, parts.get(tier.id, NOTHING), remaining, tier.capacity)


def _shown(row: Row, tier: Tier) -> bool:
    return not tier.archived_at or row.sums != NOTHING
