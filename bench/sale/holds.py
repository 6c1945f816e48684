"""Tickets held through `POST /api/tickets/events/{id}/orders` by 1 and 16 buyers, both databases.

A real server process (`handstamp serve`, its usual settings, one process, the worker inside) with
one event on sale; PostgreSQL as Debian ships it, every commit on disk. Every request is another
browser from another network, so that each is a new order of one or two tiers: checked, priced,
counted against event and tiers, written with its lines and the job that ends it, committed. Each
buyer asks again as soon as it is answered. Then the same with an Idempotency-Key on each request
and the cookie that a browser brings along. Figures of 16 buyers at once are those of a rush: all
want the same event. The first of each buyer's requests are not measured.
"""

import json
import secrets
from collections.abc import Iterator, Sequence

from bench.clients import Run, request_bytes, run_clients
from bench.figure import Figure, share
from bench.installation import DATABASES, installation, server
from bench.shop import open_shop

from handstamp.events.models import Event

HOLDS = {1: 400, 16: 3_200}
WARM = 5


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    for kind in DATABASES:
        async with installation(kind) as here:
            event, tiers = await open_shop(here, capacity=1_000_000)
            networks = addresses()
            async with server(here):
                for buyers, holds in HOLDS.items():
                    for keys in (False, True):
                        asked = [
                            [_hold(event, tiers, next(networks), n, keys) for n in range(share_of)]
                            for share_of in [WARM + holds // buyers] * buyers
                        ]
                        run = await run_clients(here.folder, here.port, asked, warm=WARM)
                        found |= _figures(kind, buyers, run, keys=keys)
    return found


def addresses() -> Iterator[str]:
    """Yield an address of another network each time."""
    for number in range(2**24):
        yield f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def _hold(event: Event, tiers: Sequence[str], network: str, number: int, keys: bool) -> bytes:
    wanted = [{"tier_id": tier, "quantity": 1 + number % 3} for tier in tiers[: 1 + number % 2]]
    headers = {"Content-Type": "application/json", "X-Forwarded-For": network}
    if keys:
        headers["Idempotency-Key"] = secrets.token_hex(8)
    body = json.dumps({"tickets": wanted}).encode()
    return request_bytes("POST", f"/api/tickets/events/{event.id}/orders", headers, body)


def _figures(kind: str, buyers: int, run: Run, *, keys: bool) -> dict[str, Figure]:
    assert set(run.statuses) == {"201"}, (run.statuses, run.last[0])
    assert all(json.loads(last)["status"] == "pending" for last in run.last), run.last
    name = f"hold, {kind}, {buyers} at once" + (", with a key" if keys else "")
    rush = buyers == 16
    p50, p95 = (share(run.latencies, part) * 1_000 for part in (0.5, 0.95))
    return {
        f"{name}, throughput": Figure(run.rate, "holds/s", ">= 200" if rush else ""),
        f"{name}, p50": Figure(p50, "ms"),
        f"{name}, p95": Figure(p95, "ms", "<= 100" if rush else ""),
    }
