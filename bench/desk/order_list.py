"""The list of orders with 10,000 events and 100,000 orders of one organizer, both databases.

The world is that of `full_desk`: one event has half of the orders. A real server process
(`handstamp serve`, its usual settings, one process) is asked by one client on one kept connection,
as fast as it answers, by the signed-in organizer; each kind below is an equal share of them. Pages
hold 50 orders. "deep" goes on after an order in the middle of the list; what no order fits ("by a
code of no order" and the like) has looked at all of the event's. Time is from the request's first
byte to the answer's last. PostgreSQL as Debian ships it. The first requests are not measured.
p95 over all of them has the goal; every kind's own p95 stands beside it.
"""

from functools import partial

from bench.asked_pages import ask_pages
from bench.figure import Figure
from bench.full_desk import UNUSED, Desk, build_desk, code_id
from bench.installation import DATABASES, installation

EVENTS = 10_000
ORDERS = 100_000
ASKED = 600
WARM = 48


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    for kind in DATABASES:
        async with installation(kind) as here:
            desk = await build_desk(here, EVENTS, ORDERS)
            name = f"order list, {EVENTS:,} events, {ORDERS:,} orders, {kind}"
            found |= await ask_pages(
                here, desk.person, name, partial(paths, desk), asked=ASKED, warm=WARM
            )
    return found


def paths(desk: Desk, number: int) -> dict[str, str]:
    """Return the addresses by what they show; events and orders differ from request to request."""
    event = desk.event_ids[1 + number * 17 % (len(desk.event_ids) - 1)]
    orders = "/tickets/organizer/events/{}/orders"
    largest = orders.format(desk.largest)
    odd = len(desk.orders) // 4 * 2 + 1  # odd numbers are the largest event's
    middle = desk.orders[odd + number % 50 * 2]
    return {
        "an event": orders.format(event),
        "the largest event": largest,
        "deep": f"{largest}?after={middle['id']}",
        "by code": f"{largest}?code={code_id(1, 'EARLY')}",
        "by a code of no order": f"{largest}?code={code_id(1, UNUSED)}",
        "by tier": f"{largest}?tier={_tier(desk)}",
        "by a tier of no order": f"{largest}?tier={desk.unsold_tier}",
        "by status": f"{largest}?status=refunded",
        "by origin": f"{largest}?origin=comp",
        "by day": f"{largest}?since=2026-01-01&until=2099-01-01",
        "found by name": f"{largest}?q={middle['name'].split()[0]}",
        "found nowhere": f"{largest}?q=nobody-{number}",
    }


def _tier(desk: Desk) -> str:
    found = (
        item["tier_id"]
        for order, item in zip(desk.orders, desk.items, strict=True)
        if order["event_id"] == desk.largest
    )
    return str(next(found))
