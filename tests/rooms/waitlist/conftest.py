"""A server that sells through the double, and an event with two tickets a tier."""

import pytest
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.orders.conftest import settings
from tests.rooms.waitlist.waiting_line import Line, open_line

from handstamp.kit.clock import FakeClock
from handstamp.plumbing.web import Services

__all__ = ["settings"]


@pytest.fixture
async def line(services: Services, clock: FakeClock, stripe_double: StripeDouble) -> Line:
    """A sold-out event with a waiting list."""
    return await open_line(services, clock, stripe_double)
