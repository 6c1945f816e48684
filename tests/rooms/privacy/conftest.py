"""Two lives for the tests of this room."""

import httpx2
import pytest
from tests.rooms.privacy.person_world import Lives, live

from handstamp.plumbing.web import Services


@pytest.fixture
async def lives(services: Services, client: httpx2.AsyncClient) -> Lives:
    """Zelda and a bystander, with something in every room."""
    return await live(services)
