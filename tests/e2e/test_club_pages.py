"""Clubs in a real browser: every page in light and dark, by keyboard, and what axe says of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, expect
from tests.e2e.door_world import World
from tests.e2e.member_world import member_world
from tests.e2e.portal_world import Office
from tests.e2e.stage import DESKTOP, PHONE
from tests.factories.auth import Person, make_person
from tests.factories.clubs import make_club_sale, make_member
from tests.factories.preorders import make_card, make_preorder

from handstamp.auth.models import Member
from handstamp.auth.sessions import COOKIE
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.preorders.approve_preorders import approve, deny

REFUSALS = re.compile("Not found|Switched off|went wrong|Please sign in", re.I)


@dataclass(frozen=True)
class Week:
    """A running installation in a club's week, and the sessions of those who take part."""

    world: World
    club: str
    event: str
    preorder: str
    owner: str
    member: str
    placed: str

    @property
    def wishes(self) -> str:
        """The address of the event's pre-orders."""
        return f"/tickets/organizer/events/{self.event}/pre-orders"

    @property
    def desk(self) -> str:
        """The address of the club's pages."""
        return f"/tickets/organizer/club/{self.club}"

    def member_pages(self) -> list[str]:
        """Return what a member sees."""
        return ["/tickets/me/", "/tickets/clubs/join", f"/tickets/me/clubs/{self.club}/leave"]

    def placed_pages(self) -> list[str]:
        """Return what a member sees who has pre-ordered."""
        page = f"/tickets/me/pre-orders/{self.preorder}"
        return ["/tickets/me/", page, f"{page}/cancel"]

    def desk_pages(self) -> list[str]:
        """Return what an organizer sees."""
        tails = ["", "/edit", "/members", "/invites", "/events", f"/events/{self.event}",
                 "/charging"]  # fmt: skip
        return ["/tickets/organizer/clubs", *(self.desk + tail for tail in tails), self.wishes,
                f"{self.wishes}/{self.preorder}"]  # fmt: skip


def begin_week(world: World) -> Week:
    """Make a club with an event, two tiers, five wishes of which one is approved."""

    async def act(services: Services) -> Week:
        club, offer, _tiers = await make_club_sale(
            services, currency="GBP", city="London", venue="The Cellar"
        )
        placed: list[tuple[Person, str]] = []
        for number in range(5):
            person, preorder = await make_preorder(services, offer, tier=number % 2)
            placed.append((person, preorder.id))
        member, _membership = await make_member(services, club)
        await make_card(services, member, club)
        owner = await make_person(services, "harry@example.org")
        async with services.db.write() as session:
            own = Member(user_id=owner.actor.id, organizer_id=club.organizer_id, role="owner")
            session.add(own)
            await approve(session, services, SYSTEM, offer.event.id, [placed[0][1]])
        tokens = [one.token for one in (owner, member, placed[1][0])]
        return Week(world, club.id, offer.event.id, placed[1][1], *tokens)

    return world.work(act)


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    """A running installation in a club's week."""
    with member_world(tmp_path_factory.mktemp("club")) as world:
        world.start()
        yield begin_week(world)


def browser_of(browser: Browser, week: Week, token: str, **others: object) -> Office:
    """Open somebody's browser."""
    context = browser.new_context(locale="en-GB", **others)  # type: ignore[arg-type]
    context.add_cookies([{"name": COOKIE, "value": token, "url": week.world.address}])
    return Office(context.new_page(), week.world)


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_members_pages_have_no_fault(
    page_browser: Browser, week: Week, viewport: dict[str, int]
) -> None:
    found = []
    for token, pages in ((week.member, week.member_pages()), (week.placed, week.placed_pages())):
        office = browser_of(page_browser, week, token, viewport=viewport)
        for page in pages:
            expect(office.open(page).locator("h1").first).not_to_have_text(REFUSALS)
            found += [f"{page}: {fault}" for fault in office.faults_by_day_and_night()]
        if token == week.member:
            office.open("/tickets/me/").get_by_role("button", name="Pre-order").first.click()
            found += [f"new: {fault}" for fault in office.faults_by_day_and_night()]
        office.page.context.close()
    assert found == []


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_organizers_pages_have_no_fault(
    page_browser: Browser, week: Week, viewport: dict[str, int]
) -> None:
    office = browser_of(page_browser, week, week.owner, viewport=viewport)
    found = []
    for page in week.desk_pages():
        expect(office.open(page).locator("h1").first).not_to_have_text(REFUSALS)
        found += [f"{page}: {fault}" for fault in office.faults()]
    office.page.context.close()
    assert found == []


def test_choosing_by_keyboard_names_the_sum_and_escape_keeps_all(
    page_browser: Browser, week: Week
) -> None:
    office = browser_of(page_browser, week, week.owner, viewport=DESKTOP)
    page = office.open(week.wishes)
    first = page.locator("input[name=id]").first
    first.focus()
    page.keyboard.press("Space")
    expect(page.locator("[data-chosen]")).to_contain_text("1 chosen, £")
    deny = page.get_by_role("button", name="Deny", exact=True)
    deny.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Deny 1 pre-order?")
    expect(dialog).to_contain_text("Together £")
    assert office.faults() == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(deny).to_be_focused()
    expect(page.get_by_text("Waiting for you", exact=True)).to_have_count(4 + 1)  # and the filter
    page.context.close()


def test_a_members_page_follows_without_reload(page_browser: Browser, week: Week) -> None:
    office = browser_of(page_browser, week, week.placed, viewport=PHONE)
    page = office.open(f"/tickets/me/pre-orders/{week.preorder}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Pending")

    async def act(services: Services) -> None:
        async with services.db.write() as session:
            await deny(session, services, SYSTEM, week.event, [week.preorder])

    week.world.work(act)
    expect(page.get_by_role("heading", level=1)).to_have_text("Not selected – not charged")
    page.context.close()
