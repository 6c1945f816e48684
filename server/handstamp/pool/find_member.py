"""Finding all that a member has of an organizer's ticket pools, by their whole address."""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.models import Event
from handstamp.kit.clock import Millis
from handstamp.plumbing.web import Actor
from handstamp.pool.models import Demand
from handstamp.pool.pool_figures import check_support

MOST = 50


class MembersOrder(NamedTuple):
    """A pre-order of a member, with its event."""

    demand_id: str
    number: str
    name: str
    status: str
    event_id: str
    title: str
    start_at: Millis
    time_zone: str


async def orders_of_member(
    session: AsyncSession, actor: Actor, organizer_id: str, email: str
) -> list[MembersOrder]:
    """Return a member's pre-orders that the pool serves, the latest first, at most 50.

    Raises:
        NotFound: the organizer is not one whose members the actor helps.
    """
    check_support(actor, organizer_id)
    query = (
        select(
            Demand.id, Demand.number, Demand.name, Demand.status,
            Event.id, Event.title, Event.start_at, Event.time_zone,
        )
        .join(Event, Event.id == Demand.event_id)
        .where(Demand.organizer_id == organizer_id, Demand.email == email.strip().lower())
        .order_by(Demand.confirmed_at.desc(), Demand.id.desc())
        .limit(MOST)
    )  # fmt: skip
    return [MembersOrder(*row) for row in await session.execute(query)]
