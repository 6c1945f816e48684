"""Back to the schema before the desk: offers let their tickets go, nothing hidden is shown."""

import pytest
from alembic import command
from sqlalchemy import Connection, update
from tests.rooms.waitlist.waiting_line import Line

from handstamp.events.models import Event
from handstamp.plumbing.migrate import alembic_config, migrate
from handstamp.tickets.stock import Count

pytestmark = pytest.mark.anyio


async def test_a_downgrade_frees_what_offers_hold_and_knows_each_status(line: Line) -> None:
    await line.join("ann", 2)
    await line.free()
    assert await line.run() == 1
    await line.hold(1, "passer-by", tier=1)
    assert await line.taken() == Count(held=2)
    async with line.services.db.write() as session:
        await session.execute(update(Event).values(status="hidden"))

    def down(connection: Connection) -> None:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0006")

    async with line.services.db.writer.begin() as connection:
        await connection.run_sync(down)
    await migrate(line.services.settings)
    await line.services.db.close()  # what was prepared for the tables of before
    assert await line.taken() == Count()
    async with line.services.db.read() as session:
        assert (await session.get_one(Event, line.event.id)).status == "draft"
