"""Random walks of members and admins at once: limits hold and stock is never given twice."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable
from typing import Any

import pytest
from sqlalchemy import select
from tests.factories.auth import Person
from tests.factories.clubs import make_club_sale, make_member
from tests.factories.orders import make_hold
from tests.factories.preorders import make_card, wish_of

from handstamp.clubs.find_clubs import Offered
from handstamp.kit.clock import HOUR, FakeClock
from handstamp.orders.check_stock import stock_differences
from handstamp.plumbing.errors import Problem
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.preorders import rules
from handstamp.preorders.approve_preorders import (
    approve,
    approve_up_to_stock,
    deny,
    withdraw_approval,
)
from handstamp.preorders.change_preorder import Change, cancel_preorder, change_preorder
from handstamp.preorders.models import PreOrder
from handstamp.preorders.request_preorder import place
from handstamp.tickets import stock

CAPACITY, MEMBERS, ROUNDS, AT_ONCE = 4, 6, 12, 5


class Walk:
    """Some members and admins of one event, who do at random what they may."""

    def __init__(self, services: Services, offer: Offered, seed: int) -> None:
        self.services, self.offer = services, offer
        self.luck = random.Random(seed)
        self.members: list[tuple[Person, str]] = []

    async def begin(self) -> None:
        for number in range(MEMBERS):
            email = f"walker{number}@example.org"
            person, _membership = await make_member(self.services, self.offer.club, email)
            card = await make_card(self.services, person, self.offer.club)
            self.members.append((person, card.id))

    async def preorders(self) -> list[PreOrder]:
        async with self.services.db.read() as session:
            return list(await session.scalars(select(PreOrder)))

    def step(self, known: list[PreOrder]) -> Awaitable[Any]:
        """Return one act of somebody."""
        person, card = self.luck.choice(self.members)
        mine = [one for one in known if one.user_id == person.actor.id]
        act = self.luck.choice(
            ("place", "place", "cancel", "tier", "decide", "decide", "rule", "buy")
        )
        if act == "place":
            tier = self.luck.randrange(2)
            return place(self.services, person.actor, wish_of(self.offer, tier=tier, card_id=card))
        if act == "buy":
            tier_id = self.luck.choice(self.offer.tiers).id
            name = f"guest{self.luck.random()}"
            return make_hold(self.services, self.offer.event, {tier_id: 1}, name)
        if act in ("cancel", "tier") and mine:
            chosen = self.luck.choice(mine).id
            if act == "tier":
                change = Change(tier_id=self.luck.choice(self.offer.tiers).id)
                return change_preorder(self.services, person.actor, chosen, change)
            return self._write(cancel_preorder, person.actor, chosen)
        if act == "rule":
            return self._write(approve_up_to_stock, SYSTEM, self.offer.club.id, self.offer.event.id)
        ids = [one.id for one in known if self.luck.random() < 0.5]
        decide = self.luck.choice((approve, approve, deny, withdraw_approval))
        return self._write(decide, SYSTEM, self.offer.event.id, ids)

    async def _write(self, act: Any, actor: Any, *args: Any) -> None:
        async with self.services.db.write() as session:
            await act(session, self.services, actor, *args)

    async def check(self) -> None:
        """Compare everything that must hold between rounds."""
        known = await self.preorders()
        living = [one for one in known if one.status in rules.OPEN]
        assert all(count == 1 for count in Counter(one.member_id for one in living).values())
        assert all(one.reserved == (one.status == "approved") for one in known)
        async with self.services.db.read() as session:
            assert await stock_differences(session, [self.offer.event.id]) == []
            counts = await stock.counts(session, [self.offer.event.id])
        tiers = {tier.id: tier.capacity or 0 for tier in self.offer.tiers}
        for (_event, tier_id), count in counts.items():
            assert 0 <= count.taken <= tiers.get(tier_id, sum(tiers.values()))


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_members_and_admins_do_at_once(
    services: Services, clock: FakeClock, seed: int
) -> None:
    _club, offer, _tiers = await make_club_sale(services, capacity=CAPACITY)
    walk = Walk(services, offer, seed)
    await walk.begin()
    for _round in range(ROUNDS):
        known = await walk.preorders()
        acts = [walk.step(known) for _one in range(AT_ONCE)]
        done = await asyncio.gather(*acts, return_exceptions=True)
        broken = [
            one for one in done if isinstance(one, Exception) and not isinstance(one, Problem)
        ]
        assert broken == []
        await walk.check()
        clock.advance(HOUR)
    assert len({one.status for one in await walk.preorders()}) > 1
