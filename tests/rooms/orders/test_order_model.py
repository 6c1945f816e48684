"""Any story of buyers, payments, lost answers and dead processes, held to what must not happen."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from tests.factories.orders import ADA, make_buyer, make_sale
from tests.fixtures.services import make_settings
from tests.rooms.orders.paper_stripe import Death, Page, PaperStripe

from handstamp.events.edit_event import edit_event
from handstamp.events.shapes import EventChange
from handstamp.kit.clock import MINUTE, FakeClock
from handstamp.kit.ids import new_id
from handstamp.ledger.balances import every_balance
from handstamp.orders.cancel_order import cancel
from handstamp.orders.check_stock import stock_differences
from handstamp.orders.count_sales import count_sales, recount_sales
from handstamp.orders.expire_orders import sweep
from handstamp.orders.find_orders import items_of_orders
from handstamp.orders.hold_tickets import hold
from handstamp.orders.models import Order
from handstamp.orders.settle_order import settle_order, settle_session
from handstamp.orders.start_checkout import start_checkout
from handstamp.payments.gateway import ROOM
from handstamp.payments.gateway_errors import GatewayError
from handstamp.payments.models import PaymentAccount
from handstamp.plumbing.errors import Problem
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import SYSTEM, Services, build_services
from handstamp.tickets.models import Ticket
from handstamp.tickets.stock import counts

STORIES = {"sqlite": 60, "postgresql": 20}
STEPS = 25
CAPACITY = 5
EVENT_CAPACITY = 7
BUYERS = st.integers(0, 2)
NTH = st.integers(0, 7)
FAULTS = st.sampled_from(["lost", "unheard", "dies", "dies after"])
EXPECTED = (Problem, GatewayError, Death)
Result = TypeVar("Result")


class Stories(RuleBasedStateMachine):
    """One event, three buyers, two tiers; Stripe on paper."""

    runner: asyncio.Runner
    services: Services
    clock: FakeClock

    def __init__(self) -> None:
        super().__init__()
        self.stripe = PaperStripe(self.clock)
        self.services.rooms[ROOM] = self.stripe
        self.name = new_id("story")
        self.pending: list[str] = []
        self.run(self._open())

    async def _open(self) -> None:
        services = self.services
        self.event, self.tiers = await make_sale(services, capacity=CAPACITY)
        async with services.db.write() as session:
            change = EventChange(capacity=EVENT_CAPACITY)
            await edit_event(session, services, SYSTEM, self.event.id, change)
            account = await session.get(PaymentAccount, self.event.organizer_id)
        assert account is not None
        self.account = account.stripe_account_id

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run to the end."""
        return self.runner.run(work)

    def attempt(self, work: Coroutine[Any, Any, object]) -> None:
        """Run until it ends, is refused, hears nothing or dies."""
        try:
            self.run(work)
        except EXPECTED:
            return

    @rule(who=BUYERS, a=st.integers(0, 3), b=st.integers(0, 3))
    def holds(self, who: int, a: int, b: int) -> None:
        """A buyer chooses tickets."""
        wants = {self.tiers[0].id: a, self.tiers[1].id: b}
        self.attempt(hold(self.services, self._buyer(who), self.event.id, wants))

    @rule(nth=NTH, other_address=st.booleans())
    def starts(self, nth: int, other_address: bool) -> None:
        """A buyer goes on to pay."""
        details = replace(ADA, email="eve@example.org") if other_address else ADA
        for order_id in self._nth(self.pending, nth):
            self.attempt(start_checkout(self.services, order_id, details))

    @rule(nth=NTH, times=st.integers(2, 3))
    def clicks_again_and_again(self, nth: int, times: int) -> None:
        """A buyer starts to pay in several windows at once."""
        for order_id in self._nth(self.pending, nth):
            self.run(self._at_once(order_id, times))

    async def _at_once(self, order_id: str, times: int) -> None:
        started = (start_checkout(self.services, order_id, ADA) for _ in range(times))
        for found in await asyncio.gather(*started, return_exceptions=True):
            assert not isinstance(found, BaseException) or isinstance(found, EXPECTED), found

    @rule(nth=NTH)
    def pays(self, nth: int) -> None:
        """Somebody pays at Stripe."""
        for page in self._nth(self._pages("open"), nth):
            page.status, page.paid, page.error = "complete", True, ""

    @rule(nth=NTH)
    def is_declined(self, nth: int) -> None:
        """A card is declined."""
        for page in self._nth(self._pages("open"), nth):
            page.error = "card_declined"

    @rule(nth=NTH)
    def pays_too_late(self, nth: int) -> None:
        """Stripe takes a payment for what it said was closed."""
        for page in self._nth(self._pages("expired"), nth):
            page.status, page.paid = "complete", True

    @rule(nth=NTH, times=st.integers(1, 3))
    def webhooks_come(self, nth: int, times: int) -> None:
        """A webhook comes, at once or late, once or several times at the same moment."""
        for page in self._nth(list(self.stripe.pages.values()), nth):
            self.run(self._webhooks(page.id, times))

    async def _webhooks(self, page_id: str, times: int) -> None:
        work = (settle_session(self.services, page_id, self.account) for _ in range(times))
        for found in await asyncio.gather(*work, return_exceptions=True):
            assert isinstance(found, (str, *EXPECTED)), found

    @rule(nth=NTH)
    def looks_at_the_order(self, nth: int) -> None:
        """The page of an order asks how things stand."""
        for order_id in self._nth(self.pending, nth):
            self.attempt(settle_order(self.services, order_id))

    @rule(nth=NTH)
    def cancels(self, nth: int) -> None:
        """A buyer gives tickets back."""
        for order_id in self._nth(self.pending, nth):
            self.attempt(cancel(self.services, order_id))

    @rule(nth=NTH)
    def everything_happens_at_once(self, nth: int) -> None:
        """Windows, buttons and jobs meet at the same order."""
        for order_id in self._nth(self.pending, nth):
            self.run(self._race(order_id))

    async def _race(self, order_id: str) -> None:
        of = self.services
        other = replace(ADA, email="eve@example.org")
        work: list[Coroutine[Any, Any, object]] = [
            start_checkout(of, order_id, ADA),
            cancel(of, order_id),
            start_checkout(of, order_id, other),
            settle_order(of, order_id),
        ]
        for found in await asyncio.gather(*work, return_exceptions=True):
            assert not isinstance(found, BaseException) or isinstance(found, EXPECTED), found

    @rule(minutes=st.sampled_from([1, 5, 14, 16, 35]))
    def time_passes(self, minutes: int) -> None:
        """Both clocks go on."""
        self.clock.advance(minutes * MINUTE)
        self.stripe.pass_time()

    @rule()
    def is_swept(self) -> None:
        """The sweep of each minute runs."""
        self.attempt(sweep(self.services))

    @rule(faults=st.lists(FAULTS, min_size=1, max_size=3))
    def things_go_wrong(self, faults: list[str]) -> None:
        """The coming calls go wrong."""
        self.stripe.faults = faults

    @invariant()
    def nothing_is_sold_twice(self) -> None:
        """The stock says what orders and tickets say, and never more than there is."""
        if hasattr(self, "event"):
            self.run(self._check())

    async def _check(self) -> None:
        async with self.services.db.read() as session:
            assert await stock_differences(session, [self.event.id]) == []
            kept = await count_sales(session, self.event.id)
            assert kept == await recount_sales(session, self.event.id)
            for (_event, tier), count in (await counts(session, [self.event.id])).items():
                assert count.taken <= (CAPACITY if tier else EVENT_CAPACITY)
            query = (
                select(Order)
                .where(Order.event_id == self.event.id)
                .order_by(Order.created_at, Order.id)
            )
            orders = (await session.scalars(query)).all()
            lines = await items_of_orders(session, orders)
            tickets = Counter(
                (await session.scalars(
                    select(Ticket.order_id).where(Ticket.event_id == self.event.id)
                )).all()
            )  # fmt: skip
        self.pending = [order.id for order in orders if order.status == "pending"]
        pending = Counter(order.buyer_key for order in orders if order.status == "pending")
        assert max(pending.values(), default=0) <= 1
        for order in orders:
            bought = sum(line.qty for line in lines[order.id])
            assert tickets[order.id] == (bought if order.status == "paid" else 0)

    def teardown(self) -> None:
        """All answers come in the end: then nothing is open, stuck, lost or paid for nothing."""
        if hasattr(self, "event"):
            self.stripe.faults = []
            self.run(self._end())

    async def _end(self) -> None:
        for page_id in self.stripe.pages:
            await settle_session(self.services, page_id, self.account)
        self.clock.advance(16 * MINUTE)
        await sweep(self.services)
        await self._check()
        assert not self._pages("open")
        async with self.services.db.read() as session:
            query = select(Order).where(Order.event_id == self.event.id)
            orders = {order.id: order for order in await session.scalars(query)}
            balances = await every_balance(session)
            refunds = (
                await session.scalars(select(Job.args).where(Job.kind == "refund.order"))
            ).all()
        assert "pending" not in {order.status for order in orders.values()}
        paid = Counter(page.wanted.order_id for page in self.stripe.pages.values() if page.paid)
        for order_id, times in paid.items():
            given_back = sum(order_id in args for args in refunds)
            assert orders[order_id].status in ("paid", "late_refunded")
            kept = orders[order_id].status == "paid"
            assert given_back == times - kept
        assert {o.id for o in orders.values() if o.status == "paid" and o.total} <= set(paid)
        booked = sum(
            row.amount
            for row in balances
            if row.book == self.account and row.account == "stripe_balance"
        )
        assert booked == self.stripe.total()

    def _buyer(self, who: int) -> Any:
        return make_buyer(f"{self.name}:{who}")

    def _nth(self, found: Sequence[Result], nth: int) -> Sequence[Result]:
        """Return one of what there is, if there is any: what is drawn must not depend on it."""
        return found[nth % len(found) :][:1] if found else ()

    def _pages(self, status: str) -> list[Page]:
        return [page for page in self.stripe.pages.values() if page.status == status]


@contextmanager
def stories_on(database_url: str) -> Iterator[type[Stories]]:
    """Return the stories of an installation whose Stripe is made of paper."""
    moment = FakeClock()
    with asyncio.Runner() as runner:
        services = build_services(
            make_settings(database_url, enable_checkout=True, stripe_secret_key="sk_test_paper"),
            moment,
        )

        class Here(Stories):
            pass

        Here.runner, Here.services, Here.clock = runner, services, moment
        yield Here
        runner.run(services.db.close())


def test_paid_on_an_earlier_page_closes_the_present_one(database_url: str) -> None:
    with stories_on(database_url) as stories:
        story = stories()
        story.holds(who=0, a=1, b=0)
        story.nothing_is_sold_twice()
        story.starts(nth=0, other_address=False)
        story.starts(nth=0, other_address=True)
        story.pays_too_late(nth=0)
        story.webhooks_come(nth=0, times=1)
        story.nothing_is_sold_twice()
        assert [page.status for page in story.stripe.pages.values()] == ["complete", "expired"]
        story.teardown()


def test_no_story_sells_twice_or_loses_money(database_url: str) -> None:
    stories = STORIES["sqlite" if database_url.startswith("sqlite") else "postgresql"]
    with stories_on(database_url) as here:
        quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
        run_state_machine_as_test(
            here,
            settings=settings(
                max_examples=stories,
                stateful_step_count=STEPS,
                deadline=None,
                suppress_health_check=quiet,
            ),
        )
