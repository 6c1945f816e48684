"""What was bought with an event's codes."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.orders.models import Order
from handstamp.orders.rules import PLACED


@dataclass(frozen=True)
class CodeSums:
    """Placed orders with a code: how many, what was taken off, what was paid; minor units."""

    orders: int
    discount: int
    total: int


async def sums_by_code(session: AsyncSession, event_id: str) -> dict[str, CodeSums]:
    """Return the sums of an event's placed orders by the id of their code, of either kind."""
    found: dict[str, CodeSums] = {}
    for column in (Order.access_code_id, Order.discount_code_id):
        sums = (func.count(), func.sum(Order.discount), func.sum(Order.total))
        query = (
            select(column, *sums)
            .where(Order.event_id == event_id, column.is_not(None), Order.status.in_(PLACED))
            .group_by(column)
        )
        for row in await session.execute(query):
            found[str(row[0])] = CodeSums(int(row[1]), int(row[2] or 0), int(row[3] or 0))
    return found
