"""An organizer's browser before a real server, with an evening that already has its story."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from tests.e2e.door_world import World, free_port
from tests.e2e.stage import AXE, DESKTOP
from tests.factories.checkin import Phone, make_code
from tests.factories.events import make_tier
from tests.factories.orders import make_account, make_paid_order
from tests.fixtures.services import make_settings

from handstamp.auth.create_user import create_user
from handstamp.auth.models import Member
from handstamp.auth.sessions import COOKIE, start_session
from handstamp.demo.seed_prices import seed_prices
from handstamp.kit.clock import system_clock
from handstamp.plumbing.web import Services

# transitions of colours are waited for; a spinner turns for ever
_COLOURS_STAND = """() => Promise.allSettled(document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().iterations !== Infinity)
    .map((one) => one.finished))"""
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Office:
    """A page of the organizer's browser, the installation behind it, and what it has sold."""

    page: Page
    world: World
    order: str = ""

    @property
    def base(self) -> str:
        """The address of the event's pages."""
        return f"/tickets/organizer/events/{self.world.event.id}"

    def open(self, path: str) -> Page:
        """Open a page by its path."""
        self.page.goto(self.world.address + path)
        return self.page

    def faults(self, rules: Sequence[str] = _RULES) -> list[str]:
        """Return what axe-core finds wrong with the page shown, and whether it is too wide."""
        self.page.wait_for_load_state("load")  # before, styles may still be missing
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text())
        found: list[str] = self.page.evaluate(
            """async (rules) => (await axe.run(document, {runOnly: rules})).violations
                .flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html.slice(0, 160)}`))""",
            list(rules),
        )
        wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        return [*found, *([f"{wide} px too wide"] if wide > 0 else [])]

    def faults_by_day_and_night(self) -> list[str]:
        """Return the faults of the page by day, and those that colours bring at night.

        Nothing but colours changes at night, so only what is about them is looked at again.
        """
        found = self.faults()
        self.page.emulate_media(color_scheme="dark")
        self.page.evaluate(_COLOURS_STAND)
        found += [f"by night: {fault}" for fault in self.faults(["color-contrast"])]
        self.page.emulate_media(color_scheme="light")
        self.page.evaluate(_COLOURS_STAND)
        return found


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


def sell_something(world: World) -> str:
    """Connect the organizer, sell two tickets, add fee, tax and a code; return the order's id."""

    async def act(services: Services) -> str:
        async with services.db.write() as session:
            await make_account(
                session,
                services,
                world.event.organizer_id,
                requirements_json='["individual.verification.document"]',
                payouts_enabled=False,
            )
            tier = await make_tier(session, services, world.event, "Stalls", price_cents=2_500)
        order = await make_paid_order(services, world.event, {tier.id: 2})
        async with services.db.write() as session:
            await seed_prices(session, services, world.event.id)
        return order.id

    return world.work(act)


def owner_session(world: World, *, is_admin: bool = False) -> str:
    """Return the session token of somebody who runs the event, or of an administrator."""

    async def act(services: Services) -> str:
        async with services.db.write() as session:
            if is_admin:
                root = await create_user(session, "root@example.org", is_admin=True)
                return await start_session(session, root.id)
            user = await create_user(session, "ada@example.org")
            session.add(
                Member(user_id=user.id, organizer_id=world.event.organizer_id, role="owner")
            )
            return await start_session(session, user.id)

    return world.work(act)


@dataclass(frozen=True)
class Evening:
    """A running installation, the session tokens of its owner and admin, and its order."""

    world: World
    owner: str
    admin: str
    order: str


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evening]:
    """A running installation with its story told and two tickets sold."""
    folder: Path = tmp_path_factory.mktemp("office")
    port = free_port()
    url = f"sqlite+aiosqlite:///{folder / 'office.db'}"
    settings = make_settings(
        url, public_url=f"http://localhost:{port}", enable_checkout=True, enable_payouts=True
    )
    world = World(settings, port, folder)
    world.begin()
    world.start()
    tell_the_story(world)
    order = sell_something(world)
    yield Evening(world, owner_session(world), owner_session(world, is_admin=True), order)
    world.kill()


@pytest.fixture
def new_office(page_browser: Browser, evening: Evening) -> Iterator[Callable[..., Office]]:
    """Make a signed-in browser of the organizer, or of an administrator."""
    world = evening.world
    contexts: list[BrowserContext] = []

    def make(*, is_admin: bool = False, locale: str = "en-GB") -> Office:
        context = page_browser.new_context(viewport=DESKTOP, locale=locale)
        contexts.append(context)
        token = evening.admin if is_admin else evening.owner
        context.add_cookies([{"name": COOKIE, "value": token, "url": world.address}])
        return Office(context.new_page(), world, evening.order)

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
