"""Idempotency and failures: what was done is done once, whatever became of the answer."""

import asyncio
from typing import Any

import pytest
import stripe
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.fakestripe.shop import asked, session

SESSIONS = "/v1/checkout/sessions"


async def count(double: StripeDouble) -> int:
    """Return how many sessions there are."""
    return len(await double.objects("checkout.session"))


async def test_the_same_key_has_the_same_answer(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    first = await session(sdk, key="order:1")
    await stripe_double.pay(first.id)
    second = await session(sdk, key="order:1")
    assert (first.id, first.status) == (second.id, second.status) == (second.id, "open")
    log = await stripe_double.requests(SESSIONS)
    assert [line["replayed"] for line in log] == [False, True]


async def test_a_key_with_other_parameters_is_an_error(sdk: stripe.StripeClient) -> None:
    await session(sdk, key="order:1")
    with pytest.raises(stripe.IdempotencyError):
        await session(sdk, key="order:1", amount=1600)


async def test_a_key_is_an_accounts_own(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    account = await stripe_double.account()
    ours, theirs = await session(sdk, key="order:1"), await session(sdk, account, key="order:1")
    assert ours.id != theirs.id


async def test_a_key_is_forgotten_after_a_day(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    first = await session(sdk, key="order:1")
    await stripe_double.advance(86_400)
    assert (await session(sdk, key="order:1")).id != first.id


async def test_what_was_never_begun_is_not_stored(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        await session(sdk, key="order:1", expires_at=1)
    assert (await session(sdk, key="order:1")).status == "open"


async def test_a_decline_is_stored(sdk: stripe.StripeClient, stripe_double: StripeDouble) -> None:
    wanted: Any = {
        "amount": 1500, "currency": "eur", "confirm": True,
        "payment_method": "pm_card_chargeDeclined",
    }  # fmt: skip
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            await sdk.v1.payment_intents.create_async(wanted, {"idempotency_key": "charge:1"})
    assert len(await stripe_double.objects("charge")) == 1


@pytest.mark.parametrize("how", ["503", "drop_before", "429"])
async def test_a_failure_before_anything_leaves_nothing(
    sdk: stripe.StripeClient, stripe_double: StripeDouble, how: str
) -> None:
    await stripe_double.fail(how, path=SESSIONS, method="POST")
    with pytest.raises(stripe.StripeError) as failure:
        await session(sdk, key="order:1")
    assert isinstance(failure.value, stripe.RateLimitError) == (how == "429")
    assert await count(stripe_double) == 0
    assert (await session(sdk, key="order:1")).status == "open"


@pytest.mark.parametrize(("how", "there"), [("500", 0), ("500_after", 1)])
async def test_a_500_is_stored_whatever_was_done(
    sdk: stripe.StripeClient, stripe_double: StripeDouble, how: str, there: int
) -> None:
    await stripe_double.fail(how, path=SESSIONS)
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            await session(sdk, key="order:1")
    assert await count(stripe_double) == there


@pytest.mark.parametrize("how", ["drop", "timeout"])
async def test_a_lost_answer_is_had_again_with_the_same_key(
    sdk: stripe.StripeClient, stripe_double: StripeDouble, how: str
) -> None:
    await stripe_double.fail(how, path=SESSIONS, seconds=0.1)
    with pytest.raises(stripe.APIConnectionError):
        await session(sdk, key="order:1")
    [kept] = await stripe_double.objects("checkout.session")
    assert (await session(sdk, key="order:1")).id == kept["id"]


async def test_a_key_in_use_is_a_conflict(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    await stripe_double.fail("slow", path=SESSIONS, seconds=0.5)
    both = await asyncio.gather(
        session(sdk, key="order:1"), session(sdk, key="order:1"), return_exceptions=True
    )
    [conflict] = [each for each in both if isinstance(each, stripe.StripeError)]
    assert conflict.http_status == 409 and conflict.error is not None
    assert conflict.error.code == "idempotency_key_in_use"
    assert await count(stripe_double) == 1


async def test_failures_last_until_they_are_healed(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    await stripe_double.fail("drop_before", times=-1)
    for _ in range(3):
        with pytest.raises(stripe.APIConnectionError):
            await session(sdk)
    await stripe_double.heal()
    assert (await session(sdk)).status == "open"


async def test_the_sdk_itself_gets_through_a_short_failure(stripe_double: StripeDouble) -> None:
    http = stripe.HTTPXClient(timeout=5)
    client = stripe.StripeClient(
        stripe_double.key, base_addresses={"api": stripe_double.url}, http_client=http,
        max_network_retries=2,
    )  # fmt: skip
    await stripe_double.fail("drop", path=SESSIONS)
    await client.v1.checkout.sessions.create_async(asked())
    await http.close_async()  # type: ignore[no-untyped-call]
    assert await count(stripe_double) == 1
