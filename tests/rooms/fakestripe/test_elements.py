"""In a real browser: the stub of Stripe.js on a shop's page, and the hosted pages on a phone."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import stripe
from playwright.async_api import Page, Route, async_playwright, expect
from tests.e2e.stage import ARGS, AXE, CHROMIUM, PHONE
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.fakestripe.shop import asked, session

SHOP = """<!doctype html><html lang="en"><title>Shop</title><main><h1>Shop</h1>
<div id="card"></div><button>Pay</button><output></output></main>
<script src="{base}/dahlia/stripe.js"></script><script src="/shop.js"></script></html>"""
LOOPBACK_FROM_ANYWHERE = (
    "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests"
)
CHECKOUT = """
const checkout = Stripe("pk_test_1").initCheckoutElementsSdk({clientSecret: "SECRET"});
checkout.createPaymentElement().mount("#card");
document.querySelector("button").onclick = async () => {
  const {actions} = await checkout.loadActions();
  const result = await actions.confirm({email: "ada@example.com", redirect: "if_required"});
  document.querySelector("output").textContent = result.type;
};"""
SETUP = """
const stripe = Stripe("pk_test_1");
const elements = stripe.elements({clientSecret: "SECRET"});
elements.create("payment").mount("#card");
document.querySelector("button").onclick = async () => {
  const result = await stripe.confirmSetup({
    elements, confirmParams: {return_url: "http://shop.test/done"}});
  document.querySelector("output").textContent = result.error.code;
};"""


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A phone's page."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*ARGS, LOOPBACK_FROM_ANYWHERE]
        )
        yield await browser.new_page(viewport=PHONE)
        await browser.close()


async def open_shop(page: Page, double: StripeDouble, script: str) -> None:
    """Show the shop's page, whose policy lets nothing in but the double."""
    policy = f"default-src 'none'; script-src 'self' {double.url}; frame-src {double.url}"

    async def serve(route: Route) -> None:
        shop = route.request.url.endswith("/shop")
        body = SHOP.format(base=double.url) if shop else script
        kind = "text/html" if shop else "text/javascript"
        await route.fulfill(
            body=body if not route.request.url.endswith("/done") else "done",
            content_type=kind, headers={"Content-Security-Policy": policy},
        )  # fmt: skip

    await page.route("http://shop.test/**", serve)
    await page.goto("http://shop.test/shop")


async def test_a_session_is_paid_from_the_shops_own_page(
    sdk: stripe.StripeClient, stripe_double: StripeDouble, page: Page
) -> None:
    wanted: Any = asked(ui_mode="elements", return_url="http://shop.test/done")
    del wanted["success_url"], wanted["cancel_url"]
    made = await sdk.v1.checkout.sessions.create_async(wanted)
    await open_shop(page, stripe_double, CHECKOUT.replace("SECRET", str(made.client_secret)))
    card = page.frame_locator("#card iframe").get_by_label("Card number")

    await card.fill("4000 0000 0000 0002")
    await page.get_by_role("button").click()
    await expect(page.locator("output")).to_have_text("error")
    await card.fill("4242 4242 4242 4242")
    await page.get_by_role("button").click()
    await expect(page.locator("output")).to_have_text("success")

    assert (await stripe_double.object(made.id))["payment_status"] == "paid"


async def test_a_card_is_kept_from_the_shops_own_page_after_the_bank_asked(
    sdk: stripe.StripeClient, stripe_double: StripeDouble, page: Page
) -> None:
    customer = await sdk.v1.customers.create_async()
    made = await sdk.v1.setup_intents.create_async({"customer": customer.id})
    await open_shop(page, stripe_double, SETUP.replace("SECRET", str(made.client_secret)))

    await page.frame_locator("#card iframe").get_by_label("Card number").fill("4000002500003155")
    await page.get_by_role("button").click()
    await page.get_by_role("button", name="Confirm").click()
    await page.wait_for_url("http://shop.test/done?*redirect_status=succeeded")

    assert (await stripe_double.object(made.id))["status"] == "succeeded"


async def test_the_hosted_pages_fit_a_phone_and_everybody(
    sdk: stripe.StripeClient, stripe_double: StripeDouble, page: Page
) -> None:
    account = await stripe_double.account(charges_enabled=False)
    link = await sdk.v1.account_links.create_async({
        "account": account, "type": "account_onboarding",
        "refresh_url": "http://shop.test/again", "return_url": "http://shop.test/done",
    })  # fmt: skip
    waiting = await session(sdk)
    asks = await stripe_double.pay(waiting.id, "4000002500003155", authenticate=False)
    declined = await session(sdk)

    for url in (declined.url, f"/3ds/{asks['payment_intent']}", link.url, "/pay/cs_nothing"):
        assert url is not None
        await page.goto(url if url.startswith("http") else stripe_double.url + url)
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        await page.evaluate(AXE.read_text())
        found = await page.evaluate("axe.run().then(r => r.violations.map(v => v.id))")
        assert found == [], url
