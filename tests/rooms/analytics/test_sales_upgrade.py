"""An installation that sold before there were sums has them after the upgrade."""

import pytest
from alembic import command
from sqlalchemy import Connection
from tests.fixtures.sales_figures import check_figures
from tests.rooms.refunds.shop import Shop

from handstamp.analytics.count_sales import count_all
from handstamp.plumbing.migrate import alembic_config, migrate

pytestmark = pytest.mark.anyio


async def test_what_was_sold_before_the_upgrade_is_counted(shop: Shop) -> None:
    order = await shop.buy()
    await shop.ask(order)
    await shop.hear()
    before = await check_figures(shop.services, shop.event.id, shop.account)

    def down(connection: Connection) -> None:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0006")

    async with shop.services.db.writer.begin() as connection:
        await connection.run_sync(down)
    await migrate(shop.services.settings)
    await shop.services.db.close()  # what was prepared for the tables of before
    assert await check_figures(shop.services, shop.event.id, shop.account) == before
    await count_all(shop.services)
    assert await check_figures(shop.services, shop.event.id, shop.account) == before
