"""Charging a saved card at the double: every outcome as a value, payments found by their marks."""

import pytest
from tests.fixtures.stripe_double import StripeDouble

from handstamp.payments.charge_saved_card import (
    Busy,
    Charged,
    Declined,
    NeedsAction,
    Outcome,
    Refused,
    Unknown,
    charge_saved_card,
)
from handstamp.payments.facts import NewCharge
from handstamp.payments.gateway import gateway
from handstamp.plumbing.web import Services

pytestmark = pytest.mark.anyio
PATH = "/v1/payment_intents"


async def charge(
    services: Services, token: str = "pm_card_visa", *, key: str = "k", **others: object
) -> Outcome:
    """Charge a card that Stripe knows, of a customer made for it."""
    customer = await gateway(services).create_customer(
        account="", email="m@example.org", name="Mia", key=f"customer:{key}", metadata={}
    )
    values: dict[str, object] = {
        "account": "",
        "destination": "",
        "currency": "GBP",
        "amount": 1_500,
        "customer_id": customer,
        "payment_method_id": token,
        "application_fee": 0,
        "description": "HP-ABC",
        "return_url": "http://testserver/back",
        "metadata": {"preorder_id": "po_1"},
        **others,
    }
    return await charge_saved_card(services, NewCharge(**values), key=key)  # type: ignore[arg-type]


async def test_money_comes_and_is_found_by_its_marks(
    services: Services, stripe_double: StripeDouble
) -> None:
    paid = await charge(services)
    assert isinstance(paid, Charged)
    assert (paid.facts.amount_received, paid.facts.currency) == (1_500, "GBP")
    assert paid.facts.fee is not None
    again = await charge(services)
    assert isinstance(again, Charged)
    assert again.facts.id == paid.facts.id
    [intent] = await stripe_double.objects("payment_intent")
    found = await gateway(services).find_payments(
        account="", customer_id=intent["customer"], since=0, mark=("preorder_id", "po_1")
    )
    assert [facts.id for facts in found] == [paid.facts.id]
    others = await gateway(services).find_payments(
        account="", customer_id=intent["customer"], since=0, mark=("preorder_id", "po_2")
    )
    assert others == []


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("pm_card_chargeDeclined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
    ],
)
async def test_a_decline_is_a_value_with_its_payment(
    services: Services, stripe_double: StripeDouble, token: str, code: str
) -> None:
    declined = await charge(services, token)
    assert isinstance(declined, Declined)
    assert declined.code == code
    assert declined.facts is not None
    assert declined.facts.status == "requires_payment_method"


async def test_a_banks_question_is_told_apart_confirmed_and_cancelled(
    services: Services, stripe_double: StripeDouble
) -> None:
    asked = await charge(services, "pm_card_authenticationRequired")
    assert isinstance(asked, NeedsAction)
    stripe = gateway(services)
    facts = await stripe.confirm_payment(
        asked.facts.id,
        account="",
        payment_method_id="pm_card_authenticationRequired",
        return_url="http://testserver/back",
    )
    assert (facts.status, facts.next_url) == (
        "requires_action",
        f"{stripe_double.url}/3ds/{facts.id}",
    )
    assert (await stripe.cancel_payment(facts.id, account="")).status == "canceled"
    assert (await stripe.cancel_payment(facts.id, account="")).status == "canceled"


async def test_a_card_that_is_gone_is_declined_and_an_account_that_is_not_ready_refuses(
    services: Services, stripe_double: StripeDouble
) -> None:
    gone = await charge(services, "pm_nothing")
    assert isinstance(gone, Declined)
    assert gone.facts is None
    account = await stripe_double.account(charges_enabled=False)
    refused = await charge(services, key="other", destination=account)
    assert isinstance(refused, Refused)


@pytest.mark.parametrize(
    ("fault", "kind", "look_up"),
    [("429", Busy, None), ("drop", Unknown, False), ("500_after", Unknown, True)],
)
async def test_no_answer_is_no_decline(
    services: Services,
    stripe_double: StripeDouble,
    fault: str,
    kind: type[Outcome],
    look_up: bool | None,
) -> None:
    await stripe_double.fail(fault, path=PATH, method="POST", times=2)
    found = await charge(services)
    assert isinstance(found, kind)
    assert getattr(found, "look_up", None) is look_up
