"""The real thing: a server process that can be killed, its event, and phones in real Chromium."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
import segno
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from sqlalchemy import select
from tests.e2e.app_copy import copy_app
from tests.e2e.door_pages import CAMERA
from tests.e2e.stage import ARGS, CHROMIUM, LIGHT, PHONE
from tests.factories.checkin import make_code
from tests.factories.events import make_event
from tests.factories.tickets import make_tickets, make_tokens
from tests.fixtures.services import make_settings

from handstamp.checkin.models import Fact
from handstamp.checkin.revoke_device import revoke_device
from handstamp.events.models import Event
from handstamp.kit.clock import HOUR, system_clock
from handstamp.plumbing.config import Settings
from handstamp.plumbing.migrate import migrate
from handstamp.plumbing.web import SYSTEM, Services, build_services
from handstamp.tickets.models import Ticket
from handstamp.tickets.revoke_ticket import change_status

Result = TypeVar("Result")
ROOT = Path(__file__).parents[2]


@dataclass
class World:
    """One installation: its database, its event tonight, its server process."""

    settings: Settings
    port: int
    folder: Path
    event: Event = field(init=False)
    tickets: list[Ticket] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None

    @property
    def app(self) -> Path:
        """The copy of the door app that this server hands out."""
        return self.folder / "pwa"

    @property
    def address(self) -> str:
        """Where the server answers."""
        return f"http://localhost:{self.port}"

    def work(self, act: Callable[[Services], Awaitable[Result]]) -> Result:
        """Do something to the installation as another process would."""

        async def on_its_own() -> Result:
            services = build_services(self.settings, system_clock)
            await services.signals.start()
            try:
                return await act(services)
            finally:
                await services.signals.stop()
                await services.db.close()

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: asyncio.run(on_its_own())).result()

    def begin(self, count: int = 6) -> None:
        """Make the database and an event that goes on now."""

        async def act(services: Services) -> None:
            await migrate(self.settings)
            now = services.clock()
            async with services.db.write() as session:
                self.event = await make_event(
                    session, services, start_at=now - HOUR, end_at=now + 5 * HOUR
                )
                self.tickets = await make_tickets(session, services, self.event, count=count)
                self.tokens = await make_tokens(session, services, self.event, self.tickets)

        self.work(act)

    def issue(self, count: int) -> None:
        """Issue more tickets, from another process."""

        async def act(services: Services) -> None:
            async with services.db.write() as session:
                more = await make_tickets(session, services, self.event, count=count)
                self.tickets += more
                self.tokens += await make_tokens(session, services, self.event, more)

        self.work(act)

    def start(self) -> None:
        """Start the server process and wait until it listens."""
        names = {
            "HANDSTAMP_DATABASE_URL": self.settings.database_url,
            "HANDSTAMP_SECRET": self.settings.secret,
            "HANDSTAMP_PUBLIC_URL": self.address,
            "ENABLE_TICKETING": "true",
            "ENABLE_TICKETING_SCANNING": "true",
            "ENABLE_TICKETING_CHECKOUT": str(self.settings.enable_checkout).lower(),
            "ENABLE_TICKETING_PAYOUTS": str(self.settings.enable_payouts).lower(),
            "ENABLE_TICKETING_PREORDERS": str(self.settings.enable_preorders).lower(),
            "ENABLE_TICKETING_REFUNDS": str(self.settings.enable_refunds).lower(),
            "HANDSTAMP_PUSH_TO_LOOPBACK": str(self.settings.push_to_loopback).lower(),
        }
        log = self.folder / "server.log"
        log.write_bytes(b"")
        script = Path(__file__).with_name("serve_copy.py")
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, script, self.app, "serve", "--port", str(self.port)],
                env={**os.environ, **names},
                cwd=ROOT,
                stdout=output,
                stderr=output,
            )
        end = time.monotonic() + 60
        while b"ready on" not in log.read_bytes():
            assert time.monotonic() < end, log.read_text()[-2000:]
            assert self.process.poll() is None, log.read_text()[-2000:]
            time.sleep(0.02)

    def kill(self) -> None:
        """End the server process as a power cut would."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def code(self, name: str = "Door 1") -> str:
        """Return a fresh pairing code."""

        async def act(services: Services) -> str:
            async with services.db.write() as session:
                return await make_code(session, services, self.event, name)

        return self.work(act)

    def refund(self, ticket: Ticket) -> None:
        """Refund a ticket from another process."""

        async def act(services: Services) -> None:
            async with services.db.write() as session:
                found = await session.get_one(Ticket, ticket.id)
                await change_status(session, services, SYSTEM, found, "refunded")

        self.work(act)

    def revoke(self, device: int) -> None:
        """Revoke a phone from another process."""

        async def act(services: Services) -> None:
            async with services.db.write() as session:
                await revoke_device(session, services, SYSTEM, device)

        self.work(act)

    def rows(self, index: int) -> list[str]:
        """Return the QR of a ticket as rows of modules."""
        return matrix(self.tokens[index])

    def facts(self, device: int | None = None) -> list[Fact]:
        """Return the facts that the server holds, in order of device and number."""

        async def act(services: Services) -> list[Fact]:
            async with services.db.read() as session:
                wanted = select(Fact).order_by(Fact.device_id, Fact.number)
                if device is not None:
                    wanted = wanted.where(Fact.device_id == device)
                return list(await session.scalars(wanted))

        return self.work(act)


@dataclass
class DoorPhone:
    """One page of the door app with a camera that a test holds codes before."""

    page: Page
    world: World
    device: int = 0

    def pair(self, code: str) -> None:
        """Become a device, with the app's shell kept for times without a server."""
        self.page.goto(f"{self.world.address}/tickets/checkin/")
        self.shell_kept()
        self.device = self.call("async (app, code) => (await app.pair(code)).device", code)
        self.open()

    def shell_kept(self) -> None:
        """Wait until the app would start without a server."""
        self.until("async () => (await navigator.serviceWorker.getRegistration())?.active != null")

    def open(self) -> None:
        """Open the pairing's page and wait until it can decide."""
        hex_id = f"{self.device:012x}"
        self.page.goto(f"{self.world.address}/tickets/checkin/?p={hex_id}")
        self.ready()

    def ready(self) -> None:
        """Wait until a verdict can be given."""
        self.until("(app) => app.door?.status.ready === true")

    def until(self, condition: str, argument: Any = None) -> None:
        """Wait until `(app, argument) => …` holds in the page."""
        self.call(
            f"""async (app, argument) => {{
                const end = performance.now() + 45000;
                while (!(await ({condition})(app, argument))) {{
                    if (performance.now() > end) throw new Error('never: ' + {condition!r}
                        + ' ' + JSON.stringify(app.door?.status));
                    await new Promise((done) => setTimeout(done, 20));
                }}
            }}""",
            argument,
        )

    def call(self, script: str, argument: Any = None) -> Any:
        """Run `(app, argument) => …` in the page."""
        return self.page.evaluate(
            f"async (argument) => {{ const {{app, started}} = await import('./src/main.js');"
            f" await started; return await ({script})(app, argument) }}",
            argument,
        )

    def scan(self, token: str) -> dict[str, Any]:
        """Hold a code before the camera and return the light; takes it away again."""
        light: dict[str, Any] = self.call(
            """async (app, rows) => {
                const light = new Promise((done) => app.door.addEventListener('light',
                    ({detail}) => done(detail), {once: true}));
                window.showCode(rows);
                const seen = await light;
                window.showCode([]);
                return JSON.parse(JSON.stringify(seen));
            }""",
            matrix(token),
        )
        return light

    def type(self, token: str) -> dict[str, Any]:
        """Decide about a code as if a hardware scanner had typed it."""
        light: dict[str, Any] = self.call(
            "async (app, text) => app.door.scanText(text, 'wedge')", token
        )
        return light

    def status(self) -> dict[str, Any]:
        """Return what the door says of itself."""
        status: dict[str, Any] = self.call("(app) => app.door.status")
        return status

    def settle(self, **wanted: Any) -> None:
        """Wait until the door's status has these values."""
        self.until(
            "(app, wanted) => Object.entries(wanted)"
            ".every(([name, value]) => app.door.status[name] === value)",
            wanted,
        )


def matrix(text: str) -> list[str]:
    """Return a QR's modules as rows of 0 and 1, with its quiet zone."""
    code = segno.make(text, error="m", micro=False)
    return ["".join("1" if dark else "0" for dark in row) for row in code.matrix_iter(border=4)]


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A running installation with an event tonight and six tickets."""
    port = free_port()
    url = f"sqlite+aiosqlite:///{tmp_path / 'door.db'}"
    settings = make_settings(url, public_url=f"http://localhost:{port}")
    here = World(settings, port, tmp_path)
    copy_app(here.app)
    here.begin()
    here.start()
    yield here
    here.kill()


@pytest.fixture(scope="module")
def playwright_run() -> Iterator[Playwright]:
    """Playwright, for one file of tests."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def door_browser(playwright_run: Playwright) -> Iterator[Browser]:
    """One Chromium for a file of tests, whole: what phones have."""
    browser = playwright_run.chromium.launch(executable_path=CHROMIUM, args=ARGS)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def page_browser(playwright_run: Playwright) -> Iterator[Browser]:
    """One light Chromium for a file of tests of pages."""
    browser = playwright_run.chromium.launch(executable_path=LIGHT, args=ARGS)
    yield browser
    browser.close()


def prepare(context: BrowserContext) -> BrowserContext:
    """Give every page of a browser the camera that tests hold codes before."""
    context.add_init_script(CAMERA)
    return context


@pytest.fixture
def new_phone(door_browser: Browser, world: World) -> Iterator[Callable[[], DoorPhone]]:
    """Make a phone with a browser storage of its own."""
    contexts: list[BrowserContext] = []

    def make() -> DoorPhone:
        context = prepare(door_browser.new_context(viewport=PHONE, locale="en-GB"))
        contexts.append(context)
        return DoorPhone(context.new_page(), world)

    yield make
    for context in contexts:
        context.close()
