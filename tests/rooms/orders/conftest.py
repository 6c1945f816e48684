"""A server that sells through the double."""

import pytest
from tests.factories.payments import selling_settings
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.orders.sale import Sale, open_sale

from handstamp.kit.clock import FakeClock
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Services


@pytest.fixture
def settings(database_url: str, stripe_double: StripeDouble) -> Settings:
    """Settings of a server that sells through the double."""
    return selling_settings(database_url, stripe_double)


@pytest.fixture
async def sale(services: Services, clock: FakeClock, stripe_double: StripeDouble) -> Sale:
    """An event on sale with ten tickets a tier."""
    return await open_sale(services, clock, stripe_double, capacity=10)
