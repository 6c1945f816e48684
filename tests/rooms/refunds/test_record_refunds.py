"""Refunds made at Stripe: whole, in part, slow, failing; heard in any order, often or late."""

import asyncio
from itertools import count

import pytest
from sqlalchemy import update
from tests.factories.payments import earn
from tests.rooms.refunds.shop import CAPACITY, Shop

from handstamp.kit.clock import MINUTE, FakeClock
from handstamp.orders.models import Order
from handstamp.refunds.known_payment import NotRecordedYet
from handstamp.refunds.record_refunds import record_refunds
from handstamp.tickets import stock

pytestmark = pytest.mark.anyio


async def test_a_refund_in_stripes_pages_voids_the_order(shop: Shop) -> None:
    order = await shop.buy()
    made = await shop.double.refund(await shop.intent(order))
    await shop.hear()
    assert await shop.tickets(order) == ["refunded"] * 3
    assert await shop.now(order) == ("refunded", order.total)
    (refund,) = await shop.refunds(order)
    assert (refund.stripe_refund_id, refund.origin) == (made["id"], "stripe")
    assert await shop.mails(order) == ["order_confirmation", "order_refunded"]
    await shop.check_books()


async def test_events_twice_and_in_any_order_change_nothing_more(shop: Shop) -> None:
    order = await shop.buy()
    await shop.double.refund(await shop.intent(order), amount=100)
    await shop.double.refund(await shop.intent(order), amount=200)
    for event in await shop.double.take_webhooks():
        await shop.double.duplicate(event.event_id, times=2)
    await shop.hear("shuffled")
    await shop.hear("newest")
    assert await shop.now(order) == ("partially_refunded", 300)
    assert len(await shop.refunds(order)) == 2
    assert await shop.left_to_do() == []
    await shop.check_books()


async def test_an_amount_that_pays_back_a_line_voids_that_line(shop: Shop) -> None:
    order = await shop.buy(((2, 2000), (1, 1500)))
    balcony = 1500 + 10 + 150
    await shop.double.refund(await shop.intent(order), amount=balcony)
    await shop.hear()
    assert await shop.tickets(order) == ["valid", "valid", "refunded"]
    assert await shop.now(order) == ("partially_refunded", balcony)
    view = await shop.view(order)
    assert (view["unassigned"], view["refundable"]) == (0, order.total - balcony)
    await shop.check_books()
    await shop.ask(order)
    await shop.hear()
    assert await shop.tickets(order) == ["refunded"] * 3
    assert await shop.now(order) == ("refunded", order.total)
    amounts = {refund.amount for refund in await shop.refunds(order)}
    assert amounts == {balcony, order.total - balcony}
    await shop.check_books()


async def test_an_amount_that_fits_no_line_leaves_the_tickets_and_tells(shop: Shop) -> None:
    order = await shop.buy()
    await shop.double.refund(await shop.intent(order), amount=500)
    await shop.hear()
    assert await shop.tickets(order) == ["valid"] * 3
    assert await shop.now(order) == ("partially_refunded", 500)
    assert (await shop.view(order))["unassigned"] == 500
    rest = 1500 + 10 + 150 - 500
    await shop.double.refund(await shop.intent(order), amount=rest)
    await shop.hear()
    assert await shop.tickets(order) == ["valid", "valid", "refunded"]
    assert (await shop.view(order))["unassigned"] == 0
    await shop.check_books()


async def test_a_slow_refund_voids_at_once_and_settles_later(shop: Shop) -> None:
    order = await shop.buy(card="4000000000007726")
    await shop.ask(order)
    await shop.hear()
    (refund,) = await shop.refunds(order)
    assert refund.status == "pending"
    assert await shop.tickets(order) == ["refunded"] * 3
    assert refund.stripe_refund_id
    await shop.double.settle_refund(refund.stripe_refund_id, "succeeded")
    await shop.hear()
    (refund,) = await shop.refunds(order)
    assert refund.status == "succeeded"
    assert refund.settled_at
    assert await shop.mails(order) == ["order_confirmation", "order_refunded"]
    await shop.check_books()


async def test_a_refund_that_fails_gives_the_tickets_back_and_can_be_made_again(
    either: Shop, clock: FakeClock
) -> None:
    shop = either
    order = await shop.buy(card="4000000000007726")
    await shop.ask(order)
    await shop.hear()
    (refund,) = await shop.refunds(order)
    assert refund.stripe_refund_id
    clock.advance(MINUTE)
    await shop.double.settle_refund(refund.stripe_refund_id, "failed")
    await shop.hear("shuffled")
    assert await shop.tickets(order) == ["valid"] * 3
    assert await shop.now(order) == ("paid", 0)
    (refund,) = await shop.refunds(order)
    assert (refund.status, refund.failure) == ("failed", "lost_or_stolen_card")
    await shop.check_books()
    clock.advance(MINUTE)
    await shop.ask(order)
    await shop.hear()
    _failed, again = await shop.refunds(order)
    assert again.status == "pending"
    assert not again.refund_application_fee
    assert not again.reverse_transfer
    assert await shop.tickets(order) == ["refunded"] * 3
    await shop.check_books()


async def test_tickets_come_back_though_time_passed_while_they_were_voided(shop: Shop) -> None:
    order = await shop.buy(card="4000000000007726")
    ticks = count(shop.services.clock())
    shop.services.clock = lambda: next(ticks)
    await shop.ask(order)
    await shop.hear()
    assert await shop.tickets(order) == ["refunded"] * 3
    (refund,) = await shop.refunds(order)
    assert refund.stripe_refund_id
    await shop.double.settle_refund(refund.stripe_refund_id, "failed")
    await shop.hear()
    assert await shop.tickets(order) == ["valid"] * 3


async def test_places_sold_on_are_not_taken_from_anybody(shop: Shop, clock: FakeClock) -> None:
    order = await shop.buy(card="4000000000007726")
    await shop.ask(order)
    await shop.hear()
    async with shop.services.db.write() as session:
        assert await stock.reserve_in(session, shop.event.id, {shop.tiers[1].id: CAPACITY})
    (refund,) = await shop.refunds(order)
    assert refund.stripe_refund_id
    clock.advance(MINUTE)
    await shop.double.settle_refund(refund.stripe_refund_id, "failed")
    await shop.hear()
    assert await shop.tickets(order) == ["refunded"] * 3
    assert await shop.now(order) == ("paid", 0)
    assert (await shop.refunds(order))[0].status == "failed"
    await shop.check_books()


async def test_one_of_two_refunds_of_the_same_moment_fails(shop: Shop) -> None:
    order = await shop.buy(((2, 2000), (1, 1500)))
    intent, balcony = await shop.intent(order), 1500 + 10 + 150
    await shop.double.refund(intent, amount=balcony)
    slow = await shop.double.refund(intent, amount=order.total - balcony, status="pending")
    await shop.hear()
    assert await shop.tickets(order) == ["refunded"] * 3
    await shop.double.settle_refund(slow["id"], "failed")
    await shop.hear()
    assert await shop.tickets(order) == ["valid", "valid", "refunded"]
    assert await shop.now(order) == ("partially_refunded", balcony)
    await shop.check_books()


async def test_a_refund_of_a_destination_charge_in_stripes_pages(express: Shop) -> None:
    order = await express.buy()
    await express.double.refund(await express.intent(order))
    await express.hear()
    assert await express.tickets(order) == ["refunded"] * 3
    (refund,) = await express.refunds(order)
    assert not refund.reverse_transfer
    await express.check_books()


async def test_what_the_platform_paid_alone_may_be_taken_back_with_the_rest(express: Shop) -> None:
    order = await express.buy()
    await express.double.refund(await express.intent(order), amount=500)
    await express.hear()
    await express.check_books()
    await express.ask(order)
    await express.hear()
    assert await express.now(order) == ("refunded", order.total)
    assert await express.tickets(order) == ["refunded"] * 3
    await express.check_books()


async def test_an_account_speaks_only_of_its_own_charges(shop: Shop) -> None:
    order = await shop.buy()
    intent = await shop.double.object(await shop.intent(order))
    charge = intent["latest_charge"]
    await shop.double.refund(charge)
    other = await shop.double.account()
    assert not await record_refunds(shop.services, other, charge, intent["id"])
    assert await shop.now(order) == ("paid", 0)
    assert await record_refunds(shop.services, shop.account, charge, intent["id"])
    assert await shop.now(order) == ("refunded", order.total)


async def test_a_refund_may_be_heard_of_before_its_payment(shop: Shop) -> None:
    order, items = await shop.hold(((2, 2000),))
    paid = await shop.pay(order, items)
    assert paid.payment is not None
    async with shop.services.db.write() as session:
        values = {"checkout_session_id": paid.id, "checkout_attempt": 1, "checkout_state": "open"}
        values["expires_at"] = order.expires_at + MINUTE
        await session.execute(update(Order).where(Order.id == order.id).values(**values))
    await shop.double.refund(paid.payment.id)
    await record_refunds(shop.services, shop.charged, paid.payment.charge_id, paid.payment.id)
    assert await shop.tickets(order) == ["refunded"] * 2
    assert await shop.now(order) == ("refunded", order.total)
    await shop.check_books()


async def test_a_payment_that_cannot_be_found_yet_is_waited_for(shop: Shop) -> None:
    order, items = await shop.hold(((2, 2000),))
    paid = await shop.pay(order, items)
    assert paid.payment is not None
    with pytest.raises(NotRecordedYet):
        await record_refunds(shop.services, shop.charged, paid.payment.charge_id, paid.payment.id)


async def test_what_an_account_earns_elsewhere_is_none_of_ours(shop: Shop) -> None:
    intent = await earn(shop.services, shop.double, shop.account)
    charge = (await shop.double.object(intent))["latest_charge"]
    await shop.double.refund(charge)
    assert not await record_refunds(shop.services, shop.account, charge, intent)
    assert not await record_refunds(shop.services, shop.account, charge, "")
    await shop.hear()
    assert await shop.left_to_do() == []


async def test_many_hear_the_same_at_once(either: Shop) -> None:
    order = await either.buy()
    intent = await either.double.object(await either.intent(order))
    await either.double.refund(intent["id"], amount=1660)
    await either.double.refund(intent["id"])
    heard = (either.services, either.charged, intent["latest_charge"], intent["id"])
    assert all(await asyncio.gather(*(record_refunds(*heard) for _ in range(6))))
    assert await either.tickets(order) == ["refunded"] * 3
    assert len(await either.refunds(order)) == 2
    assert await either.now(order) == ("refunded", order.total)
    assert (await either.mails(order)).count("order_refunded") == 2
    await either.check_books()


async def test_a_payout_leaves_the_books_equal(shop: Shop) -> None:
    await shop.buy()
    await shop.double.payout(account=shop.account, available_now=True)
    await shop.hear()
    failed = await shop.double.payout(account="", available_now=True, status="pending")
    await shop.hear()
    await shop.double.settle_payout(failed["id"], "failed")
    await shop.hear("shuffled")
    await shop.check_books()
