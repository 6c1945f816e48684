"""Any story after the sale, with faults and deaths: no ticket, cent, use or place is lost.

Orders, codes, refunds, disputes, tickets passed on or given by hand, a waiting list.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.contract.long_counts import long_count
from tests.factories.orders import ADA, make_buyer
from tests.factories.payments import selling_settings
from tests.fixtures.services import PUBLIC_URL
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.refunds.after_sale_checks import check_now, check_settled
from tests.rooms.refunds.after_sale_hands import Hands, check_hands

from handstamp.app import create_app
from handstamp.kit.clock import FakeClock
from handstamp.orders.cancel_order import cancel
from handstamp.orders.expire_orders import sweep
from handstamp.orders.hold_tickets import hold
from handstamp.orders.rules import PLACED
from handstamp.orders.start_checkout import start_checkout
from handstamp.payments import stripe_gateway
from handstamp.plumbing.web import build_services

pytestmark = pytest.mark.timeout(3_600)
SHARE, FULL, STEPS = {"sqlite": 3, "postgresql": 2}, 150, 25
GOOD_CARDS = st.sampled_from(["4242424242424242", "4000000000007726"])
CARDS = GOOD_CARDS | st.just("4000000000000002")
CODES = st.sampled_from(["", "", "TENTH", "SEVEN", "GUEST"])
FAULTS = st.sampled_from(["429", "500", "503", "500_after", "drop", "drop_before"])
ORDERS = st.sampled_from(["oldest", "newest", "shuffled"])
NTH = st.integers(0, 9)
DEATHS = (2, 3, 5)  # the worker's: before the refund is made at Stripe, and after


class Stories(Hands):
    """One event, three buyers, two tiers, three codes, a waiting list."""

    @initialize(kind=st.sampled_from(["standard", "express"]), card=GOOD_CARDS)
    def opens(self, kind: str, card: str) -> None:
        """An organizer begins to sell, and somebody has bought already."""
        self.begin(kind)
        self.buys(0, 2, 1, "TENTH", card)
        self.run(self.sale.settle())

    @rule(who=st.integers(0, 2), a=st.integers(0, 3), b=st.integers(0, 2), code=CODES)
    def holds(self, who: int, a: int, b: int, code: str) -> None:
        """A buyer chooses tickets."""
        self._hold(who, a, b, code)

    def _hold(self, who: int, a: int, b: int, code: str) -> str:
        wants = {self.sale.tiers[0].id: a, self.sale.tiers[1].id: b}
        buyer = make_buyer(f"{self.sale.event.id}:{who}")
        codes = [code] if code else []
        order = self.attempt(hold(self.services, buyer, self.sale.event.id, wants, codes=codes))
        return order.id if order else ""

    @rule(who=st.integers(0, 2), a=st.integers(1, 3), b=st.integers(0, 2), code=CODES, card=CARDS)
    def buys(self, who: int, a: int, b: int, code: str, card: str) -> None:
        """A buyer chooses, pays at once, and is told at once as far as nothing goes wrong."""
        if order_id := self._hold(who, a, b, code):
            self.attempt(start_checkout(self.services, order_id, ADA))
            self.run(self._pay(order_id, card))
            self.run(self.sale.listen())
            self.run(self.sale.work())

    async def _pay(self, order_id: str, card: str) -> None:
        for page in await self.sale.at_stripe("checkout.session"):
            if page["status"] == "open" and page["metadata"]["order_id"] == order_id:
                await self.double.pay(page["id"], card)

    @rule(nth=NTH, card=CARDS)
    def pays(self, nth: int, card: str) -> None:
        """A buyer goes on to pay, at last."""
        for order in self.nth(self.run(self.sale.orders("pending")), nth):
            self.attempt(start_checkout(self.services, order.id, ADA))
            self.run(self._pay(order.id, card))

    @rule(nth=NTH)
    def gives_up(self, nth: int) -> None:
        """A buyer gives the tickets back unpaid."""
        for order in self.nth(self.run(self.sale.orders("pending")), nth):
            self.attempt(cancel(self.services, order.id))

    @rule(minutes=st.sampled_from([1, 14, 16, 35]))
    def time_passes(self, minutes: int) -> None:
        """Holds end."""
        self.run(self.sale.pass_time(minutes))
        self.attempt(sweep(self.services))

    @rule(nth=NTH, times=st.integers(1, 2), same=st.booleans())
    def the_rest_goes_back(self, nth: int, times: int, same: bool) -> None:
        """The organizer gives back all that is left."""
        self._refund(nth, {}, times, same)

    @rule(nth=NTH, line=NTH, qty=st.integers(1, 3), times=st.integers(1, 2), same=st.booleans())
    def tickets_go_back(self, nth: int, line: int, qty: int, times: int, same: bool) -> None:
        """The organizer gives back some tickets of a line."""
        for order in self._placed(nth):
            for item in self.nth(self.run(self.sale.items(order)), line):
                self._refund(nth, {"lines": [{"item": item.id, "qty": qty}]}, times, same)

    @rule(nth=NTH, amount=st.integers(1, 3_000), times=st.integers(1, 2), same=st.booleans())
    def an_amount_goes_back(self, nth: int, amount: int, times: int, same: bool) -> None:
        """The organizer gives back an amount that is for no ticket."""
        self._refund(nth, {"amount": amount}, times, same)

    def _refund(self, nth: int, wish: dict[str, Any], times: int, same: bool) -> None:
        for order in self._placed(nth):
            self.run(self.sale.ask_refund(order, wish, times=times, same=same))

    @rule(nth=NTH, share=st.integers(1, 4))
    def money_goes_back_at_stripe(self, nth: int, share: int) -> None:
        """The organizer gives back a part, or the rest, in Stripe's own pages."""
        for one in self.nth(self._charges(), nth):
            left = one["amount"] - one["amount_refunded"]
            if left and not one["disputed"]:
                self.run(self.double.refund(one["id"], amount=-(-left // share)))

    @rule(nth=NTH, how=st.sampled_from(["succeeded", "failed"]))
    def a_bank_answers(self, nth: int, how: str) -> None:
        """A refund arrives, or it comes back, also after it had arrived."""
        made = self.run(self.sale.at_stripe("refund"))
        for one in self.nth([o for o in made if o["status"] in ("pending", "succeeded")], nth):
            self.run(self.double.settle_refund(one["id"], how))

    @rule(nth=NTH)
    def a_bank_asks(self, nth: int) -> None:
        """A cardholder disputes what is left of a payment."""
        fresh = [o for o in self._charges() if not o["disputed"] and not o["refunded"]]
        for one in self.nth(fresh, nth):
            self.run(self.double.open_dispute(one["id"]))

    @rule(nth=NTH, won=st.booleans())
    def a_bank_decides(self, nth: int, won: bool) -> None:
        """A dispute ends."""
        made = self.run(self.sale.at_stripe("dispute"))
        for one in self.nth([o for o in made if o["status"] == "needs_response"], nth):
            self.run(self.double.close_dispute(one["id"], won=won))

    @rule(order=ORDERS, most=st.sampled_from([1, 3, 100]), times=st.integers(1, 2))
    def stripe_tells(self, order: str, most: int, times: int) -> None:
        """Webhooks come, in any order, some of them later, and more than once."""
        self.run(self.sale.listen(order, most, times))

    @rule()
    def words_are_lost(self) -> None:
        """Webhooks that are on their way never come."""
        self.run(self.double.take_webhooks())

    @rule(fault=FAULTS, times=st.integers(1, 3))
    def things_go_wrong(self, fault: str, times: int) -> None:
        """The coming calls to Stripe go wrong."""
        self.run(self.double.fail(fault, times=times))

    @rule()
    def work_is_done(self) -> None:
        """The worker does what is due."""
        self.run(self.sale.work())

    @rule(step=st.integers(1, 30))
    def the_worker_dies(self, step: int) -> None:
        """The worker dies in the middle, and another takes over."""
        self.run(self.sale.work(dies_at=step))

    @rule()
    def a_quiet_evening(self) -> None:
        """All is told and done, and everything adds up before the story goes on."""
        self.run(self.sale.settle())
        self.run(check_settled(self.sale, pending=True))
        self.run(check_hands(self.sale, self.passed))

    @precondition(lambda self: hasattr(self, "sale"))
    @invariant()
    def nothing_is_sold_twice(self) -> None:
        """Stock, sums and codes agree with orders and tickets, whatever is under way."""
        self.run(check_now(self.sale))

    def teardown(self) -> None:
        """In the end every hold is over, and all is told, done and right."""
        if hasattr(self, "sale"):
            self.run(self._end())

    async def _end(self) -> None:
        await self.double.heal()
        for _ in range(4):  # holds end, and offers, also those that were made of what they held
            await self.sale.pass_time(61)
            await sweep(self.services)
            await self.sale.settle()
        await check_settled(self.sale)
        await check_hands(self.sale, self.passed)

    def _placed(self, nth: int) -> Sequence[Any]:
        return self.nth(self.run(self.sale.orders(*PLACED)), nth)

    def _charges(self) -> list[dict[str, Any]]:
        return [one for one in self.run(self.sale.at_stripe("charge")) if one["paid"]]


@contextmanager
def stories_on(database_url: str, double: StripeDouble) -> Iterator[type[Stories]]:
    """Return the stories of an installation that sells at the double."""
    moment = FakeClock()
    with asyncio.Runner() as runner:
        runner.run(double.reset())
        services = build_services(selling_settings(database_url, double), moment)
        app = create_app(services.settings, moment, services=services)
        lifespan = app.router.lifespan_context(app)
        runner.run(lifespan.__aenter__())
        http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=PUBLIC_URL)

        class Here(Stories):
            pass

        Here.runner, Here.services, Here.clock = runner, services, moment
        Here.http, Here.double = http, double
        try:
            yield Here
        finally:
            runner.run(http.aclose())
            runner.run(lifespan.__aexit__(None, None, None))
            runner.run(services.db.close())
        assert runner.run(double.violations()) == []


def test_no_story_after_the_sale_loses_a_ticket_or_a_cent(
    database_url: str,
    stripe_double_process: StripeDouble,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stripe_gateway, "RETRIES", 0)  # the library would sleep in between
    kind = database_url.partition(":")[0].partition("+")[0]
    count = long_count(SHARE[kind], FULL, f"stories after the sale, {kind}")
    with stories_on(database_url, stripe_double_process) as here:
        run_state_machine_as_test(
            here,
            settings=settings(
                max_examples=count,
                stateful_step_count=STEPS,
                deadline=None,
                derandomize=count < FULL,
                suppress_health_check=list(HealthCheck),
                phases=(Phase.explicit, Phase.generate, Phase.shrink),
            ),
        )


@pytest.mark.parametrize("kind", ["standard", "express"])
def test_a_refund_that_comes_back_while_another_is_made(
    database_url: str,
    stripe_double_process: StripeDouble,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    """The fee that comes back with the other depends on which was first, and Stripe knows it."""
    monkeypatch.setattr(stripe_gateway, "RETRIES", 0)
    with stories_on(database_url, stripe_double_process) as here:
        for step in DEATHS:
            story = here()
            story.opens(kind, "4242424242424242")
            story.money_goes_back_at_stripe(0, 2)
            story.a_quiet_evening()
            story.the_rest_goes_back(0, 1, same=False)
            story.the_worker_dies(step)
            first, *_others = story.run(story.sale.at_stripe("refund"))
            story.run(story.double.settle_refund(first["id"], "failed"))
            story.a_quiet_evening()


@pytest.mark.parametrize("amount", [0, 1_000])
def test_a_refund_that_comes_back_once_all_was_given(
    database_url: str,
    stripe_double_process: StripeDouble,
    monkeypatch: pytest.MonkeyPatch,
    amount: int,
) -> None:
    """What was void because all was given stays so only as far as the others pay for it."""
    monkeypatch.setattr(stripe_gateway, "RETRIES", 0)
    with stories_on(database_url, stripe_double_process) as here:
        for nth in range(2):
            story = here()
            story.opens("standard", "4242424242424242")
            story.tickets_go_back(0, 0, 1, 1, same=False)
            story.work_is_done()
            story.time_passes(1)
            ours = {one["id"] for one in story.run(story.sale.at_stripe("refund"))}
            if amount:
                story.an_amount_goes_back(0, amount, 1, same=False)
                story.work_is_done()
            else:
                story.money_goes_back_at_stripe(0, 3)
            story.money_goes_back_at_stripe(0, 1)
            story.a_quiet_evening()
            made = story.run(story.sale.at_stripe("refund"))
            found = [one for one in made if (one["id"] in ours) == (nth == 0)]
            story.run(story.double.settle_refund(found[0]["id"], "failed"))
            story.a_quiet_evening()
            story.the_rest_goes_back(0, 1, same=False)
            story.a_quiet_evening()
