"""Support's one field with 1,000 events, 20,000 orders, their tickets and mails, both databases.

The world is that of `full_desk`, smaller: all of one organizer, with some 40,000 tickets and a mail
for each order. A real server process (`handstamp serve`, its usual settings, one process) is asked
by one client on one kept connection, as fast as it answers, by the signed-in organizer; of the two
ways to ask, each kind below is an equal share of the requests. What is known whole goes by index:
an address, an order's number, a printed id, an id of Stripe's. Parts of names look through all
there is, which is why their goal is another: "a part of a name" is in many names, "a rare part" in
few, "a part of no name" in none. Time is from the request's first byte to the answer's last.
PostgreSQL as Debian ships it. The first requests are not measured.
"""

from collections.abc import Sequence
from functools import partial

from bench.asked_pages import ask_pages
from bench.bulk import Row
from bench.figure import Figure
from bench.full_desk import Desk, build_desk, keep_tickets
from bench.installation import DATABASES, installation

from handstamp.tickets.printed_id import printed_tail

EVENTS = 1_000
ORDERS = 20_000
FIND = "/tickets/support/find?q="
ASKED = 120
WARM = 96


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    for kind in DATABASES:
        async with installation(kind) as here:
            desk = await build_desk(here, EVENTS, ORDERS)
            tickets = await keep_tickets(here, desk)
            size = f"{EVENTS:,} events, {ORDERS:,} orders, {kind}"
            for name, paths_of, goal in (
                ("known whole", partial(wholes, desk, tickets), "< 100"),
                ("parts of names", partial(parts, desk), "< 500"),
            ):
                found |= await ask_pages(
                    here, desk.person, f"support search, {name}, {size}", paths_of,
                    asked=ASKED, warm=WARM, goal=goal,
                )  # fmt: skip
    return found


def wholes(desk: Desk, tickets: Sequence[Row], number: int) -> dict[str, str]:
    """Return the addresses by what is typed whole; it differs from request to request."""
    order, ticket = _order(desk, number), tickets[number * 577 % len(tickets)]
    return {
        "an address": f"{FIND}{order['email']}",
        "a number": f"{FIND}{order['number']}",
        "a printed id": f"{FIND}DE-NT-20270101-{printed_tail(ticket['serial'])}",
        "an id of Stripe's": f"{FIND}pi_{order['id']}",
    }


def parts(desk: Desk, number: int) -> dict[str, str]:
    """Return the addresses by which part of a name is typed."""
    return {
        "a part of a name": f"{FIND}guest+{number % 10}",
        "a rare part": f"{FIND}{_order(desk, number)['name'].replace(' ', '+')}",
        "a part of no name": f"{FIND}nobody-{number}",
    }


def _order(desk: Desk, number: int) -> Row:
    return desk.orders[1 + number * 331 % (len(desk.orders) - 1)]
