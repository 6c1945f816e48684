"""The pages of sales with 10,000 events and 100,000 orders of one organizer, both databases.

One event has half of the orders, sold over half a year by three tiers and three codes; 200 orders
are not counted yet, so each page adds them itself. A real server process (`handstamp serve`, its
usual settings, one process) is asked by one client on one kept connection, as fast as it answers,
by the signed-in organizer: an event's sales, the largest event's, its last 30 days, all events
together, and both over the API, each a sixth of the requests. Time is from the request's first
byte to the answer's last. PostgreSQL as Debian ships it. The first requests are not measured.
"""

from bench.clients import request_bytes, run_clients
from bench.figure import Figure, share
from bench.full_desk import Desk, build_desk, keep_sums
from bench.installation import DATABASES, installation, server

EVENTS = 10_000
ORDERS = 100_000
FRESH = 200
ASKED = 360
WARM = 36


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    for kind in DATABASES:
        found |= await _measure(kind)
    return found


async def _measure(kind: str) -> dict[str, Figure]:
    async with installation(kind) as here:
        desk = await build_desk(here, EVENTS, ORDERS)
        await keep_sums(here, desk, FRESH)
        html = {"Accept": "text/html", "Authorization": f"Bearer {desk.person.token}"}
        kinds = list(paths(desk, 0))
        asked = [
            request_bytes("GET", paths(desk, n)[kinds[n % len(kinds)]], html)
            for n in range(ASKED + WARM)
        ]
        async with server(here):
            run = await run_clients(here.folder, here.port, [asked], warm=WARM)
        assert set(run.statuses) == {"200"}, run.statuses
    name = f"sales dashboard, {EVENTS:,} events, {ORDERS:,} orders, {kind}"
    found = {
        f"{name}, {words}": Figure(share(run.latencies, part) * 1_000, "ms", goal)
        for words, part, goal in (("p50", 0.5, ""), ("p95", 0.95, "< 100"))
    }
    for place, label in enumerate(kinds):
        own = [one for n, one in enumerate(run.latencies) if (n + WARM) % len(kinds) == place]
        found[f"{name}, {label}, p95"] = Figure(share(own, 0.95) * 1_000, "ms")
    return found


def paths(desk: Desk, number: int) -> dict[str, str]:
    """Return the addresses by what they show; events differ from request to request."""
    event = desk.event_ids[1 + number * 17 % (len(desk.event_ids) - 1)]
    pages, api = "/tickets/organizer", "/api/tickets"
    return {
        "an event": f"{pages}/events/{event}/sales",
        "the largest event": f"{pages}/events/{desk.largest}/sales",
        "its last 30 days": f"{pages}/events/{desk.largest}/sales?range=30",
        "all events": f"{pages}/sales/{desk.organizer_id}",
        "API, the largest event": f"{api}/events/{desk.largest}/metrics",
        "API, all events": f"{api}/organizers/{desk.organizer_id}/metrics",
    }
