"""A waiting list in real Chromium: joined, confirmed, offered, taken; and its organizer's pages."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from tests.e2e.portal_world import Office
from tests.e2e.shop_world import COVERS, Shop, cover, open_shop
from tests.e2e.stage import DESKTOP, PHONE
from tests.factories.waitlist import make_list, make_waiting

from handstamp.auth.sessions import COOKIE as SESSION
from handstamp.events.edit_tier import edit_tier
from handstamp.events.find_events import tiers_of
from handstamp.events.shapes import TierChange
from handstamp.plumbing.web import SYSTEM
from handstamp.waitlist.links import link_for
from handstamp.waitlist.models import Waiting
from handstamp.waitlist.offer_tickets import bring_up_to_date

GUEST = "wait@example.org"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop with a tier that is gone, and two tickets taken for nothing."""
    yield from open_shop(tmp_path_factory.mktemp("shop"), states=("free",))


@pytest.fixture
def page(page_browser: Browser) -> Iterator[Page]:
    """A phone's browser."""
    context = page_browser.new_context(viewport=PHONE, locale="en-CA")
    context.route(f"{COVERS}/**", cover)
    yield context.new_page()
    context.close()


def faults(page: Page, shop: Shop, name: str) -> list[str]:
    """Return what axe-core finds wrong, and whether the page is too wide, small and large."""
    found = []
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)
        office = Office(page, shop.sale)  # type: ignore[arg-type]
        found += [f"{name}: {fault}" for fault in office.faults()]
    page.set_viewport_size(PHONE)
    return found


async def prepare(shop: Shop) -> None:
    """Open the list."""
    async with shop.sale.services.db.write() as session:
        await make_list(session, shop.sale.services, shop.event.id)


async def link(shop: Shop) -> str:
    """Return what stands in the guest's mail."""
    async with shop.sale.services.db.read() as session:
        found = await session.scalar(select(Waiting).where(Waiting.email == GUEST))
    assert found is not None
    return link_for(shop.sale.services.settings, found)


async def more(shop: Shop) -> None:
    """Let there be two tickets of what is gone, and two people who wait for others."""
    services = shop.sale.services
    async with services.db.write() as session:
        gone = (await tiers_of(session, shop.event.id))[-1]
        change = TierChange(capacity=2)
        await edit_tier(session, services, SYSTEM, shop.event.id, gone.id, change=change)
        for name in ("x", "y"):
            email, tier = f"{name}@example.org", gone.id
            await make_waiting(session, services, shop.event.id, email, qty=9, tier_id=tier)
    await bring_up_to_date(services, shop.event.id)


def test_a_guest_waits_and_takes_what_is_offered(shop: Shop, page: Page) -> None:
    shop.run(prepare(shop))
    page.goto(f"{shop.address}/tickets/e/{shop.event.slug}")
    found = faults(page, shop, "event")
    page.get_by_role("link", name="Join the waiting list").click()
    found += faults(page, shop, "join")
    page.get_by_label("How many").fill("2")
    page.get_by_label("E-mail address").fill("nonsense")
    page.get_by_role("button", name="Join the waiting list").click()
    expect(page.get_by_text("does not look like an e-mail address")).to_be_visible()
    found += faults(page, shop, "wrong")
    page.get_by_label("E-mail address").fill(GUEST)
    page.get_by_role("button", name="Join the waiting list").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    found += faults(page, shop, "mailed")
    page.goto(shop.run(link(shop)))
    found += faults(page, shop, "unconfirmed")
    page.get_by_role("button", name="Confirm my place").click()
    expect(page.get_by_role("heading", name="You are next")).to_be_visible()
    found += faults(page, shop, "waiting")
    shop.run(more(shop))
    page.reload()
    expect(page.get_by_role("heading", name="Your tickets are waiting")).to_be_visible()
    found += faults(page, shop, "offered")
    page.get_by_role("button", name="Take them").click()
    expect(page.get_by_text("2 × Gone")).to_be_visible()
    page.goto(shop.run(link(shop)))
    expect(page.get_by_role("link", name="Go on with your order")).to_be_visible()
    found += faults(page, shop, "ordered")
    assert found == []


def test_the_organizers_pages_are_clean(shop: Shop, page: Page) -> None:
    token = shop.sale.owner.token
    page.context.add_cookies([{"name": SESSION, "value": token, "url": shop.address}])
    desk = f"{shop.address}/tickets/organizer/events/{shop.event.id}"
    page.goto(f"{desk}/waiting-list")
    expect(page.get_by_text("is paying")).to_be_visible()
    found = faults(page, shop, "list")
    page.get_by_role("button", name="Put in front").last.click()
    expect(page.get_by_text("In front", exact=True)).to_be_visible()
    page.goto(f"{desk}/waiting-list?words=nobody")
    found += faults(page, shop, "nobody")
    page.goto(f"{desk}/capacity")
    page.get_by_label("Percent more").fill("2.5")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    found += faults(page, shop, "capacity")
    page.get_by_label("Room for so many people").fill("1")
    page.get_by_role("button", name="See what that does").click()
    expect(page.get_by_text("1 ticket too many is sold.")).to_be_visible()
    found += faults(page, shop, "look")
    page.get_by_role("button", name="Give these back for good").click()
    expect(page.get_by_text("Saved. Tickets without room are being given back")).to_be_visible()
    assert found == []
