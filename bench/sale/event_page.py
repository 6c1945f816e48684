"""The page of one event, in a city with 10,000 events to come and 100,000 orders, both databases.

One event in a hundred is in demand and takes half of the orders, so some are sold out. A real
server process (`handstamp serve`, its usual settings, one process) is asked by one client on one
kept connection, as fast as it answers, for pages of events chosen at random, as somebody does who
has never been here: no cookie, nothing cached. Time is from the request's first byte to the
answer's last. PostgreSQL as Debian ships it. The first requests are not measured.
"""

from random import Random

from bench.busy_city import build_city
from bench.clients import request_bytes, run_clients
from bench.figure import Figure, share
from bench.installation import DATABASES, installation, server

EVENTS = 10_000
ORDERS = 100_000
PAGES = 1_000
WARM = 50


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    for kind in DATABASES:
        async with installation(kind) as here:
            slugs = await build_city(here, EVENTS, ORDERS)
            random = Random(7)
            paths = [f"/tickets/e/{random.choice(slugs)}" for _ in range(PAGES + WARM)]
            asked = [request_bytes("GET", path, {"Accept": "text/html"}) for path in paths]
            async with server(here):
                run = await run_clients(here.folder, here.port, [asked], warm=WARM)
            assert set(run.statuses) == {"200"}, run.statuses
            for words, part, goal in (("p50", 0.5, ""), ("p95", 0.95, "< 50")):
                name = f"event page, {EVENTS:,} events, {ORDERS:,} orders, {kind}, {words}"
                found[name] = Figure(share(run.latencies, part) * 1_000, "ms", goal)
    return found
