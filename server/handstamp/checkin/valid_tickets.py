"""How many valid tickets each tier of an event has, counted again only when a ticket changed."""

from collections import OrderedDict
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.tickets.models import Ticket

MOST_EVENTS = 200


class _Counted(NamedTuple):
    last: int
    by_tier: dict[int, int]


# By event. Whoever changes a ticket takes its number away, and the next one is higher than any
# before: while the highest number is the same and none is missing, so are the counts.
_counted: OrderedDict[str, _Counted] = OrderedDict()


async def valid_tickets(session: AsyncSession, event_id: str) -> dict[int, int]:
    """Return the numbers of valid tickets by the number of their tier."""
    of_event = Ticket.event_id == event_id
    waits = await session.scalar(
        select(Ticket.id).where(of_event, Ticket.feed_seq.is_(None)).limit(1)
    )
    last = await session.scalar(select(func.max(Ticket.feed_seq)).where(of_event))
    known = _counted.get(event_id)
    if known and waits is None and known.last == last:
        return known.by_tier
    rows = await session.execute(
        select(Ticket.tier_no, func.count())
        .where(of_event, Ticket.status == "valid")
        .group_by(Ticket.tier_no)
    )
    by_tier = {row[0]: row[1] for row in rows}
    if waits is None and last is not None:
        _counted[event_id] = _Counted(last, by_tier)
        _counted.move_to_end(event_id)
        while len(_counted) > MOST_EVENTS:
            _counted.popitem(last=False)
    return by_tier
