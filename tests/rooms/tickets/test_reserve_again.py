"""Stock taken inside a larger transaction: all of it or nothing, and the rest goes on."""

import pytest
from sqlalchemy import select
from tests.factories.events import make_event, make_tier

from handstamp.events.models import Event
from handstamp.plumbing.web import Services
from handstamp.tickets.stock import Count, counts, reserve_in

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("capacities", [(1, 10, 10), (None, 10, 1), (None, 1, 10)])
async def test_what_does_not_fit_holds_nothing_of_any_tier(
    services: Services, capacities: tuple[int | None, int, int]
) -> None:
    whole, *each = capacities
    async with services.db.write() as session:
        event = await make_event(session, services, capacity=whole)
        tiers = [
            await make_tier(session, services, event, f"Tier {number}", capacity=capacity)
            for number, capacity in enumerate(each)
        ]
    wants = {tier.id: 2 if whole is None else 1 for tier in tiers}
    async with services.db.write() as session:
        assert not await reserve_in(session, event.id, wants)
        (await session.get_one(Event, event.id)).venue = "The yard"
    async with services.db.read() as session:
        assert set((await counts(session, [event.id])).values()) <= {Count()}
        assert await session.scalar(select(Event.venue)) == "The yard"
    async with services.db.write() as session:
        assert await reserve_in(session, event.id, {tiers[0].id: 1})
    async with services.db.read() as session:
        assert (await counts(session, [event.id]))[event.id, ""] == Count(held=1)
