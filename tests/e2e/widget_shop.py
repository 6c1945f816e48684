"""A shop of free tickets in this process: all that the widget asks, on a socket of its own."""

import asyncio
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from tests.e2e.door_world import free_port
from tests.factories.events import make_event
from tests.fixtures.services import make_settings
from tests.rooms.checkin.conftest import Announcing

from handstamp.app import create_app
from handstamp.events.models import Event
from handstamp.kit.clock import system_clock
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import build_services


@dataclass
class WidgetShop:
    """Where it answers, and what it offers."""

    settings: Settings
    port: int
    event: Event = field(init=False)
    ready: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        """Where the server answers."""
        return self.settings.public_url

    async def serve(self) -> None:
        """Make two events of one organizer, and serve until `done`."""
        services = build_services(self.settings, system_clock)
        await services.signals.start()
        async with services.db.write() as session:
            self.event = await make_event(session, services, title="Paper Lanterns")
            await make_event(
                session, services, organizer_id=self.event.organizer_id, title="Ink and Echo",
                code="IE",
            )  # fmt: skip
        app = create_app(self.settings, system_clock, services=services)
        async with app.router.lifespan_context(app):
            config = uvicorn.Config(app, port=self.port, lifespan="off", log_level="critical")
            server = Announcing(config)
            serving = asyncio.create_task(server.serve())
            await server.listening.wait()
            self.ready.set()
            await asyncio.to_thread(self.done.wait)
            server.should_exit = True
            await serving
        await services.signals.stop()
        await services.db.close()


@contextmanager
def widget_shop(template: Path, folder: Path) -> Iterator[WidgetShop]:
    """Serve the shop while the block lasts."""
    shutil.copyfile(template, folder / "widget.db")
    port = free_port()
    settings = make_settings(
        f"sqlite+aiosqlite:///{folder / 'widget.db'}",
        public_url=f"http://localhost:{port}",
        enable_checkout=True,
    )
    shop = WidgetShop(settings, port)
    thread = threading.Thread(target=lambda: asyncio.run(shop.serve()), daemon=True)
    thread.start()
    assert shop.ready.wait(60)
    yield shop
    shop.done.set()
    thread.join()
