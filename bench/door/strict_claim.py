"""Claims of strict mode by 1, 4 and 16 phones at once, on both databases.

A real server process (`handstamp serve`, its usual settings, one process) with a strict event of
10,000 tickets; PostgreSQL as Debian ships it, every commit on disk. Each phone keeps one connection
and asks again as soon as it is answered, as no door does; every ticket is asked for once and
granted, so that every request is a judgement, a stored claim and a commit. A phone may hold a
hundred open claims, so another takes its place after ninety, no two at the same time. No claim is
ended meanwhile: the table is fuller than at a door, where the scan that follows ends it. The first
of each are not measured.

Then 16 phones ask at once for the same tickets, in the same order: what is counted is the tickets
that two of them were granted.
"""

import base64
import json
import secrets
from collections.abc import Sequence
from itertools import pairwise

from bench.clients import Run, request_bytes, run_clients
from bench.figure import Figure, share
from bench.installation import DATABASES, Installation, installation, server
from sqlalchemy import func, select

from handstamp.checkin.device_credentials import write_credential
from handstamp.checkin.models import Claim, Device
from handstamp.events.models import Event
from handstamp.kit import signing
from handstamp.kit.clock import DAY
from handstamp.kit.ids import random_int
from handstamp.tickets.models import Ticket

TICKETS = 10_000
CLAIMS = {1: 600, 4: 2_000, 16: 5_600}
CONTESTED = 90
WARM = 50
BY_ONE_PHONE = 90


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    for kind in DATABASES:
        async with installation(kind) as here:
            event = await here.event(TICKETS, strict_budget_ms=400)
            tickets = await here.tickets(event, TICKETS)
            async with server(here):
                for clients, claims in CLAIMS.items():
                    mine, tickets = tickets[:claims], tickets[claims:]
                    run = await _run(here, event, [mine[one::clients] for one in range(clients)])
                    assert all(json.loads(last)["granted"] for last in run.last), run.last
                    found |= _figures(f"strict claim, {kind}, {clients} at once", clients, run)
                same = tickets[:CONTESTED]
                await _run(here, event, [same] * max(CLAIMS))
                twice = await _granted_twice(here, event, same)
                found[f"strict claim, {kind}, granted twice"] = Figure(twice, "tickets", "<= 0")
    return found


async def _run(here: Installation, event: Event, shares: Sequence[Sequence[Ticket]]) -> Run:
    requests = []
    for number, wanted in enumerate(shares):
        first = BY_ONE_PHONE - number * BY_ONE_PHONE // len(shares)
        starts = [0, *range(first, len(wanted), BY_ONE_PHONE)]
        pieces = [wanted[at:to] for at, to in pairwise([*starts, len(wanted)])]
        credentials = [await _phone(here, event) for _piece in pieces]
        requests.append(
            [
                _ask(credential, ticket)
                for credential, piece in zip(credentials, pieces, strict=True)
                for ticket in piece
            ]
        )
    warm = WARM // len(shares) + 10
    run = await run_clients(here.folder, here.port, requests, warm=warm)
    assert set(run.statuses) == {"200"}, run.statuses
    return run


async def _phone(here: Installation, event: Event) -> str:
    """Make a pairing and return its credential; over HTTP so many would be too many at once."""
    now = here.services.clock()
    device = Device(
        id=random_int(48),
        event_id=event.id,
        name="Door",
        public_key=signing.public_key(signing.new_private_key()),
        created_at=now,
        expires_at=now + DAY,
        feed_seq=None,
    )
    async with here.services.db.write() as session:
        session.add(device)
        await session.flush()
        return write_credential(here.services, device)


def _ask(credential: str, ticket: Ticket) -> bytes:
    headers = {"Authorization": f"Bearer {credential}", "Content-Type": "application/json"}
    ask = base64.urlsafe_b64encode(secrets.token_bytes(12)).decode()
    asked = {"list": 1, "serial": ticket.serial, "epoch": ticket.epoch, "id": ask}
    body = json.dumps(asked).encode()
    return request_bytes("POST", "/api/tickets/checkin/claim", headers, body)


async def _granted_twice(here: Installation, event: Event, tickets: Sequence[Ticket]) -> int:
    serials = [ticket.serial for ticket in tickets]
    query = (
        select(func.count())
        .where(Claim.event_id == event.id, Claim.serial.in_(serials))
        .where(Claim.granted_at.is_not(None))
        .group_by(Claim.serial)
    )
    async with here.services.db.read() as session:
        counts = list(await session.scalars(query))
    assert len(counts) == len(tickets), "a ticket that everybody asked for was granted to nobody"
    return sum(count > 1 for count in counts)


def _figures(name: str, clients: int, run: Run) -> dict[str, Figure]:
    p50, p95, p99 = (share(run.latencies, part) * 1_000 for part in (0.5, 0.95, 0.99))
    most = clients == max(CLAIMS)
    return {
        f"{name}, throughput": Figure(run.rate, "claims/s"),
        f"{name}, p50": Figure(p50, "ms", "<= 5" if clients == 1 else ""),
        f"{name}, p95": Figure(p95, "ms", "<= 45" if most else ""),
        f"{name}, p99": Figure(p99, "ms", "<= 100" if most else ""),
    }
