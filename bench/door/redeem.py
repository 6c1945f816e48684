"""Tickets redeemed through `POST /api/tickets/validate` by 1, 4 and 16 scanners, on both databases.

A real server process (`handstamp serve`, its usual settings, one process) with an event of 10,000
tickets; PostgreSQL as Debian ships it, every commit on disk. Each scanner has its own key, its own
kept connection, and asks again as soon as it is answered; every ticket is scanned once and let in,
so that every request is a decision, a stored fact and a commit. Each request carries an
Idempotency-Key, as the documents tell scanners to do. The clients are one process with requests
made beforehand. The first of each scanner's requests are not measured.
"""

import json
import secrets
from collections.abc import Sequence

from bench.clients import Run, request_bytes, run_clients
from bench.figure import Figure, share
from bench.installation import DATABASES, Installation, installation, server

from handstamp.checkin.validate_keys import create_key
from handstamp.events.models import Event
from handstamp.plumbing.web import SYSTEM

TICKETS = 10_000
SCANS = {1: 600, 4: 2_000, 16: 5_600}
WARM = 50


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    for kind in DATABASES:
        async with installation(kind) as here:
            event = await here.event(TICKETS)
            tokens = await here.tokens(event, await here.tickets(event, TICKETS))
            async with server(here):
                for clients, scans in SCANS.items():
                    mine, tokens = tokens[:scans], tokens[scans:]
                    run = await _run(here, event, clients, mine)
                    found |= _figures(f"redeem, {kind}, {clients} at once", clients, run)
    return found


async def _run(here: Installation, event: Event, clients: int, tokens: Sequence[str]) -> Run:
    requests = []
    for number in range(clients):
        async with here.services.db.write() as session:
            _, key = await create_key(
                session, here.services, SYSTEM, event, name=f"Turnstile {number + 1}"
            )
        requests.append([_scan(key, token) for token in tokens[number::clients]])
    run = await run_clients(here.folder, here.port, requests, warm=WARM // clients + 10)
    assert set(run.statuses) == {"200"}, run.statuses
    assert all(json.loads(last)["verdict"] == "valid" for last in run.last), run.last
    return run


def _scan(key: str, token: str) -> bytes:
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        "Idempotency-Key": secrets.token_hex(8),
    }
    body = json.dumps({"token": token}).encode()
    return request_bytes("POST", "/api/tickets/validate", headers, body)


def _figures(name: str, clients: int, run: Run) -> dict[str, Figure]:
    p50, p95 = (share(run.latencies, part) * 1_000 for part in (0.5, 0.95))
    return {
        f"{name}, throughput": Figure(run.rate, "redeems/s", ">= 600" if clients == 16 else ""),
        f"{name}, p50": Figure(p50, "ms", "<= 5" if clients == 1 else ""),
        f"{name}, p95": Figure(p95, "ms", "<= 45" if clients == 16 else ""),
    }
