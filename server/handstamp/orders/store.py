"""Queries of the orders room; private to it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Row,
    Select,
    and_,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from handstamp.events.models import Event, Tier
from handstamp.kit.clock import Millis
from handstamp.orders.models import Consent, Order, OrderItem
from handstamp.plumbing.db import is_sqlite
from handstamp.tickets.models import Ticket

FORGET_AT_ONCE = 500


async def order(session: AsyncSession, order_id: str, *, lock: bool = False) -> Order | None:
    """Return an order as it is stored now; locked until the transaction ends if asked."""
    if not order_id.isprintable():
        return None
    query = select(Order).where(Order.id == order_id)
    if lock:
        query = query.with_for_update(key_share=True)
    return await session.scalar(query, execution_options={"populate_existing": True})


async def pending_of(session: AsyncSession, buyer_keys: Sequence[str]) -> Order | None:
    """Return the newest pending order under any of a buyer's keys."""
    query = (
        select(Order)
        .where(Order.buyer_key.in_(buyer_keys), Order.status == "pending")
        .order_by(Order.created_at.desc())
        .limit(1)
    )
    return await session.scalar(query)


async def consents(session: AsyncSession, email: str) -> Sequence[Consent]:
    """Return what an address has agreed to and not withdrawn."""
    query = select(Consent).where(Consent.email == email, Consent.withdrawn_at.is_(None))
    return (await session.scalars(query.order_by(Consent.given_at))).all()


async def withdraw(session: AsyncSession, email: str, organizer_id: str, now: Millis) -> bool:
    """Mark a consent withdrawn; tell whether there was one."""
    result: CursorResult[Any] = await session.execute(  # type: ignore[assignment]
        update(Consent)
        .where(Consent.email == email, Consent.organizer_id == organizer_id)
        .where(Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
        .execution_options(synchronize_session=False)
    )
    return bool(result.rowcount)


async def by_session(session: AsyncSession, session_id: str) -> Order | None:
    """Return the order of a Checkout Session."""
    return await session.scalar(select(Order).where(Order.checkout_session_id == session_id))


async def items(session: AsyncSession, order_ids: Sequence[str]) -> dict[str, list[OrderItem]]:
    """Return the lines of orders, in order, by order id."""
    if not order_ids:
        return {}
    query = (
        select(OrderItem)
        .where(OrderItem.order_id.in_(order_ids))
        .order_by(OrderItem.order_id, OrderItem.position)
    )
    found: dict[str, list[OrderItem]] = {order_id: [] for order_id in order_ids}
    for item in await session.scalars(query):
        found[item.order_id].append(item)
    return found


async def tickets(session: AsyncSession, order_id: str) -> Sequence[Ticket]:
    """Return an order's tickets, in the order of its lines; those that others replaced too."""
    query = select(Ticket).where(Ticket.order_id == order_id).order_by(Ticket.id)
    return (await session.scalars(query)).all()


async def event(session: AsyncSession, event_id: str) -> Event:
    """Return an order's event."""
    return (await session.scalars(select(Event).where(Event.id == event_id))).one()


async def public_event(session: AsyncSession, name: str) -> Event | None:
    """Return a published event by its id or its address."""
    if not name.isprintable():
        return None
    query = select(Event).where(or_(Event.id == name, Event.slug == name))
    return await session.scalar(query.where(Event.status == "published"))


async def tiers(session: AsyncSession, event_id: str) -> dict[str, Tier]:
    """Return an event's tiers by id, archived ones too."""
    found = await session.scalars(select(Tier).where(Tier.event_id == event_id))
    return {tier.id: tier for tier in found}


async def change(
    session: AsyncSession, order_id: str, values: dict[str, Any], *where: ColumnElement[bool]
) -> bool:
    """Change an order if it still fits; tell whether it did."""
    result: CursorResult[Any] = await session.execute(  # type: ignore[assignment]
        update(Order)
        .where(Order.id == order_id, *where)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return bool(result.rowcount)


async def change_item(session: AsyncSession, item_id: str, names_json: str) -> None:
    """Write the holders' names of a line."""
    await session.execute(
        update(OrderItem)
        .where(OrderItem.id == item_id)
        .values(names_json=names_json)
        .execution_options(synchronize_session=False)
    )


async def due(session: AsyncSession, now: Millis, limit: int) -> Sequence[str]:
    """Return pending orders whose time is over, the longest waiting first."""
    query = (
        select(Order.id)
        .where(Order.status == "pending", Order.expires_at <= now)
        .order_by(Order.expires_at, Order.id)
        .limit(limit)
    )
    return (await session.scalars(query)).all()


async def page(
    session: AsyncSession,
    where: ColumnElement[bool],
    *,
    after: tuple[Millis, str] | None,
    limit: int,
) -> Sequence[Order]:
    """Return orders, the newest first; `after` is time and id of the last of the page before."""
    return (await session.scalars(_paged(select(Order), where, after, limit))).all()


async def page_rows(
    session: AsyncSession,
    columns: Sequence[InstrumentedAttribute[Any]],
    where: ColumnElement[bool],
    *,
    after: tuple[Millis, str] | None,
    limit: int,
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return columns of the same orders, as rows that cost little where there are many."""
    return (await session.execute(_paged(select(*columns), where, after, limit))).all()


def _paged(
    of: Select[*tuple[Any, ...]],
    where: ColumnElement[bool],
    after: tuple[Millis, str] | None,
    limit: int,
) -> Select[*tuple[Any, ...]]:
    """Choose ids first, which an index may answer alone, then what is wanted of these."""
    query = select(Order.id).where(where)
    if after is not None:
        moment, last = after
        older = and_(Order.created_at == moment, Order.id < last)
        query = query.where(Order.created_at <= moment, or_(Order.created_at < moment, older))
    newest_first = (Order.created_at.desc(), Order.id.desc())
    chosen = query.order_by(*newest_first).limit(limit).subquery()
    return of.join(chosen, chosen.c.id == Order.id).order_by(*newest_first)


async def sold_rows(
    session: AsyncSession, order_ids: Sequence[str]
) -> dict[str, list[tuple[int, str]]]:
    """Return how many of which tier the lines of orders are, in order, by order id."""
    if not order_ids:
        return {}
    query = (
        select(OrderItem.order_id, OrderItem.qty, OrderItem.tier_name)
        .where(OrderItem.order_id.in_(order_ids))
        .order_by(OrderItem.order_id, OrderItem.position)
    )
    found: dict[str, list[tuple[int, str]]] = {order_id: [] for order_id in order_ids}
    for order_id, qty, tier in await session.execute(query):
        found[order_id].append((qty, tier))
    return found


async def keep_consent(session: AsyncSession, values: dict[str, Any]) -> None:
    """Keep a consent, or renew the one that is there."""
    insert: Any = sqlite.insert if is_sqlite(session) else postgresql.insert
    row = insert(Consent).values(**values, withdrawn_at=None)
    renewed = {name: row.excluded[name] for name in ("order_id", "wording", "given_at")}
    await session.execute(
        row.on_conflict_do_update(
            index_elements=["email", "organizer_id"], set_={**renewed, "withdrawn_at": None}
        )
    )


async def abandoned(session: AsyncSession, before: Millis) -> Sequence[str]:
    """Return some orders closed unpaid before a moment that still hold personal data."""
    personal = or_(Order.email != "", Order.name != "", Order.phone != "", Order.network != "")
    query = (
        select(Order.id)
        .where(Order.status.in_(("expired", "cancelled")), Order.closed_at < before, personal)
        .limit(FORGET_AT_ONCE)
    )
    return (await session.scalars(query)).all()


async def forget(session: AsyncSession, order_ids: Sequence[str]) -> None:
    """Empty the personal data of orders that were never paid, and of what hangs on them."""
    personal = ("email", "name", "phone", "network", "access_hash", "note")
    empty = dict.fromkeys(personal, "")
    quiet = {"synchronize_session": False}
    await session.execute(
        update(Order).where(Order.id.in_(order_ids)).values(**empty).execution_options(**quiet)
    )
    await session.execute(
        update(OrderItem)
        .where(OrderItem.order_id.in_(order_ids))
        .values(names_json="[]")
        .execution_options(**quiet)
    )
    await session.execute(
        delete(Consent).where(Consent.order_id.in_(order_ids)).execution_options(**quiet)
    )


async def held_by_orders(
    session: AsyncSession, event_ids: Sequence[str]
) -> dict[tuple[str, str], int]:
    """Count the tickets in pending orders by (event id, tier id)."""
    query = (
        select(Order.event_id, OrderItem.tier_id, func.sum(OrderItem.qty))
        .join(OrderItem, OrderItem.order_id == Order.id)
        .where(Order.status == "pending", Order.event_id.in_(event_ids))
        .group_by(Order.event_id, OrderItem.tier_id)
    )
    return {(row[0], row[1]): int(row[2]) for row in await session.execute(query)}
