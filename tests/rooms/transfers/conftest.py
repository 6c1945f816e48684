"""A shop, a buyer's browser and another one."""

import httpx2
import pytest
from starlette.applications import Starlette
from tests.fixtures.services import PUBLIC_URL
from tests.rooms.storefront.conftest import Shopper, sale, settings, shopper

__all__ = ["sale", "settings", "shopper"]


@pytest.fixture
async def stranger(app: Starlette) -> Shopper:
    """Another browser."""
    transport = httpx2.ASGITransport(app=app)
    return Shopper(httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL))
