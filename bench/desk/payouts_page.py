"""The pages of payouts with 100,000 orders and a payout a day of one organizer, both databases.

The world is that of `full_desk` with its ledger: each sale's transactions and 180 payouts. A real
server process (`handstamp serve`, its usual settings, one process) is asked by one client on one
kept connection, as fast as it answers, by the signed-in organizer: the newest payouts, those from
the middle on, and the newest over the API, each a third of the requests. Time is from the request's
first byte to the answer's last. PostgreSQL as Debian ships it. The first requests are not measured.
"""

from functools import partial

from bench.asked_pages import ask_pages
from bench.figure import Figure
from bench.full_desk import Desk, build_desk
from bench.installation import DATABASES, installation
from bench.kept_books import keep_books

from handstamp.kit.clock import DAY

EVENTS = 10_000
ORDERS = 100_000
ASKED = 90
WARM = 9
MIDDLE = 90


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    for kind in DATABASES:
        async with installation(kind) as here:
            desk = await build_desk(here, EVENTS, ORDERS)
            payouts = await keep_books(here, desk)
            here.more["ENABLE_TICKETING_PAYOUTS"] = "true"
            await here.analyze()
            middle = f"po_{here.services.clock() // DAY - MIDDLE}"
            name = f"payouts page, {payouts} payouts, {ORDERS:,} orders, {kind}"
            found |= await ask_pages(
                here, desk.person, name, partial(paths, desk, middle), asked=ASKED, warm=WARM
            )
    return found


def paths(desk: Desk, middle: str, _number: int) -> dict[str, str]:
    """Return the addresses by what they show."""
    page = f"/tickets/organizer/payouts/{desk.organizer_id}"
    return {
        "the newest": page,
        "from the middle on": f"{page}?after={middle}",
        "API, the newest": f"/api/tickets/organizers/{desk.organizer_id}/payouts",
    }
