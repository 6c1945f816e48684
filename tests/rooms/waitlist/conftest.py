"""A server that sells through the double, and an event with two tickets a tier."""

import pytest
from tests.factories.payments import selling_settings
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.waitlist.waiting_line import Line, open_line

from handstamp.kit.clock import FakeClock
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Services


@pytest.fixture
def settings(database_url: str, stripe_double: StripeDouble) -> Settings:
    """Settings of a server that sells through the double."""
    return selling_settings(database_url, stripe_double)


@pytest.fixture
async def line(services: Services, clock: FakeClock, stripe_double: StripeDouble) -> Line:
    """A sold-out event with a waiting list."""
    return await open_line(services, clock, stripe_double)
