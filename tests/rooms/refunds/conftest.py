"""A server that talks to the double, and a shop on it."""

import httpx2
import pytest
from tests.factories.payments import selling_settings
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.refunds.shop import Shop, open_shop

from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Services


@pytest.fixture
def settings(database_url: str, stripe_double: StripeDouble) -> Settings:
    """Settings of a server that sells through the double."""
    return selling_settings(database_url, stripe_double)


@pytest.fixture
async def shop(services: Services, client: httpx2.AsyncClient, stripe_double: StripeDouble) -> Shop:
    """A shop that sells by direct charges."""
    return await open_shop(services, client, stripe_double, "standard")


@pytest.fixture
async def express(
    services: Services, client: httpx2.AsyncClient, stripe_double: StripeDouble
) -> Shop:
    """A shop that sells by destination charges."""
    return await open_shop(services, client, stripe_double, "express")


@pytest.fixture(params=["standard", "express"])
async def either(
    request: pytest.FixtureRequest,
    services: Services,
    client: httpx2.AsyncClient,
    stripe_double: StripeDouble,
) -> Shop:
    """A shop of each kind: direct charges, then destination charges."""
    return await open_shop(services, client, stripe_double, str(request.param))
