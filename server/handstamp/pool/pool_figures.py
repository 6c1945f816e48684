"""How an event's pool stands, by variant; and all events of an organizer at a glance.

One event is counted in its indexes, as it is now. All events are read as `count_events` last
counted them, within a minute or two.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import and_, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.models import Event
from handstamp.kit.clock import Millis
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.search import found_in
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor
from handstamp.pool.free_stock import MATCHABLE
from handstamp.pool.models import LOST, Assignment, Demand, PoolEvent, PoolTicket

PAGE = 50


@dataclass(frozen=True)
class VariantFigures:
    """One variant: pre-orders and tickets of it by status."""

    demands: Counter[str] = field(default_factory=Counter)
    tickets: Counter[str] = field(default_factory=Counter)

    @property
    def ordered(self) -> int:
        """Pre-orders that are paid and not closed."""
        return self.demands.total() - self.demands["closed"]

    @property
    def uploaded(self) -> int:
        """Tickets in the pool, whoever has them."""
        return self.tickets.total() - self.tickets["void"]

    @property
    def free(self) -> int:
        """Tickets that nobody has."""
        return sum(self.tickets[status] for status in MATCHABLE)

    @property
    def balance(self) -> int:
        """How many tickets there are more than pre-orders; below 0 when too few."""
        return self.uploaded - self.ordered


@dataclass(frozen=True)
class PoolFigures:
    """An event's pool: the sum of all variants, and each by its tier id."""

    whole: VariantFigures
    by_tier: Mapping[str, VariantFigures]
    kept: PoolEvent | None
    lost: int

    @property
    def fulfilled(self) -> int:
        """How many of a hundred pre-orders have their ticket, rounded down; 0 without any."""
        return share(self.whole.demands["assigned"], self.whole.ordered)


def share(part: int, whole: int) -> int:
    """Return how many of a hundred, rounded down; 0 of none."""
    return part * 100 // whole if whole else 0


async def pool_figures(session: AsyncSession, event_id: str) -> PoolFigures:
    """Count an event's pool; the caller may see it."""
    found: dict[str, VariantFigures] = {}
    whole = VariantFigures()
    for tier_id, status, number in await _counts(session, Demand, event_id):
        found.setdefault(tier_id, VariantFigures()).demands[status] += number
        whole.demands[status] += number
    for tier_id, status, number in await _counts(session, PoolTicket, event_id):
        found.setdefault(tier_id, VariantFigures()).tickets[status] += number
        whole.tickets[status] += number
    lost = select(func.count()).where(Assignment.event_id == event_id, text(LOST))
    kept = await session.get(PoolEvent, event_id)
    return PoolFigures(whole, found, kept, int(await session.scalar(lost) or 0))


async def _counts(
    session: AsyncSession, table: type[Demand] | type[PoolTicket], event_id: str
) -> Sequence[tuple[str, str, int]]:
    query = (
        select(table.tier_id, table.status, func.count())
        .where(table.event_id == event_id)
        .group_by(table.tier_id, table.status)
    )
    return [(row[0], row[1], row[2]) for row in await session.execute(query)]


@dataclass(frozen=True)
class EventLine:
    """One event on the page of all: what is shown of it, and its numbers."""

    id: str
    title: str
    start_at: Millis
    time_zone: str
    orders: int
    served: int
    tickets: int
    free: int
    used: int

    @property
    def fulfilled(self) -> int:
        """How many of a hundred pre-orders have their ticket."""
        return share(self.served, self.orders)

    @property
    def waiting(self) -> int:
        """Pre-orders without a ticket."""
        return self.orders - self.served


@dataclass(frozen=True)
class Totals:
    """All events of an organizer together; `counted_at` is when one was last counted."""

    events: int
    orders: int
    served: int
    tickets: int
    given: int
    used: int
    counted_at: Millis | None

    @property
    def fulfilled(self) -> int:
        """How many of a hundred pre-orders have their ticket."""
        return share(self.served, self.orders)


def check_support(actor: Actor, organizer_id: str) -> None:
    """Refuse who neither runs an organizer's events nor helps its members.

    Raises:
        NotFound: the organizer is not one of the actor's.
    """
    if not actor.may_support(organizer_id):
        raise NotFound(_("There is no such organizer among yours."))


async def pool_totals(session: AsyncSession, actor: Actor, organizer_id: str) -> Totals:
    """Add up the pools of all events of an organizer.

    Raises:
        NotFound: the organizer is not one of the actor's.
    """
    check_support(actor, organizer_id)
    of = PoolEvent
    sums = [func.coalesce(func.sum(one), 0) for one in
            (of.orders, of.served, of.tickets, of.given, of.used)]  # fmt: skip
    query = select(func.count(), *sums, func.max(of.counted_at))
    row = (await session.execute(query.where(of.organizer_id == organizer_id))).one()
    events, orders, served, tickets, given, used = (int(number) for number in row[:6])
    return Totals(events, orders, served, tickets, given, used, row[6])


async def pool_events(
    session: AsyncSession,
    actor: Actor,
    organizer_id: str,
    *,
    words: str = "",
    only_open: bool = False,
    after: tuple[Millis, str] | None = None,
    limit: int = PAGE,
) -> list[EventLine]:
    """Return an organizer's events that have a pool, the latest start first.

    Args:
        words: a part of the title.
        only_open: only those in which a ticket or a pre-order is without its match.
        after: (start_at, id) of the last event of the page before.

    Raises:
        NotFound: the organizer is not one of the actor's.
    """
    check_support(actor, organizer_id)
    of = PoolEvent
    query = (
        select(
            Event.id, Event.title, Event.start_at, Event.time_zone,
            of.orders, of.served, of.tickets, of.tickets - of.given, of.used,
        )
        .join(of, of.event_id == Event.id)
        .where(Event.organizer_id == organizer_id)
        .order_by(Event.start_at.desc(), Event.id.desc())
        .limit(limit)
    )  # fmt: skip
    if words:
        query = query.where(found_in(words, Event.title))
    if only_open:
        query = query.where(or_(of.tickets > of.given, of.orders > of.served))
    if after is not None:
        moment, last = after
        same = and_(Event.start_at == moment, Event.id < last)
        query = query.where(or_(Event.start_at < moment, same))
    return [EventLine(*row) for row in await session.execute(query)]
