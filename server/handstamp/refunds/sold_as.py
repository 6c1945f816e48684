"""What a refund or a dispute is about, as mails to a team name it."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.models import Event
from handstamp.refunds import store
from handstamp.refunds.models import Dispute, Refund


async def sold_as(session: AsyncSession, row: Refund | Dispute) -> tuple[str, Event, str]:
    """Return its number, its event, and the path of its page below the event's pages."""
    if row.preorder_id:
        wish = await store.preorder(session, row.preorder_id)
        assert wish is not None, "it is of something"
        event = await session.get_one(Event, wish.event_id)
        return wish.number, event, f"pre-orders/{wish.id}"
    order = await store.order(session, row.order_id or "")
    assert order is not None, "it is of something"
    return order.number, await session.get_one(Event, order.event_id), f"orders/{order.id}"
