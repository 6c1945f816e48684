"""Two members with something in every room: who is erased, and who must not be touched."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from tests.factories.auth import Person
from tests.factories.orders import make_paid_order, make_sale
from tests.factories.pool_members import Served, make_offer_of_pool, make_served
from tests.factories.tickets import make_tickets

from handstamp.clubs.find_clubs import Offered
from handstamp.events.models import Event
from handstamp.orders.models import Consent, Order
from handstamp.orders.start_checkout import BuyerDetails
from handstamp.plumbing.db import Base
from handstamp.plumbing.web import Services
from handstamp.preorders.models import PushSubscription
from handstamp.tickets.issue_tickets import Holder

PHONE = "+44 20 7946 0000"
NAMES = {"zelda": "Zelda Quux", "bystander": "Bystander Jones"}


@dataclass
class Somebody:
    """A member, and what they hold: a ticket from the pool, an order, an invitation's ticket."""

    email: str
    name: str
    served: Served
    order: Order
    guest: Any

    @property
    def person(self) -> Person:
        """Return them as they are signed in."""
        return self.served.person


@dataclass
class Lives:
    """Zelda and a bystander, in the same club, event and shop."""

    offer: Offered
    event: Event
    zelda: Somebody
    bystander: Somebody


async def live(services: Services) -> Lives:
    """Have both buy, be invited, pre-order, be charged, and get a ticket from the pool."""
    offer = await make_offer_of_pool(services)
    event, tiers = await make_sale(services)
    people = {}
    for served, who in zip(await make_served(services, 2, offer=offer), NAMES, strict=True):
        email, name = served.person.actor.email, NAMES[who]
        details = BuyerDetails(email, name, phone=PHONE, terms=True)
        order = await make_paid_order(services, event, {tiers[0].id: 2}, who, details=details)
        await subscribe(services, served.person)
        people[who] = Somebody(email, name, served, order, await _more(services, event, order))
    return Lives(offer, event, people["zelda"], people["bystander"])


async def _more(services: Services, event: Event, order: Order) -> Any:
    async with services.db.write() as session:
        (await session.get_one(Order, order.id)).phone = PHONE
        holder = Holder(name=order.name, email=order.email.upper(), order="G-1")
        made = await make_tickets(session, services, event, holders=[holder])
        session.add(
            Consent(
                email=order.email,
                organizer_id=order.organizer_id,
                order_id=order.id,
                wording="News?",
                given_at=services.clock(),
            )
        )
    return made[0]


async def subscribe(services: Services, person: Person) -> None:
    """Have a browser of theirs be told."""
    async with services.db.write() as session:
        session.add(
            PushSubscription(
                id=f"push_{person.actor.id}",
                user_id=person.actor.id,
                endpoint=f"https://push.example/{person.actor.id}",
                p256dh="x",
                auth="y",
                created_at=services.clock(),
            )
        )


async def dump(services: Services) -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table."""
    held = {}
    async with services.db.read() as session:
        for table in Base.metadata.sorted_tables:
            rows = await session.execute(select(table).order_by(*table.primary_key.columns))
            held[table.name] = [dict(row._mapping) for row in rows]
    return held
