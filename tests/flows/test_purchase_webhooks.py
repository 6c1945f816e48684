"""Stripe's webhooks twice, in any order, too late or never: the same sale comes out."""

from pathlib import Path

import pytest
from sqlalchemy import select
from tests.flows.buyer import Buyer, a_buyer
from tests.flows.passing_time import HOLD, keep_from_running, pass_time, run_now
from tests.flows.refund_walks import SLOW_BANK, at_stripe, tickets
from tests.flows.sale_world import Sale, open_sale

from handstamp.events.models import Event
from handstamp.orders.models import Order, OrderItem
from handstamp.tickets import stock
from handstamp.webhooks.catch_up import EVERY
from handstamp.webhooks.catch_up import JOB as CATCH_UP

pytestmark = pytest.mark.anyio

ORDERS = 3
PLENTY = 10_000


async def bought(sale: Sale, buyer: Buyer) -> None:
    """Buy, and have another order of the same buyer refunded at Stripe's dashboard."""
    await buyer.buy(1, 2)
    charges = await sale.double.objects("charge", account=sale.account)
    await sale.double.refund(charges[0]["id"])


async def events_of(sale: Sale) -> list[str]:
    """Return every event of the organizer's account, oldest first."""
    found = await sale.double.objects("event", account=sale.account)
    return [str(event["id"]) for event in reversed(found)]


async def agreed(sale: Sale, what: str) -> None:
    """Nothing is left to do and everything adds up."""
    found = await sale.faults()
    assert not found, f"{what}: " + "\n".join([*found, sale.logs()])


async def each_comes_three_times(sale: Sale) -> None:
    """What comes again changes nothing, after paying and after a refund."""
    async with a_buyer(sale) as buyer:
        await buyer.buy(2, 0)
        await buyer.becomes("paid")
        for event in await events_of(sale):
            await sale.double.duplicate(event, times=2)
        await sale.settle()
        await buyer.refund()
        await buyer.becomes("refunded")
        for event in await events_of(sale):
            await sale.double.duplicate(event, times=2)


async def newest_first(sale: Sale) -> None:
    """A refund is heard of before its payment."""
    await in_order(sale, "newest")


async def shuffled(sale: Sale) -> None:
    """Three orders' events come mixed."""
    await in_order(sale, "shuffled")


async def in_order(sale: Sale, order: str) -> None:
    """Hold everything back, then send it in an order."""
    await sale.double.webhooks("hold")
    for _ in range(ORDERS):
        async with a_buyer(sale) as buyer:
            await bought(sale, buyer)
    await sale.double.webhooks("send")
    await sale.double.deliver(order)


async def quarrels_newest_first(sale: Sale) -> None:
    """The end of a dispute is heard before its beginning, and a failed refund before it was."""
    async with a_buyer(sale) as buyer:
        await buyer.buy(2, 1, card=SLOW_BANK)
        await buyer.becomes("paid")
        await sale.settle()
        await sale.double.webhooks("hold")
        (charge,) = await at_stripe(buyer, "charge")
        refund = await sale.double.refund(charge["id"], amount=4_000)
        dispute = await sale.double.open_dispute(charge["id"])
        await sale.double.settle_refund(refund["id"], "failed")
        await sale.double.close_dispute(dispute["id"], won=True)
        await sale.double.webhooks("send")
        await sale.double.deliver("newest")
        await sale.settle()
        assert await tickets(buyer) == {"valid": 3}


async def lost_until_asked(sale: Sale) -> None:
    """Events that never come are found by the schedule that asks for them."""
    await keep_from_running(sale.services, "catch_up", EVERY)
    await sale.settle_without_time()
    await sale.double.webhooks("drop")
    async with a_buyer(sale) as buyer, a_buyer(sale) as other:
        await bought(sale, buyer)
        await other.buy(1, 0)
        await sale.settle_without_time()
        assert {await buyer.status(), await other.status()} == {"pending"}
        await run_now(sale.services, CATCH_UP)
        assert await other.becomes("paid") == "paid"
        assert await buyer.becomes("refunded") == "refunded"


async def lost_until_the_hold_ends(sale: Sale) -> None:
    """Before a hold is closed Stripe is asked, and the payment is found."""
    await sale.double.webhooks("drop")
    async with a_buyer(sale) as buyer:
        await buyer.buy(1, 1)
        await pass_time(sale.services, HOLD)
        assert await buyer.becomes("paid", "expired") == "paid"


async def long_after_the_hold(sale: Sale) -> None:
    """What comes when the hold is long over finds everything done."""
    await sale.double.webhooks("hold")
    async with a_buyer(sale) as buyer, a_buyer(sale) as idle:
        await buyer.buy(1, 1)
        await idle.hold(2, 0)
        await idle.check_out()
        await pass_time(sale.services, HOLD)
        await sale.settle(deliver=False)
        assert (await buyer.status(), await idle.status()) == ("paid", "expired")
        await sale.double.webhooks("send")
        await sale.settle()
        assert (await buyer.status(), await idle.status()) == ("paid", "expired")


async def given_up(sale: Sale, buyer: Buyer) -> None:
    """Close an order as a server that is wrong about Stripe would (a restored backup, say)."""
    async with sale.services.db.write() as session:
        order = await session.get_one(Order, buyer.order_id)
        order.status, order.checkout_state = "expired", "expired"
        items = await session.scalars(select(OrderItem).where(OrderItem.order_id == order.id))
        stock.later(session, [stock.Move(order.event_id, i.tier_id, held=-i.qty) for i in items])


async def left_at(sale: Sale, capacity: int | None) -> None:
    """Set how many tickets the whole event may have; None leaves none at all."""
    async with sale.services.db.write() as session:
        taken = await stock.counts(session, [sale.event.id])
        count = taken[sale.event.id, stock.WHOLE_EVENT].taken
        event = await session.get_one(Event, sale.event.id)
        event.capacity = count if capacity is None else capacity


async def paid_late(sale: Sale) -> None:
    """A payment for a closed order gets tickets while there are any, else goes back."""
    async with a_buyer(sale) as first, a_buyer(sale) as second:
        pages = []
        for buyer in (first, second):
            await buyer.hold(1, 1)
            pages.append(await buyer.check_out())
            await given_up(sale, buyer)
        await sale.double.pay(pages[0])
        assert await first.becomes("paid", "late_refunded") == "paid"
        await left_at(sale, None)
        await sale.double.pay(pages[1])
        assert await second.becomes("paid", "late_refunded") == "late_refunded"
        await sale.settle()
        await left_at(sale, PLENTY)
        charged = {order: refunded for order, _, refunded in await sale.charged()}
        assert charged[second.order_id] == 6_500
        await second.mailed("order_late")


async def test_one_sale_comes_out_whatever_webhooks_do(database_url: str, tmp_path: Path) -> None:
    workers = 0 if database_url.startswith("sqlite") else 2
    async with open_sale(tmp_path, database_url, workers=workers) as sale:
        await sale.sell()
        for way in (
            each_comes_three_times,
            newest_first,
            shuffled,
            quarrels_newest_first,
            lost_until_the_hold_ends,
            lost_until_asked,
            long_after_the_hold,
            paid_late,
        ):
            await way(sale)
            await sale.double.webhooks("send")
            await sale.settle(deliver=not way.__name__.startswith("lost"))
            await agreed(sale, way.__name__)
