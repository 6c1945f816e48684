"""The list of orders with 10,000 events and 100,000 orders of one organizer, both databases.

The world is that of `full_desk`: one event has half of the orders. A real server process
(`handstamp serve`, its usual settings, one process) is asked by one client on one kept connection,
as fast as it answers, by the signed-in organizer; each kind below is an equal share of them. Pages
hold 50 orders. "deep" goes on after an order in the middle of the list. Time is from the request's
first byte to the answer's last. PostgreSQL as Debian ships it. The first requests are not measured.
p95 over all of them has the goal; every kind's own p95 stands beside it.
"""

from bench.clients import request_bytes, run_clients
from bench.figure import Figure, share
from bench.full_desk import Desk, build_desk, code_id
from bench.installation import DATABASES, installation, server

EVENTS = 10_000
ORDERS = 100_000
ASKED = 450
WARM = 45


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    for kind in DATABASES:
        found |= await _measure(kind)
    return found


async def _measure(kind: str) -> dict[str, Figure]:
    async with installation(kind) as here:
        desk = await build_desk(here, EVENTS, ORDERS)
        html = {"Accept": "text/html", "Authorization": f"Bearer {desk.person.token}"}
        kinds = list(paths(desk, 0))
        asked = [
            request_bytes("GET", paths(desk, n)[kinds[n % len(kinds)]], html)
            for n in range(ASKED + WARM)
        ]
        async with server(here):
            run = await run_clients(here.folder, here.port, [asked], warm=WARM)
        assert set(run.statuses) == {"200"}, run.statuses
    name = f"order list, {EVENTS:,} events, {ORDERS:,} orders, {kind}"
    found = {
        f"{name}, {words}": Figure(share(run.latencies, part) * 1_000, "ms", goal)
        for words, part, goal in (("p50", 0.5, ""), ("p95", 0.95, "< 100"))
    }
    for place, label in enumerate(kinds):
        own = [one for n, one in enumerate(run.latencies) if (n + WARM) % len(kinds) == place]
        found[f"{name}, {label}, p95"] = Figure(share(own, 0.95) * 1_000, "ms")
    return found


def paths(desk: Desk, number: int) -> dict[str, str]:
    """Return the addresses by what they show; events and orders differ from request to request."""
    event = desk.event_ids[1 + number * 17 % (len(desk.event_ids) - 1)]
    orders = "/tickets/organizer/events/{}/orders"
    largest = orders.format(desk.largest)
    odd = len(desk.orders) // 4 * 2 + 1  # odd numbers are the largest event's
    middle = desk.orders[odd + number % 50 * 2]
    code = code_id({"number": 0}, "EARLY")
    return {
        "an event": orders.format(event),
        "the largest event": largest,
        "deep": f"{largest}?after={middle['id']}",
        "by code": f"{largest}?code={code}",
        "by tier": f"{largest}?tier={_tier(desk)}",
        "by status": f"{largest}?status=refunded",
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
