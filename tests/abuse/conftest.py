"""The two organizers, on SQLite unless a test asks for both databases."""

import logging
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
import structlog
from starlette.applications import Starlette
from tests.abuse.world import World, build_world
from tests.fixtures.services import PUBLIC_URL, make_settings

from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Services


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of refusals, and not a line of log for each."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database; tests that need both say so."""
    kind = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(kind))


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings of a server that sells, but has no key of Stripe's."""
    return make_settings(database_url, enable_checkout=True, enable_preorders=True)


@pytest.fixture
async def http(app: Starlette) -> AsyncIterator[httpx2.AsyncClient]:
    """A client that is answered when the application crashes, as a caller over a socket is."""
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        yield client


@pytest.fixture
async def world(http: httpx2.AsyncClient, services: Services) -> World:
    """Two organizers, their phones and keys, and everybody who knocks."""
    return await build_world(http, services)
