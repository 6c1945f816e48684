"""Make a person's tickets tombstones: they still admit, and name nobody (R38)."""

from collections.abc import Sequence

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.announce import announce
from handstamp.plumbing.db import now
from handstamp.plumbing.web import Services
from handstamp.tickets.models import Ticket

_AT_ONCE = 500


async def forget_holder(
    session: AsyncSession, services: Services, email: str, order_ids: Sequence[str]
) -> list[str]:
    """Empty the personal fields of a person's tickets and of their orders' tickets.

    What they passed on names somebody else, and no order any more: it stays. Every phone is told.
    Returns the events concerned.
    """
    bought = and_(Ticket.order_id.in_(order_ids), Ticket.order_ref != "")
    theirs = or_(func.lower(Ticket.holder_email) == email, bought)
    query = select(Ticket.id, Ticket.event_id).where(theirs, Ticket.erased_at.is_(None))
    query = query.order_by(Ticket.id).with_for_update(key_share=True)
    found = list((await session.execute(query)).all())
    moment = now(session)
    for start in range(0, len(found), _AT_ONCE):
        ids = [row[0] for row in found[start : start + _AT_ONCE]]
        await session.execute(
            update(Ticket)
            .where(Ticket.id.in_(ids))
            .values(
                holder_name="",
                holder_email="",
                order_ref="",
                note="",
                erased_at=moment,
                updated_at=moment,
                revision=Ticket.revision + 1,
                feed_seq=None,
            )
            .execution_options(synchronize_session=False)
        )
    events = sorted({row[1] for row in found})
    for event_id in events:
        announce(session, services, event_id)
    return events
