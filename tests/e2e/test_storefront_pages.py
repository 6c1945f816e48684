"""Buyers' pages in real Chromium: axe-core in every state and light, and what lives by scripts."""

import re
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect
from sqlalchemy import update
from tests.e2e.portal_world import Office
from tests.e2e.shop_world import COVERS, Shop, cover, shop, signed_in
from tests.e2e.stage import DESKTOP, PHONE

from handstamp.auth.sessions import COOKIE as SESSION
from handstamp.kit.clock import MINUTE
from handstamp.orders.models import Order

__all__ = ["shop"]

SIZES = [PHONE, DESKTOP]
NAMES = ["phone", "desktop"]
SESSIONS = "/v1/checkout/sessions"


@pytest.fixture
def new_page(page_browser: Browser, shop: Shop) -> Iterator[Callable[..., Page]]:
    """Make a buyer's browser; `state` names the order it has made."""
    contexts: list[BrowserContext] = []

    def make(state: str = "", size: ViewportSize = PHONE, **others: bool) -> Page:
        context = page_browser.new_context(
            viewport=size, locale="en-CA", has_touch=size == PHONE,
            java_script_enabled=others.get("scripts", True),
        )  # fmt: skip
        contexts.append(context)
        context.route(f"{COVERS}/**", cover)
        shop.enter(context, state)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


def faults(page: Page, shop: Shop) -> list[str]:
    """Return what axe-core finds wrong, and whether the page is too wide."""
    return Office(page, shop.sale).faults()  # type: ignore[arg-type]


def faults_by_day_and_night(page: Page, shop: Shop) -> list[str]:
    """Return the same, by day and by night."""
    return Office(page, shop.sale).faults_by_day_and_night()  # type: ignore[arg-type]


@pytest.mark.parametrize("size", SIZES, ids=NAMES)
def test_axe_finds_nothing_on_public_pages(
    shop: Shop, new_page: Callable[..., Page], size: ViewportSize
) -> None:
    page, found = new_page(size=size), {}
    for path in (
        "/tickets/events",
        "/tickets/events?q=nothing+like+it",
        f"/tickets/e/{shop.event.slug}",
        "/tickets/e/not-paid-yet",
        "/tickets/e/nothing-like-it",
        "/tickets/e/called-off",
        "/tickets/order/ord_nothing",
        "/tickets/mine",
        "/tickets/terms",
        "/tickets/privacy",
    ):
        page.goto(shop.address + path)
        if wrong := faults_by_day_and_night(page, shop):
            found[path] = wrong
    assert found == {}


@pytest.mark.parametrize("size", SIZES, ids=NAMES)
def test_axe_finds_nothing_on_an_order_in_any_state(
    shop: Shop, new_page: Callable[..., Page], size: ViewportSize
) -> None:
    found = {}
    for state, path in shop.paths.items():
        page = new_page(state, size)
        tails = {"held": ("", "/cancel"), "paid": ("", "/receipt")}.get(state, ("",))
        for tail in tails:
            page.goto(shop.address + path + tail)
            if wrong := faults_by_day_and_night(page, shop):
                found[state + tail] = wrong
        page.context.close()
    assert found == {}


def test_a_ticket_is_passed_on_and_its_pages_are_clean(
    shop: Shop, new_page: Callable[..., Page]
) -> None:
    page, found = new_page("paid"), []
    page.goto(shop.address + shop.paths["paid"])
    page.get_by_role("link", name="Pass on or rename").first.click()
    found += faults(page, shop)
    page.get_by_label("Their name").fill("Lin Chen")
    page.get_by_label("Their e-mail address").fill("lin@example.org")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Pass this ticket on?")).to_be_visible()
    found += faults(page, shop)
    page.get_by_role("link", name="Keep my ticket").click()
    expect(page.get_by_role("heading", name="Your order")).to_be_visible()
    assert found == []


def test_my_tickets_are_as_clean(shop: Shop, new_page: Callable[..., Page]) -> None:
    page = new_page("held")
    token = signed_in(shop, "paid@example.org")
    page.context.add_cookies([{"name": SESSION, "value": token, "url": shop.address}])
    page.goto(f"{shop.address}/tickets/mine")
    expect(page.get_by_text("Waiting for payment")).to_be_visible()
    expect(page.get_by_role("link", name="Show tickets")).to_be_visible()
    assert faults(page, shop) == []


def test_steppers_and_total_follow_the_thumb(shop: Shop, new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto(f"{shop.address}/tickets/e/{shop.event.slug}")
    more = page.get_by_role("button", name="One Floor more")
    more.tap()
    more.tap()
    page.get_by_role("button", name="One Balcony more").tap()
    expect(page.locator("[data-total]")).to_have_text("CA$90.00")
    page.get_by_role("button", name="One Floor less").tap()
    expect(page.locator("[data-total]")).to_have_text("CA$65.00")
    field = page.get_by_label("Front row", exact=True)
    field.fill("99")
    field.blur()
    expect(field).to_have_value(str(field.get_attribute("max")))
    expect(page.get_by_role("button", name="One Front row more")).to_be_disabled()


def test_the_total_is_in_sight_on_a_phone(shop: Shop, new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto(f"{shop.address}/tickets/e/{shop.event.slug}")
    page.get_by_role("button", name="One Floor more").scroll_into_view_if_needed()
    expect(page.get_by_role("button", name="Get tickets")).to_be_in_viewport()


def test_what_is_left_changes_while_one_looks(shop: Shop, new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.clock.install()
    page.goto(f"{shop.address}/tickets/e/{shop.event.slug}")
    row = page.locator(".tier", has_text="Balcony")
    expect(row.locator("[data-note]")).to_have_text("")

    def nearly_gone(body: str) -> str:
        return re.sub(
            r'("name":"Balcony".*?"remaining":)\d+(.*?"state":)"on_sale"',
            r'\g<1>2\2"few_left"',
            body,
        )

    page.route(
        "**/availability",
        lambda route: route.fulfill(body=nearly_gone(route.fetch().text())),
    )
    page.clock.fast_forward(11_000)
    expect(row.locator("[data-note]")).to_have_text("Only 2 left")
    expect(row.locator("input")).to_have_attribute("max", "2")


def test_the_whole_form_works_by_keyboard(shop: Shop, new_page: Callable[..., Page]) -> None:
    page = new_page(size=DESKTOP)
    page.goto(f"{shop.address}/tickets/e/{shop.event.slug}?tier={shop.sale.tiers[0].id}")
    page.get_by_role("button", name="Get tickets").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/tickets/order/*")
    name = page.get_by_label("Your name")
    name.focus()
    page.keyboard.type("Grace Hopper")
    page.keyboard.press("Tab")
    page.keyboard.type("grace@example.org")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator("#terms")).to_be_checked()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{shop.sale.double.url}/**")


def test_everything_works_without_a_script(shop: Shop, new_page: Callable[..., Page]) -> None:
    page = new_page(scripts=False)
    page.goto(f"{shop.address}/tickets/e/{shop.event.slug}")
    page.get_by_label("Floor", exact=True).fill("2")
    page.get_by_role("button", name="Work out the total").click()
    expect(page.locator("[data-total]")).to_have_text("CA$50.00")
    page.get_by_role("button", name="Get tickets").click()
    expect(page.get_by_text(re.compile("1[45] minutes left."))).to_be_visible()
    page.get_by_role("link", name="Cancel order").click()
    page.get_by_role("button", name="Cancel the order").click()
    expect(page.get_by_role("heading", name="This order was cancelled")).to_be_visible()


def test_paying_on_stripes_page_brings_the_tickets(
    shop: Shop, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    page.goto(f"{shop.address}/tickets/e/{shop.event.slug}?tier={shop.sale.tiers[0].id}")
    page.get_by_role("button", name="Get tickets").tap()
    page.get_by_label("Your name").fill("Grace Hopper")
    page.get_by_label("E-mail address").fill("walk@example.org")
    page.locator("#terms").check()
    page.get_by_role("button", name="Pay CA$25.00").tap()
    page.wait_for_url(f"{shop.sale.double.url}/**")
    page.get_by_label("Card number").fill("4242 4242 4242 4242")
    page.get_by_role("button", name="Pay").tap()
    expect(page.get_by_role("heading", name="Your tickets are here")).to_be_visible()
    white = "rgb(255, 255, 255)"
    expect(page.locator(".pass-code").first).to_have_css("background-color", white)


def test_a_waiting_page_goes_on_by_itself(shop: Shop, new_page: Callable[..., Page]) -> None:
    double, path = shop.sale.double, shop.paths["returned"]
    page = new_page("returned")
    shop.run(double.fail("503", path=SESSIONS, method="GET", times=-1))
    page.goto(f"{shop.address}{path}?back=paid")
    expect(page.get_by_role("heading", name="We are confirming your payment")).to_be_visible()
    assert faults(page, shop) == []
    (found,) = [
        one for one in shop.run(double.objects("checkout.session", account=shop.sale.account))
        if one["metadata"]["order_id"] in path
    ]  # fmt: skip
    shop.run(double.pay(found["id"]))
    shop.run(double.heal())
    expect(page.get_by_role("heading", name="Your tickets are here")).to_be_visible()


def test_time_left_is_counted_and_announced_rarely(
    shop: Shop, new_page: Callable[..., Page]
) -> None:
    page = new_page("held")
    page.clock.install(time=time.time())
    page.goto(shop.address + shop.paths["held"])
    clock, said = page.locator("[data-clock]"), page.locator("[data-hold-said]")
    expect(clock).to_have_text(re.compile(r"^1?\d:\d\d$"))
    expect(said).to_have_text("")
    left = _seconds(clock.inner_text())
    page.clock.run_for((left - 119) * 1_000)
    expect(said).to_have_text("2 minutes left to finish your order.")
    expect(page.locator(".hold")).to_have_class(re.compile("short"))


def _seconds(clock: str) -> int:
    minutes, seconds = clock.split(":")
    return int(minutes) * 60 + int(seconds)


def test_an_order_whose_time_is_up_says_so_by_itself(
    shop: Shop, new_page: Callable[..., Page]
) -> None:
    page = new_page(size=DESKTOP)
    page.goto(f"{shop.address}/tickets/e/{shop.event.slug}?tier={shop.sale.tiers[0].id}")
    page.get_by_role("button", name="Get tickets").click()
    page.wait_for_url("**/tickets/order/*")
    order_id = page.url.rpartition("/")[2]

    async def nearly_over() -> None:
        soon = shop.sale.services.clock() + MINUTE // 20
        async with shop.sale.services.db.write() as session:
            await session.execute(update(Order).where(Order.id == order_id).values(expires_at=soon))

    shop.run(nearly_over())
    page.reload()
    expect(page.get_by_role("heading", name="The time to pay ran out")).to_be_visible()


def test_a_slip_in_the_address_is_offered_right(shop: Shop, new_page: Callable[..., Page]) -> None:
    page = new_page("held")
    page.goto(shop.address + shop.paths["held"])
    field = page.get_by_label("E-mail address")
    field.fill("grace@gmial.com")
    field.blur()
    page.get_by_role("button", name="Did you mean grace@gmail.com?").tap()
    expect(field).to_have_value("grace@gmail.com")
    expect(page.get_by_text("Did you mean")).to_have_count(0)
