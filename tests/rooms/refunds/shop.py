"""A shop whose orders are paid at the double: what refunds and disputes begin from."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import httpx2
from sqlalchemy import select, update
from tests.factories.auth import Person, make_owner
from tests.factories.events import make_event
from tests.factories.payments import connect_account
from tests.fixtures.sales_figures import check_figures
from tests.fixtures.stripe_double import Delivery, StripeDouble

from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event, Tier
from handstamp.kit.clock import MINUTE
from handstamp.kit.ids import new_id
from handstamp.ledger.balances import every_balance
from handstamp.ledger.rules import PLATFORM
from handstamp.mail.models import Mail
from handstamp.mail.send_mail import JOB as SEND_MAIL
from handstamp.orders.count_sales import count_sales, recount_sales
from handstamp.orders.fulfil_order import fulfil
from handstamp.orders.models import Order, OrderItem
from handstamp.payments.facts import CheckoutFacts, NewCheckout
from handstamp.payments.gateway import gateway
from handstamp.payments.models import Payment
from handstamp.plumbing.jobs import Worker
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import Services
from handstamp.refunds.models import Dispute, Refund
from handstamp.tickets import stock
from handstamp.tickets.models import Ticket
from handstamp.worker import JOBS

CURRENCY = "EUR"
CAPACITY = 20
FEE = 110


@dataclass
class Shop:
    """An organizer with an account at the double, an event on sale, and what happens to orders."""

    services: Services
    http: httpx2.AsyncClient
    double: StripeDouble
    owner: Person
    organizer_id: str
    event: Event
    tiers: list[Tier]
    account: str
    charge_type: str = "direct"
    charged: str = ""
    destination: str = ""

    async def buy(
        self,
        lines: Sequence[tuple[int, int]] = ((2, 2000), (1, 1500)),
        *,
        card: str = "4242424242424242",
        fee: int = FEE,
        late: bool = False,
    ) -> Order:
        """Return a paid order with a line (tickets, price of one) for each tier, fees and tax.

        `late`: it was paid when its hold was over and nothing was left.
        """
        order, items = await self.hold(lines, fee=fee, late=late)
        paid = await self.pay(order, items, card)
        assert paid.payment is not None
        async with self.services.db.write() as session:
            outcome = await fulfil(session, self.services, order, paid.payment)
        assert outcome == ("no_stock" if late else "fulfilled")
        await self.double.take_webhooks()
        return order

    async def hold(
        self, lines: Sequence[tuple[int, int]], *, fee: int = FEE, late: bool = False
    ) -> tuple[Order, list[OrderItem]]:
        """Return a pending order, or one that ran out while others took everything."""
        order, items = self._order(lines, fee)
        taken = items[:1] if late else items
        wants = {item.tier_id: CAPACITY if late else item.qty for item in taken}
        async with self.services.db.write() as session:
            session.add(order)
            await session.flush()
            session.add_all(items)
            assert await stock.reserve_in(session, self.event.id, wants)
            order.status = "expired" if late else "pending"
        return order, items

    def _order(self, lines: Sequence[tuple[int, int]], fee: int) -> tuple[Order, list[OrderItem]]:
        now, order_id = self.services.clock(), new_id("ord")
        items = [
            OrderItem(
                id=new_id("oi"),
                order_id=order_id,
                position=position,
                tier_id=self.tiers[position].id,
                tier_name=self.tiers[position].name,
                qty=qty,
                unit_price=price,
                discount=0,
                fee=10 * qty,
                tax=price * qty // 10,
                total=price * qty + 10 * qty + price * qty // 10,
                names_json="[]",
            )
            for position, (qty, price) in enumerate(lines)
        ]
        order = Order(
            id=order_id,
            number=f"HS-{order_id[-5:].upper()}",
            event_id=self.event.id,
            organizer_id=self.organizer_id,
            buyer_key=new_id("b"),
            email="buyer@example.com",
            name="Ada Buyer",
            currency=CURRENCY,
            subtotal=sum(item.unit_price * item.qty for item in items),
            fees=sum(item.fee for item in items),
            tax=sum(item.tax for item in items),
            total=sum(item.total for item in items),
            application_fee=fee,
            account=self.account,
            charge_type=self.charge_type,
            expires_at=now,
            created_at=now,
        )
        return order, items

    async def pay(
        self, order: Order, items: list[OrderItem], card: str = "4242424242424242"
    ) -> CheckoutFacts:
        """Pay an order at the double; nobody here hears of it yet."""
        stripe = gateway(self.services)
        wanted = NewCheckout(
            order_id=order.id,
            number=order.number,
            account=self.charged,
            charge_type=self.charge_type,
            destination=self.destination,
            currency=CURRENCY,
            lines=[(item.tier_name, item.total, 1) for item in items],
            application_fee=order.application_fee,
            email=order.email,
            expires_at=self.services.clock() + 31 * MINUTE,
            success_url="http://testserver/done",
            cancel_url="http://testserver/back",
        )
        opened = await stripe.create_checkout(wanted, key=new_id("test"))
        await self.double.pay(opened.id, card)
        return await stripe.retrieve_checkout(opened.id, account=self.charged)

    async def hear(self, order: str = "oldest") -> None:
        """Deliver what the double has to say, and do the work."""
        await self.work()
        for event in await self.double.take_webhooks(order):
            await self.take(event)
        await self.work()

    async def take(self, event: Delivery) -> None:
        """Deliver one event."""
        path = "/api/tickets/webhooks/stripe" + "/connect" * (event.endpoint == "connect")
        answer = await self.http.post(path, content=event.body, headers=event.headers)
        assert answer.status_code == 200, answer.text

    async def work(self, *, late: bool = False) -> None:
        """Run the jobs that are ready (`late`: also those that wait for their next try)."""
        if late:
            async with self.services.db.write() as session:
                waiting = update(Job).where(Job.state == "ready", Job.kind != SEND_MAIL)
                await session.execute(waiting.values(run_at=0))
        kinds = {kind: handler for kind, handler in JOBS.items() if kind != SEND_MAIL}
        await Worker(self.services, kinds).drain()

    async def mails(self, order: Order) -> list[str]:
        """Return the kinds of mail queued about an order, sorted."""
        async with self.services.db.read() as session:
            query = select(Mail.kind).where(Mail.about == f"order:{order.id}")
            return sorted(await session.scalars(query))

    async def intent(self, order: Order) -> str:
        """Return the PaymentIntent of an order."""
        async with self.services.db.read() as session:
            query = select(Payment.payment_intent_id).where(Payment.subject_id == order.id)
            return (await session.scalars(query)).one()

    async def tickets(self, order: Order) -> list[str]:
        """Return the statuses of an order's tickets, line by line."""
        async with self.services.db.read() as session:
            query = select(Ticket.status).where(Ticket.order_id == order.id).order_by(Ticket.id)
            return list(await session.scalars(query))

    async def refunds(self, order: Order) -> list[Refund]:
        """Return an order's refunds."""
        async with self.services.db.read() as session:
            query = select(Refund).where(Refund.order_id == order.id)
            return list(await session.scalars(query.order_by(Refund.created_at, Refund.id)))

    async def disputes(self, order: Order) -> list[Dispute]:
        """Return an order's disputes."""
        async with self.services.db.read() as session:
            return list(await session.scalars(select(Dispute).where(Dispute.order_id == order.id)))

    async def now(self, order: Order) -> tuple[str, int]:
        """Return an order's status and how much of it was refunded."""
        async with self.services.db.read() as session:
            found = await session.get_one(Order, order.id)
            return found.status, found.refunded

    async def view(self, order: Order) -> dict[str, object]:
        """Return what the API tells the organizer about an order's refunds."""
        answer = await self.http.get(
            f"/api/tickets/orders/{order.id}/refunds", headers=self.owner.headers
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, object] = json.loads(answer.text)
        return found

    async def ask(self, order: Order, **body: object) -> httpx2.Response:
        """Ask for a refund as the organizer."""
        path = f"/api/tickets/orders/{order.id}/refund"
        return await self.http.post(path, json=body, headers=self.owner.headers)

    async def sent(self) -> list[dict[str, object]]:
        """Return the refunds that were asked for at the double, by call."""
        calls = await self.double.requests("/v1/refunds")
        return [call for call in calls if call["method"] == "POST"]

    async def left_to_do(self) -> list[tuple[str, str]]:
        """Return the jobs that have not ended well."""
        async with self.services.db.read() as session:
            query = select(Job.kind, Job.state).where(Job.state != "done", Job.kind != SEND_MAIL)
            return [(row[0], row[1]) for row in await session.execute(query)]

    async def check_books(self) -> None:
        """Compare the ledger with the balances at the double, account by account."""
        async with self.services.db.read() as session:
            ours = {
                one.book: one.amount
                for one in await every_balance(session)
                if one.account == "stripe_balance" and one.amount
            }
        theirs = {}
        for book in {PLATFORM, self.account}:
            held = await self.double.balance(account="" if book == PLATFORM else book)
            amount = sum(sum(each.values()) for each in held.values())
            if amount:
                theirs[book] = amount
        assert ours == theirs
        async with self.services.db.read() as session:
            kept = await count_sales(session, self.event.id)
            assert kept == await recount_sales(session, self.event.id)
        await check_figures(self.services, self.event.id, self.account)


async def open_shop(
    services: Services, http: httpx2.AsyncClient, double: StripeDouble, kind: str
) -> Shop:
    """Make the organizer, their account (standard or express), and an event with two tiers."""
    owner, organizer = await make_owner(services)
    account = await connect_account(services, double, organizer, kind=kind)
    async with services.db.write() as session:
        event = await make_event(
            session,
            services,
            organizer_id=organizer.id,
            tiers=("Floor", "Balcony"),
            currency=CURRENCY,
            capacity=CAPACITY,
        )
        tiers = list(await tiers_of(session, event.id))
    await double.take_webhooks()
    direct = kind == "standard"
    return Shop(
        services=services,
        http=http,
        double=double,
        owner=owner,
        organizer_id=organizer.id,
        event=event,
        tiers=tiers,
        account=account,
        charge_type="direct" if direct else "destination",
        charged=account if direct else "",
        destination="" if direct else account,
    )
