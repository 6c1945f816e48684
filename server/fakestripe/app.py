"""The program: Stripe's API, its pages and the control interface on one address."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.routing import Route

from fakestripe import api, control, desk, elements, pages
from fakestripe.api import Double
from fakestripe.courier import Courier
from fakestripe.world import World


def create_app(world: World) -> Starlette:
    """Return the application over a loaded world."""
    courier = Courier(world)
    double = Double(world, courier)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        courier.look_through()
        tasks = [asyncio.create_task(courier.run()), asyncio.create_task(_tick(double))]
        yield
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    methods = ["GET", "POST", "DELETE"]
    app = Starlette(
        routes=[Route("/v1/{path:path}", api.answer, methods=methods), *control.routes,
                *pages.routes, *elements.routes, *desk.routes],
        lifespan=lifespan,
    )  # fmt: skip
    app.state.double = double
    return app


async def _tick(double: Double) -> None:
    while True:
        await asyncio.sleep(1)
        control.tick(double)
