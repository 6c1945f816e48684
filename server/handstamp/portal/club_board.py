"""What a club offers, with how many want it and what there is of it; for its organizer."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.clubs.find_clubs import Offered, club_events, clubs_by_id, offer_of
from handstamp.clubs.models import Club, ClubEvent
from handstamp.clubs.supply import Left, left_of
from handstamp.events.find_events import events_by_id, tiers_of_many
from handstamp.events.models import Event, Tier
from handstamp.events.set_prices import terms_of
from handstamp.preorders.find_preorders import TierCount, counts_of_event
from handstamp.preorders.rules import PAID


@dataclass(frozen=True)
class TierRow:
    """A tier of an offer: how its pre-orders stand, and what there is of it.

    `total`: what a member pays, minor units.
    """

    tier: Tier
    total: int
    by_status: Mapping[str, int]
    left: Left

    def count(self, *statuses: str) -> int:
        """Count pre-orders by status."""
        return sum(self.by_status.get(status, 0) for status in statuses)

    @property
    def charged(self) -> int:
        """What the approved will be charged together, minor units, at today's member price."""
        return self.count("approved") * self.total

    @property
    def fits(self) -> int:
        """How many of those that wait there is stock for now."""
        waiting = self.count("pending")
        return waiting if self.left.remaining is None else min(waiting, self.left.remaining)


@dataclass(frozen=True)
class OfferRow:
    """An offer with its tiers and counts."""

    offer: Offered
    tiers: Sequence[TierRow]

    def count(self, *statuses: str) -> int:
        """Count pre-orders of every tier by status."""
        return sum(tier.count(*statuses) for tier in self.tiers)

    @property
    def charged(self) -> int:
        """What the approved will be charged together, minor units."""
        return sum(tier.charged for tier in self.tiers)

    @property
    def paid(self) -> int:
        """How many are paid, whether their ticket is there or not."""
        return self.count(*PAID)

    @property
    def fits(self) -> int:
        """How many of those that wait could be approved by rule, at most."""
        return sum(tier.fits for tier in self.tiers)

    @property
    def fitting_total(self) -> int:
        """What those would be charged together, minor units."""
        return sum(tier.fits * tier.total for tier in self.tiers)


async def offer_rows(session: AsyncSession, club: Club, week: str | None = None) -> list[OfferRow]:
    """Return what a club offers in a week, or ever, the latest week first."""
    terms = await club_events(session, club.id, week)
    events = await events_by_id(session, [one.event_id for one in terms])
    tiers = await tiers_of_many(session, [one.event_id for one in terms])
    return [
        await offer_row(session, club, one, events[one.event_id], tiers[one.event_id])
        for one in terms
    ]


async def rows_of_event(
    session: AsyncSession, event: Event, tiers: Sequence[Tier], terms: Collection[ClubEvent]
) -> list[OfferRow]:
    """Return an event as each of some clubs offers it."""
    clubs = await clubs_by_id(session, [one.club_id for one in terms])
    found = await counts_of_event(session, event.id)
    return [
        await offer_row(session, clubs[one.club_id], one, event, tiers, counts=found)
        for one in terms
    ]


async def offer_row(
    session: AsyncSession,
    club: Club,
    terms: ClubEvent,
    event: Event,
    tiers: Sequence[Tier],
    *,
    counts: Sequence[TierCount] | None = None,
) -> OfferRow:
    """Return an offer with its counts, read unless they are given."""
    offer = offer_of(club, terms, event, tiers, await terms_of(session, event))
    found = await counts_of_event(session, event.id) if counts is None else counts
    mine = {one.tier_id: one.by_status for one in found if one.club_id == club.id}
    left = await left_of(session, terms, event, offer.tiers)
    rows = [
        TierRow(tier, offer.prices[tier.id].total, mine.get(tier.id, Counter()), left[tier.id])
        for tier in offer.tiers
    ]
    return OfferRow(offer, rows)


def sum_of(rows: Sequence[OfferRow], *statuses: str) -> int:
    """Count pre-orders of several offers by status; for templates."""
    return sum(row.count(*statuses) for row in rows)
