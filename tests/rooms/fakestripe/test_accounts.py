"""Connected accounts: signing up on the page, capabilities, links that work once."""

from typing import Any

import httpx2
import pytest
import stripe
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.fakestripe.shop import session


async def linked(sdk: stripe.StripeClient, **given: Any) -> tuple[str, str]:
    """Make an account and a link to its forms."""
    wanted: Any = {"type": "standard", "country": "DE", "email": "club@example.com", **given}
    account = await sdk.v1.accounts.create_async(wanted)
    link = await sdk.v1.account_links.create_async({
        "account": account.id, "type": "account_onboarding",
        "refresh_url": "http://shop.test/again", "return_url": "http://shop.test/back",
    })  # fmt: skip
    return account.id, link.url


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        ("finish", (True, True, None)),
        ("missing", (True, False, "requirements.past_due")),
        ("rejected", (True, False, "rejected.other")),
        ("unfinished", (False, False, "requirements.past_due")),
    ],
)
async def test_the_forms_end_in_one_of_four_ways(
    sdk: stripe.StripeClient, outcome: str, state: tuple[bool, bool, str | None]
) -> None:
    account, url = await linked(sdk)
    async with httpx2.AsyncClient(trust_env=False) as browser:
        page = await browser.get(url)
        left = await browser.post(url, data={"outcome": outcome, "name": "Club"})

    assert "Set up payments" in page.text
    assert left.headers["location"] == "http://shop.test/back"
    read = await sdk.v1.accounts.retrieve_async(account)
    assert read.requirements is not None
    assert (
        read.details_submitted, read.charges_enabled, read.requirements.disabled_reason,
    ) == state  # fmt: skip


async def test_a_link_opens_once_and_not_for_long(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    _, used = await linked(sdk)
    _, old = await linked(sdk)
    async with httpx2.AsyncClient(trust_env=False) as browser:
        await browser.get(used)
        again = await browser.get(used)
        await stripe_double.advance(301)
        late = await browser.get(old)
    assert [each.headers["location"] for each in (again, late)] == ["http://shop.test/again"] * 2


async def test_an_account_sells_only_when_it_is_ready(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    account = await stripe_double.account(charges_enabled=False)
    with pytest.raises(stripe.InvalidRequestError, match="cannot currently make charges"):
        await session(sdk, account)
    await stripe_double.onboard(account)
    assert (await session(sdk, account)).status == "open"


async def test_a_session_lives_on_its_own_account_alone(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    account = await stripe_double.account()
    made = await session(sdk, account)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await sdk.v1.checkout.sessions.retrieve_async(made.id)
    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")


async def test_an_account_that_cut_the_platform_off_is_out_of_reach(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    account = await stripe_double.account()
    await stripe_double.deauthorize(account)
    with pytest.raises(stripe.PermissionError):
        await session(sdk, account)
    with pytest.raises(stripe.PermissionError):
        await sdk.v1.accounts.retrieve_async(account)
    assert (await stripe_double.take_webhooks())[-1].type == "account.application.deauthorized"


async def test_an_express_account_has_a_dashboard_of_its_own(sdk: stripe.StripeClient) -> None:
    asked: Any = {"card_payments": {"requested": True}, "transfers": {"requested": True}}
    account, _ = await linked(sdk, type="express", capabilities=asked)
    link = await sdk.v1.accounts.login_links.create_async(account)
    assert f"/express/{account}" in link.url
