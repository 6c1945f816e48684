"""What is kept of a person's orders."""

import json
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_person import Person
from handstamp.auth.models import Organizer
from handstamp.events.models import Event
from handstamp.orders.forget_person import orders_of
from handstamp.orders.models import Consent, Order, OrderItem

_AS_STORED = (
    "id", "number", "status", "email", "name", "phone", "language", "currency", "subtotal",
    "discount", "fees", "tax", "total", "refunded", "terms_at", "created_at", "placed_at",
    "closed_at", "close_reason", "origin", "paid_by", "note",
)  # fmt: skip


async def orders_told(session: AsyncSession, person: Person) -> dict[str, Any]:
    """Return a person's orders with their lines, and to whose mails they agreed."""
    query = (
        select(Order, Event.title)
        .join(Event, Event.id == Order.event_id)
        .where(orders_of(person))
        .order_by(Order.created_at, Order.id)
    )
    found = (await session.execute(query)).all()
    lines = await _lines(session, [order.id for order, _title in found])
    return {
        "orders": [
            {
                "event": title,
                **{name: getattr(order, name) for name in _AS_STORED},
                "lines": lines.get(order.id, []),
            }
            for order, title in found
        ],
        "consents": await _consents(session, person.email),
    }


async def _lines(session: AsyncSession, order_ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    query = (
        select(OrderItem)
        .where(OrderItem.order_id.in_(order_ids))
        .order_by(OrderItem.order_id, OrderItem.position)
    )
    lines: dict[str, list[dict[str, Any]]] = {}
    for item in await session.scalars(query):
        names = ("tier_name", "qty", "unit_price", "discount", "fee", "tax", "total")
        line = {name: getattr(item, name) for name in names}
        lines.setdefault(item.order_id, []).append({**line, "names": json.loads(item.names_json)})
    return lines


async def _consents(session: AsyncSession, email: str) -> list[dict[str, Any]]:
    query = (
        select(Consent, Organizer.name)
        .join(Organizer, Organizer.id == Consent.organizer_id)
        .where(func.lower(Consent.email) == email)
        .order_by(Consent.given_at)
    )
    return [
        {
            "organizer": organizer,
            "wording": consent.wording,
            "given_at": consent.given_at,
            "withdrawn_at": consent.withdrawn_at,
        }
        for consent, organizer in (await session.execute(query)).all()
    ]
