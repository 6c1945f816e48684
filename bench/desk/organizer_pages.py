"""The organizer's lists and sums with 10,000 events and 100,000 orders, both databases.

The world is that of `full_desk` with its sums and its ledger, all of one organizer: one event has
half of the orders, sold over half a year by three tiers and three codes; 200 orders are not counted
yet, so each page of sales adds them itself; 180 payouts. For each kind of page a real server
process (`handstamp serve`, its usual settings, one process) is asked by one client on one kept
connection, as fast as it answers, by the signed-in organizer; each address below is an equal share
of the requests. Lists hold 50 orders. "deep" goes on after an order in the middle of the list; what
no order fits ("by a code of no order" and the like) has looked at all of the event's. Time is from
the request's first byte to the answer's last. PostgreSQL as Debian ships it. The first requests are
not measured. p95 over all requests of a kind of page has the goal; every address' own is beside.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from bench.asked_pages import ask_pages
from bench.figure import Figure
from bench.full_desk import UNUSED, Desk, build_desk, code_id, keep_sums
from bench.installation import DATABASES, Installation, installation
from bench.kept_books import keep_books

from handstamp.kit.clock import DAY

EVENTS = 10_000
ORDERS = 100_000
FRESH = 200
MIDDLE = 90  # days of payouts


class _Kind(NamedTuple):
    """A kind of page: its addresses by what they show, how often each is asked for, p95's goal."""

    name: str
    paths: Callable[[int], Mapping[str, str]]
    asked: int
    warm: int
    goal: str = "< 100"


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    for database in DATABASES:
        async with installation(database) as here:
            desk = await build_desk(here, EVENTS, ORDERS)
            await keep_sums(here, desk, FRESH)
            payouts = await keep_books(here, desk)
            here.more["ENABLE_TICKETING_PAYOUTS"] = "true"
            await here.analyze()
            for kind in _kinds(here, desk, payouts):
                name = f"{kind.name}, {database}"
                found |= await ask_pages(
                    here, desk.person, name, kind.paths,
                    asked=kind.asked, warm=kind.warm, goal=kind.goal,
                )  # fmt: skip
    return found


def _kinds(here: Installation, desk: Desk, payouts: int) -> tuple[_Kind, ...]:
    size = f"{EVENTS:,} events, {ORDERS:,} orders"
    middle = f"po_{here.services.clock() // DAY - MIDDLE}"
    return (
        _Kind(f"order list, {size}", partial(order_paths, desk), 480, 48),
        _Kind(f"sales dashboard, {size}", partial(sales_paths, desk), 360, 36),
        _Kind(
            f"payouts page, {payouts} payouts, {ORDERS:,} orders",
            partial(payout_paths, desk, middle), 30, 6, "< 1000",
        ),
    )  # fmt: skip


def order_paths(desk: Desk, number: int) -> dict[str, str]:
    """Return the addresses of lists; events and orders differ from request to request."""
    orders = "/tickets/organizer/events/{}/orders"
    largest = orders.format(desk.largest)
    odd = len(desk.orders) // 4 * 2 + 1  # odd numbers are the largest event's
    middle = desk.orders[odd + number % 50 * 2]
    return {
        "an event": orders.format(_event(desk, number)),
        "the largest event": largest,
        "deep": f"{largest}?after={middle['id']}",
        "by code": f"{largest}?code={code_id(1, 'EARLY')}",
        "by a code of no order": f"{largest}?code={code_id(1, UNUSED)}",
        "by tier": f"{largest}?tier={_tier(desk)}",
        "by a tier of no order": f"{largest}?tier={desk.unsold_tier}",
        "by status": f"{largest}?status=refunded",
        "by origin": f"{largest}?origin=comp",
        "by day": f"{largest}?since=2026-01-01&until=2099-01-01",
        "found by name": f"{largest}?q={middle['name'].split()[0]}",
        "found nowhere": f"{largest}?q=nobody-{number}",
    }


def sales_paths(desk: Desk, number: int) -> dict[str, str]:
    """Return the addresses of sales; events differ from request to request."""
    pages, api = "/tickets/organizer", "/api/tickets"
    return {
        "an event": f"{pages}/events/{_event(desk, number)}/sales",
        "the largest event": f"{pages}/events/{desk.largest}/sales",
        "its last 30 days": f"{pages}/events/{desk.largest}/sales?range=30",
        "all events": f"{pages}/sales/{desk.organizer_id}",
        "API, the largest event": f"{api}/events/{desk.largest}/metrics",
        "API, all events": f"{api}/organizers/{desk.organizer_id}/metrics",
    }


def payout_paths(desk: Desk, middle: str, _number: int) -> dict[str, str]:
    """Return the addresses of payouts."""
    page = f"/tickets/organizer/payouts/{desk.organizer_id}"
    return {
        "the newest": page,
        "from the middle on": f"{page}?after={middle}",
        "API, the newest": f"/api/tickets/organizers/{desk.organizer_id}/payouts",
    }


def _event(desk: Desk, number: int) -> str:
    return str(desk.event_ids[1 + number * 17 % (len(desk.event_ids) - 1)])


def _tier(desk: Desk) -> str:
    found = (
        item["tier_id"]
        for order, item in zip(desk.orders, desk.items, strict=True)
        if order["event_id"] == desk.largest
    )
    return str(next(found))
