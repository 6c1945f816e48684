"""Random lives of many orders: after every step the books equal the balances at Stripe."""

import asyncio
import random

import pytest
from tests.rooms.refunds.shop import Shop
from tests.rooms.refunds.test_refund_parts import items

from handstamp.kit.clock import MINUTE, FakeClock
from handstamp.orders.models import Order
from handstamp.tickets import stock

pytestmark = pytest.mark.anyio
STEPS = 12
SLOW = "4000000000007726"
Made = dict[str, object]


class Story:
    """What happens at random, seeded; a step that cannot be now does nothing."""

    def __init__(self, shop: Shop, seed: int) -> None:
        self.shop, self.dice = shop, random.Random(seed)
        self.orders: list[Order] = []

    async def step(self) -> str:
        """Do something, and return its name."""
        names = (
            "buy", "refund", "refund_line", "refund_line", "refund_amount", "refund_at_stripe",
            "settle", "dispute", "close", "pay_out",
        )  # fmt: skip
        name = self.dice.choice(names) if self.orders else "buy"
        await getattr(self, name)()
        return name

    async def buy(self) -> None:
        card = self.dice.choice(("4242424242424242", SLOW))
        lines = [(self.dice.randint(1, 2), 2000), (1, 1500)][: self.dice.randint(1, 2)]
        taken = [await self.shop.tickets(order) for order in self.orders]
        if sum(len(tickets) for tickets in taken) < 15:
            fee = self.dice.choice((0, 110))
            self.orders.append(await self.shop.buy(lines, card=card, fee=fee))

    async def refund(self) -> None:
        await self.shop.ask(self.dice.choice(self.orders))

    async def refund_line(self) -> None:
        order = self.dice.choice(self.orders)
        item = self.dice.choice(await items(self.shop, order))
        wish = {"lines": [{"item": item.id, "qty": self.dice.randint(1, item.qty)}]}
        twice = [self.shop.ask(order, **wish) for _ in range(self.dice.randint(1, 2))]
        answers = await asyncio.gather(*twice)
        assert {answer.status_code for answer in answers} <= {202, 409}

    async def refund_amount(self) -> None:
        await self.shop.double.fail(self.dice.choice(("503", "drop")), path="/v1/refunds", times=1)
        await self.shop.ask(self.dice.choice(self.orders), amount=self.dice.randint(1, 3000))
        await self.shop.work()
        await self.shop.double.heal()
        await self.shop.work(late=True)

    async def refund_at_stripe(self) -> None:
        charge = await self._charge()
        left = int(charge["amount"]) - int(charge["amount_refunded"])  # type: ignore[call-overload]
        if left and not charge["disputed"]:
            amount = self.dice.choice((left, self.dice.randint(1, left)))
            await self.shop.double.refund(str(charge["id"]), amount=amount)

    async def settle(self) -> None:
        every = await self.shop.double.objects("refund", account=self.shop.charged)
        waiting = [one for one in every if one["status"] in ("pending", "succeeded")]
        if waiting:
            how = self.dice.choice(("succeeded", "failed"))
            await self.shop.double.settle_refund(self.dice.choice(waiting)["id"], how)

    async def dispute(self) -> None:
        charge = await self._charge()
        if not charge["disputed"] and not charge["refunded"]:
            await self.shop.double.open_dispute(str(charge["id"]))

    async def close(self) -> None:
        every = await self.shop.double.objects("dispute", account=self.shop.charged)
        still = [one for one in every if one["status"] == "needs_response"]
        if still:
            won = self.dice.random() < 0.5
            await self.shop.double.close_dispute(still[0]["id"], won=won)

    async def pay_out(self) -> None:
        held = (await self.shop.double.balance(account=self.shop.account)).get("eur", {})
        if sum(held.values()) > 0:
            status = self.dice.choice(("paid", "failed"))
            await self.shop.double.payout(
                account=self.shop.account, amount=1, status=status, available_now=True
            )

    async def _charge(self) -> Made:
        intent = await self.shop.double.object(
            await self.shop.intent(self.dice.choice(self.orders))
        )
        return await self.shop.double.object(intent["latest_charge"])


@pytest.mark.parametrize("seed", [3, 11])
async def test_any_story_leaves_equal_books_and_right_stock(
    either: Shop, clock: FakeClock, seed: int
) -> None:
    story = Story(either, seed)
    told = []
    for _ in range(STEPS):
        told.append(await story.step())
        clock.advance(MINUTE)
        await either.double.advance(60)
        await either.hear(story.dice.choice(("oldest", "newest", "shuffled")))
        try:
            await either.check_books()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {told}") from error
        assert await either.left_to_do() == [], told
        async with either.services.db.read() as session:
            assert await stock.recount(session, [either.event.id]) == [], told
