"""Cards kept for later: setup intents, charges without the buyer, and a bank that asks."""

from typing import Any

import pytest
import stripe
from tests.fixtures.stripe_double import StripeDouble


async def kept_card(sdk: stripe.StripeClient, token: str) -> dict[str, Any]:
    """Keep a card of a new customer and return who and what to charge."""
    customer = await sdk.v1.customers.create_async({"email": "ada@example.com"})
    intent = await sdk.v1.setup_intents.create_async(
        {"customer": customer.id, "usage": "off_session"}
    )
    done = await sdk.v1.setup_intents.confirm_async(
        intent.id, {"payment_method": token, "return_url": "http://shop.test/"}
    )
    return {"customer": customer.id, "payment_method": done.payment_method, "status": done.status}


def charge_of(card: dict[str, Any]) -> Any:
    """Return the parameters of a charge without the buyer."""
    return {
        "amount": 1500, "currency": "eur", "customer": card["customer"], "confirm": True,
        "payment_method": card["payment_method"], "off_session": True,
    }  # fmt: skip


async def test_a_kept_card_is_charged_later(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    card = await kept_card(sdk, "pm_card_visa")
    paid = await sdk.v1.payment_intents.create_async(charge_of(card))
    assert (card["status"], paid.status, paid.amount_received) == ("succeeded", "succeeded", 1500)
    owned = await sdk.v1.customers.payment_methods.list_async(card["customer"])
    assert [method.id for method in owned.data] == [card["payment_method"]]


async def test_a_bank_may_still_ask_and_the_same_intent_is_finished_by_the_buyer(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    setup = await sdk.v1.setup_intents.create_async({
        "customer": (await sdk.v1.customers.create_async()).id, "confirm": True,
        "payment_method": "pm_card_authenticationRequired", "return_url": "http://shop.test/",
    })  # fmt: skip
    assert setup.status == "requires_action"
    ready = await stripe_double.authenticate(setup.id)

    with pytest.raises(stripe.CardError) as refusal:
        await sdk.v1.payment_intents.create_async(charge_of(ready))

    assert refusal.value.code == "authentication_required"
    assert refusal.value.error is not None
    intent = refusal.value.error.payment_intent
    assert intent is not None and intent["status"] == "requires_payment_method"
    await sdk.v1.payment_intents.confirm_async(
        intent["id"],
        {"payment_method": ready["payment_method"], "return_url": "http://shop.test/"},
    )
    assert (await stripe_double.authenticate(intent["id"]))["status"] == "succeeded"


async def test_a_card_set_up_with_consent_is_not_asked_again(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    setup = await kept_card(sdk, "pm_card_authenticationRequiredOnSetup")
    assert setup["status"] == "requires_action"
    [intent] = await stripe_double.objects("setup_intent")
    ready = await stripe_double.authenticate(intent["id"])
    paid = await sdk.v1.payment_intents.create_async(charge_of(ready))
    assert paid.status == "succeeded"


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_chargeDeclined", "generic_decline"),
    ],
)
async def test_a_decline_tells_its_code_and_leaves_an_event(
    sdk: stripe.StripeClient, stripe_double: StripeDouble, token: str, code: str
) -> None:
    with pytest.raises(stripe.CardError) as refusal:
        await sdk.v1.payment_intents.create_async(
            {"amount": 1500, "currency": "eur", "confirm": True, "payment_method": token}
        )
    assert refusal.value.error is not None
    assert (refusal.value.http_status, refusal.value.error.decline_code) == (402, code)
    types = [event["type"] for event in await stripe_double.objects("event")]
    assert types[0] == "payment_intent.payment_failed"


async def test_off_session_needs_confirm(sdk: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await sdk.v1.payment_intents.create_async(
            {"amount": 1500, "currency": "eur", "off_session": True}
        )
    assert refusal.value.param == "off_session"
