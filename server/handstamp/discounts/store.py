"""Queries of the discounts room; private to it."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.discounts.models import Discount

_TABLE = Discount.__table__
_FOUND = (
    select(*_TABLE.c)
    .where(_TABLE.c.event_id == bindparam("event"))
    .where(_TABLE.c.code.in_(bindparam("codes", expanding=True)))
)
_MOVED = (
    update(Discount)
    .where(Discount.id == bindparam("which"))
    .values(used=Discount.used + bindparam("more"))
)
_TAKEN = _MOVED.where(
    Discount.status == "active",
    or_(Discount.max_uses.is_(None), Discount.used + bindparam("more") <= Discount.max_uses),
)


def found(connection: Connection, event_id: str, codes: Collection[str]) -> Sequence[Any]:
    """Return rows of an event's codes by their texts."""
    return connection.execute(_FOUND, {"event": event_id, "codes": list(codes)}).all()


def move(connection: Connection, code_id: str, more: int) -> bool:
    """Count uses; more of them only while there are any left. Tell whether it was done."""
    changed = _TAKEN if more > 0 else _MOVED
    return bool(connection.execute(changed, {"which": code_id, "more": more}).rowcount)


async def of_event(session: AsyncSession, event_id: str) -> Sequence[Discount]:
    """Return an event's codes, by name."""
    query = select(Discount).where(Discount.event_id == event_id).order_by(Discount.code)
    return (await session.scalars(query)).all()


async def has_active(session: AsyncSession, event_id: str) -> bool:
    """Tell whether an event has a code that is not switched off."""
    query = select(Discount.id).where(Discount.event_id == event_id, Discount.status == "active")
    return await session.scalar(query.limit(1)) is not None


async def by_id(session: AsyncSession, code_id: str, *, lock: bool = False) -> Discount | None:
    """Return a code as it is stored now."""
    if not code_id.isprintable():
        return None
    query = select(Discount).where(Discount.id == code_id)
    if lock:
        query = query.with_for_update(key_share=True)
    return await session.scalar(query, execution_options={"populate_existing": True})


async def by_text(session: AsyncSession, event_id: str, code: str) -> Discount | None:
    """Return an event's code by its text."""
    query = select(Discount).where(Discount.event_id == event_id, Discount.code == code)
    return await session.scalar(query)
