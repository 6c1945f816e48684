"""A member's ticket from elsewhere in a real browser: hidden until asked for, gone when left."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ViewportSize, expect
from tests.e2e.door_world import World
from tests.e2e.member_world import member_world
from tests.e2e.portal_world import Office
from tests.e2e.stage import DESKTOP, PHONE
from tests.factories.pool_members import make_served

from handstamp.auth.sessions import COOKIE
from handstamp.plumbing.web import Services

SECRET, CODE = "secret-000000", "CODE-000000"


@pytest.fixture(scope="module")
def club(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str, str]]:
    """A running installation; the address of a served member's pre-order, and their session."""

    async def act(services: Services) -> tuple[str, str]:
        (only,) = await make_served(services)
        return f"/tickets/me/pre-orders/{only.preorder.id}", only.person.token

    with member_world(tmp_path_factory.mktemp("pool")) as world:
        page, token = world.work(act)
        world.start()
        yield world, page, token


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_it_is_shown_on_a_click_and_hidden_again(
    page_browser: Browser, club: tuple[World, str, str], viewport: ViewportSize
) -> None:
    world, path, token = club
    context = page_browser.new_context(locale="en-GB", viewport=viewport)
    context.add_cookies([{"name": COOKIE, "value": token, "url": world.address}])
    office = Office(context.new_page(), world)
    page = office.open(path)
    expect(page.locator("main")).not_to_contain_text(SECRET)
    found = office.faults_by_day_and_night()
    page.get_by_role("button", name="Show e-mail and password of your ticket").press("Enter")
    expect(page.locator("[data-credential=password]")).to_have_text(SECRET)
    expect(page.locator("[data-credential=email]")).to_have_text("pool0@example.org")
    expect(page.locator("[data-credential=code]")).to_have_text(CODE)
    found += office.faults_by_day_and_night()
    page.get_by_role("link", name="Hide them again").click()
    expect(page.locator("main")).not_to_contain_text(SECRET)
    page.goto(f"{world.address}{path}/credential")
    expect(page).to_have_url(f"{world.address}{path}")
    context.close()
    assert found == []
