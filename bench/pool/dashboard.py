"""The desk of the ticket pool with 10,000 events and 1,000,000 tickets, on PostgreSQL.

PostgreSQL as Debian ships it. As many pre-orders as tickets, a tenth of each without the other; one
event has 10,000. A real server process (`handstamp serve`, its usual settings, one process) is
asked by one client on one kept connection, as fast as it answers, by the signed-in organizer of all
of them: an event's desk, the largest event's, who waits there, a search by member, a filter by
tier, the live part, the overview of all events, the page on which tickets are given by hand, and
the list of the API, each a ninth of the requests. Time is from the request's first byte to the
answer's last. The first requests are not measured.
"""

from bench.clients import request_bytes, run_clients
from bench.figure import Figure, share
from bench.full_pool import event_id, fill_pool, tier_id
from bench.installation import installation, server

EVENTS = 10_000
TICKETS = 1_000_000
ASKED = 450
WARM = 45


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    async with installation("postgresql") as here:
        here.more["ENABLE_TICKETING_PREORDERS"] = "true"
        person = await fill_pool(here, EVENTS, TICKETS)
        html = {"Accept": "text/html", "Authorization": f"Bearer {person.token}"}
        asked = [request_bytes("GET", path_of(number), html) for number in range(ASKED + WARM)]
        async with server(here):
            run = await run_clients(here.folder, here.port, [asked], warm=WARM)
        assert set(run.statuses) == {"200"}, run.statuses
    name = f"dashboard, {EVENTS:,} events, {TICKETS:,} tickets, postgresql"
    for words, part, goal in (("p50", 0.5, ""), ("p95", 0.95, "< 100")):
        found[f"{name}, {words}"] = Figure(share(run.latencies, part) * 1_000, "ms", goal)
    kinds = len(paths(1))
    for kind, label in enumerate(paths(1)):
        own = [one for place, one in enumerate(run.latencies) if (place + WARM) % kinds == kind]
        found[f"{name}, {label}, p95"] = Figure(share(own, 0.95) * 1_000, "ms")
    return found


def path_of(number: int) -> str:
    """Return the address of a request."""
    known = [*paths(number).values()]
    return known[number % len(known)]


def paths(number: int) -> dict[str, str]:
    """Return the addresses by what they show; events differ from request to request."""
    event = 2 + number * 17 % (EVENTS - 2)
    desk = f"/tickets/organizer/events/{event_id(event)}/pool"
    largest = f"/tickets/organizer/events/{event_id(1)}/pool"
    return {
        "an event": desk,
        "the largest event": largest,
        "who waits": f"{largest}?status=waiting",
        "a member": f"{largest}?member=Member+{1 + number * 7 % 9_000}",
        "a tier": f"{largest}?tier={tier_id(1, 1 + number % 4)}",
        "live part": f"{largest}/live",
        "all events": "/tickets/organizer/pool",
        "giving by hand": f"{largest}/reassign",
        "API list": f"/api/tickets/admin/tickets/assignments?eventId={event_id(event)}",
    }
