"""Facts per second taken in through the exchange, on both databases.

A real server process (one, usual settings). Eight phones, each with 3,000 admissions of different
tickets in its log, hand them in at once as the app does: exchanges of 1,000 facts, gzip, one
signature each, the next when the one before is answered; bodies are made beforehand. The rate is
all facts over the time from the first byte sent to the last answer.
"""

import httpx2
from bench.clients import request_bytes, run_clients
from bench.door_phones import API, pair_phone
from bench.figure import Figure
from bench.installation import DATABASES, Installation, installation, server
from sqlalchemy import func, select

from handstamp.checkin.models import Fact
from handstamp.events.models import Event

PHONES = 8
FACTS = 3_000
AT_ONCE = 1_000


async def measure() -> dict[str, Figure]:
    """Measure."""
    return {f"facts through sync, {kind}": await _rate(kind) for kind in DATABASES}


async def _rate(kind: str) -> Figure:
    async with installation(kind) as here:
        event = await here.event(PHONES * FACTS)
        async with server(here) as running:
            logs = [await _requests(here, event, number, running.http) for number in range(PHONES)]
            run = await run_clients(here.folder, here.port, logs)
        assert set(run.statuses) == {"200"}, run
        async with here.services.db.read() as session:
            held = await session.scalar(select(func.count()).where(Fact.event_id == event.id))
    assert held == PHONES * FACTS, held
    return Figure(held / run.seconds, "facts/s", ">= 5000")


async def _requests(
    here: Installation, event: Event, number: int, http: httpx2.AsyncClient
) -> list[bytes]:
    phone = await pair_phone(here, event, f"Door {number + 1}", http=http)
    tickets = await here.tickets(event, FACTS, skip=number * FACTS)
    requests = []
    for first in range(0, FACTS, AT_ONCE):
        phone.admit(tickets[first : first + AT_ONCE], here.services.clock())
        headers, body = phone.zipped(first + 1)
        requests.append(request_bytes("POST", f"{API}/sync", headers, body))
    return requests
