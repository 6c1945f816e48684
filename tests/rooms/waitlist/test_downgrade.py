"""Back to the schema before the desk: offers let their tickets go, nothing hidden is shown."""

import pytest
from sqlalchemy import update
from tests.fixtures.databases import down_and_up
from tests.rooms.waitlist.waiting_line import Line

from handstamp.events.models import Event
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

    await down_and_up(line.services, "0006")
    assert await line.taken() == Count()
    async with line.services.db.read() as session:
        assert (await session.get_one(Event, line.event.id)).status == "draft"
