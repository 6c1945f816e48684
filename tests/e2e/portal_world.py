"""An organizer's browser before a real server, with an evening that already has its story."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from tests.e2e.door_world import World, free_port
from tests.e2e.stage import AXE, DESKTOP
from tests.factories.checkin import Phone, make_code
from tests.fixtures.services import make_settings

from handstamp.auth.create_user import create_user
from handstamp.auth.models import Member
from handstamp.auth.sessions import COOKIE, start_session
from handstamp.kit.clock import system_clock
from handstamp.plumbing.web import Services

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Office:
    """A page of the organizer's browser, and the installation behind it."""

    page: Page
    world: World

    @property
    def base(self) -> str:
        """The address of the event's pages."""
        return f"/tickets/organizer/events/{self.world.event.id}"

    def open(self, path: str) -> Page:
        """Open a page by its path."""
        self.page.goto(self.world.address + path)
        return self.page

    def faults(self) -> list[str]:
        """Return what axe-core finds wrong with the page shown, and whether it is too wide."""
        self.page.wait_for_load_state("load")  # before, styles may still be missing
        self.page.evaluate(AXE.read_text())
        found: list[str] = self.page.evaluate(
            """async (rules) => (await axe.run(document, {runOnly: rules})).violations
                .flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html.slice(0, 160)}`))""",
            _RULES,
        )
        wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        return [*found, *([f"{wide} px too wide"] if wide > 0 else [])]


def tell_the_story(world: World) -> None:
    """Let two phones without a signal admit the same guest, and refuse another."""

    async def act(services: Services) -> None:
        async with httpx2.AsyncClient(base_url=world.address, timeout=60) as http:
            phones = []
            for name in ("North door", "South door"):
                async with services.db.write() as session:
                    code = await make_code(session, services, world.event, name, gate=name)
                phone = Phone(http, system_clock)  # type: ignore[arg-type]
                await phone.pair(code)
                await phone.download()
                phones.append(phone)
            for phone in phones:
                assert phone.scan(world.tokens[0]).admit
                phone.scan("no ticket at all")
            for phone in phones:
                await phone.sync()

    world.work(act)


def owner_session(world: World) -> str:
    """Return the session token of somebody who runs the event."""

    async def act(services: Services) -> str:
        async with services.db.write() as session:
            user = await create_user(session, "ada@example.org")
            session.add(
                Member(user_id=user.id, organizer_id=world.event.organizer_id, role="owner")
            )
            return await start_session(session, user.id)

    return world.work(act)


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str]]:
    """A running installation with its story told, and the owner's session token."""
    folder: Path = tmp_path_factory.mktemp("office")
    port = free_port()
    url = f"sqlite+aiosqlite:///{folder / 'office.db'}"
    world = World(make_settings(url, public_url=f"http://localhost:{port}"), port, folder)
    world.begin()
    world.start()
    tell_the_story(world)
    yield world, owner_session(world)
    world.kill()


@pytest.fixture
def new_office(door_browser: Browser, evening: tuple[World, str]) -> Iterator[Callable[[], Office]]:
    """Make a signed-in browser of the organizer."""
    world, token = evening
    contexts: list[BrowserContext] = []

    def make() -> Office:
        context = door_browser.new_context(viewport=DESKTOP, locale="en-GB")
        contexts.append(context)
        context.add_cookies([{"name": COOKIE, "value": token, "url": world.address}])
        return Office(context.new_page(), world)

    yield make
    for context in contexts:
        context.close()


def pair_a_phone(world: World, code: str) -> None:
    """Use a pairing code as a phone would."""

    async def use() -> None:
        async with httpx2.AsyncClient(base_url=world.address) as http:
            phone = Phone(http, system_clock)  # type: ignore[arg-type]
            await phone.pair(code)

    asyncio.run(use())
