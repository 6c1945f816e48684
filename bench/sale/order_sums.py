"""The sums of one event's orders as its pages show them: 50,000 orders, both databases.

The event is one of fifty that took 100,000 orders, every ninth given up. Time is from asking the
database to the sums, in one process and one session; `added up` reads the orders themselves, as
the tests do to prove the sums, `kept` is what the pages read.
"""

import time
from collections.abc import Awaitable, Callable
from random import Random
from statistics import median

from bench.bulk import Row, store
from bench.busy_city import night, order_of, sold, tiers_of
from bench.figure import Figure
from bench.installation import DATABASES, Installation, installation
from sqlalchemy.ext.asyncio import AsyncSession
from tests.factories.events import make_organizer

from handstamp.events.models import Event, Tier
from handstamp.orders.count_sales import Sales, count_sales, recount_sales
from handstamp.orders.models import EventSales, Order, OrderItem

EVENTS = 50
ORDERS = 100_000
ASKED = 25
GIVEN_UP = 9
Ask = Callable[[AsyncSession, str], Awaitable[Sales]]


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    for kind in DATABASES:
        async with installation(kind) as here:
            event = await _sell(here)
            for name, ask, goal in (("added up", recount_sales, ""), ("kept", count_sales, "< 20")):
                taken = await _time(here, event, ask)
                words = f"sums of one event with {ORDERS // 2:,} orders, {name}, {kind}"
                found[words] = Figure(taken * 1_000, "ms", goal)
    return found


async def _time(here: Installation, event: str, ask: Ask) -> float:
    taken = []
    async with here.services.db.read() as session:
        for _number in range(ASKED):
            begun = time.perf_counter()
            await ask(session, event)
            taken.append(time.perf_counter() - begun)
    return median(taken)


async def _sell(here: Installation) -> str:
    random, now = Random(5), here.services.clock()
    async with here.services.db.write() as session:
        teams = [await make_organizer(session, here.services, code="TA")]
    events = [night(random, teams, number, now) for number in range(EVENTS)]
    tiers = {event["id"]: tiers_of(event, now)[0] for event in events}
    orders: list[Row] = []
    items: list[Row] = []
    for number in range(ORDERS):
        event = events[0] if number % 2 else random.choice(events[1:])
        expired = not number % GIVEN_UP
        order, item = order_of(number, event, tiers[event["id"]], 2, now, expired=expired)
        orders.append(order)
        items.append(item)
    await store(here, Event, events)
    await store(here, Tier, list(tiers.values()))
    await store(here, Order, orders)
    await store(here, OrderItem, items)
    await store(here, EventSales, sold(orders, items))
    await here.analyze()
    event_id: str = events[0]["id"]
    return event_id
