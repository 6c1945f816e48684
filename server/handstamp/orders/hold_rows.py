"""What a hold reads and writes: short statements on a plain connection, for a thread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, text, update

from handstamp.events.models import Event, Tier
from handstamp.kit.clock import Millis
from handstamp.orders.models import Order, OrderItem
from handstamp.orders.rules import OfferedTier
from handstamp.payments.models import PaymentAccount

_ORDERS, _ITEMS = Order.__table__, OrderItem.__table__
OPEN_STATES = ("starting", "open", "complete")


@dataclass(frozen=True)
class Offer:
    """An event as a hold needs it, with its tiers by id."""

    organizer_id: str
    status: str
    currency: str
    end_at: Millis
    capacity: int | None
    can_charge: bool
    tiers: Mapping[str, OfferedTier]
    capacities: Mapping[str, int | None]


@dataclass(frozen=True)
class NetworkHolds:
    """What one network holds: pending orders in all, and tickets of one event by tier."""

    orders: int
    tickets: Mapping[str, int]


def offer(connection: Connection, event_id: str) -> Offer | None:
    """Return an event with its tiers; None when there is none."""
    found = connection.execute(
        select(
            Event.organizer_id,
            Event.status,
            Event.currency,
            Event.end_at,
            Event.capacity,
            PaymentAccount.charges_enabled,
            PaymentAccount.deauthorized_at,
        )
        .outerjoin(PaymentAccount, PaymentAccount.organizer_id == Event.organizer_id)
        .where(Event.id == event_id)
    ).first()
    if found is None:
        return None
    columns = (
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
    )
    rows = connection.execute(select(*columns).where(Tier.event_id == event_id)).all()
    return Offer(
        found.organizer_id,
        found.status,
        found.currency,
        found.end_at,
        found.capacity,
        bool(found.charges_enabled) and found.deauthorized_at is None,
        {row.id: _offered(row) for row in rows},
        {row.id: row.capacity for row in rows},
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


def lock_network(connection: Connection, network: str) -> None:
    """Let one hold of a network at a time be counted (SQLite writers queue anyway)."""
    if connection.dialect.name != "sqlite" and network:
        key = int.from_bytes(bytes.fromhex(network[:16]), signed=True)
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def pending_order(connection: Connection, keys: Sequence[str]) -> Order | None:
    """Return a buyer's pending order, locked until the transaction ends."""
    query = (
        select(*_ORDERS.c)
        .where(_ORDERS.c.buyer_key.in_(keys), _ORDERS.c.status == "pending")
        .order_by(_ORDERS.c.created_at)
        .limit(1)
        .with_for_update()
    )
    row = connection.execute(query).first()
    return None if row is None else Order(**row._mapping)


def items_of(connection: Connection, order_id: str) -> list[OrderItem]:
    """Return an order's lines."""
    query = select(*_ITEMS.c).where(_ITEMS.c.order_id == order_id).order_by(_ITEMS.c.position)
    return [OrderItem(**row._mapping) for row in connection.execute(query)]


def recent_orders(connection: Connection, buyer_key: str, since: Millis) -> int:
    """Count the orders that a buyer began since a moment."""
    query = select(func.count()).where(_ORDERS.c.buyer_key == buyer_key)
    return connection.execute(query.where(_ORDERS.c.created_at >= since)).scalar_one()


def network_holds(
    connection: Connection, network: str, event_id: str, but: str = ""
) -> NetworkHolds:
    """Count what a network holds, leaving out one order."""
    query = (
        select(_ORDERS.c.id, _ORDERS.c.event_id, _ITEMS.c.tier_id, _ITEMS.c.qty)
        .join(_ITEMS, _ITEMS.c.order_id == _ORDERS.c.id)
        .where(_ORDERS.c.network == network, _ORDERS.c.status == "pending", _ORDERS.c.id != but)
    )
    rows = connection.execute(query).all()
    tickets: dict[str, int] = {}
    for row in rows:
        if row.event_id == event_id:
            tickets[row.tier_id] = tickets.get(row.tier_id, 0) + row.qty
    return NetworkHolds(len({row.id for row in rows}), tickets)


def close_unstarted(connection: Connection, order: Order, now: Millis, values: Any) -> bool:
    """Close a pending order that has no payment page; False when it has one or is closed."""
    changed = (
        update(Order)
        .where(_ORDERS.c.id == order.id, _ORDERS.c.status == "pending")
        .where(_ORDERS.c.checkout_state.not_in(OPEN_STATES))
        .values(closed_at=now, **values)
    )
    return bool(connection.execute(changed).rowcount)


def add_order(connection: Connection, order: dict[str, Any], items: list[dict[str, Any]]) -> None:
    """Write a new order with its lines."""
    connection.execute(insert(Order).values(**order))
    connection.execute(insert(OrderItem), items)
