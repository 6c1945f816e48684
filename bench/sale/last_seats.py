"""Five hundred buyers for the last fifty seats, through two server processes (SQLite: one).

A real server (`handstamp serve`, its usual settings); PostgreSQL as Debian ships it. The event has
50 seats left. 500 browsers from as many networks ask at the same moment, each on a connection of
its own, for one seat; afterwards the database is counted. Time is from the first byte sent to the
last answer. A single seat sold twice, or left over, fails the figure.
"""

import json

from bench.clients import request_bytes, run_clients
from bench.figure import Figure, share
from bench.installation import DATABASES, installation, server
from bench.sale.holds import addresses
from bench.shop import open_shop

from handstamp.orders.check_stock import stock_differences
from handstamp.tickets.stock import counts

BUYERS, SEATS = 500, 50


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    for kind in DATABASES:
        async with installation(kind) as here:
            event, tiers = await open_shop(here, capacity=SEATS)
            body = json.dumps({"tickets": [{"tier_id": tiers[0], "quantity": 1}]}).encode()
            here_path = f"/api/tickets/events/{event.id}/orders"
            networks = addresses()
            asked = [
                [
                    request_bytes(
                        "POST",
                        here_path,
                        {"Content-Type": "application/json", "X-Forwarded-For": next(networks)},
                        body,
                    )
                ]
                for _ in range(BUYERS)
            ]
            async with server(here, 1 if kind == "sqlite" else 2):
                run = await run_clients(here.folder, here.port, asked)
            assert run.statuses == {"201": SEATS, "409": BUYERS - SEATS}, run.statuses
            async with here.services.db.read() as session:
                taken = await counts(session, [event.id])
                assert await stock_differences(session, [event.id]) == []
            assert taken[event.id, tiers[0]].held == SEATS, taken
            name = f"{BUYERS} buyers for the last {SEATS} seats, {kind}"
            found[f"{name}, all answered"] = Figure(run.seconds, "s")
            found[f"{name}, p95"] = Figure(share(run.latencies, 0.95) * 1_000, "ms")
    return found
