"""Random walks of uploads, payments, refunds and the desk: nothing is given twice or lost."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select
from tests.factories.pool import ticket_rows, upload_rows
from tests.factories.pool_crowd import make_crowd
from tests.factories.pool_demands import take_back
from tests.factories.pool_members import assign_and_hand_over, make_offer_of_pool

from handstamp.clubs.find_clubs import Offered
from handstamp.plumbing.errors import Problem
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.pool import demands
from handstamp.pool.models import Assignment, Demand, PoolEvent, PoolTicket
from handstamp.pool.note_used import note_used
from handstamp.pool.reassign import reassign, undo
from handstamp.pool.reconcile import reconcile
from handstamp.preorders import store
from handstamp.preorders.change_status import change_status
from handstamp.preorders.fulfil_preorder import demand
from handstamp.preorders.models import PreOrder
from handstamp.preorders.rules import PAID
from handstamp.tickets import stock
from handstamp.tickets.models import Ticket

pytestmark = pytest.mark.anyio
MEMBERS, ROUNDS, AT_ONCE = 10, 10, 4
ACTS = ("pay", "pay", "bring", "bring", "refund", "take", "give", "give", "undo", "use", "again")


class Walk:
    """An event of two variants, whose people do at random what they may."""

    def __init__(self, services: Services, offer: Offered, seed: int) -> None:
        self.services, self.offer = services, offer
        self.luck = random.Random(seed)
        self.unpaid: list[str] = []
        self.brought = 0

    async def begin(self) -> None:
        for tier in (0, 1):
            self.unpaid += await make_crowd(
                self.services, self.offer, MEMBERS, tier=tier, name=f"w{tier}"
            )
        self.luck.shuffle(self.unpaid)

    async def all_of(self, table: Any) -> list[Any]:
        async with self.services.db.read() as session:
            return list(await session.scalars(select(table).order_by(table.id)))

    async def step(self) -> Awaitable[Any]:
        """Return one act of somebody; where there is nothing to do it to, an upload."""
        made, tickets = await self.all_of(Assignment), await self.all_of(PoolTicket)
        people, any_of = await self.all_of(Demand), self.luck.choice
        acts: dict[str, tuple[Any, Callable[[], Awaitable[Any]]]] = {
            "pay": (self.unpaid, lambda: self.pay(self.unpaid.pop())),
            "refund": (people, lambda: self.refund(any_of(people).id)),
            "take": (made, lambda: self._write(take_back, SYSTEM, any_of(made).id, "a walk")),
            "give": (people, lambda: self.give(any_of(tickets).id, any_of(people).id)),
            "undo": (made, lambda: self._write(undo, SYSTEM, any_of(made).id)),
            "use": (tickets, lambda: self.use(any_of(tickets).id)),
            "again": (tickets, lambda: self._write(reconcile, SYSTEM, self.offer.event.id)),
            "bring": (True, self.bring),
        }
        possible, act = acts[self.luck.choice(ACTS)]
        return act() if possible else self.bring()

    async def give(self, ticket_id: str, demand_id: str) -> None:
        await self._write(reassign, SYSTEM, ticket_id=ticket_id, demand_id=demand_id)

    async def use(self, ticket_id: str) -> None:
        await self._write(note_used, SYSTEM, {ticket_id: self.services.clock()}, how="door")

    async def _write(self, act: Any, *args: Any, **others: Any) -> None:
        async with self.services.db.write() as session:
            await act(session, *args, **others)

    async def pay(self, preorder_id: str) -> None:
        async with self.services.db.write() as session:
            paid = await store.preorder(session, preorder_id, lock=True)
            assert paid is not None
            await demand(session, paid)

    async def refund(self, preorder_id: str) -> None:
        async with self.services.db.write() as session:
            paid = await store.preorder(session, preorder_id, lock=True)
            assert paid is not None
            if paid.status in PAID:
                await change_status(session, self.services, paid, "refunded")
                await demands.close(session, preorder_id, "refunded")

    async def bring(self) -> None:
        count = self.luck.randrange(1, 4)
        first, self.brought = self.brought, self.brought + count
        tier = self.luck.choice(self.offer.tiers).name
        title = self.offer.event.title
        await upload_rows(
            self.services,
            self.offer.event,
            ticket_rows(title, count, tier, first=first, coded=True),
        )

    async def go(self) -> None:
        """Do some acts at the same moment, and let the worker run beside them."""
        acts = [await self.step() for _one in range(AT_ONCE)]
        found = await asyncio.gather(
            *acts, assign_and_hand_over(self.services), return_exceptions=True
        )
        wrong = [one for one in found if isinstance(one, BaseException)]
        assert all(isinstance(one, Problem) for one in wrong), wrong

    async def check(self) -> None:
        """Compare both sides, the pre-orders and the door with each other."""
        tickets = {one.id: one for one in await self.all_of(PoolTicket)}
        people = {one.id: one for one in await self.all_of(Demand)}
        wishes = {one.id: one for one in await self.all_of(PreOrder)}
        current = [one for one in await self.all_of(Assignment) if one.ended_at is None]
        by_ticket = {one.ticket_id: one for one in current}
        by_person = {one.demand_id: one for one in current}
        assert len(by_ticket) == len(by_person) == len(current)
        for ticket in tickets.values():
            assert (ticket.status in ("assigned", "used")) == (ticket.id in by_ticket)
        for one in people.values():
            has = by_person.get(one.id)
            if one.status == "closed":
                assert has is None or tickets[has.ticket_id].status == "used"
            else:
                assert (one.status == "assigned") == (has is not None)
            expected = {"waiting": "waiting_for_stock", "assigned": "fulfilled"}
            assert wishes[one.id].status == expected.get(one.status, "refunded")
        free = [one for one in tickets.values() if one.id not in by_ticket]
        waiting = [one for one in people.values() if one.status == "waiting"]
        assert not {one.tier_id for one in free} & {one.tier_id for one in waiting}
        kept = await self.all_of_events()
        assert (kept.unmatched_tickets, kept.unmatched_demands) == (len(free), len(waiting))
        await self.check_door(by_person, wishes)

    async def all_of_events(self) -> PoolEvent:
        async with self.services.db.read() as session:
            return (await session.scalars(select(PoolEvent))).one()

    async def check_door(
        self, by_person: dict[str, Assignment], wishes: dict[str, PreOrder]
    ) -> None:
        doors = [one for one in await self.all_of(Ticket) if one.external_id is not None]
        assert {one.order_item_id: one.external_id for one in doors} == {
            person: f"pool:{has.ticket_id}" for person, has in by_person.items()
        }
        for one in doors:
            wish = wishes[one.order_item_id or ""]
            assert wish.ticket_id == one.id
        async with self.services.db.read() as session:
            assert await stock.recount(session, [self.offer.event.id]) == []


@pytest.mark.parametrize("seed", [3, 11, 19])
async def test_nothing_is_given_twice_or_lost_whoever_does_what_at_once(
    services: Services, seed: int
) -> None:
    offer = await make_offer_of_pool(services, prices={"Early": 1_500, "Late": 1_500})
    walk = Walk(services, offer, seed)
    await walk.begin()
    await walk.bring()
    for _round in range(ROUNDS):
        await walk.go()
        await assign_and_hand_over(services)
        await walk.check()
