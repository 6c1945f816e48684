"""Random walks over a list: whatever happens in whatever order, the stock says what is so."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from tests.contract.long_counts import long_count
from tests.factories.orders import paid_facts
from tests.rooms.waitlist.waiting_line import Line

from handstamp.events.edit_tier import edit_tier
from handstamp.events.shapes import TierChange
from handstamp.kit.clock import HOUR, MINUTE
from handstamp.orders.cancel_order import cancel
from handstamp.orders.fulfil_order import fulfil
from handstamp.orders.models import Order
from handstamp.orders.settle_order import settle_order
from handstamp.plumbing.errors import Problem
from handstamp.plumbing.web import SYSTEM
from handstamp.refunds.void_tickets import turn
from handstamp.waitlist.leave_list import leave_list
from handstamp.waitlist.models import Waiting
from handstamp.waitlist.offer_tickets import offer_by_hand

pytestmark = pytest.mark.anyio
STEPS = 20


class Walk:
    """What has happened so far on one list, and what may happen next."""

    def __init__(self, line: Line, seed: int) -> None:
        self.line, self.dice = line, random.Random(seed)
        self.people: list[Waiting] = []
        self.orders: list[Order] = [line.first]

    async def join(self) -> None:
        name = f"p{len(self.people)}"
        qty, fewer = self.dice.choice((1, 1, 2)), self.dice.random() < 0.3
        self.people.append(await self.line.join(name, qty, fewer=fewer))

    async def take(self) -> None:
        person = self.dice.choice(self.people)
        held = await self.line.take(person, f"buyer of {person.id}")
        self.orders.append(held.order)

    async def walk_in(self) -> None:
        self.orders.append(await self.line.hold(1, f"walk-in {len(self.orders)}"))

    async def pay(self) -> None:
        order = await self.line.find(self.dice.choice(self.orders))
        async with self.line.services.db.write() as session:
            found = await session.get_one(Order, order.id)
            found.email, found.account, found.charge_type = "a@example.org", "acct_x", "direct"
            await session.flush()
            await fulfil(session, self.line.services, found, paid_facts(found))

    async def give_back(self) -> None:
        order = self.dice.choice(self.orders)
        async with self.line.services.db.write() as session:
            found = await session.get_one(Order, order.id)
            await turn(session, self.line.services, found, ["valid"], "cancelled")

    async def cancel(self) -> None:
        await cancel(self.line.services, self.dice.choice(self.orders).id)

    async def leave(self) -> None:
        async with self.line.services.db.write() as session:
            await leave_list(session, self.line.services, self.dice.choice(self.people))

    async def by_hand(self) -> None:
        async with self.line.services.db.write() as session:
            person = self.dice.choice(self.people)
            await offer_by_hand(session, self.line.services, SYSTEM, person.id)

    async def capacity(self) -> None:
        line, change = self.line, TierChange(capacity=self.dice.choice((1, 2, 3)))
        async with line.services.db.write() as session:
            of = (line.event.id, line.tiers[0].id)
            await edit_tier(session, line.services, SYSTEM, *of, change=change)

    async def time(self) -> None:
        self.line.clock.advance(self.dice.choice((MINUTE, 20 * MINUTE, 13 * HOUR)))
        for order in self.orders:
            await settle_order(self.line.services, order.id)

    async def run(self) -> None:
        await self.line.run()

    async def step(self) -> None:
        """Do one thing, or two at the same moment; what is refused changes nothing."""
        acts: list[Callable[[], Coroutine[Any, Any, None]]] = [
            self.join, self.join, self.take, self.take, self.walk_in, self.pay, self.pay,
            self.give_back, self.give_back, self.give_back, self.cancel, self.leave, self.by_hand,
            self.capacity, self.time, self.run, self.run, self.run,
        ]  # fmt: skip
        chosen = self.dice.choices(acts, k=self.dice.choice((1, 2)))
        for found in await asyncio.gather(*(act() for act in chosen), return_exceptions=True):
            if isinstance(found, BaseException) and not isinstance(found, Problem):
                raise found


@pytest.mark.parametrize("seed", range(2))
async def test_whatever_happens_the_stock_is_right(line: Line, seed: int) -> None:
    walk = Walk(line, seed)
    for _first in range(4):
        await walk.join()
    await walk.give_back()
    for _step in range(long_count(STEPS, 600, "steps of a waiting list's walk")):
        await walk.step()
        await line.taken()
    offers, people = await line.offers(), [await line.now(one) for one in walk.people]
    live = [one.waiting_id for one in offers if one.status in ("open", "ordered")]
    assert sorted(live) == sorted(one.id for one in people if one.status == "offered")
    assert len(offers) > 1, "a walk that shows nothing"
