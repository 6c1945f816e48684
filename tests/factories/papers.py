"""Paid orders with tickets, written straight into the tables, for what follows a payment."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from tests.factories.events import make_event

from handstamp.auth.models import OrganizerProfile
from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event, Tier
from handstamp.kit.ids import base32_encode, new_id, random_int
from handstamp.orders.models import Order, OrderItem
from handstamp.orders.order_access import hash_of, secret_of
from handstamp.plumbing.web import Services
from handstamp.tickets.issue_tickets import Holder, issue

UNIT, FEE, TAX = 2_500, 150, 318


async def make_paid_order(
    session: AsyncSession,
    services: Services,
    *,
    event: Event | None = None,
    names: Sequence[str] = ("Ada Lovelace", "Grace Hopper"),
    **others: Any,
) -> Order:
    """Return a paid order with a ticket for each name, a line for each tier of the event.

    The tickets are of the first tier; `others` are columns of the order.
    """
    event = event or await make_event(session, services, venue="The Rickshaw", city="Vancouver")
    tier = (await tiers_of(session, event.id))[0]
    order = await _add_order(session, services, event, len(names), others)
    item = _line(order, tier, len(names), names)
    session.add(item)
    await session.flush()
    if order.status == "paid":
        holders = [
            Holder(
                name=name,
                email=order.email,
                order=order.number,
                order_id=order.id,
                order_item_id=item.id,
                place=place,
            )
            for place, name in enumerate(names)
        ]
        await issue(session, services, event, tier, holders)
    return order


async def _add_order(
    session: AsyncSession, services: Services, event: Event, count: int, others: dict[str, Any]
) -> Order:
    now = services.clock()
    values: dict[str, Any] = {
        "id": new_id("ord"),
        "number": "HS-" + base32_encode(random_int(25), 5),
        "event_id": event.id,
        "organizer_id": event.organizer_id,
        "buyer_key": new_id("buyer"),
        "status": "paid",
        "email": "ada@example.org",
        "name": "Ada Lovelace",
        "currency": "CAD",
        "subtotal": UNIT * count,
        "discount": 0,
        "fees": FEE * count,
        "tax": TAX * count,
        "total": (UNIT + FEE + TAX) * count,
        "expires_at": now,
        "created_at": now,
        "placed_at": now,
        **others,
    }
    secret = secret_of(services.settings, values["id"], values["email"])
    order = Order(**values, access_hash=hash_of(secret))
    session.add(order)
    await session.flush()
    return order


def _line(order: Order, tier: Tier, count: int, names: Sequence[str]) -> OrderItem:
    return OrderItem(
        id=new_id("oi"),
        order_id=order.id,
        position=0,
        tier_id=tier.id,
        tier_name=tier.name,
        qty=count,
        unit_price=UNIT,
        fee=FEE * count,
        tax=TAX * count,
        total=order.total,
        names_json=json.dumps(list(names)),
    )


async def make_profile(
    session: AsyncSession, services: Services, organizer_id: str, **others: Any
) -> None:
    """Give an organizer a legal entity and looks; `others` are columns of the profile."""
    values: dict[str, Any] = {
        "legal_name": "Moon Gallery Society",
        "legal_address": "12 Main Street\nVancouver, BC V5K 0A1",
        "tax_number": "GST 12345 6789 RT0001",
        "contact_email": "hello@moon.example",
        "brand_color": "#0b3d2e",
        "refund_policy": "Full refund until 24 hours before the event.",
        "updated_at": services.clock(),
        **others,
    }
    session.add(OrganizerProfile(organizer_id=organizer_id, **values))
    await session.flush()


async def set_order(session: AsyncSession, order: Order, **values: Any) -> None:
    """Change columns of an order."""
    await session.execute(update(Order).where(Order.id == order.id).values(**values))
