"""Support's one field with 1,000 events, 20,000 orders, their tickets and mails, both databases.

The world is that of `full_desk`, smaller: all of one organizer, with some 40,000 tickets and a mail
for each order. A real server process (`handstamp serve`, its usual settings, one process) is asked
by one client on one kept connection, as fast as it answers, by the signed-in organizer; each kind
below is an equal share of the requests. What is known whole comes first: an address, an order's
number, a printed id, an id of Stripe's. "a part of a name" is in many names, "a rare part" in few,
and "a part of no name" has looked through everything. Time is from the request's first byte to the
answer's last. PostgreSQL as Debian ships it. The first requests are not measured.
"""

from collections.abc import Sequence
from functools import partial

from bench.asked_pages import ask_pages
from bench.busy_city import Row
from bench.figure import Figure
from bench.full_desk import Desk, build_desk, keep_tickets
from bench.installation import DATABASES, installation

from handstamp.tickets.printed_id import printed_tail

EVENTS = 1_000
ORDERS = 20_000
ASKED = 210
WARM = 14


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    for kind in DATABASES:
        async with installation(kind) as here:
            desk = await build_desk(here, EVENTS, ORDERS)
            tickets = await keep_tickets(here, desk)
            name = f"support search, {EVENTS:,} events, {ORDERS:,} orders, {kind}"
            paths_of = partial(paths, desk, tickets)
            found |= await ask_pages(here, desk.person, name, paths_of, asked=ASKED, warm=WARM)
    return found


def paths(desk: Desk, tickets: Sequence[Row], number: int) -> dict[str, str]:
    """Return the addresses by what is typed; it differs from request to request."""
    order = desk.orders[1 + number * 331 % (len(desk.orders) - 1)]
    ticket = tickets[number * 577 % len(tickets)]
    find = "/tickets/support/find?q="
    return {
        "an address": f"{find}{order['email']}",
        "a number": f"{find}{order['number']}",
        "a printed id": f"{find}DE-NT-20270101-{printed_tail(ticket['serial'])}",
        "an id of Stripe's": f"{find}pi_{order['id']}",
        "a part of a name": f"{find}guest+{number % 10}",
        "a rare part": f"{find}{order['name'].replace(' ', '+')}",
        "a part of no name": f"{find}nobody-{number}",
    }
