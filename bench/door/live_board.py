"""One look at the live board: 50,000 tickets and 50 phones against 500 tickets and 50 phones.

On SQLite, `board` in one read transaction, as the page asks it every two seconds: with 45,000
admissions by twenty doors and thirty phones more, and with 450. Sums are kept as scans come in, and
valid tickets are counted again only when one changed, so that a look costs the same whatever the
night's length. The median of 200 looks at each.
"""

import time
from statistics import median

import httpx2
from bench.door_phones import pair_phone
from bench.figure import Figure
from bench.full_house import DOORS, admit
from bench.installation import Installation, installation

from handstamp.app import create_app
from handstamp.checkin.door_board import board
from handstamp.events.models import Event

TICKETS = 50_000
FEW = 500
PHONES = 50
LOOKS = 200


async def measure() -> dict[str, Figure]:
    """Measure."""
    took = {}
    for tickets in (FEW, TICKETS):
        async with installation() as here:
            event = await here.event(tickets)
            await admit(here, event, tickets * 9 // 10)
            await _pair_spares(here, event)
            took[tickets] = await _look(here, event, tickets)
    return {
        "board, one look at 50,000 tickets and 50 phones": Figure(
            took[TICKETS] * 1e3, "ms", "< 50"
        ),
        "board, one look at 500 tickets and 50 phones": Figure(took[FEW] * 1e3, "ms"),
    }


async def _pair_spares(here: Installation, event: Event) -> None:
    app = create_app(here.settings, here.services.clock, services=here.services)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=here.address) as http:
        for number in range(PHONES - DOORS):
            await pair_phone(here, event, f"Spare {number + 1}", http=http)


async def _look(here: Installation, event: Event, tickets: int) -> float:
    taken = []
    for _ in range(LOOKS):
        started = time.perf_counter()
        async with here.services.db.read() as session:
            seen = await board(session, event.id, here.services.clock())
        taken.append(time.perf_counter() - started)
        assert (seen.admitted, len(seen.devices)) == (tickets * 9 // 10, PHONES)
    return median(taken)
