"""Finding orders: one for who may see it, an event's for its organizer, a person's own."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import and_
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.find_events import owned_event
from handstamp.events.models import Event
from handstamp.kit.clock import Millis
from handstamp.orders import store
from handstamp.orders.buyers import Buyer
from handstamp.orders.filter_orders import OrderFilter, fitting
from handstamp.orders.models import Order, OrderItem
from handstamp.orders.order_access import may_see
from handstamp.orders.rules import CLOSED_UNPAID, STATUSES
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor
from handstamp.tickets.models import Ticket

PAGE = 50


@dataclass(frozen=True)
class OrderView:
    """An order with its event, its lines and its tickets as they stand."""

    order: Order
    event: Event
    items: list[OrderItem]
    tickets: list[Ticket]


async def order_for_buyer(
    session: AsyncSession,
    order_id: str,
    *,
    buyer: Buyer | None = None,
    actor: Actor | None = None,
    secret: str = "",
) -> Order:
    """Return an order to whoever may see it: its buyer, the holder of its link, its organizer.

    Raises:
        NotFound: there is none that they may see; the two cases look alike.
    """
    order = await store.order(session, order_id)
    if order is None or not may_see(order, buyer=buyer, actor=actor, secret=secret):
        raise NotFound(_("There is no such order that you may see."))
    return order


async def pending_order(session: AsyncSession, buyer: Buyer, now: Millis) -> Order | None:
    """Return what a buyer holds and may still pay for."""
    found = await store.pending_of(session, buyer.keys or (buyer.key,))
    return found if found is not None and found.expires_at > now else None


async def order_view(session: AsyncSession, order: Order) -> OrderView:
    """Return an order with all that is shown of it."""
    tickets = await store.tickets(session, order.id)
    return OrderView(
        order=order,
        event=await store.event(session, order.event_id),
        items=await items_of(session, order),
        tickets=[ticket for ticket in tickets if ticket.order_item_id is not None],
    )


async def items_of(session: AsyncSession, order: Order) -> list[OrderItem]:
    """Return an order's lines."""
    return (await store.items(session, [order.id]))[order.id]


async def items_of_orders(
    session: AsyncSession, orders: Sequence[Order]
) -> dict[str, list[OrderItem]]:
    """Return the lines of orders by order id."""
    return await store.items(session, [order.id for order in orders])


def names_of(item: OrderItem) -> list[str]:
    """Return the holders' names of a line; empty when all are the buyer's."""
    names: list[str] = json.loads(item.names_json)
    return names


async def orders_of_event(
    session: AsyncSession,
    actor: Actor,
    event_id: str,
    *,
    wanted: OrderFilter | None = None,
    after: Order | None = None,
    limit: int = PAGE,
) -> Sequence[Order]:
    """Return an event's orders, the newest first; `after` is the last of the page before.

    Raises:
        NotFound: the event is not the actor's.
    """
    event = await owned_event(session, actor, event_id)
    return await store.page(
        session,
        fitting(event, wanted or OrderFilter()),
        after=(after.created_at, after.id) if after else None,
        limit=limit,
    )


async def chosen_orders(
    session: AsyncSession, actor: Actor, event_id: str, order_ids: Collection[str]
) -> tuple[Event, Sequence[Order]]:
    """Return an event of the actor's and those of its orders, the newest first.

    Raises:
        NotFound: the event is not the actor's, or one of the orders is not the event's.
    """
    event = await owned_event(session, actor, event_id)
    found = await store.page(
        session,
        and_(Order.event_id == event.id, Order.id.in_(order_ids)),
        after=None,
        limit=len(order_ids),
    )
    if len(found) < len(set(order_ids)):
        raise NotFound(_("There is no such order in this event."))
    return event, found


async def orders_of_email(
    session: AsyncSession, email: str, *, after: Order | None = None, limit: int = PAGE
) -> Sequence[Order]:
    """Return what was bought under an e-mail address, the newest first.

    The caller has made sure that it belongs to who asks.
    """
    shown = [one for one in STATUSES if one not in ("pending", *CLOSED_UNPAID)]
    if not email:
        return []
    return await store.page(
        session,
        and_(Order.email == email, Order.status.in_(shown)),
        after=(after.created_at, after.id) if after else None,
        limit=limit,
    )


async def has_orders(session: AsyncSession, email: str) -> bool:
    """Tell whether something was bought under an e-mail address."""
    return bool(await orders_of_email(session, email, limit=1))


async def owned_order(session: AsyncSession, actor: Actor, order_id: str) -> Order:
    """Return an order of an event that the actor runs.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    order = await store.order(session, order_id)
    if order is None or not actor.may_manage(order.organizer_id):
        raise NotFound(_("There is no such order among yours."))
    return order
