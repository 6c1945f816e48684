"""Health and figures of selling: does the stock say what orders and tickets say, how full is it?"""

from collections import Counter

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.clubs.supply import reserved_natively
from handstamp.events.models import Event
from handstamp.kit.clock import Millis
from handstamp.orders import store
from handstamp.orders.models import Order
from handstamp.plumbing.db import now
from handstamp.plumbing.health import Ill
from handstamp.plumbing.metrics import Figure
from handstamp.plumbing.web import Services
from handstamp.tickets.models import Stock
from handstamp.tickets.stock import WHOLE_EVENT, Difference, counts, recount
from handstamp.waitlist.find_waiting import held_by_offers

MOST_EVENTS = 100


async def stock_differences(session: AsyncSession, event_ids: list[str]) -> list[Difference]:
    """Return the rows of the stock that do not say what holds it and which tickets there are."""
    held: Counter[tuple[str, str]] = Counter()
    orders = await store.held_by_orders(session, event_ids)
    wishes = await reserved_natively(session, event_ids)
    offers = await held_by_offers(session, event_ids)
    for (event_id, tier_id), number in [*orders.items(), *wishes.items(), *offers.items()]:
        held[event_id, tier_id] += number
        held[event_id, WHOLE_EVENT] += number
    kept = {key: count.held for key, count in (await counts(session, event_ids)).items()}
    return await recount(session, event_ids) + [
        Difference(*key, kept.get(key, 0), held[key])
        for key in sorted(kept.keys() | held.keys())
        if kept.get(key, 0) != held[key]
    ]


async def check_stock(of: Services) -> str:
    """Count the stock of the next events again.

    Raises:
        Ill: a count is not what orders and tickets say.
    """
    async with of.db.read() as session:
        events = await _coming(session, of.clock())
        wrong = await stock_differences(session, events)
    if wrong:
        raise Ill(f"{len(wrong)} counts of the stock are wrong")
    return f"{len(events)} events counted"


async def order_figures(session: AsyncSession) -> list[Figure]:
    """Count pending orders, those whose time is over, and how full the next events are."""
    moment = now(session)
    due = case((Order.expires_at <= moment, 1), else_=0)
    pending = select(func.count(), func.coalesce(func.sum(due), 0)).where(Order.status == "pending")
    waiting, late = (await session.execute(pending)).one()
    full = (
        select(Event.id, Event.capacity, Stock.held + Stock.issued)
        .join(Stock, (Stock.event_id == Event.id) & (Stock.tier_id == WHOLE_EVENT))
        .where(Event.status == "published", Event.end_at > moment, Event.capacity > 0)
        .order_by(Event.start_at, Event.id)
        .limit(MOST_EVENTS)
    )
    figures: list[Figure] = [
        ("tickets_orders_pending", "Orders that hold tickets unpaid", {}, waiting),
        ("tickets_orders_overdue", "Holds whose time is over", {}, late),
    ]
    for event_id, capacity, taken in await session.execute(full):
        name, about = "tickets_capacity_used_ratio", "Tickets held or issued of the capacity"
        figures.append((name, about, {"event": event_id}, taken / (capacity or 1)))
    return figures


async def _coming(session: AsyncSession, moment: Millis) -> list[str]:
    query = (
        select(Event.id)
        .where(Event.status == "published", Event.end_at > moment)
        .order_by(Event.start_at, Event.id)
        .limit(MOST_EVENTS)
    )
    return list(await session.scalars(query))
