"""Offers: who gets one, that it holds the tickets, and that exactly one has them at any moment."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select
from tests.factories.auth import make_person
from tests.factories.orders import make_buyer
from tests.rooms.waitlist.waiting_line import Line

from handstamp.kit.clock import HOUR, MINUTE
from handstamp.orders.cancel_order import cancel
from handstamp.orders.hold_tickets import hold
from handstamp.orders.settle_order import settle_order
from handstamp.plumbing.errors import Conflict, Problem
from handstamp.plumbing.web import SYSTEM
from handstamp.tickets.stock import Count
from handstamp.waitlist import store
from handstamp.waitlist.hold_offers import give_back_in
from handstamp.waitlist.leave_list import leave_list
from handstamp.waitlist.models import Waiting
from handstamp.waitlist.offer_tickets import bring_up_to_date, offer_by_hand

pytestmark = pytest.mark.anyio


async def test_what_becomes_free_goes_to_the_first_and_to_nobody_else(line: Line) -> None:
    ann, bob = await line.join("ann"), await line.join("bob", 2)
    await line.free()
    with pytest.raises(Conflict) as refused:  # nobody walks past those who wait
        await line.hold(1, "passer-by")
    assert refused.value.code == "sold_out"
    assert await line.run() == 1
    assert await line.statuses([ann, bob]) == ["offered", "waiting"]
    assert await line.taken() == Count(held=1)
    assert (await line.mails()).count("waitlist_offer") == 1
    await line.hold(1, "passer-by")  # one is left, and bob wants two
    assert await line.taken() == Count(held=2)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_offer_becomes_an_order_and_then_tickets(line: Line) -> None:
    ann = await line.join("ann", 2)
    await line.free()
    await line.run()
    held = await line.take(ann)
    assert (held.order.total, await line.taken()) == (5_000, Count(held=2))
    assert (await line.take(ann)).resumed
    await line.start(held.order)
    await line.pay(held.order)
    assert await line.settle(held.order) == "paid"
    assert await line.statuses([ann]) == ["bought"]
    assert [one.status for one in await line.offers()] == ["bought"]
    assert await line.taken() == Count(issued=2)
    assert await line.run() == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_is_not_taken_of_an_offer_goes_on(line: Line) -> None:
    ann, bob = await line.join("ann", 2), await line.join("bob")
    await line.free()
    await line.run()
    assert (await line.take(ann, quantity=1)).items[0].qty == 1
    assert await line.taken() == Count(held=1)
    await line.run()
    assert await line.statuses([ann, bob]) == ["offered", "offered"]
    assert await line.taken() == Count(held=2)


async def test_an_order_that_is_not_paid_gives_the_offer_its_tickets_back(line: Line) -> None:
    ann, bob = await line.join("ann", 2), await line.join("bob")
    await line.free()
    await line.run()
    order = (await line.take(ann)).order
    await line.advance(20 * MINUTE)
    assert await settle_order(line.services, order.id) == "expired"
    assert [one.status for one in await line.offers()] == ["open"]
    assert await line.taken() == Count(held=2)
    again = (await line.take(ann, "another browser")).order
    await line.advance(24 * HOUR)
    assert await settle_order(line.services, again.id) == "expired"
    assert await line.statuses([ann, bob]) == ["missed", "waiting"]
    assert await line.taken() == Count()
    assert (await line.mails()).count("waitlist_missed") == 1
    await line.run()
    assert await line.statuses([bob]) == ["offered"]
    assert (await line.mails()).count("waitlist_missed") == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_another_choice_gives_the_offer_back_too(line: Line) -> None:
    ann = await line.join("ann", 2)
    await line.free()
    await line.run()
    await line.take(ann)
    await line.hold(1, "ada", tier=1)
    assert [one.status for one in await line.offers()] == ["open"]
    assert await line.taken() == Count(held=2)
    order = (await line.take(ann)).order
    await cancel(line.services, order.id)
    assert await line.taken() == Count(held=2)
    with pytest.raises(Conflict):  # what the offer holds is nobody else's
        await line.hold(1, "passer-by")


async def test_an_offer_ends_and_the_next_gets_one(line: Line) -> None:
    ann, bob = await line.join("ann", 2), await line.join("bob", 2)
    await line.set(offer_hours=2)
    await line.free()
    await line.run()
    await line.advance(2 * HOUR - 1)
    assert await line.run() == 0
    await line.advance(1)
    with pytest.raises(Conflict) as refused:
        await line.take(ann)
    assert refused.value.code == "offer_ended"
    assert await line.run() == 1
    assert await line.statuses([ann, bob]) == ["missed", "offered"]
    assert await line.taken() == Count(held=2)
    assert "waitlist_missed" in await line.mails()


async def test_who_came_back_by_another_place_is_offered_there(line: Line) -> None:
    ann = await line.join("ann", 2)
    await line.free()
    await line.run()
    await line.advance(24 * HOUR)
    await line.run()
    await line.hold(1, "passer-by")
    again = await line.join("ann", 2)
    assert await line.statuses([ann, again]) == ["missed", "waiting"]
    with pytest.raises(Conflict, match="does not wait"):
        async with line.services.db.write() as session:
            await offer_by_hand(session, line.services, SYSTEM, ann.id)


async def test_an_offer_taken_as_it_ends_is_one_of_the_two(line: Line) -> None:
    ann, bob = await line.join("ann", 2), await line.join("bob", 2)
    await line.free()
    await line.run()
    (offer,) = await line.offers()
    line.clock.advance(offer.expires_at - line.clock() - 1)
    twin = replace(line.services, rooms={})

    async def take(name: str) -> object:
        try:
            return await line.take(ann, name)
        except Problem as problem:
            return problem

    async def end() -> object:
        line.clock.advance(1)
        return await bring_up_to_date(twin, line.event.id)

    found = await asyncio.gather(take("one"), take("two"), end(), take("three"), end())
    held = [one for one in found if not isinstance(one, Problem | int)]
    assert len(held) <= 1
    statuses = await line.statuses([ann, bob])
    assert statuses == (["offered", "waiting"] if held else ["missed", "offered"])
    assert await line.taken() == Count(held=2)


async def test_many_workers_and_buyers_at_once_offer_each_ticket_once(line: Line) -> None:
    people = [await line.join(f"p{place}") for place in range(4)]
    await line.free()
    twins = [replace(line.services, rooms={}) for _ in range(3)]

    async def passer_by(place: int) -> None:
        with pytest.raises(Conflict):
            tier = line.tiers[0].id
            await hold(twins[place], make_buyer(f"by-{place}"), line.event.id, {tier: 1})

    async def leave() -> None:
        async with line.services.db.write() as session:
            await leave_list(session, line.services, people[0])

    async def by_hand() -> None:
        async with line.services.db.write() as session:
            await offer_by_hand(session, line.services, SYSTEM, people[1].id)

    await asyncio.gather(
        *(bring_up_to_date(twin, line.event.id) for twin in twins),
        *(passer_by(place) for place in range(3)),
        leave(),
        by_hand(),
    )
    await line.run()
    statuses = await line.statuses(people)
    assert statuses == ["left", "offered", "offered", "waiting"]
    assert await line.taken() == Count(held=2)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_payment_that_comes_late_takes_the_tickets_of_its_offer(line: Line) -> None:
    ann = await line.join("ann", 2)
    await line.free()
    await line.run()
    order = (await line.take(ann)).order
    await line.start(order)
    await line.pay(order)
    await line.change(order, status="expired", checkout_state="expired")
    async with line.services.db.write() as session:
        assert await give_back_in(session, (await line.find(order)).waitlist_offer_id, line.clock())
    assert await line.settle(order) == "paid"
    assert await line.statuses([ann]) == ["bought"]
    assert await line.taken() == Count(issued=2)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_no_offer_outlives_the_sale_or_the_beginning(line: Line) -> None:
    ann = await line.join("ann")
    await line.join("bob", 2)
    await line.set(offer_hours=300)
    line.clock.advance(line.event.start_at - line.clock() - HOUR)
    await line.free()
    await line.run()
    (offer,) = await line.offers()
    assert offer.expires_at == line.event.start_at
    line.clock.advance(HOUR)
    await line.run()
    assert await line.statuses([ann]) == ["ended"]
    assert await line.taken() == Count()


async def test_joining_twice_at_once_is_one_place(line: Line) -> None:
    person = await make_person(line.services, "grace@example.org")
    found = await asyncio.gather(*(line.ask(person.actor, place + 1) for place in range(2)))
    assert len({one.waiting.id for one in found if one.waiting}) == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_who_confirms_as_old_names_are_forgotten_keeps_the_place(line: Line) -> None:
    await line.ask(email="grace@example.org")
    await line.ask(email="silent@example.org")
    async with line.services.db.read() as session:
        query = select(Waiting).where(Waiting.email == "grace@example.org")
        grace = (await session.scalars(query)).one()
    limits = {"unconfirmed": line.clock() + 1, "over": 0, "limit": 10}
    async with line.services.db.write() as confirming:
        assert await store.change_waiting(
            confirming, grace.id, ["unconfirmed"], {"status": "waiting"}
        )
        async with line.services.db.write() as forgetting:  # before the other has committed
            assert await store.forget_old(forgetting, **limits) == 1
    async with line.services.db.write() as session:
        assert await store.forget_old(session, **limits) == 0
    assert await line.statuses([grace]) == ["waiting"]
