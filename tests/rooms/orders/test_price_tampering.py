"""Prices that a buyer makes up, and what becomes of a code when its order is paid too late."""

from typing import Any

import httpx2
import pytest
from tests.factories.orders import make_buyer
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.orders.sale import Sale, open_sale
from tests.rooms.orders.test_priced_orders import BC, code, prices

from handstamp.discounts.models import Discount
from handstamp.kit.clock import FakeClock
from handstamp.orders.find_orders import items_of
from handstamp.orders.fulfil_order import WrongPayment
from handstamp.orders.hold_tickets import hold
from handstamp.orders.models import Order
from handstamp.orders.settle_order import close_in
from handstamp.plumbing.web import Services

API = "/api/tickets"
WHO = {"email": "eve@example.org", "name": "Eve", "terms": True}
MADE_UP: dict[str, Any] = {
    "total": 1,
    "subtotal": 1,
    "discount": 5_000,
    "fees": 0,
    "fee_bp": 0,
    "tax": 0,
    "tax_mode": "none",
    "application_fee": 0,
    "currency": "JPY",
    "discount_code_id": "dsc_made_up",
    "price_cents": 1,
}


@pytest.fixture
async def sale(services: Services, clock: FakeClock, stripe_double: StripeDouble) -> Sale:
    """An event on sale with a fee, two taxes and a code."""
    opened = await open_sale(services, clock, stripe_double, capacity=10)
    await prices(services, opened.event.id, **BC)
    await code(services, opened.event.id, "TENTH")
    return opened


async def test_a_buyer_cannot_name_a_price(client: httpx2.AsyncClient, sale: Sale) -> None:
    orders = f"{API}/events/{sale.event.id}/orders"
    line = {"tier_id": sale.tiers[0].id, "quantity": 2}
    good: dict[str, Any] = {"tickets": [line], "discount_code": "TENTH"}
    for name, value in MADE_UP.items():
        for body in ({**good, name: value}, {**good, "tickets": [{**line, name: value}]}):
            answer = await client.post(orders, json=body)
            assert answer.status_code == 400, (name, answer.text)
            assert name in answer.text
    order = (await client.post(orders, json=good)).json()
    assert (order["total"], order["fees"], order["tax"], order["discount"]) == (
        5_389,
        311,
        578,
        500,
    )
    here = f"{API}/orders/{order['id']}"
    for name, value in MADE_UP.items():
        answer = await client.post(f"{here}/checkout", json={**WHO, name: value})
        assert answer.status_code == 400, (name, answer.text)
    assert (await client.post(f"{here}/checkout", json=WHO)).status_code == 200
    (page,) = await sale.sessions()
    assert (page["amount_total"], page["currency"]) == (5_389, "eur")


async def test_a_payment_of_another_sum_brings_no_tickets(sale: Sale) -> None:
    order = await _held(sale, "eve")
    await sale.start(order)
    await sale.pay(order)
    await sale.change(order, total=order.total + 1)
    with pytest.raises(WrongPayment):
        await sale.settle(order)
    assert (await sale.find(order)).status == "pending"
    assert await sale.tickets(order) == []


async def test_a_late_payment_takes_its_code_again(sale: Sale) -> None:
    code_id = await code(sale.services, sale.event.id, "ONCE", max_uses=1)
    order = await _closed_with_its_page_open(sale)
    assert await _used(sale, code_id) == 0
    await sale.pay(order)
    for _twice in range(2):
        assert await sale.settle(order) == "paid"
        assert await _used(sale, code_id) == 1
    assert len(await sale.tickets(order)) == 1
    await sale.balance_holds()


async def test_a_late_payment_whose_code_is_used_up_is_given_back(sale: Sale) -> None:
    code_id = await code(sale.services, sale.event.id, "ONCE", max_uses=1)
    order = await _closed_with_its_page_open(sale)
    other = await _held(sale, "bob", "ONCE")
    await sale.pay(order)
    for _twice in range(2):
        assert await sale.settle(order) == "late_refunded"
        assert await _used(sale, code_id) == 1
    assert await sale.tickets(order) == []
    assert len(await sale.jobs("refund.order")) == 1
    assert (await sale.taken()).held == 1, "the other buyer's ticket, and none for the late one"
    assert (await sale.find(other)).status == "pending"
    await sale.balance_holds()


async def test_a_late_payment_without_stock_keeps_no_use(sale: Sale) -> None:
    code_id = await code(sale.services, sale.event.id, "ONCE", max_uses=1)
    order = await _closed_with_its_page_open(sale)
    await sale.hold(10, "bob")
    await sale.pay(order)
    assert await sale.settle(order) == "late_refunded"
    assert await _used(sale, code_id) == 0


async def _held(sale: Sale, name: str, text: str = "TENTH") -> Order:
    wants = {sale.tiers[0].id: 1}
    return await hold(sale.services, make_buyer(name), sale.event.id, wants, codes=[text])


async def _closed_with_its_page_open(sale: Sale) -> Order:
    """Return an order with the code ONCE whose time is up, and whose page can still be paid."""
    order = await _held(sale, "ada", "ONCE")
    await sale.start(order)
    order = await sale.find(order)
    async with sale.services.db.write() as session:
        items = await items_of(session, order)
        assert await close_in(session, sale.services, order, items, reason="timed_out")
    return order


async def _used(sale: Sale, code_id: str) -> int:
    async with sale.services.db.read() as session:
        return (await session.get_one(Discount, code_id)).used
