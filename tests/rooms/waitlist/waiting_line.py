"""A sold-out event with a waiting list: what tests of lists do and look at, in few words."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from tests.factories.auth import make_person
from tests.factories.orders import make_buyer, make_paid_order
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.orders.sale import Sale, open_sale

from handstamp.kit.clock import DAY, HOUR, FakeClock
from handstamp.orders.hold_book import Held
from handstamp.orders.models import Order
from handstamp.orders.take_offer import take_offer
from handstamp.plumbing.web import NOBODY, SYSTEM, Actor, Services
from handstamp.refunds.void_tickets import turn
from handstamp.waitlist.change_list import change_list
from handstamp.waitlist.join_list import Joined, Wanted, join_list
from handstamp.waitlist.models import Waiting, WaitOffer
from handstamp.waitlist.offer_tickets import bring_up_to_date
from handstamp.waitlist.shapes import ListChange


class Line(Sale):
    """A sale whose first tier has two tickets, both bought by `first`."""

    first: Order

    async def set(self, **values: Any) -> None:
        """Change how the list works."""
        async with self.services.db.write() as session:
            change = ListChange(**values)
            await change_list(session, self.services, SYSTEM, self.event.id, change)

    async def join(
        self, name: str, qty: int = 1, *, tier: int | None = 0, fewer: bool = False
    ) -> Waiting:
        """Let a signed-in person join; a moment passes afterwards."""
        person = await make_person(self.services, f"{name}@example.org")
        found = await self.ask(person.actor, qty, tier=tier, fewer=fewer)
        assert found.waiting is not None
        self.clock.advance(1_000)
        return found.waiting

    async def ask(
        self, actor: Actor = NOBODY, qty: int = 1, *, tier: int | None = 0, **others: Any
    ) -> Joined:
        """Join as somebody."""
        tier_id = "" if tier is None else self.tiers[tier].id
        wanted = Wanted(tier_id, qty, **others)
        return await join_list(self.services, actor, self.event.id, wanted)

    async def free(self) -> None:
        """Take the tickets of the first order back; nothing is told to the list."""
        async with self.services.db.write() as session:
            locked = await session.get_one(Order, self.first.id)
            await turn(session, self.services, locked, ["valid"], "cancelled")

    async def run(self) -> int:
        """Do what the list's job does."""
        return await bring_up_to_date(self.services, self.event.id)

    async def take(self, waiting: Waiting, name: str = "ada", quantity: int | None = None) -> Held:
        """Take an offer as a browser."""
        buyer = make_buyer(name)
        return await take_offer(self.services, buyer, waiting.id, quantity=quantity)

    async def now(self, waiting: Waiting) -> Waiting:
        """Return somebody as stored."""
        async with self.services.db.read() as session:
            return await session.get_one(Waiting, waiting.id)

    async def statuses(self, people: Sequence[Waiting]) -> list[str]:
        """Return how people stand."""
        return [(await self.now(one)).status for one in people]

    async def offers(self) -> list[WaitOffer]:
        """Return all offers, the oldest first."""
        query = select(WaitOffer).order_by(WaitOffer.created_at, WaitOffer.id)
        async with self.services.db.read() as session:
            return list(await session.scalars(query))


async def open_line(services: Services, clock: FakeClock, double: StripeDouble) -> Line:
    """Put an event on sale, sell the first tier out, and open a waiting list."""
    start = clock() + 30 * DAY
    sale = await open_sale(
        services, clock, double, capacity=2, start_at=start, end_at=start + 4 * HOUR
    )
    line = Line(**vars(sale))
    line.first = await make_paid_order(services, line.event, {line.tiers[0].id: 2}, "first")
    await line.set(open=True)
    return line
