"""How orders end otherwise: in time, by their buyer, for another order, paid too late or twice."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from tests.factories.orders import ADA
from tests.rooms.orders.sale import Sale

from handstamp.events.publish_event import cancel_for_good
from handstamp.kit.clock import DAY, HOUR, MINUTE
from handstamp.orders.cancel_order import cancel
from handstamp.orders.expire_orders import forget, sweep
from handstamp.orders.models import Consent
from handstamp.orders.settle_order import settle_order, settle_session
from handstamp.payments.gateway import gateway
from handstamp.payments.gateway_errors import GatewayError
from handstamp.plumbing.errors import Conflict, Gone, NotFound, SwitchedOff
from handstamp.plumbing.web import SYSTEM
from handstamp.tickets import stock
from handstamp.tickets.stock import Count

SESSIONS = "/v1/checkout/sessions"


async def test_a_hold_that_ends_unpaid_gives_its_tickets_back(sale: Sale) -> None:
    order = await sale.hold()
    await sale.start(order)
    await sale.advance(15 * MINUTE)
    assert await sweep(sale.services) == 1
    closed = await sale.find(order)
    assert (closed.status, closed.close_reason) == ("expired", "timed_out")
    assert [one["status"] for one in await sale.sessions()] == ["expired"]
    assert await sale.taken() == Count(0, 0)
    assert await sale.mails() == []
    with pytest.raises(Gone):
        await sale.start(order)


async def test_paid_in_the_last_second_is_fulfilled_by_the_sweep(sale: Sale) -> None:
    order = await sale.hold()
    await sale.start(order)
    await sale.pay(order)
    await sale.advance(15 * MINUTE)
    await sweep(sale.services)
    assert (await sale.find(order)).status == "paid"
    assert len(await sale.tickets(order)) == 2


async def test_while_stripe_does_not_answer_a_hold_stays(sale: Sale) -> None:
    order = await sale.hold()
    await sale.start(order)
    await sale.advance(20 * MINUTE)
    await sale.double.fail("503", times=-1)
    assert await sweep(sale.services) == 0
    assert (await sale.find(order)).status == "pending"
    assert await sale.taken() == Count(2, 0)
    with pytest.raises(GatewayError):
        await settle_order(sale.services, order.id)
    await sale.double.heal()
    assert await sweep(sale.services) == 1
    assert await sale.taken() == Count(0, 0)


async def test_an_expiry_whose_answer_was_lost_is_looked_up(sale: Sale) -> None:
    order = await sale.hold()
    await sale.start(order)
    await sale.advance(20 * MINUTE)
    await sale.double.fail("drop", path=SESSIONS, method="POST", times=-1)
    assert await sweep(sale.services) == 0
    await sale.double.heal()
    assert await sweep(sale.services) == 1
    assert (await sale.find(order)).status == "expired"


async def test_who_tried_in_vain_until_the_end_gets_a_mail(sale: Sale) -> None:
    order = await sale.hold()
    await sale.start(order)
    await sale.pay(order, "4000000000000002")
    await settle_order(sale.services, order.id)
    await sale.advance(15 * MINUTE)
    await sweep(sale.services)
    assert await sale.mails() == ["payment_failed"]


async def test_too_late_and_nothing_left_is_given_back(sale: Sale) -> None:
    order = await sale.hold(10)
    await sale.start(order)
    await sale.change(order, status="expired", closed_at=sale.clock())
    async with sale.services.db.write() as session:
        connection = await session.connection()
        await connection.run_sync(stock.release, sale.event.id, {sale.tiers[0].id: 10})
    other = await sale.hold(3, "bob")
    await sale.pay(order)
    assert await sale.settle(order) == "late_refunded"
    assert await sale.settle(order) == "late_refunded"
    assert await sale.tickets(order) == []
    assert await sale.mails() == ["order_late"]
    assert len(await sale.jobs("refund.order")) == 1
    assert (await sale.find(other)).status == "pending"
    assert await sale.taken() == Count(3, 0)
    await sale.balance_holds()


async def test_too_late_with_tickets_left_is_fulfilled(sale: Sale) -> None:
    order = await sale.hold(4)
    await sale.start(order)
    await sale.change(order, status="cancelled", closed_at=sale.clock())
    async with sale.services.db.write() as session:
        connection = await session.connection()
        await connection.run_sync(stock.release, sale.event.id, {sale.tiers[0].id: 4})
    await sale.pay(order)
    assert await sale.settle(order) == "paid"
    assert await sale.taken() == Count(0, 4)
    assert await sale.mails() == ["order_confirmation"]


async def test_of_a_cancelled_event_nothing_is_paid_any_more(sale: Sale) -> None:
    order, paid = await sale.hold(), await sale.hold(1, "bob")
    await sale.start(paid)
    await sale.change(paid, status="cancelled", closed_at=sale.clock())
    async with sale.services.db.write() as session:
        connection = await session.connection()
        await connection.run_sync(stock.release, sale.event.id, {sale.tiers[0].id: 1})
        await cancel_for_good(session, sale.services, SYSTEM, sale.event.id)
    with pytest.raises(Conflict) as refused:
        await sale.start(order)
    assert refused.value.code == "not_on_sale"
    await sale.pay(paid)
    assert await sale.settle(paid) == "late_refunded"
    assert await sale.tickets(paid) == []
    assert len(await sale.jobs("refund.order")) == 1
    assert await sale.taken() == Count(2, 0)


async def test_a_second_payment_of_one_order_is_given_back(sale: Sale) -> None:
    order = await sale.hold()
    await sale.start(order)
    first = await sale.session_of(order)
    await sale.change(order, checkout_state="expired")
    await sale.start(order)
    await sale.pay(order)
    assert await sale.settle(order) == "paid"
    await sale.double.pay(first)
    assert await settle_session(sale.services, first, sale.account) == "paid"
    assert len(await sale.tickets(order)) == 2
    (job,) = await sale.jobs("refund.order")
    assert sum(payment.id in job for payment in await sale.payments()) == 1
    await sale.balance_holds()


async def test_a_buyer_cancels(sale: Sale) -> None:
    order = await sale.hold()
    await sale.start(order)
    assert (await cancel(sale.services, order.id)).status == "cancelled"
    assert (await cancel(sale.services, order.id)).close_reason == "cancelled_by_buyer"
    assert [one["status"] for one in await sale.sessions()] == ["expired"]
    assert await sale.taken() == Count(0, 0)
    with pytest.raises(NotFound):
        await cancel(sale.services, "ord_nowhere")


async def test_cancelling_what_was_paid_meanwhile_is_refused_and_fulfils(sale: Sale) -> None:
    order = await sale.hold()
    await sale.start(order)
    await sale.pay(order)
    with pytest.raises(Conflict) as refused:
        await cancel(sale.services, order.id)
    assert refused.value.code == "paid"
    assert len(await sale.tickets(order)) == 2


async def test_another_selection_closes_the_open_page_first(sale: Sale) -> None:
    first = await sale.hold()
    await sale.start(first)
    second = await sale.hold(tier=1)
    assert second.id != first.id
    assert (await sale.find(first)).status == "cancelled"
    assert [one["status"] for one in await sale.sessions()] == ["expired"]


async def test_a_paid_order_in_the_way_is_kept_and_the_new_hold_goes_on(sale: Sale) -> None:
    first = await sale.hold()
    await sale.start(first)
    await sale.pay(first)
    second = await sale.hold(tier=1)
    assert second.id != first.id
    assert (await sale.find(first)).status == "paid"
    assert len(await sale.tickets(first)) == 2


async def test_an_order_in_the_way_stays_while_stripe_does_not_answer(sale: Sale) -> None:
    first = await sale.hold()
    await sale.start(first)
    await sale.double.fail("503", times=-1)
    with pytest.raises(SwitchedOff):
        await sale.hold(tier=1)
    await sale.double.heal()
    assert (await sale.find(first)).status == "pending"


async def test_a_closed_page_of_a_living_hold_makes_room_for_another(sale: Sale) -> None:
    order = await sale.hold()
    await sale.start(order)
    session_id = await sale.session_of(order)
    await gateway(sale.services).expire_checkout(session_id, account=sale.account)
    assert await sale.settle(order) == "pending"
    assert (await sale.find(order)).checkout_state == "expired"
    assert await sale.taken() == Count(2, 0)
    assert (await sale.start(order)).url
    await sale.pay(order)
    assert await sale.settle(order) == "paid"


async def test_what_was_given_up_is_forgotten_after_a_month(sale: Sale) -> None:
    order = await sale.hold()
    await sale.start(order, replace(ADA, marketing=True, phone="+1 604 555 0100"))
    kept = await sale.buy(1, "bob")
    await cancel(sale.services, order.id)
    sale.clock.advance(30 * DAY - HOUR)
    assert await forget(sale.services) == 0
    sale.clock.advance(2 * HOUR)
    assert await forget(sale.services) == 1
    gone = await sale.find(order)
    assert (gone.email, gone.name, gone.phone, gone.network) == ("", "", "", "")
    assert (await sale.find(kept)).email == "ada@example.org"
    async with sale.services.db.read() as session:
        assert not (await session.scalars(select(Consent))).all()
