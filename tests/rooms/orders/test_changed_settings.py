"""Settings changed while a page is being opened: the page is found, closed, never sold twice."""

import asyncio

import pytest
from tests.rooms.orders.sale import Sale

from handstamp.kit.clock import MINUTE
from handstamp.orders.cancel_order import cancel
from handstamp.orders.expire_orders import sweep
from handstamp.orders.models import Order
from handstamp.orders.settle_order import settle_order
from handstamp.payments.gateway_errors import GatewayKeyUsed
from handstamp.plumbing.errors import SwitchedOff
from handstamp.tickets.stock import Count

pytestmark = pytest.mark.anyio
SESSIONS = "/v1/checkout/sessions"
CHANGES = [{"payment_form": "element"}, {"public_url": "https://tickets.example.org"}]


def change(sale: Sale, **settings: str) -> None:
    """Start the server anew with other settings."""
    sale.services.settings = sale.services.settings.model_copy(update=settings)


async def begun(sale: Sale) -> Order:
    """Die after Stripe has opened the page, before its id is stored."""
    order = await sale.hold()
    await sale.start(order)
    await sale.change(order, checkout_session_id=None, checkout_url="", checkout_state="starting")
    return order


async def states(sale: Sale) -> list[str]:
    """Return how the pages stand at Stripe, the newest first."""
    return [str(one["status"]) for one in await sale.sessions()]


@pytest.mark.parametrize("changed", CHANGES, ids=["form", "address"])
async def test_the_hold_ends_at_its_time(sale: Sale, changed: dict[str, str]) -> None:
    order = await begun(sale)
    change(sale, **changed)
    await sale.advance(15 * MINUTE)
    assert await sweep(sale.services) == 1
    assert (await sale.find(order)).status == "expired"
    assert await states(sale) == ["expired"]
    assert await sale.taken() == Count(0, 0)


@pytest.mark.parametrize("changed", CHANGES, ids=["form", "address"])
async def test_the_buyer_goes_on_with_a_new_page(sale: Sale, changed: dict[str, str]) -> None:
    order = await begun(sale)
    change(sale, **changed)
    found = await asyncio.gather(*(sale.start(order) for _ in range(3)), return_exceptions=True)
    assert any(not isinstance(one, BaseException) for one in found)
    started = await sale.start(order)
    assert started.url or started.client_secret
    assert (await states(sale)).count("open") == 1
    await sale.pay(order)
    assert await sale.settle(order) == "paid"
    assert len(await sale.tickets(order)) == 2
    assert await sale.taken() == Count(0, 2)
    await sale.balance_holds()


async def test_the_buyer_may_cancel(sale: Sale) -> None:
    order = await begun(sale)
    change(sale, payment_form="element")
    assert (await cancel(sale.services, order.id)).status == "cancelled"
    assert await states(sale) == ["expired"]
    assert await sale.taken() == Count(0, 0)


async def test_paid_on_the_lost_page_is_paid(sale: Sale) -> None:
    order = await begun(sale)
    (page,) = await sale.sessions()
    await sale.double.pay(page["id"])
    change(sale, payment_form="element")
    await sale.advance(15 * MINUTE)
    assert await settle_order(sale.services, order.id) == "paid"
    assert (await sale.find(order)).checkout_session_id == page["id"]
    assert len(await sale.tickets(order)) == 2
    assert (await sale.start(order)).done
    await sale.balance_holds()


async def test_while_stripe_does_not_say_the_hold_stays(sale: Sale) -> None:
    order = await begun(sale)
    change(sale, payment_form="element")
    await sale.double.fail("503", path=SESSIONS, method="GET", times=-1)
    with pytest.raises(SwitchedOff):
        await sale.start(order)
    await sale.advance(15 * MINUTE)
    assert await sweep(sale.services) == 0
    assert (await sale.find(order)).status == "pending"
    assert await sale.taken() == Count(2, 0)
    await sale.double.heal()
    assert await sweep(sale.services) == 1


async def test_a_fault_kept_under_the_key_is_certain_a_minute_after_the_hold(sale: Sale) -> None:
    order = await sale.hold()
    await sale.double.fail("500", path=SESSIONS, method="POST", times=-1)
    with pytest.raises(SwitchedOff):
        await sale.start(order)
    await sale.double.heal()
    await sale.change(order, checkout_state="starting")  # as if we had died before noting it
    change(sale, payment_form="element")
    await sale.advance(15 * MINUTE)
    with pytest.raises(GatewayKeyUsed):
        await settle_order(sale.services, order.id)
    await sale.advance(MINUTE)
    assert await settle_order(sale.services, order.id) == "expired"
    assert await sale.sessions() == []
    assert await sale.taken() == Count(0, 0)


async def test_pages_of_other_orders_are_left_alone(sale: Sale) -> None:
    other = await sale.hold(1, "grace")
    await sale.start(other)
    order = await begun(sale)
    change(sale, payment_form="element")
    await sale.start(order)
    await sale.pay(other)
    assert await sale.settle(other) == "paid"
    assert len(await sale.tickets(other)) == 1
