"""Checkout: paying, declining, expiring, and the pages a buyer sees."""

from typing import Any

import httpx2
import pytest
import stripe
from tests.fixtures.stripe_double import STARTS_AT, StripeDouble
from tests.rooms.fakestripe.shop import asked, session


async def test_a_paid_session_is_complete_with_its_money_expanded(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    made = await session(sdk, metadata={"order_id": "ord_1"})
    await stripe_double.pay(made.id)

    paid = await sdk.v1.checkout.sessions.retrieve_async(
        made.id,
        {"expand": ["line_items", "payment_intent.latest_charge.balance_transaction"]},
    )

    assert (paid.status, paid.payment_status, paid.amount_total) == ("complete", "paid", 3000)
    assert paid.metadata is not None and paid.metadata["order_id"] == "ord_1"
    assert paid.line_items is not None
    assert [line.quantity for line in paid.line_items.data] == [2]
    assert isinstance(paid.payment_intent, stripe.PaymentIntent)
    charge = paid.payment_intent.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert isinstance(charge.balance_transaction, stripe.BalanceTransaction)
    assert (charge.balance_transaction.fee, charge.balance_transaction.net) == (117, 2883)


async def test_a_declined_card_keeps_the_session_open_for_another(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    made = await session(sdk)

    first = await stripe_double.pay(made.id, "4000000000009995")
    second = await stripe_double.pay(made.id)

    assert (first["declined"], first["status"]) == ("insufficient_funds", "open")
    assert (second["status"], second["payment_intent"]) == ("complete", first["payment_intent"])
    charges = await stripe_double.objects("charge")
    assert [charge["status"] for charge in charges] == ["succeeded", "failed"]


async def test_an_expired_session_cannot_be_paid_and_a_complete_one_not_expired(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    expired, paid = await session(sdk), await session(sdk)
    await stripe_double.pay(paid.id)

    assert (await sdk.v1.checkout.sessions.expire_async(expired.id)).status == "expired"
    with pytest.raises(stripe.InvalidRequestError, match='status in \\["open"\\]'):
        await sdk.v1.checkout.sessions.expire_async(paid.id)
    with pytest.raises(AssertionError, match="expired"):
        await stripe_double.pay(expired.id)


async def test_time_expires_a_session(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    made = await session(sdk, expires_at=STARTS_AT + 31 * 60)

    await stripe_double.advance(30 * 60)
    assert (await stripe_double.object(made.id))["status"] == "open"
    await stripe_double.advance(61)
    assert (await stripe_double.object(made.id))["status"] == "expired"


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"expires_at": STARTS_AT + 15 * 60}, "expires_at"),
        ({"expires_at": STARTS_AT + 25 * 3600}, "expires_at"),
        ({"amount": 10, "quantity": 1}, "amount"),
        ({"success_url": "javascript:alert(1)"}, "success_url"),
        ({"metadata": {"note": "x" * 501}}, "metadata[note]"),
        ({"payment_intent_data": {"application_fee_amount": 5}}, "application_fee_amount"),
        ({"ui_mode": "elements"}, "return_url"),
    ],
)
async def test_what_stripe_refuses_is_refused(
    sdk: stripe.StripeClient, wrong: dict[str, Any], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await session(sdk, **wrong)
    assert refusal.value.param == param


@pytest.mark.parametrize("wrong", [{"payment_method_types": ["card"]}, {"ui_mode": "hosted"}])
async def test_parameters_of_older_versions_are_refused_and_counted(
    sdk: stripe.StripeClient, stripe_double: StripeDouble, wrong: dict[str, Any]
) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        await session(sdk, **wrong)
    assert len(await stripe_double.violations(forgive=True)) == 1


async def test_the_page_takes_a_card_after_refusing_one_and_leads_back(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    made = await session(sdk, customer_email="ada@example.com")
    assert made.url is not None
    async with httpx2.AsyncClient(trust_env=False) as browser:
        page = await browser.get(made.url)
        declined = await browser.post(made.url, data={"card": "4000 0000 0000 0002"})
        paid = await browser.post(made.url, data={"card": "4242 4242 4242 4242"})
        again = await browser.get(made.url)

    assert "30.00 EUR" in page.text and "ada@example.com" in page.text
    assert 'href="http://shop.test/cart"' in page.text
    assert declined.status_code == 402 and "Your card was declined." in declined.text
    assert paid.headers["location"] == f"http://shop.test/done?session={made.id}"
    assert "paid already" in again.text


async def test_three_d_secure_is_asked_on_its_own_page(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    made = await session(sdk)
    assert made.url is not None
    async with httpx2.AsyncClient(base_url=stripe_double.url, trust_env=False) as browser:
        asked_for = await browser.post(made.url, data={"card": "4000002500003155"})
        question = asked_for.headers["location"]
        failed = await browser.post(question, data={"answer": "no"})
        await browser.post(made.url, data={"card": "4000002500003155"})
        passed = await browser.post(question, data={"answer": "yes"})

    assert question.startswith("/3ds/pi_") and failed.status_code == 402
    assert passed.headers["location"].endswith(made.id)
    assert (await stripe_double.object(made.id))["payment_status"] == "paid"


async def test_a_session_for_nothing_is_complete_without_a_payment(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    made = await sdk.v1.checkout.sessions.create_async(asked(amount=0))
    done = await stripe_double.pay(made.id)
    assert (done["payment_status"], done["payment_intent"]) == ("no_payment_required", None)


async def test_the_published_tax_table_taxes_lines(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    made = await session(sdk, amount=1000, quantity=1, automatic_tax={"enabled": True})
    rates = await sdk.v1.tax_rates.list_async({"limit": 100})

    assert made.total_details is not None
    assert (made.amount_total, made.total_details.amount_tax) == (1190, 190)
    assert {rate.country: rate.percentage for rate in rates.data}["DE"] == 19.0
