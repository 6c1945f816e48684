"""Holding tickets: one pending order each, what may be held, and what is said when it may not."""

import asyncio

import pytest
from sqlalchemy import select
from tests.factories.events import make_tier
from tests.factories.orders import make_buyer, make_hold, make_sale

from handstamp.events.edit_event import edit_event
from handstamp.events.edit_tier import edit_tier
from handstamp.events.publish_event import publish_event
from handstamp.events.shapes import EventChange, TierChange
from handstamp.kit.clock import DAY, HOUR, MINUTE, FakeClock
from handstamp.orders.check_stock import check_stock, stock_differences
from handstamp.orders.find_orders import items_of
from handstamp.orders.hold_tickets import hold, hold_order
from handstamp.orders.models import Order
from handstamp.payments.models import PaymentAccount
from handstamp.plumbing.errors import Conflict, NotFound
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.tickets.stock import Count, counts


async def taken(services: Services, event_id: str) -> dict[str, Count]:
    async with services.db.read() as session:
        found = await counts(session, [event_id])
        assert await stock_differences(session, [event_id]) == []
    return {tier: count for (_event, tier), count in found.items()}


async def find(services: Services, order_id: str) -> Order:
    async with services.db.read() as session:
        found = await session.get(Order, order_id)
    assert found is not None
    return found


async def refusal(services: Services, *args: object, **others: object) -> Conflict:
    with pytest.raises(Conflict) as refused:
        await hold(services, *args, **others)  # type: ignore[arg-type]
    return refused.value


async def test_a_hold_takes_its_tickets_and_a_price_that_stands(
    services: Services, clock: FakeClock
) -> None:
    event, (general, balcony) = await make_sale(services)
    order = await make_hold(services, event, {general.id: 2, balcony.id: 1})
    assert (order.status, order.total, order.subtotal) == ("pending", 9_000, 9_000)
    assert order.expires_at == clock() + 15 * MINUTE
    assert order.number.startswith("HS-")
    stored = await find(services, order.id)
    assert {c.key: getattr(stored, c.key) for c in Order.__table__.columns} == {
        c.key: getattr(order, c.key) for c in Order.__table__.columns
    }
    async with services.db.read() as session:
        lines = await items_of(session, stored)
    assert [(line.tier_name, line.qty, line.total) for line in lines] == [
        ("General", 2, 5_000),
        ("Balcony", 1, 4_000),
    ]
    assert await taken(services, event.id) == {
        general.id: Count(2, 0),
        balcony.id: Count(1, 0),
        "": Count(3, 0),
    }
    assert await check_stock(services) == "1 events counted"


async def test_the_end_of_a_hold_is_a_job_of_the_same_transaction(services: Services) -> None:
    event, (general, _) = await make_sale(services)
    order = await make_hold(services, event, {general.id: 1})
    async with services.db.read() as session:
        job = (await session.scalars(select(Job).where(Job.kind == "orders.expire"))).one()
    assert (job.run_at, job.args) == (order.expires_at, f'{{"order":"{order.id}"}}')


async def test_the_same_selection_finds_the_same_order(services: Services) -> None:
    event, (general, balcony) = await make_sale(services)
    wants = {general.id: 1, balcony.id: 2}
    first = await hold_order(services, make_buyer(), event.id, wants)
    again = await hold_order(services, make_buyer(), event.id, dict(reversed(wants.items())))
    assert (first.resumed, again.resumed) == (False, True)
    assert again.order.id == first.order.id
    assert (await taken(services, event.id))[""] == Count(3, 0)


async def test_another_selection_replaces_the_order(services: Services) -> None:
    event, (general, balcony) = await make_sale(services)
    other, (elsewhere, _) = await make_sale(services)
    first = await make_hold(services, event, {general.id: 4})
    second = await make_hold(services, event, {balcony.id: 1})
    assert (await find(services, first.id)).status == "cancelled"
    assert (await find(services, first.id)).close_reason == "replaced"
    assert (await taken(services, event.id))[""] == Count(1, 0)
    await make_hold(services, other, {elsewhere.id: 2})
    assert (await find(services, second.id)).status == "cancelled"
    assert (await taken(services, event.id))[""] == Count(0, 0)
    assert (await taken(services, other.id))[""] == Count(2, 0)


async def test_the_last_tickets_may_be_exchanged_among_themselves(services: Services) -> None:
    event, (general, balcony) = await make_sale(services, capacity=5)
    await make_hold(services, event, {general.id: 5})
    order = await make_hold(services, event, {general.id: 4, balcony.id: 1})
    assert (await find(services, order.id)).status == "pending"
    assert (await taken(services, event.id))[general.id] == Count(4, 0)


async def test_a_refused_replacement_leaves_the_order_as_it_was(services: Services) -> None:
    event, (general, balcony) = await make_sale(services, capacity=5)
    await make_hold(services, event, {balcony.id: 5}, "bob")
    first = await make_hold(services, event, {general.id: 2})
    refused = await refusal(services, make_buyer(), event.id, {balcony.id: 1})
    assert refused.code == "sold_out"
    assert (await find(services, first.id)).status == "pending"
    assert (await taken(services, event.id))[general.id] == Count(2, 0)


async def test_a_double_click_is_one_order(services: Services) -> None:
    event, (general, _) = await make_sale(services)
    held = await asyncio.gather(*(make_hold(services, event, {general.id: 2}) for _ in range(6)))
    assert len({order.id for order in held}) == 1
    assert (await taken(services, event.id))[general.id] == Count(2, 0)


async def test_an_old_hold_that_nobody_has_swept_yet_makes_room_for_its_buyer(
    services: Services, clock: FakeClock
) -> None:
    event, (general, _) = await make_sale(services, capacity=2)
    first = await make_hold(services, event, {general.id: 2})
    clock.advance(16 * MINUTE)
    second = await make_hold(services, event, {general.id: 2})
    assert second.id != first.id
    old = await find(services, first.id)
    assert (old.status, old.close_reason) == ("expired", "timed_out")


async def test_sold_out_is_said_with_the_tier_and_what_is_left(services: Services) -> None:
    event, (general, _) = await make_sale(services, capacity=3)
    await make_hold(services, event, {general.id: 2}, "bob")
    refused = await refusal(services, make_buyer(), event.id, {general.id: 2})
    assert refused.code == "sold_out"
    assert refused.detail == "General: Only one ticket is left."
    assert refused.errors == [
        {"tier": general.id, "code": "sold_out", "message": "Only one ticket is left."}
    ]
    await make_hold(services, event, {general.id: 1}, "cyd")
    refused = await refusal(services, make_buyer(), event.id, {general.id: 1})
    assert refused.detail == "General: These tickets are sold out at the moment."
    assert (await taken(services, event.id))[general.id] == Count(3, 0)


async def test_the_event_itself_can_be_full(services: Services) -> None:
    event, (general, balcony) = await make_sale(services, capacity=10)
    async with services.db.write() as session:
        await edit_event(session, services, SYSTEM, event.id, EventChange(capacity=3))
    await make_hold(services, event, {general.id: 2}, "bob")
    refused = await refusal(services, make_buyer(), event.id, {balcony.id: 2})
    assert (refused.code, refused.errors) == ("sold_out", [])


async def test_what_is_not_on_sale_cannot_be_held(services: Services, clock: FakeClock) -> None:
    event, (general, _) = await make_sale(services)
    async with services.db.write() as session:
        make = make_tier
        soon = await make(session, services, event, "Soon", sales_start_at=clock() + HOUR)
        past = await make(session, services, event, "Past", sales_end_at=clock())
        hidden = await make(session, services, event, "Secret", visibility="hidden")
    for tier, code in (
        (soon.id, "not_yet"),
        (past.id, "ended"),
        (hidden.id, "not_on_sale"),
        ("tier_nowhere", "not_on_sale"),
    ):
        refused = await refusal(services, make_buyer(), event.id, {general.id: 1, tier: 1})
        assert (refused.code, refused.errors[0]["tier"]) == (code, tier)
    assert (await refusal(services, make_buyer(), event.id, {})).code == "empty"
    assert (await refusal(services, make_buyer(), event.id, {general.id: 11})).code == "limit"
    clock.advance(3 * DAY)
    assert (await refusal(services, make_buyer(), event.id, {general.id: 1})).code == "not_on_sale"


async def test_a_draft_sells_nothing_and_an_unknown_event_is_not_there(services: Services) -> None:
    event, (general, _) = await make_sale(services)
    async with services.db.write() as session:
        await publish_event(session, services, SYSTEM, event.id, "draft")
    assert (await refusal(services, make_buyer(), event.id, {general.id: 1})).code == "not_on_sale"
    for unknown in ("evt_nowhere", "a\x00b"):
        with pytest.raises(NotFound):
            await hold(services, make_buyer(), unknown, {general.id: 1})


async def test_nothing_that_costs_money_is_held_before_the_organizer_can_be_paid(
    services: Services,
) -> None:
    event, (general, free) = await make_sale(services, prices={"General": 2_500, "Free": 0})
    async with services.db.write() as session:
        account = await session.get(PaymentAccount, event.organizer_id)
        assert account is not None
        account.charges_enabled = False
    assert (await refusal(services, make_buyer(), event.id, {general.id: 1})).code == "cannot_sell"
    assert (await make_hold(services, event, {free.id: 1})).total == 0


async def test_a_buyer_who_holds_again_and_again_is_asked_to_wait(
    services: Services, clock: FakeClock
) -> None:
    event, (general, balcony) = await make_sale(services)
    for turn in range(30):
        await make_hold(services, event, {(general.id, balcony.id)[turn % 2]: 1})
    assert (await refusal(services, make_buyer(), event.id, {general.id: 1})).code == "limit"
    clock.advance(HOUR + 1)
    await make_hold(services, event, {general.id: 1})


async def test_one_network_cannot_hoard_a_sale(services: Services) -> None:
    event, (general, balcony) = await make_sale(services, capacity=400)
    net = "ab" * 16
    got = 0
    for number in range(30):
        try:
            await hold(services, make_buyer(f"h{number}", network=net), event.id, {general.id: 10})
        except Conflict as refused:
            assert refused.code == "limit"
            break
        got += 10
    assert got == 100, "a quarter of the tier's tickets"
    other = make_buyer("honest", network="cd" * 16)
    assert (await hold(services, other, event.id, {general.id: 10})).status == "pending"
    more = make_buyer("more", network=net)
    assert (await hold(services, more, event.id, {balcony.id: 1})).status == "pending"


async def test_one_network_has_so_many_pending_orders(services: Services) -> None:
    event, (general, _) = await make_sale(services, capacity=None)
    net = "ab" * 16
    buyers = [make_buyer(f"b{number}", network=net) for number in range(34)]
    found = await asyncio.gather(
        *(hold(services, buyer, event.id, {general.id: 1}) for buyer in buyers),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Order) for one in found) == services.settings.holds_per_network
    assert {one.code for one in found if isinstance(one, Conflict)} == {"limit"}


async def test_less_capacity_while_holds_come_in_is_never_exceeded(services: Services) -> None:
    event, (general, _) = await make_sale(services, capacity=40)

    async def lower() -> None:
        async with services.db.write() as session:
            change = TierChange(capacity=20)
            await edit_tier(session, services, SYSTEM, event.id, general.id, change=change)

    async def buy(number: int) -> int:
        try:
            await make_hold(services, event, {general.id: 1}, f"b{number}")
        except Conflict:
            return 0
        return 1

    first = await asyncio.gather(*(buy(number) for number in range(15)))
    rest = await asyncio.gather(lower(), *(buy(number) for number in range(15, 60)))
    assert sum(first) == 15
    after = await asyncio.gather(*(buy(number) for number in range(60, 70)))
    held = (await taken(services, event.id))[general.id].held
    assert held == 15 + sum(bought for bought in rest if bought is not None)
    assert 20 <= held <= 40
    assert sum(after) == 0, "whoever comes after it was lowered finds it full"


async def test_tickets_held_are_never_more_than_there_are(services: Services) -> None:
    event, (general, _) = await make_sale(services, capacity=50)

    async def buy(number: int) -> int:
        try:
            await make_hold(services, event, {general.id: 1 + number % 3}, f"b{number}")
        except Conflict as refused:
            assert refused.code == "sold_out"
            return 0
        return 1 + number % 3

    got = await asyncio.gather(*(buy(number) for number in range(120)))
    assert sum(got) == 50
    assert (await taken(services, event.id))[general.id] == Count(50, 0)
