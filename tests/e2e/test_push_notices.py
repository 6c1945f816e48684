"""Notices in a real browser: asked for on a member's page, sent by the server, shown by the worker.

What a test cannot have is the push service of the browser's maker: Chromium's own
`PushManager.subscribe` calls it, so the subscription comes from `push_stub.js`, with keys that the
test holds. Permission, page, worker and its notice are Chromium's; the server sends to a loopback
endpoint, and what the test decrypts there is handed to the worker by the browser's own debugger.
"""

import base64
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.e2e.door_world import World
from tests.e2e.member_world import member_world
from tests.e2e.portal_world import Office
from tests.e2e.stage import PHONE
from tests.factories.auth import Person
from tests.factories.clubs import make_club_sale
from tests.factories.preorders import make_preorder
from tests.fixtures.push_service import PushService, push_service

from handstamp.auth.sessions import COOKIE
from handstamp.plumbing.web import Services
from handstamp.preorders.models import PreOrder
from handstamp.preorders.push import queue_notices, subscriptions_of

ME = "/tickets/me/"
STUB = Path(__file__).with_name("push_stub.js").read_text()
NOTICES = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
    .map(({title, body, data}) => ({title, body, url: data}))"""


@dataclass
class Member:
    """A member's browser before a running installation, and the push service behind it."""

    world: World
    push: PushService
    person: Person
    preorder: PreOrder
    page: Page

    @property
    def said(self) -> Any:
        """Where the page says how notices stand."""
        return self.page.locator("[data-push-said]")

    def open(self) -> Page:
        """Open the member's page."""
        self.page.goto(self.world.address + ME)
        return self.page

    def press(self, name: str) -> None:
        """Press one of the page's buttons."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def known(self) -> list[str]:
        """Return where the server would send a notice."""

        async def act(services: Services) -> list[str]:
            async with services.db.read() as session:
                found = await subscriptions_of(session, self.person.actor.id)
            return [one.endpoint for one in found]

        return self.world.work(act)

    def ticket_comes(self) -> None:
        """Do what the transaction does that brings a ticket, from another process."""

        async def act(services: Services) -> None:
            async with services.db.write() as session:
                await queue_notices(session, self.preorder)

        self.world.work(act)

    def deliver(self) -> None:
        """Hand the notice that came to the browser's worker, as a push service would."""
        session = self.page.context.new_cdp_session(self.page)
        found: list[dict[str, Any]] = []
        event = "ServiceWorker.workerRegistrationUpdated"
        session.on(event, lambda told: found.extend(told["registrations"]))
        session.send("ServiceWorker.enable")
        until(self.page, lambda: bool(found))
        notice = {
            "origin": self.world.address,
            "registrationId": found[-1]["registrationId"],
            "data": json.dumps(self.push.read()),
        }
        session.send("ServiceWorker.deliverPushMessage", notice)


def until(page: Page, is_so: Callable[[], bool]) -> None:
    """Wait for what another process does."""
    end = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < end
        page.wait_for_timeout(50)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A running installation whose notices may go to this machine."""
    with member_world(tmp_path_factory.mktemp("push"), push_to_loopback=True) as here:
        here.start()
        yield here


@pytest.fixture
def new_member(door_browser: Browser, world: World) -> Iterator[Callable[..., Member]]:
    """Make a member with a pre-order and a signed-in browser."""
    contexts: list[BrowserContext] = []

    async def act(services: Services) -> tuple[Person, PreOrder]:
        _club, offer, _tiers = await make_club_sale(services)
        return await make_preorder(services, offer)

    with push_service() as push:

        def make(*, allowed: bool = True, refuses: bool = False) -> Member:
            person, preorder = world.work(act)
            context = door_browser.new_context(viewport=PHONE, locale="en-GB")
            contexts.append(context)
            if allowed:
                context.grant_permissions(["notifications"], origin=world.address)
            context.add_cookies([{"name": COOKIE, "value": person.token, "url": world.address}])
            here = {"endpoint": f"{push.url}/phone", "keys": push.keys, "refuses": refuses}
            context.add_init_script(f"window.__push = {json.dumps(here)};\n{STUB}")
            return Member(world, push, person, preorder, context.new_page())

        yield make
        for context in contexts:
            context.close()


def test_a_member_is_told_on_the_device_and_led_to_the_ticket(
    new_member: Callable[..., Member],
) -> None:
    member = new_member()
    page = member.open()
    expect(page.get_by_role("heading", name="Tell me when my ticket is here")).to_be_visible()
    member.press("Turn on notices")
    expect(member.said).to_have_text("This browser tells you.")
    assert member.known() == [f"{member.push.url}/phone"]
    asked = json.loads(page.evaluate("localStorage.getItem('push-subscription')"))
    assert asked["userVisibleOnly"] is True
    key = asked["applicationServerKey"]
    assert len(base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))) == 65
    assert Office(page, member.world).faults() == []

    member.ticket_comes()
    until(page, lambda: bool(member.push.came))
    assert f"k={key}" in member.push.came[0][0]["authorization"]
    member.deliver()
    until(page, lambda: bool(page.evaluate(NOTICES)))
    ticket = f"{member.world.address}/tickets/me/pre-orders/{member.preorder.id}"
    assert page.evaluate(NOTICES) == [
        {"title": "Your ticket is here", "body": "Paper Lanterns", "url": ticket}
    ]
    assert pressed(page) == [ticket]
    assert page.evaluate(NOTICES) == []


def test_a_notice_leads_nowhere_else(new_member: Callable[..., Member]) -> None:
    member = new_member()
    page = member.open()
    member.press("Turn on notices")
    expect(member.said).to_have_text("This browser tells you.")
    page.evaluate(
        "async () => (await navigator.serviceWorker.ready)"
        ".showNotification('Elsewhere', {data: 'https://evil.example/tickets/me/'})"
    )
    assert pressed(page) == []


def test_turned_on_stays_on_and_turned_off_is_forgotten(
    new_member: Callable[..., Member],
) -> None:
    member = new_member()
    member.open()
    member.press("Turn on notices")
    expect(member.said).to_have_text("This browser tells you.")
    member.open()
    expect(member.page.get_by_role("button", name="Turn on notices")).to_be_hidden()
    member.press("Turn off notices")
    expect(member.said).to_have_text("Turned off here.")
    assert member.known() == []
    member.ticket_comes()
    member.open()
    expect(member.page.get_by_role("button", name="Turn on notices")).to_be_visible()
    assert member.push.came == []


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"allowed": False}, "This browser blocks notices of this site."),
        ({"refuses": True}, "That did not work. Try again later."),
    ],
    ids=["not allowed", "push service away"],
)
def test_who_cannot_be_told_is_told_why_and_may_try_again(
    new_member: Callable[..., Member], how: dict[str, bool], said: str
) -> None:
    member = new_member(**how)
    page = member.open()
    member.press("Turn on notices")
    expect(member.said).to_contain_text(said)
    expect(page.get_by_role("button", name="Turn on notices")).to_be_visible()
    assert member.known() == []


def pressed(page: Page) -> list[str]:
    """Press every notice of the page's worker; return the pages that it opens."""
    worker = next(one for one in page.context.service_workers if one.url.endswith("push-worker.js"))
    opened: list[str] = worker.evaluate(
        """async () => {
            const opened = [];
            clients.openWindow = async (url) => { opened.push(url); return null; };
            for (const notification of await registration.getNotifications())
                dispatchEvent(new NotificationEvent('notificationclick', {notification}));
            return opened;
        }"""
    )
    return opened
