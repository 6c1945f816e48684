"""A sale on a test's services: what tests of orders do and look at, in few words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from tests.factories.orders import ADA, make_buyer, make_sale
from tests.fixtures.stripe_double import StripeDouble

from handstamp.events.models import Event, Tier
from handstamp.kit.clock import SECOND, FakeClock
from handstamp.ledger.balances import every_balance
from handstamp.mail.models import Mail
from handstamp.orders.check_stock import stock_differences
from handstamp.orders.count_sales import count_sales, recount_sales
from handstamp.orders.hold_tickets import hold
from handstamp.orders.models import Order
from handstamp.orders.settle_order import settle_session
from handstamp.orders.start_checkout import BuyerDetails, StartedCheckout, start_checkout
from handstamp.payments.models import Payment
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import Services
from handstamp.tickets.models import Ticket
from handstamp.tickets.stock import Count, counts


@dataclass
class Sale:
    """An event on sale at the double, by direct charges of `account`."""

    services: Services
    clock: FakeClock
    double: StripeDouble
    account: str
    event: Event
    tiers: list[Tier]

    async def hold(self, qty: int = 2, name: str = "ada", tier: int = 0) -> Order:
        """Hold tickets of one tier."""
        return await hold(
            self.services, make_buyer(name), self.event.id, {self.tiers[tier].id: qty}
        )

    async def start(self, order: Order, details: BuyerDetails = ADA) -> StartedCheckout:
        """Open the payment page."""
        return await start_checkout(self.services, order.id, details)

    async def buy(self, qty: int = 2, name: str = "ada") -> Order:
        """Hold, pay, and let the webhook's use case run."""
        order = await self.hold(qty, name)
        await self.start(order)
        await self.pay(order)
        assert await self.settle(order) == "paid"
        return await self.find(order)

    async def pay(self, order: Order, card: str = "4242424242424242") -> dict[str, Any]:
        """Pay on Stripe's page."""
        return await self.double.pay(await self.session_of(order), card)

    async def settle(self, order: Order) -> str:
        """Do what a webhook of the order's session does."""
        return await settle_session(self.services, await self.session_of(order), self.account)

    async def session_of(self, order: Order) -> str:
        """Return the id of the order's session."""
        found = (await self.find(order)).checkout_session_id
        assert found is not None
        return found

    async def find(self, order: Order | str) -> Order:
        """Return an order as it is stored now."""
        order_id = order if isinstance(order, str) else order.id
        async with self.services.db.read() as session:
            found = await session.get(Order, order_id)
        assert found is not None
        return found

    async def change(self, order: Order, **values: Any) -> None:
        """Write columns of an order past every rule."""
        async with self.services.db.write() as session:
            found = await session.get(Order, order.id)
            for name, value in values.items():
                setattr(found, name, value)

    async def advance(self, millis: int) -> None:
        """Move our clock and Stripe's on together."""
        self.clock.advance(millis)
        await self.double.advance(millis // SECOND)

    async def tickets(self, order: Order) -> list[Ticket]:
        """Return the order's tickets."""
        query = select(Ticket).where(Ticket.order_id == order.id).order_by(Ticket.id)
        async with self.services.db.read() as session:
            return list(await session.scalars(query))

    async def taken(self) -> Count:
        """Return what is taken of the first tier, after proving that the stock is right."""
        async with self.services.db.read() as session:
            assert await stock_differences(session, [self.event.id]) == []
            kept = await count_sales(session, self.event.id)
            assert kept == await recount_sales(session, self.event.id)
            found = await counts(session, [self.event.id])
        return found.get((self.event.id, self.tiers[0].id), Count())

    async def mails(self) -> list[str]:
        """Return the kinds of mail that are queued, in order."""
        async with self.services.db.read() as session:
            rows = await session.scalars(select(Mail).order_by(Mail.created_at, Mail.id))
            return [mail.kind for mail in rows]

    async def jobs(self, kind: str) -> list[str]:
        """Return the arguments of the jobs of a kind."""
        async with self.services.db.read() as session:
            return list(await session.scalars(select(Job.args).where(Job.kind == kind)))

    async def payments(self) -> list[Payment]:
        """Return every payment."""
        async with self.services.db.read() as session:
            return list(await session.scalars(select(Payment).order_by(Payment.created_at)))

    async def sessions(self) -> list[dict[str, Any]]:
        """Return every session at Stripe, the newest first."""
        return await self.double.objects("checkout.session", account=self.account)

    async def balance_holds(self) -> None:
        """Prove that the ledger has what Stripe has."""
        async with self.services.db.read() as session:
            rows = await every_balance(session)
        ours = sum(
            row.amount
            for row in rows
            if row.book == self.account and row.account == "stripe_balance"
        )
        theirs: Mapping[str, Mapping[str, int]] = await self.double.balance(account=self.account)
        assert ours == sum(sum(parts.values()) for parts in theirs.values())


async def open_sale(
    services: Services, clock: FakeClock, double: StripeDouble, **others: Any
) -> Sale:
    """Put an event on sale, in euros, with an account at the double."""
    account = await double.account()
    event, tiers = await make_sale(services, account=account, currency="EUR", **others)
    return Sale(services, clock, double, account, event, tiers)
