"""Composition root of the web server: every route in one table."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from handstamp.kit.clock import Clock, system_clock
from handstamp.plumbing.config import Settings
from handstamp.plumbing.db import Database
from handstamp.plumbing.errors import Problem, handle_problem
from handstamp.plumbing.pubsub import Signals
from handstamp.plumbing.web import Services


def build_services(settings: Settings, clock: Clock = system_clock) -> Services:
    """Build what one process shares: database, clock, signals."""
    db = Database(settings.database_url, settings.pool_size)
    return Services(settings=settings, db=db, clock=clock, signals=Signals(settings.database_url))


def routes() -> list[BaseRoute]:
    """Return every route of the server, room by room."""
    return []


def create_app(settings: Settings, clock: Clock = system_clock) -> Starlette:
    """Build the ASGI application; it may be mounted into another ASGI site."""
    services = build_services(settings, clock)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await services.signals.start()
        yield
        await services.signals.stop()
        await services.db.close()

    app = Starlette(
        routes=routes(), lifespan=lifespan, exception_handlers={Problem: handle_problem}
    )
    app.state.services = services
    return app
