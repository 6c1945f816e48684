"""The pace of charges: one row for all processes, spread evenly, caught up a little, never more."""

import asyncio

import pytest
from tests.fixtures.services import make_settings
from tests.fixtures.stripe_double import StripeDouble

from handstamp.kit.clock import MINUTE, SECOND
from handstamp.payments.models import Pace
from handstamp.payments.pace import BURST, MICROS, pause, take_place
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Services

pytestmark = pytest.mark.anyio
FOR_EVER = 10 * MINUTE


@pytest.fixture
def settings(database_url: str, stripe_double: StripeDouble) -> Settings:
    """Settings with a pace slow enough that a test never outruns it."""
    return make_settings(database_url, charges_per_second=1)


async def free_at(services: Services) -> int:
    """Return when the next place is free, microseconds."""
    async with services.db.read() as session:
        return (await session.get_one(Pace, "charges")).free_at


async def test_places_are_given_once_and_a_second_apart(services: Services) -> None:
    await take_place(services, patience=FOR_EVER)
    first = await free_at(services)
    places = BURST + 6
    await asyncio.gather(*(take_place(services, patience=FOR_EVER) for _ in range(places)))
    assert await free_at(services) >= first + places * SECOND * MICROS


async def test_who_has_no_patience_takes_no_place(services: Services) -> None:
    while await take_place(services, patience=SECOND) is not None:
        pass
    before = await take_place(services, patience=FOR_EVER)
    assert await take_place(services, patience=SECOND) is None
    after = await take_place(services, patience=FOR_EVER)
    assert before is not None
    assert after is not None
    assert after - before <= SECOND


async def test_without_a_pace_nobody_waits(services: Services) -> None:
    free = services.settings.model_copy(update={"charges_per_second": 0})
    services.settings = free
    assert [await take_place(services, patience=0) for _ in range(20)] == [0] * 20


def test_pauses_grow_at_random() -> None:
    pauses = [pause(tries) for tries in range(40) for _ in range(20)]
    assert min(pauses) >= 1
    assert max(pauses) <= MINUTE
    assert max(pause(0) for _ in range(50)) <= SECOND
