"""The pages of sales with 10,000 events and 100,000 orders of one organizer, both databases.

One event has half of the orders, sold over half a year by three tiers and three codes; 200 orders
are not counted yet, so each page adds them itself. A real server process (`handstamp serve`, its
usual settings, one process) is asked by one client on one kept connection, as fast as it answers,
by the signed-in organizer: an event's sales, the largest event's, its last 30 days, all events
together, and both over the API, each a sixth of the requests. Time is from the request's first
byte to the answer's last. PostgreSQL as Debian ships it. The first requests are not measured.
"""

from functools import partial

from bench.asked_pages import ask_pages
from bench.figure import Figure
from bench.full_desk import Desk, build_desk, keep_sums
from bench.installation import DATABASES, installation

EVENTS = 10_000
ORDERS = 100_000
FRESH = 200
ASKED = 360
WARM = 36


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    for kind in DATABASES:
        async with installation(kind) as here:
            desk = await build_desk(here, EVENTS, ORDERS)
            await keep_sums(here, desk, FRESH)
            name = f"sales dashboard, {EVENTS:,} events, {ORDERS:,} orders, {kind}"
            found |= await ask_pages(
                here, desk.person, name, partial(paths, desk), asked=ASKED, warm=WARM
            )
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
