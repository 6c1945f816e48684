"""Stripe's form on our own page: paid, declined, and nothing of the card with us."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.e2e.shop_world import COVERS, Shop, cover, open_shop
from tests.e2e.stage import DESKTOP, PHONE
from tests.e2e.test_storefront_pages import faults


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop whose buyers pay on its own pages."""
    yield from open_shop(tmp_path_factory.mktemp("shop"), states=(), payment_form="element")


def to_the_form(browser: Browser, shop: Shop, *, dark: bool = False) -> Page:
    """Choose a ticket, give details, and come to the form."""
    page = browser.new_context(
        viewport=DESKTOP if dark else PHONE, color_scheme="dark" if dark else "light"
    ).new_page()
    page.route(f"{COVERS}/**", cover)
    page.goto(f"{shop.address}/tickets/e/{shop.event.slug}?tier={shop.sale.tiers[0].id}")
    page.get_by_role("button", name="Get tickets").click()
    page.get_by_label("Your name").fill("Grace Hopper")
    page.get_by_label("E-mail address").fill("grace@example.org")
    page.locator("#terms").check()
    page.get_by_role("button", name="Pay CA$25.00").click()
    page.wait_for_url("**/pay")
    expect(page.locator("[data-payment-button]")).to_be_enabled()
    return page


@pytest.mark.parametrize("dark", [False, True], ids=["phone", "desktop by night"])
def test_a_card_pays_on_our_page(page_browser: Browser, shop: Shop, dark: bool) -> None:
    page = to_the_form(page_browser, shop, dark=dark)
    assert faults(page, shop) == []
    card = page.frame_locator("[data-payment-form] iframe").get_by_label("Card number")
    card.fill("4000 0000 0000 0002")
    page.get_by_role("button", name="Pay CA$25.00").click()
    expect(page.get_by_role("alert")).to_contain_text(re.compile("declined", re.I))
    card.fill("4242 4242 4242 4242")
    page.get_by_role("button", name="Pay CA$25.00").click()
    expect(page.get_by_role("heading", name="Your tickets are here")).to_be_visible()
    page.context.close()


def test_the_form_may_be_loaded_again(page_browser: Browser, shop: Shop) -> None:
    page = to_the_form(page_browser, shop)
    secret = page.locator("[data-payment]").get_attribute("data-secret")
    page.reload()
    expect(page.locator("[data-payment-button]")).to_be_enabled()
    assert page.locator("[data-payment]").get_attribute("data-secret") == secret
    assert len(shop.run(shop.sale.double.requests("/v1/checkout/sessions"))) >= 2
    page.context.close()


def test_without_stripes_script_the_page_says_what_to_do(page_browser: Browser, shop: Shop) -> None:
    page = to_the_form(page_browser, shop)
    page.route("**/stripe.js", lambda route: route.abort())
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("could not be loaded")
    page.context.close()
