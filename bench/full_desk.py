"""An organizer's desk after years of selling: thousands of events, one with half of the orders.

Rows go in by bulk statements, as the use cases would have left them (see `busy_city`). The ledger
stays empty unless `kept_books` fills it: most of what is measured here does not read it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tests.factories.auth import Person, make_owner

from bench.bulk import Row, store
from bench.busy_city import night, order_of, sold, ticket_of, tiers_of
from bench.installation import Installation
from handstamp.analytics.models import SalesSum
from handstamp.analytics.rules import NOTHING, Line, Place, Sale, Sums, of_placing, places
from handstamp.discounts.models import Discount
from handstamp.events.models import Event, Tier
from handstamp.kit.clock import DAY, MINUTE, Millis
from handstamp.ledger.models import Uncounted
from handstamp.mail.models import Mail
from handstamp.orders.models import EventSales, Order, OrderItem
from handstamp.plumbing.local_time import local
from handstamp.tickets.models import Stock, Ticket

DAYS = 180  # how long sales went on
GIVEN_UP = 12  # every twelfth order was never paid
WITH_CODE = 10  # every fifth of the largest event used a code
CODES = ("EARLY", "FRIENDS", "PRESS")
UNUSED = "NOBODY"  # a code that no order used
QUANTITIES = (1, 1, 2, 2, 3, 4)


@dataclass(frozen=True)
class Desk:
    """Who runs the events, and which; the first one has half of the orders.

    `unsold_tier`: one of its tiers, of which no ticket was sold.
    """

    person: Person
    organizer_id: str
    event_ids: Sequence[str]
    unsold_tier: str
    orders: Sequence[Row]
    items: Sequence[Row]

    @property
    def largest(self) -> str:
        """The event with half of the orders."""
        return self.event_ids[0]


async def build_desk(here: Installation, events: int, orders: int) -> Desk:
    """Make events of one organizer and orders over half a year; every second is of one event."""
    random, now = Random(6), here.services.clock()
    person, organizer = await make_owner(here.services, "desk@example.org")
    event_rows = [night(random, [organizer.id], number, now) for number in range(events)]
    event_rows[0]["capacity"] = None
    tiers = {event["id"]: tiers_of(event, now) for event in event_rows}
    largest = tiers[event_rows[0]["id"]]
    for tier in largest:
        tier["capacity"] = None
    largest.append(largest[0] | {"id": "tier_unsold", "number": 9, "name": "Box", "sort": 9})
    sold_rows = [
        _order(
            random, number, event_rows[0] if number % 2 else random.choice(event_rows), tiers, now
        )
        for number in range(orders)
    ]
    order_rows, item_rows = [one for one, _ in sold_rows], [item for _, item in sold_rows]
    await store(here, Event, event_rows)
    await store(here, Tier, [tier for event in event_rows for tier in tiers[event["id"]]])
    await store(here, Discount, [_code(event_rows[0], name, now) for name in (*CODES, UNUSED)])
    await store(here, Order, order_rows)
    await store(here, OrderItem, item_rows)
    await store(here, Stock, _stock(order_rows, item_rows))
    await store(here, EventSales, sold(order_rows, item_rows))
    await here.analyze()
    ids = [event["id"] for event in event_rows]
    return Desk(person, organizer.id, ids, largest[-1]["id"], order_rows, item_rows)


async def keep_sums(here: Installation, desk: Desk, fresh: int) -> None:
    """Keep the sums of sales of a desk; the last `fresh` orders are not counted yet."""
    sums: dict[Place, Sums] = {}
    rows = list(zip(desk.orders, desk.items, strict=True))
    for order, item in rows[:-fresh]:
        if order["placed_at"]:
            line = Line(item["id"], item["tier_id"], item["qty"], 0, item["total"], 0, 0)
            sale = Sale(
                order["event_id"], order["organizer_id"], "CAD", "checkout",
                order["discount_code_id"], passed_on=False, lines=[line],
            )  # fmt: skip
            day = local(order["placed_at"], "America/Vancouver").date().isoformat()
            by_tier = of_placing(sale)
            by_tier[line.tier_id] += Sums(prices=line.prices)
            for tier_id, more in by_tier.items():
                for place in places(sale, day, tier_id):
                    sums[place] = sums.get(place, NOTHING) + more
    await store(here, SalesSum, [place._asdict() | one._asdict() for place, one in sums.items()])
    waiting = [order for order, _ in rows[-fresh:] if order["placed_at"]]
    new = [
        {"organizer_id": order["organizer_id"], "kind": "order", "ref": order["id"]}
        for order in waiting
    ]
    await store(here, Uncounted, new)
    await here.analyze()


async def keep_tickets(here: Installation, desk: Desk) -> list[Row]:
    """Keep the tickets of a desk's orders and the mail that each went with; return the tickets."""
    now = here.services.clock()
    tickets: list[Row] = []
    mails: list[Row] = []
    for order, item in zip(desk.orders, desk.items, strict=True):
        if order["placed_at"]:
            tier = {"id": item["tier_id"], "number": 1}
            tickets += [
                ticket_of(order, item, tier, len(tickets) + n, n, now) for n in range(item["qty"])
            ]
            mails.append(_mail(order))
    await store(here, Ticket, tickets)
    await store(here, Mail, mails)
    await here.analyze()
    return tickets


def code_id(number: int, name: str) -> str:
    """Return the id of a code of the event with this number; 1 is the largest."""
    return f"disc_{number:06d}_{name.lower()}"


def _order(
    random: Random, number: int, event: Row, tiers: dict[str, list[Row]], now: Millis
) -> tuple[Row, Row]:
    tier = tiers[event["id"]][random.choice((0, 0, 0, 1, 2))]
    qty = random.choice(QUANTITIES)
    expired = not number % GIVEN_UP
    order, item = order_of(number, event, tier, qty, now, expired=expired)
    order["created_at"] = now - random.randrange(DAYS * DAY // MINUTE) * MINUTE - number
    order["placed_at"] = None if expired else order["created_at"] + MINUTE
    if event["capacity"] is None and number % WITH_CODE == 1:
        order["discount_code_id"] = code_id(event["number"], CODES[number % len(CODES)])
    else:
        order["discount_code_id"] = None
    return order, item


def _code(event: Row, name: str, now: Millis) -> Row:
    return {
        "id": code_id(event["number"], name),
        "event_id": event["id"],
        "code": name,
        "kind": "percent",
        "value": 1_000,
        "created_at": now,
        "updated_at": now,
    }


def _mail(order: Row) -> Row:
    return {
        "id": order["id"].replace("ord_", "mail_"),
        "kind": "tickets",
        "to_email": order["email"],
        "args_json": "{}",
        "about": f"order:{order['id']}",
        "status": "sent",
        "created_at": order["placed_at"],
    }


def _stock(orders: Sequence[Row], items: Sequence[Row]) -> list[Row]:
    issued: Counter[tuple[str, str]] = Counter()
    for order, item in zip(orders, items, strict=True):
        if order["placed_at"]:
            issued[order["event_id"], item["tier_id"]] += item["qty"]
            issued[order["event_id"], ""] += item["qty"]
    return [{"event_id": e, "tier_id": t, "issued": n} for (e, t), n in issued.items()]
