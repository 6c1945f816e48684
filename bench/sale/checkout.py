"""From a hold to the payment page's address: `POST /api/tickets/checkout/session`, both databases.

A real server process (`handstamp serve`, its usual settings, one process, the worker inside), and
the double of Stripe as a process of its own, to which the server makes one call for each request;
PostgreSQL as Debian ships it. Every request is another browser from another network, which holds
two tickets, says who buys, and is answered with the address of Stripe's page: three commits of
ours and one call. The double checks what it is asked against the schema of Stripe's own library;
what that takes is a figure too: the same call, by one and by sixteen clients, without Handstamp.
The first of each buyer's requests are not measured.
"""

import json
import time
from asyncio import gather
from dataclasses import replace

from bench.clients import Run, request_bytes, run_clients
from bench.figure import Figure, share
from bench.installation import DATABASES, Installation, installation, server
from bench.sale.holds import addresses
from bench.shop import double_of_stripe, open_shop

from handstamp.kit.clock import MINUTE
from handstamp.payments.facts import NewCheckout
from handstamp.payments.gateway import close_gateway, gateway

SESSIONS = {1: 100, 16: 480}
WARM = 3


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    for kind in DATABASES:
        async with installation(kind) as here, double_of_stripe(here) as double:
            account = await double.account()
            if kind == DATABASES[0]:
                found |= await _alone(here, account)
            event, tiers = await open_shop(here, capacity=1_000_000, account=account)
            networks = addresses()
            body = json.dumps(
                {
                    "event_id": event.id,
                    "tickets": [{"tier_id": tier, "quantity": 1} for tier in tiers],
                    "email": "grace@example.org",
                    "name": "Grace Hopper",
                    "terms": True,
                }
            ).encode()
            async with server(here):
                for buyers, sessions in SESSIONS.items():
                    asked = [
                        [_session(body, next(networks)) for _ in range(WARM + sessions // buyers)]
                        for _ in range(buyers)
                    ]
                    run = await run_clients(here.folder, here.port, asked, warm=WARM)
                    found |= _figures(f"hold to payment page, {kind}, {buyers} at once", run)
    return found


def _session(body: bytes, network: str) -> bytes:
    headers = {"Content-Type": "application/json", "X-Forwarded-For": network}
    return request_bytes("POST", "/api/tickets/checkout/session", headers, body)


def _figures(name: str, run: Run) -> dict[str, Figure]:
    assert set(run.statuses) == {"200"}, (run.statuses, run.last[0])
    assert all(json.loads(last)["url"] for last in run.last), run.last
    return {
        f"{name}, throughput": Figure(run.rate, "sessions/s"),
        f"{name}, p50": Figure(share(run.latencies, 0.5) * 1_000, "ms"),
        f"{name}, p95": Figure(share(run.latencies, 0.95) * 1_000, "ms"),
    }


async def _alone(here: Installation, account: str) -> dict[str, Figure]:
    """Measure the double alone, asked by the gateway."""
    wanted = NewCheckout(
        order_id="ord_figures",
        number="HS-FIGURE",
        account=account,
        charge_type="direct",
        destination="",
        currency="CAD",
        lines=[("Floor", 2_500, 1), ("Balcony", 2_500, 1)],
        application_fee=0,
        email="grace@example.org",
        expires_at=here.services.clock() + 31 * MINUTE,
        success_url=here.address,
        cancel_url=here.address,
    )
    found: dict[str, Figure] = {}
    try:
        for clients in SESSIONS:
            times: list[float] = []

            async def ask(client: int, times: list[float] = times, clients: int = clients) -> None:
                for number in range(20):
                    begun = time.perf_counter()
                    order = replace(wanted, order_id=f"ord_{clients}_{client}_{number}")
                    await gateway(here.services).create_checkout(order, key=order.order_id)
                    times.append(time.perf_counter() - begun)

            await gather(*(ask(client) for client in range(clients)))
            name = f"the double alone, {clients} at once, p95"
            found[name] = Figure(share(times, 0.95) * 1_000, "ms")
    finally:
        await close_gateway(here.services)
    return found
