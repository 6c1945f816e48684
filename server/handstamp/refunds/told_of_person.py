"""What is kept of refunds and disputes of a person's payments."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.refunds.models import Dispute, Refund


async def refunds_told(
    session: AsyncSession, order_ids: Sequence[str], preorder_ids: Sequence[str]
) -> dict[str, Any]:
    """Return refunds and disputes, the oldest first."""
    found = {}
    for name, table, columns in (
        ("refunds", Refund, ("amount", "currency", "reason", "note", "status", "created_at")),
        ("disputes", Dispute, ("amount", "currency", "reason", "status", "outcome", "created_at")),
    ):
        theirs = or_(table.order_id.in_(order_ids), table.preorder_id.in_(preorder_ids))
        rows = await session.scalars(select(table).where(theirs).order_by(table.created_at))
        found[name] = [{column: getattr(row, column) for column in columns} for row in rows]
    return found
