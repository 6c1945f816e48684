"""What holds read and write: short statements on a plain connection, for many holds at once.

The statements are built once: in a rush, building them took longer than running them.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, select, text, update

from handstamp.events.models import Event, TaxRate, Tier
from handstamp.events.price_rules import FeeRule, Terms
from handstamp.events.price_rules import TaxRate as Rate
from handstamp.events.rules import MINIMUM_CHARGE, limit_of
from handstamp.kit.clock import Millis
from handstamp.orders.models import Order, OrderItem
from handstamp.orders.rules import OfferedTier
from handstamp.payments.models import PaymentAccount
from handstamp.tickets.models import Stock

_ORDERS, _ITEMS = Order.__table__, OrderItem.__table__
OPEN_STATES = ("starting", "open", "complete")

_EVENT = (
    select(
        Event.organizer_id,
        Event.status,
        Event.currency,
        Event.end_at,
        Event.capacity,
        Event.members_only,
        Event.fee_bp,
        Event.fee_fixed,
        Event.fee_payer,
        Event.tax_mode,
        Event.overbook_bp,
        Event.overbook_number,
        PaymentAccount.charges_enabled,
        PaymentAccount.deauthorized_at,
    )
    .outerjoin(PaymentAccount, PaymentAccount.organizer_id == Event.organizer_id)
    .where(Event.id == bindparam("event"))
)
_TIERS = select(
    Tier.id,
    Tier.name,
    Tier.price_cents,
    Tier.currency,
    Tier.max_per_order,
    Tier.sales_start_at,
    Tier.sales_end_at,
    Tier.visibility,
    Tier.archived_at,
    Tier.capacity,
).where(Tier.event_id == bindparam("event"))
_RATES = (
    select(TaxRate.name, TaxRate.ppm, TaxRate.compound)
    .where(TaxRate.event_id == bindparam("event"))
    .order_by(TaxRate.position)
)
_TAKEN = select(Stock.tier_id, Stock.held + Stock.issued).where(
    Stock.event_id == bindparam("event")
)
_PENDING = (
    select(*_ORDERS.c)
    .where(_ORDERS.c.buyer_key.in_(bindparam("keys", expanding=True)))
    .where(_ORDERS.c.status == "pending")
    .order_by(_ORDERS.c.id)
    .with_for_update()
)
_LINES = (
    select(*_ITEMS.c)
    .where(_ITEMS.c.order_id.in_(bindparam("orders", expanding=True)))
    .order_by(_ITEMS.c.order_id, _ITEMS.c.position)
)
_RECENT = (
    select(_ORDERS.c.buyer_key, func.count())
    .where(_ORDERS.c.buyer_key.in_(bindparam("keys", expanding=True)))
    .where(_ORDERS.c.created_at >= bindparam("since"))
    .group_by(_ORDERS.c.buyer_key)
)
_BY_NETWORK = (
    select(_ORDERS.c.network, _ORDERS.c.id, _ORDERS.c.event_id, _ITEMS.c.tier_id, _ITEMS.c.qty)
    .join(_ITEMS, _ITEMS.c.order_id == _ORDERS.c.id)
    .where(_ORDERS.c.network.in_(bindparam("networks", expanding=True)))
    .where(_ORDERS.c.status == "pending")
)
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")
_ADD_ORDER, _ADD_ITEM = insert(Order), insert(OrderItem)


@dataclass(frozen=True)
class Offer:
    """An event as holds need it, with tiers by id; `capacities`: so many are sold, '' of all."""

    organizer_id: str
    status: str
    currency: str
    end_at: Millis
    can_charge: bool
    members_only: bool
    tax_mode: str
    terms: Terms
    tiers: Mapping[str, OfferedTier]
    capacities: Mapping[str, int | None]


class NetworkHold(NamedTuple):
    """Some tickets in a pending order of a network."""

    network: str
    order_id: str
    event_id: str
    tier_id: str
    qty: int


def offer(connection: Connection, event_id: str) -> Offer | None:
    """Return an event with its tiers; None when there is none."""
    found = connection.execute(_EVENT, {"event": event_id}).first()
    if found is None:
        return None
    rows = connection.execute(_TIERS, {"event": event_id}).all()
    rates = (
        connection.execute(_RATES, {"event": event_id}).all() if found.tax_mode == "rates" else ()
    )
    return Offer(
        found.organizer_id,
        found.status,
        found.currency,
        found.end_at,
        bool(found.charges_enabled) and found.deauthorized_at is None,
        found.members_only,
        found.tax_mode,
        Terms(
            FeeRule(found.fee_bp, found.fee_fixed, found.fee_payer),
            tuple(Rate(*row) for row in rates),
            MINIMUM_CHARGE.get(found.currency.upper(), 0),
        ),
        {row.id: _offered(row) for row in rows},
        {
            tier_id: limit_of(found, capacity)
            for tier_id, capacity in (
                ("", found.capacity),
                *((row.id, row.capacity) for row in rows),
            )
        },
    )


def _offered(row: Any) -> OfferedTier:
    return OfferedTier(
        id=row.id,
        name=row.name,
        unit_price=row.price_cents,
        currency=row.currency,
        max_per_order=row.max_per_order,
        sales_start_at=row.sales_start_at,
        sales_end_at=row.sales_end_at,
        hidden=row.visibility != "public",
        archived=row.archived_at is not None,
    )


def taken(connection: Connection, event_id: str) -> dict[str, int]:
    """Return what is held or issued by tier; '' is the whole event."""
    return {row[0]: row[1] for row in connection.execute(_TAKEN, {"event": event_id})}


def lock_networks(connection: Connection, networks: Collection[str]) -> None:
    """Let the holds of one network be counted one at a time (SQLite writers queue anyway)."""
    if connection.dialect.name != "sqlite":
        for network in sorted(networks):
            key = int.from_bytes(bytes.fromhex(network[:16]), signed=True)
            connection.execute(_LOCK, {"key": key})


def pending_orders(
    connection: Connection, keys: Sequence[str]
) -> list[tuple[Order, list[OrderItem]]]:
    """Return buyers' pending orders with their lines, locked until the transaction ends."""
    orders = [Order(**row._mapping) for row in connection.execute(_PENDING, {"keys": keys})]
    if not orders:
        return []
    lines: dict[str, list[OrderItem]] = defaultdict(list)
    for row in connection.execute(_LINES, {"orders": [order.id for order in orders]}):
        lines[row.order_id].append(OrderItem(**row._mapping))
    return [(order, lines[order.id]) for order in orders]


def recent_orders(connection: Connection, keys: Sequence[str], since: Millis) -> dict[str, int]:
    """Count the orders that buyers began since a moment."""
    found = connection.execute(_RECENT, {"keys": keys, "since": since})
    return {row[0]: row[1] for row in found}


def network_holds(connection: Connection, networks: Sequence[str]) -> list[NetworkHold]:
    """Return what networks hold."""
    if not networks:
        return []
    return [NetworkHold(*row) for row in connection.execute(_BY_NETWORK, {"networks": networks})]


def close_unstarted(connection: Connection, order: Order, values: Mapping[str, Any]) -> bool:
    """Close a pending order that has no payment page; False when it has one or is closed."""
    changed = (
        update(Order)
        .where(Order.id == order.id, Order.status == "pending")
        .where(Order.checkout_state.not_in(OPEN_STATES))
        .values(**values)
    )
    return bool(connection.execute(changed).rowcount)


def add_orders(
    connection: Connection, orders: list[dict[str, Any]], items: list[dict[str, Any]]
) -> None:
    """Write new orders with their lines."""
    connection.execute(_ADD_ORDER, orders)
    connection.execute(_ADD_ITEM, items)
