"""The desk of the ticket pool with 10,000 events and 1,000,000 tickets, on PostgreSQL.

PostgreSQL as Debian ships it. As many pre-orders as tickets, a tenth of each without the other; one
event has 10,000. A real server process (`handstamp serve`, its usual settings, one process) is
asked by one client on one kept connection, as fast as it answers, by the signed-in organizer of all
of them: an event's desk, the largest event's, who waits there, a search by member, a filter by
tier, the live part, the overview of all events, the page on which tickets are given by hand, and
the list of the API, each a ninth of the requests. Time is from the request's first byte to the
answer's last. The first requests are not measured.
"""

from bench.asked_pages import ask_pages
from bench.figure import Figure
from bench.full_pool import event_id, fill_pool, tier_id
from bench.installation import installation

EVENTS = 10_000
TICKETS = 1_000_000
ASKED = 450
WARM = 45


async def measure() -> dict[str, Figure]:
    """Measure."""
    async with installation("postgresql") as here:
        here.more["ENABLE_TICKETING_PREORDERS"] = "true"
        person = await fill_pool(here, EVENTS, TICKETS)
        name = f"dashboard, {EVENTS:,} events, {TICKETS:,} tickets, postgresql"
        return await ask_pages(here, person, name, paths, asked=ASKED, warm=WARM)


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
