"""The sums of an event's orders, kept as they change, so that no page adds them up.

The row is changed as the last thing of a transaction and after the stock, so that it is locked
briefly and always in the same order.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.ledger.uncounted import note_uncounted
from handstamp.orders.models import EventSales, Order, OrderItem
from handstamp.plumbing.db import before_commit, is_sqlite
from handstamp.tickets import stock

COUNTED = ("orders", "tickets", "gross", "refunded")


class Change(NamedTuple):
    """What is added to an event's sums; amounts in minor units."""

    event_id: str
    orders: int = 0
    tickets: int = 0
    gross: int = 0
    refunded: int = 0


def note_placed(session: AsyncSession, order: Order, items: Iterable[OrderItem]) -> None:
    """Count an order that has just been placed; what was paid elsewhere is not taken in here."""
    tickets = sum(item.qty for item in items)
    gross = 0 if order.origin == "manual" else order.total
    _later(session, Change(order.event_id, 1, tickets, gross, order.refunded))
    note_uncounted(session, order.organizer_id, "order", order.id)


def note_taken_back(session: AsyncSession, order: Order, items: Iterable[OrderItem]) -> None:
    """Count no more an order that was given, or paid elsewhere."""
    _later(session, Change(order.event_id, -1, -sum(item.qty for item in items)))
    note_uncounted(session, order.organizer_id, "taken_back", order.id)


def note_given_back(session: AsyncSession, order: Order, amount: int) -> None:
    """Count that so much more (or less) of a placed order was given back."""
    if amount:
        _later(session, Change(order.event_id, refunded=amount))


def _later(session: AsyncSession, change: Change) -> None:
    waiting: list[Change] = session.info.setdefault("sales", [])
    if not waiting:
        before_commit(session, _apply)
    waiting.append(change)


async def _apply(session: AsyncSession) -> None:
    changes: list[Change] = session.info.pop("sales", [])
    await stock.settle(session)
    insert: Any = sqlite.insert if is_sqlite(session) else postgresql.insert
    for change in sorted(changes):
        row = insert(EventSales).values(**change._asdict())
        grown = {name: getattr(EventSales, name) + getattr(change, name) for name in COUNTED}
        await session.execute(
            row.on_conflict_do_update(index_elements=["event_id"], set_=grown),
            execution_options={"synchronize_session": False},
        )
