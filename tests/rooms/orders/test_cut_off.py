"""An organizer who cuts the platform off while buyers are on the payment page."""

import pytest
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.orders.sale import Sale, open_sale

from handstamp.kit.clock import HOUR, MINUTE, FakeClock
from handstamp.orders.expire_orders import sweep
from handstamp.plumbing.web import Services
from handstamp.tickets.stock import Count


@pytest.fixture
async def sale(services: Services, clock: FakeClock, stripe_double: StripeDouble) -> Sale:
    """An event on sale with ten tickets a tier."""
    return await open_sale(services, clock, stripe_double, capacity=10)


async def test_stock_of_an_organizer_who_cut_us_off_comes_back_once_nobody_can_pay(
    sale: Sale,
) -> None:
    order = await sale.hold(3)
    await sale.start(order)
    await sale.double.deauthorize(sale.account)
    await sale.advance(16 * MINUTE)
    assert await sweep(sale.services) == 0
    assert await sale.taken() == Count(3, 0)
    await sale.advance(2 * HOUR)
    assert await sweep(sale.services) == 1
    assert (await sale.find(order)).status == "expired"
    assert await sale.taken() == Count(0, 0)
