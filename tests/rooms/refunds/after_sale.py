"""An event whose whole life a test tells: codes, orders, payments at the double, what goes back."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from sqlalchemy import select, update
from sqlalchemy.engine.default import DefaultDialect
from tests.factories.auth import Person, make_owner
from tests.factories.events import make_event, make_tier
from tests.factories.payments import connect_account
from tests.fixtures.stripe_double import Delivery, StripeDouble

from handstamp.discounts.models import Discount
from handstamp.discounts.save_code import add_code
from handstamp.discounts.shapes import NewCode
from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event, Tier
from handstamp.events.publish_event import publish_event
from handstamp.events.set_prices import set_prices
from handstamp.events.shapes import PricesChange, TaxShape
from handstamp.kit.clock import MINUTE, SECOND, FakeClock
from handstamp.kit.ids import new_id
from handstamp.mail.send_mail import JOB as SEND_MAIL
from handstamp.orders.models import Order, OrderItem
from handstamp.plumbing import job_queue
from handstamp.plumbing.jobs import Worker, enqueue
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.waitlist.change_list import change_list
from handstamp.waitlist.shapes import ListChange
from handstamp.webhooks.catch_up import ACCOUNT_JOB
from handstamp.worker import JOBS

PRICES = {"Floor": 1_999, "Balcony": 3_500}
CODES: dict[str, dict[str, Any]] = {
    "TENTH": {"kind": "percent", "value": 1_000},
    "SEVEN": {"kind": "fixed", "value": 700, "max_uses": 2},
    "GUEST": {"kind": "percent", "value": 10_000, "max_uses": 2},
}
CAPACITY = 8  # of each tier
ROUNDS = 60
Made = dict[str, Any]


class Death(BaseException):
    """The worker is gone, in the middle of what it did."""


@contextmanager
def dying(step: int) -> Iterator[None]:
    """Have this process die at its n-th step: before and after each COMMIT."""
    commit: Any = DefaultDialect.do_commit
    left = step

    def count() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Death

    def do_commit(self: DefaultDialect, connection: Any) -> None:
        count()
        commit(self, connection)
        count()

    DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]
    try:
        yield
    except Death:
        return
    finally:
        DefaultDialect.do_commit = commit  # type: ignore[method-assign]


@dataclass
class AfterSale:
    """One organizer, one account at the double, one event; `held_back` is on its way to us."""

    services: Services
    clock: FakeClock
    http: httpx2.AsyncClient
    double: StripeDouble
    owner: Person
    event: Event
    tiers: list[Tier]
    account: str
    charged: str
    held_back: list[Delivery] = field(default_factory=list)

    async def orders(self, *statuses: str) -> Sequence[Order]:
        """Return the event's orders (of these statuses), in the order they were made."""
        query = select(Order).where(Order.event_id == self.event.id)
        if statuses:
            query = query.where(Order.status.in_(statuses))
        async with self.services.db.read() as session:
            return (await session.scalars(query.order_by(Order.created_at, Order.id))).all()

    async def items(self, order: Order) -> list[OrderItem]:
        """Return an order's lines."""
        query = select(OrderItem).where(OrderItem.order_id == order.id)
        async with self.services.db.read() as session:
            return list(await session.scalars(query.order_by(OrderItem.position)))

    async def at_stripe(self, kind: str) -> list[Made]:
        """Return what Stripe has of this event, the oldest first."""
        mine = {order.id for order in await self.orders()}
        found = list(reversed(await self.double.objects(kind, account=self.charged)))
        if kind in ("checkout.session", "charge"):
            return [one for one in found if one["metadata"].get("order_id") in mine]
        charges = {one["id"] for one in await self.at_stripe("charge")}
        return [one for one in found if one["charge"] in charges]

    async def pass_time(self, minutes: int) -> None:
        """Let both clocks go on."""
        self.clock.advance(minutes * MINUTE)
        await self.double.advance(minutes * 60)

    async def ask_refund(self, order: Order, wish: Made, *, times: int, same: bool) -> None:
        """Ask for a refund as the organizer, at once so many times; `same`: it is one request."""
        path, key = f"/api/tickets/orders/{order.id}/refund", new_id("key")

        async def once(number: int) -> int:
            name = {"Idempotency-Key": key if same else f"{key}{number}"}
            answer = await self.http.post(path, json=wish, headers={**self.owner.headers, **name})
            assert answer.status_code in (202, 400, 409), answer.text
            return answer.status_code

        await asyncio.gather(*(once(number) for number in range(times)))

    async def send(self, method: str, path: str, body: Made) -> int:
        """Send a request of the organizer and return the status of its answer."""
        key = {"Idempotency-Key": new_id("key")}
        headers = {**self.owner.headers, **key}
        answer = await self.http.request(method, path, json=body, headers=headers)
        return answer.status_code

    async def listen(self, order: str = "oldest", most: int = 1_000, times: int = 1) -> None:
        """Take what Stripe has to say, and deliver some of it so many times."""
        self.held_back += await self.double.take_webhooks(order)
        now, self.held_back = self.held_back[:most], self.held_back[most:]
        for event in (self.double.sent_again(one, self.clock() // SECOND) for one in now):
            path = "/api/tickets/webhooks/stripe" + "/connect" * (event.endpoint == "connect")
            for _ in range(times):
                answer = await self.http.post(path, content=event.body, headers=event.headers)
                assert answer.status_code == 200, answer.text

    async def work(self, *, dies_at: int = 0) -> None:
        """Run the jobs that are ready; at the n-th step the worker is gone, and is followed."""
        async with self.services.db.write() as session:
            waiting = update(Job).where(Job.state == "ready", Job.kind != SEND_MAIL)
            await session.execute(waiting.values(run_at=0))
        kinds = {kind: handler for kind, handler in JOBS.items() if kind != SEND_MAIL}
        if dies_at:
            with dying(dies_at):
                await Worker(self.services, kinds).drain()
            async with self.services.db.write() as session:
                running = update(Job).where(Job.state == "running")
                await session.execute(running.values(lease_until=0))
            async with self.services.db.write() as session:
                await job_queue.sweep(session)
        else:
            await Worker(self.services, kinds).drain()

    async def left_to_do(self) -> Counter[tuple[str, str, str | None]]:
        """Return the jobs that have not ended well: kind, state, last error."""
        query = select(Job.kind, Job.state, Job.error).where(
            Job.state.not_in(("done", "cancelled")), Job.kind != SEND_MAIL
        )
        async with self.services.db.read() as session:
            return Counter((r[0], r[1], r[2]) for r in await session.execute(query))

    async def settle(self) -> None:
        """Have nothing go wrong any more until all is told and done; lost events are asked for."""
        await self.double.heal()
        await self.listen()
        async with self.services.db.write() as session:
            for account in {self.charged, self.account, ""}:
                await enqueue(session, ACCOUNT_JOB, {"account": account})
        for _ in range(ROUNDS):
            await self.work()
            await self.listen()
            left = await self.left_to_do()
            if not any(state != "dead" for _, state, _ in left):
                break
        assert not left


async def open_event(
    services: Services, clock: FakeClock, http: httpx2.AsyncClient, double: StripeDouble, kind: str
) -> AfterSale:
    """Make an organizer with an account (standard or express), and an event with fees and codes."""
    owner, organizer = await make_owner(services, f"{new_id('boss')}@example.org")
    account = await connect_account(services, double, organizer, kind=kind)
    rates = [TaxShape(name="GST", ppm=50_000), TaxShape(name="QST", ppm=99_750)]
    async with services.db.write() as session:
        event = await make_event(
            session, services, organizer_id=organizer.id, published=False, tiers=(), lists=(),
            currency="EUR", start_at=clock() + 60 * 24 * 60 * MINUTE,
            end_at=clock() + 61 * 24 * 60 * MINUTE,
        )  # fmt: skip
        for name, price in PRICES.items():
            await make_tier(session, services, event, name, price_cents=price, capacity=CAPACITY)
        change = PricesChange(fee_bp=250, fee_fixed=33, tax_mode="rates", rates=rates)
        await set_prices(session, services, SYSTEM, event.id, change)
        for code, values in CODES.items():
            await add_code(session, services, SYSTEM, event.id, NewCode(code=code, **values))
        waiting = ListChange(open=True, offer_hours=1)
        await change_list(session, services, SYSTEM, event.id, waiting)
        event = await publish_event(session, services, SYSTEM, event.id, "published")
        tiers = list(await tiers_of(session, event.id))
    await double.take_webhooks()
    charged = account if kind == "standard" else ""
    return AfterSale(services, clock, http, double, owner, event, tiers, account, charged)


async def uses(sale: AfterSale) -> dict[str, int]:
    """Return how often each of the event's codes says that it was used, by id."""
    query = select(Discount).where(Discount.event_id == sale.event.id)
    async with sale.services.db.read() as session:
        return {one.id: one.used for one in await session.scalars(query)}
