"""The desk of the ticket pool in a real browser: dragging, the keyboard, the way back, and axe."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.e2e.door_world import World
from tests.e2e.member_world import member_world
from tests.e2e.portal_world import Office
from tests.e2e.stage import DESKTOP, PHONE
from tests.factories.auth import make_person
from tests.factories.pool import ticket_rows, upload_rows
from tests.factories.pool_members import (
    assign_and_hand_over,
    make_offer_of_pool,
    make_paid,
    served,
)

from handstamp.auth.models import Member
from handstamp.auth.sessions import COOKIE
from handstamp.events.models import Event
from handstamp.plumbing.web import Services

REFUSALS = re.compile("Not found|Switched off|went wrong|Please sign in", re.I)


@dataclass(frozen=True)
class Pool:
    """A running installation with a pool, and the sessions of its owner and of support."""

    world: World
    event: str
    organizer: str
    order: str
    ticket: str
    owner: str
    support: str

    @property
    def base(self) -> str:
        """The address of the event's pool."""
        return f"/tickets/organizer/events/{self.event}/pool"

    def desk_pages(self) -> list[str]:
        """Return what an organizer sees."""
        tails = ["", "?status=waiting", "?status=free", "?member=nobody", "/reassign", "/log",
                 f"/orders/{self.order}", f"/tickets/{self.ticket}"]  # fmt: skip
        whole = f"/tickets/organizer/pool/{self.organizer}"
        return [*(self.base + tail for tail in tails), whole, "/tickets/organizer/team"]

    def support_pages(self) -> list[str]:
        """Return what support sees."""
        here = f"/tickets/support/events/{self.event}"
        tails = ["", "?status=free", "?status=lost", f"/orders/{self.order}",
                 f"/tickets/{self.ticket}", "/log"]  # fmt: skip
        return ["/tickets/support?email=mia0%40example.org", *(here + tail for tail in tails)]


async def begin_pool(world: World, services: Services) -> Pool:
    """Serve three members, leave one waiting, and one ticket of another variant free."""
    offer = await make_offer_of_pool(services, prices={"Early": 1_500, "Late": 1_500})
    title = offer.event.title
    people = [await make_paid(services, offer, f"mia{number}@example.org") for number in range(3)]
    await upload_rows(services, offer.event, ticket_rows(title, 3, "Early"))
    await assign_and_hand_over(services)
    await make_paid(services, offer, "zoe@example.org")
    await upload_rows(services, offer.event, ticket_rows(title, 2, "Late", first=70))
    await assign_and_hand_over(services)
    tokens = []
    for email, role in (("harry@example.org", "owner"), ("sam@example.org", "support")):
        person = await make_person(services, email)
        async with services.db.write() as session:
            organizer = offer.event.organizer_id
            session.add(Member(user_id=person.actor.id, organizer_id=organizer, role=role))
        tokens.append(person.token)
    first = await served(services, *people[0])
    ids = (offer.event.id, offer.event.organizer_id, first.preorder.id, first.ticket.id)
    return Pool(world, *ids, *tokens)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    """A running installation with a pool."""
    with member_world(tmp_path_factory.mktemp("pool")) as world:
        found = world.work(lambda services: begin_pool(world, services))
        world.start()
        yield found


def browser_of(browser: Browser, pool: Pool, token: str, viewport: object) -> Office:
    """Open somebody's browser."""
    context = browser.new_context(locale="en-GB", viewport=viewport)  # type: ignore[arg-type]
    context.add_cookies([{"name": COOKIE, "value": token, "url": pool.world.address}])
    return Office(context.new_page(), pool.world)


def member(page: Page, email: str) -> str:
    """Return what stands in a member's box on the board."""
    return page.locator(".give-member", has_text=email).inner_text()


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_desks_pages_have_no_fault(
    page_browser: Browser, pool: Pool, viewport: dict[str, int]
) -> None:
    office = browser_of(page_browser, pool, pool.owner, viewport)
    found = []
    for page in pool.desk_pages():
        expect(office.open(page).locator("h1").first).not_to_have_text(REFUSALS)
        found += [f"{page}: {fault}" for fault in office.faults()]
    office.page.context.close()
    assert found == []


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_supports_pages_have_no_fault_and_show_one_credential(
    page_browser: Browser, pool: Pool, viewport: dict[str, int]
) -> None:
    office = browser_of(page_browser, pool, pool.support, viewport)
    found = []
    for path in pool.support_pages():
        expect(office.open(path).locator("h1").first).not_to_have_text(REFUSALS)
        found += [f"{path}: {fault}" for fault in office.faults()]
    page = office.open(f"/tickets/support/events/{pool.event}/tickets/{pool.ticket}")
    page.get_by_label("Reason").fill("cannot sign in")
    page.get_by_role("button", name="Show it this once").click()
    expect(page.locator("[data-credential]")).to_contain_text("secret-000000")
    found += office.faults()
    page.context.close()
    assert found == []


def test_a_ticket_is_dragged_onto_a_member_and_back_by_one_key(
    page_browser: Browser, pool: Pool
) -> None:
    office = browser_of(page_browser, pool, pool.owner, DESKTOP)
    page = office.open(f"{pool.base}/reassign")
    assert "No ticket" in member(page, "zoe@example.org")
    free = page.locator(".give-ticket", has_text="pool70@example.org")
    free.drag_to(page.locator(".give-member", has_text="zoe@example.org"))
    expect(page.get_by_role("status").first).to_contain_text("The member is told in a moment.")
    assert "pool70@example.org" in member(page, "zoe@example.org")
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    assert office.faults() == []
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Undone")
    assert "No ticket" in member(page, "zoe@example.org")
    page.context.close()


def test_the_keyboard_gives_a_ticket_and_the_way_back_ends(
    page_browser: Browser, pool: Pool
) -> None:
    office = browser_of(page_browser, pool, pool.owner, DESKTOP)
    page = office.page
    page.clock.install()
    office.open(f"{pool.base}/reassign?member=zoe%40example.org")
    ticket = page.get_by_label("This ticket")
    ticket.focus()
    page.keyboard.type("pool71")
    page.keyboard.press("Tab")
    expect(page.get_by_label("To this member")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Give", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    page.clock.fast_forward(11_000)
    expect(undo).to_be_hidden()
    expect(page.get_by_text("It stands: the member is being told now.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    assert "pool71@example.org" in member(page, "zoe@example.org")
    page.context.close()


def test_choosing_several_asks_in_a_dialog(page_browser: Browser, pool: Pool) -> None:
    office = browser_of(page_browser, pool, pool.owner, DESKTOP)
    page = office.open(pool.base)
    page.locator("input[name=id]").first.check()
    expect(page.locator("[data-chosen]")).to_have_text("1 chosen")
    page.get_by_role("button", name="Mark as used", exact=True).click()
    dialog = page.get_by_role("dialog", name="Mark 1 ticket as used?")
    expect(dialog).to_be_visible()
    assert office.faults() == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.context.close()


def test_the_page_follows_an_upload_without_reload(page_browser: Browser, pool: Pool) -> None:
    office = browser_of(page_browser, pool, pool.owner, DESKTOP)
    page = office.open(pool.base)
    page.evaluate("window.stayed = true")
    number = page.locator(".numbers div", has_text="Tickets nobody has").locator("dd")
    before = int(number.inner_text())

    async def act(services: Services) -> None:
        async with services.db.read() as session:
            event = await session.get_one(Event, pool.event)
        rows = ticket_rows(event.title, 2, "Late", first=900)
        await upload_rows(services, event, rows)

    pool.world.work(act)
    expect(number).to_have_text(str(before + 2))
    assert page.evaluate("window.stayed")
    page.context.close()
