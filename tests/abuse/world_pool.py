"""What each organizer of the world has of the ticket pool: a pre-order with a ticket, by hand."""

from typing import Any

from tests.factories.pool_rows import make_stand

from handstamp.events.find_events import tiers_of
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.pool.reassign import reassign


async def add_pool(services: Services, side: Any) -> None:
    """Give the uploaded ticket of a side's event by hand to a pre-order that had another."""
    async with services.db.write() as session:
        tier = (await tiers_of(session, side.event.id))[0]
        stand = await make_stand(session, services, side.event, tier, demands=1, tickets=1)
        ticket, demand = side.ids["pool_ticket_id"], stand.demands[0]
        done = await reassign(session, SYSTEM, ticket_id=ticket, demand_id=demand)
    side.ids |= {
        "demand_id": demand,
        "assignment_id": done.assignment.id,
        "user_id": side.person.actor.id,
    }
