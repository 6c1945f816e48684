"""An installation that sold before there were sums has them after the upgrade."""

import pytest
from tests.fixtures.databases import down_and_up
from tests.fixtures.sales_figures import check_figures
from tests.rooms.refunds.shop import Shop

from handstamp.analytics.count_sales import count_all

pytestmark = pytest.mark.anyio


async def test_what_was_sold_before_the_upgrade_is_counted(shop: Shop) -> None:
    order = await shop.buy()
    await shop.ask(order)
    await shop.hear()
    before = await check_figures(shop.services, shop.event.id, shop.account)
    await down_and_up(shop.services, "0006")
    assert await check_figures(shop.services, shop.event.id, shop.account) == before
    await count_all(shop.services)
    assert await check_figures(shop.services, shop.event.id, shop.account) == before
