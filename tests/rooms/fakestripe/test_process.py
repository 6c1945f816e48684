"""The program itself: what it refuses, what survives its death, and what it is held to."""

import subprocess
import sys

import httpx2
import pytest
import stripe
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.fakestripe.shop import asked, session

from fakestripe.sdk_schema import derive, stripe_schema
from fakestripe.spec import Spec, decode


async def test_what_it_holds_survives_a_kill(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    account = await stripe_double.account()
    first = await session(sdk, account, key="order:1")
    await stripe_double.pay(first.id)
    money = await stripe_double.balance(account=account)
    stripe_double.kill()

    with pytest.raises(stripe.APIConnectionError):
        await session(sdk, account)
    stripe_double.start()

    again = await session(sdk, account, key="order:1")
    read = await sdk.v1.checkout.sessions.retrieve_async(
        first.id, {"expand": ["payment_intent.latest_charge"]}, {"stripe_account": account}
    )
    assert (again.id, read.status) == (first.id, "complete")
    assert await stripe_double.balance(account=account) == money
    assert len(await stripe_double.take_webhooks()) == 5


@pytest.mark.parametrize("key", ["sk_live_1", "rk_live_1", "pk_live_1", "nonsense"])
async def test_live_keys_are_refused(stripe_double: StripeDouble, key: str) -> None:
    http = stripe.HTTPXClient(timeout=5)
    client = stripe.StripeClient(key, base_addresses={"api": stripe_double.url}, http_client=http)
    with pytest.raises(stripe.AuthenticationError):
        await client.v1.checkout.sessions.create_async(asked())
    await http.close_async()  # type: ignore[no-untyped-call]
    assert await stripe_double.objects("checkout.session") == []


async def test_the_sdk_speaks_the_version_of_the_schema(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    assert Spec().version == stripe.api_version
    async with httpx2.AsyncClient(trust_env=False) as http:
        answer = await http.get(
            f"{stripe_double.url}/v1/balance",
            headers={"Authorization": "Bearer sk_test_1", "Stripe-Version": "2020-08-27"},
        )
    assert answer.status_code == 400
    assert len(await stripe_double.violations(forgive=True)) == 1


def test_the_schema_kept_is_the_one_the_installed_sdk_gives() -> None:
    derived = derive()
    assert derived == stripe_schema()
    assert len(derived["paths"]) > 60
    charge = derived["schemas"]["charge"]
    assert charge["properties"]["balance_transaction"]["x-expandable"] is True
    assert (
        "payment_method_types"
        not in (
            derived["schemas"]["params._payment_intent_create_params.PaymentIntentCreateParams"][
                "properties"
            ]
        )
    )


def test_an_answer_that_does_not_fit_is_noticed() -> None:
    spec = Spec()
    found = spec.match("GET", "/v1/account_links") or spec.match("POST", "/v1/account_links")
    assert found is not None
    right = {"object": "account_link", "created": 1, "expires_at": 2, "url": "https://x.test/"}
    assert spec.answer(found[2], right) == []
    assert len(spec.answer(found[2], {**right, "created": "1"})) == 1
    assert len(spec.answer(found[2], {**right, "colour": "red"})) == 1
    del right["url"]
    assert len(spec.answer(found[2], right)) == 1


def test_forms_become_trees() -> None:
    text = "a[0][b]=1&a[1][b]=2&c[]=x&c[]=y&d=z"
    assert decode(text) == {
        "a": {"0": {"b": "1"}, "1": {"b": "2"}}, "c": {"0": "x", "1": "y"}, "d": "z",
    }  # fmt: skip
    for wrong in ("a=1&a[b]=2", "a=1&a=2"):
        with pytest.raises(ValueError, match="a"):
            decode(wrong)


def test_it_listens_on_loopback_alone() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "fakestripe", "--help"], capture_output=True, text=True, check=True
    )
    assert "--host" not in said.stdout
