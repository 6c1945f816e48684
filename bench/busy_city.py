"""A city that has been selling for years: thousands of events, their orders and their tickets.

Rows go in by bulk statements, as the use cases would have left them; making them one by one would
take hours. Tickets carry no usable signature: nothing measured here reads one.
"""

from collections import Counter
from collections.abc import Sequence
from random import Random

from tests.factories.events import make_organizer

from bench.bulk import Row, store
from bench.installation import Installation
from handstamp.events.models import Event, Tier
from handstamp.kit.clock import DAY, HOUR, Millis
from handstamp.kit.ids import new_id
from handstamp.orders.models import EventSales, Order, OrderItem
from handstamp.tickets.models import Stock, Ticket

ORGANIZERS = 50
CITIES = ("Vancouver", "Victoria", "Kelowna", "Nanaimo", "Whistler", "Kamloops")
TIERS = (("General", 2_500), ("Balcony", 4_000), ("Floor", 6_500))
CAPACITY = 400


async def build_city(here: Installation, events: int, orders: int) -> list[str]:
    """Make published events to come and paid orders spread over them; return the slugs.

    One event in a hundred is in demand: those take half of the orders.
    """
    random, now = Random(5), here.services.clock()
    async with here.services.db.write() as session:
        teams = [
            await make_organizer(session, here.services, code=f"T{n}") for n in range(ORGANIZERS)
        ]
    event_rows = [night(random, teams, number, now) for number in range(events)]
    tier_rows = [tier for event in event_rows for tier in tiers_of(event, now)]
    await store(here, Event, event_rows)
    await store(here, Tier, tier_rows)
    hot = event_rows[:: max(1, events // 100)]
    chosen = [random.choice(hot if n % 2 else event_rows) for n in range(orders)]
    await _sell(here, random, chosen, {tier["id"]: tier for tier in tier_rows}, now)
    await here.analyze()
    return [event["slug"] for event in event_rows]


def night(random: Random, teams: Sequence[str], number: int, now: Millis) -> Row:
    """Return an event to come."""
    start = now + DAY + random.randrange(300) * DAY
    return {
        "id": new_id("evt"),
        "organizer_id": teams[number % len(teams)],
        "number": number + 1,
        "slug": f"night-{number:05d}",
        "code": "NT",
        "title": f"Night {number:,} of the city",
        "summary": "Lanterns, music and food until late.",
        "description": "Doors open an hour before.\n\n" * 8,
        "venue": f"Hall {number % 90}",
        "city": random.choice(CITIES),
        "province": "BC",
        "time_zone": "America/Vancouver",
        "currency": "CAD",
        "start_at": start,
        "end_at": start + 5 * HOUR,
        "capacity": len(TIERS) * CAPACITY,
        "status": "published",
        "created_at": now,
        "updated_at": now,
        "feed_seq": 1,
    }


def tiers_of(event: Row, now: Millis) -> list[Row]:
    """Return the tiers of an event."""
    return [
        {
            "id": f"tier_{event['number']:06d}_{place}",
            "event_id": event["id"],
            "number": place + 1,
            "name": name,
            "price_cents": cents,
            "currency": "CAD",
            "capacity": CAPACITY,
            "sort": place,
            "created_at": now,
        }
        for place, (name, cents) in enumerate(TIERS)
    ]


async def _sell(
    here: Installation, random: Random, chosen: Sequence[Row], tiers: dict[str, Row], now: Millis
) -> None:
    orders: list[Row] = []
    items: list[Row] = []
    tickets: list[Row] = []
    issued: Counter[tuple[str, str]] = Counter()
    for number, event in enumerate(chosen):
        tier = tiers[f"tier_{event['number']:06d}_{random.choice((0, 0, 0, 1, 2))}"]
        qty = random.choice((1, 1, 2, 2, 3, 4))
        if issued[event["id"], tier["id"]] + qty > CAPACITY:
            qty = 0  # sold out: this one gave up
        order, item = order_of(number, event, tier, qty, now, expired=not qty)
        orders.append(order)
        items.append(item)
        tickets += [ticket_of(order, item, tier, len(tickets) + n, n, now) for n in range(qty)]
        issued[event["id"], tier["id"]] += qty
        issued[event["id"], ""] += qty
    stock = [{"event_id": e, "tier_id": t, "issued": n} for (e, t), n in issued.items()]
    await store(here, Order, orders)
    await store(here, OrderItem, items)
    await store(here, Ticket, tickets)
    await store(here, Stock, stock)
    await store(here, EventSales, sold(orders, items))


def sold(orders: Sequence[Row], items: Sequence[Row]) -> list[Row]:
    """Return the sums that are kept of the events of some orders."""
    tickets = {item["order_id"]: item["qty"] for item in items}
    sums: dict[str, Row] = {}
    for order in orders:
        if order["placed_at"]:
            fresh = {"event_id": order["event_id"], "orders": 0, "tickets": 0, "gross": 0}
            kept = sums.setdefault(order["event_id"], {**fresh, "refunded": 0})
            kept["orders"] += 1
            kept["tickets"] += tickets[order["id"]]
            kept["gross"] += order["total"]
    return list(sums.values())


def order_of(
    number: int, event: Row, tier: Row, qty: int, now: Millis, *, expired: bool
) -> tuple[Row, Row]:
    """Return an order of so many tickets of a tier, and its line."""
    order = _order(number, event, qty * tier["price_cents"], now, expired=expired)
    return order, _item(order, tier, max(1, qty))


def _order(number: int, event: Row, total: int, now: Millis, *, expired: bool) -> Row:
    return {
        "id": f"ord_{number:08d}",
        "number": f"HS-{number:07d}",
        "event_id": event["id"],
        "organizer_id": event["organizer_id"],
        "buyer_key": f"buyer-{number}",
        "status": "expired" if expired else "paid",
        "email": f"guest{number}@example.org",
        "name": f"Guest {number}",
        "currency": "CAD",
        "subtotal": total,
        "total": total,
        "expires_at": now,
        "created_at": now - number,
        "placed_at": None if expired else now - number,
    }


def _item(order: Row, tier: Row, qty: int) -> Row:
    return {
        "id": order["id"].replace("ord_", "oi_"),
        "order_id": order["id"],
        "position": 0,
        "tier_id": tier["id"],
        "tier_name": tier["name"],
        "qty": qty,
        "unit_price": tier["price_cents"],
        "total": order["total"],
    }


def ticket_of(order: Row, item: Row, tier: Row, number: int, place: int, now: Millis) -> Row:  # noqa: PLR0917
    """Return a ticket of an order's line; `place` is its place in the line."""
    return {
        "event_id": order["event_id"],
        "tier_id": tier["id"],
        "tier_no": tier["number"],
        "serial": number + 1,
        "printed_id": f"NT-{number:08d}",
        "status": "valid",
        "status_at": now,
        "holder_name": order["name"],
        "holder_email": order["email"],
        "order_ref": order["number"],
        "order_id": order["id"],
        "order_item_id": item["id"],
        "place": place,
        "key_id": 1,
        "token_digest": b"\x00" * 8,
        "source": "order",
        "created_at": now,
        "updated_at": now,
        "feed_seq": 1,
    }
