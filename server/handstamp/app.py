"""Composition root of the web server: every route in one table."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from handstamp.checkin import door_files
from handstamp.checkin import routes as checkin_api
from handstamp.checkin.broadcast import close_door
from handstamp.demo import codes
from handstamp.kit.clock import Clock, system_clock
from handstamp.plumbing.config import Settings
from handstamp.plumbing.errors import Problem, handle_problem
from handstamp.plumbing.web import Services, build_services


def routes() -> list[BaseRoute]:
    """Return every route of the server, room by room."""
    return [*checkin_api.routes, *door_files.routes, *codes.routes]


def create_app(
    settings: Settings, clock: Clock = system_clock, *, services: Services | None = None
) -> Starlette:
    """Build the ASGI application; it may be mounted into another ASGI site.

    With `services` the application shares another part's database and signals, and leaves
    starting and closing them to it.
    """
    own = services is None
    services = services or build_services(settings, clock)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        if own:
            await services.signals.start()
        yield
        await close_door(services)
        if own:
            await services.signals.stop()
            await services.db.close()

    app = Starlette(
        routes=routes(), lifespan=lifespan, exception_handlers={Problem: handle_problem}
    )
    app.state.services = services
    return app
