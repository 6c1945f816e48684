"""Money: every account's balance to the cent, through fees, refunds, disputes and payouts."""

from typing import Any

import pytest
import stripe
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.fakestripe.shop import session

FEE_OF_3000 = 117


async def sold(
    sdk: stripe.StripeClient, double: StripeDouble, account: str = "", **others: Any
) -> str:
    """Sell for 30.00 and return the payment intent."""
    made = await session(sdk, account, **others)
    paid = await double.pay(made.id)
    return str(paid["payment_intent"])


async def owned(double: StripeDouble, account: str = "") -> int:
    """Return what an account has, available or not."""
    sums = await double.balance(account=account)
    return sum(sum(each.values()) for each in sums.values())


async def direct(sdk: stripe.StripeClient, double: StripeDouble) -> tuple[str, str]:
    """Sell on a standard account with a fee of 1.50 for the platform."""
    account = await double.account()
    data = {"application_fee_amount": 150}
    return account, await sold(sdk, double, account, payment_intent_data=data)


async def destination(sdk: stripe.StripeClient, double: StripeDouble) -> tuple[str, str]:
    """Sell on the platform for an express account, with a fee of 1.50."""
    account = await double.account(type="express")
    data = {
        "application_fee_amount": 150, "on_behalf_of": account,
        "transfer_data": {"destination": account},
    }  # fmt: skip
    return account, await sold(sdk, double, payment_intent_data=data)


async def test_a_direct_charge_costs_its_account_both_fees(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    account, _ = await direct(sdk, stripe_double)
    assert await owned(stripe_double, account) == 3000 - FEE_OF_3000 - 150
    assert await owned(stripe_double) == 150


async def test_a_destination_charge_costs_the_platform_stripes_fee(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    account, intent = await destination(sdk, stripe_double)
    assert await owned(stripe_double, account) == 3000 - 150
    assert await owned(stripe_double) == 150 - FEE_OF_3000
    read = await sdk.v1.payment_intents.retrieve_async(intent, {"expand": ["latest_charge"]})
    assert isinstance(read.latest_charge, stripe.Charge) and read.latest_charge.transfer


async def test_a_whole_refund_of_a_direct_charge_gives_the_application_fee_back(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    account, intent = await direct(sdk, stripe_double)
    made = await sdk.v1.refunds.create_async(
        {"payment_intent": intent, "refund_application_fee": True},
        {"stripe_account": account},
    )
    assert (made.amount, made.status) == (3000, "succeeded")
    assert await owned(stripe_double, account) == -FEE_OF_3000
    assert await owned(stripe_double) == 0


async def test_parts_of_a_destination_charge_come_back_from_everybody(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    account, intent = await destination(sdk, stripe_double)
    for amount in (1000, 2000):
        await sdk.v1.refunds.create_async({
            "payment_intent": intent, "amount": amount, "reverse_transfer": True,
            "refund_application_fee": True,
        })  # fmt: skip
    assert await owned(stripe_double, account) == 0
    assert await owned(stripe_double) == -FEE_OF_3000
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await sdk.v1.refunds.create_async({"payment_intent": intent})
    assert refusal.value.code == "charge_already_refunded"


async def test_a_destination_refund_without_reversal_is_the_platforms_loss(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    account, intent = await destination(sdk, stripe_double)
    await sdk.v1.refunds.create_async({"payment_intent": intent, "refund_application_fee": True})
    assert await owned(stripe_double, account) == 3000
    assert await owned(stripe_double) == -3000 - FEE_OF_3000


async def test_the_charge_counts_what_is_refunded(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    intent = await sold(sdk, stripe_double)
    await stripe_double.refund(intent, amount=1200)
    read = await sdk.v1.payment_intents.retrieve_async(
        intent, {"expand": ["latest_charge.refunds"]}
    )
    charge = read.latest_charge
    assert isinstance(charge, stripe.Charge) and charge.refunds is not None
    assert (charge.amount_refunded, charge.refunded) == (1200, False)
    assert [refund.amount for refund in charge.refunds.data] == [1200]
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        await sdk.v1.refunds.create_async({"payment_intent": intent, "amount": 1801})


async def test_a_refund_can_wait_and_then_fail(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    intent = await sold(sdk, stripe_double)
    made = await stripe_double.refund(intent, status="pending")
    assert await owned(stripe_double) == -FEE_OF_3000

    failed = await stripe_double.settle_refund(made["id"], "failed")

    assert (failed["status"], failed["failure_reason"]) == ("failed", "lost_or_stolen_card")
    assert await owned(stripe_double) == 3000 - FEE_OF_3000
    charge = await stripe_double.object(made["charge"])
    assert (charge["amount_refunded"], charge["refunded"]) == (0, False)


@pytest.mark.parametrize(("won", "left"), [(True, 3000), (False, 0)])
async def test_a_dispute_takes_the_amount_and_a_fee(
    sdk: stripe.StripeClient, stripe_double: StripeDouble, won: bool, left: int
) -> None:
    intent = await sold(sdk, stripe_double)
    opened = await stripe_double.open_dispute(intent)
    assert await owned(stripe_double) == -FEE_OF_3000 - 1500
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await sdk.v1.refunds.create_async({"payment_intent": intent})
    assert refusal.value.code == "charge_disputed"

    closed = await stripe_double.close_dispute(opened["id"], won=won)

    assert closed["status"] == ("won" if won else "lost")
    assert await owned(stripe_double) == left - FEE_OF_3000 - 1500


async def test_money_becomes_available_and_is_paid_out(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    account = await stripe_double.account()
    await sold(sdk, stripe_double, account)
    ours: Any = {"stripe_account": account}
    assert (await stripe_double.balance(account=account))["eur"]["available"] == 0
    with pytest.raises(AssertionError, match="balance_insufficient"):
        await stripe_double.payout(account=account)

    await stripe_double.advance(2 * 86_400)
    made = await stripe_double.payout(account=account)

    assert (made["amount"], made["status"]) == (3000 - FEE_OF_3000, "paid")
    moved = await sdk.v1.balance_transactions.list_async({"payout": made["id"]}, ours)
    assert {(each.type, each.net) for each in moved.data} == {
        ("charge", 2883), ("payout", -2883),
    }  # fmt: skip
    balance = await sdk.v1.balance.retrieve_async({}, ours)
    assert [each.amount for each in balance.available] == [0]


async def test_a_payout_that_fails_comes_back(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    await sold(sdk, stripe_double)
    made = await stripe_double.payout(available_now=True, status="failed")
    assert made["failure_code"] == "account_closed"
    assert await owned(stripe_double) == 3000 - FEE_OF_3000


async def test_what_is_only_held_is_captured_in_part_or_let_go(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    wanted: Any = {
        "amount": 3000, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True,
        "capture_method": "manual", "return_url": "http://shop.test/",
    }  # fmt: skip
    first = await sdk.v1.payment_intents.create_async(wanted)
    second = await sdk.v1.payment_intents.create_async(wanted)
    assert (first.status, await owned(stripe_double)) == ("requires_capture", 0)

    taken = await sdk.v1.payment_intents.capture_async(first.id, {"amount_to_capture": 2000})
    gone = await sdk.v1.payment_intents.cancel_async(second.id)

    assert (taken.status, taken.amount_received, gone.status) == ("succeeded", 2000, "canceled")
    assert await owned(stripe_double) == 2000 - 88


async def test_the_parts_of_many_refunds_add_up_to_the_whole(
    sdk: stripe.StripeClient, stripe_double: StripeDouble
) -> None:
    account, intent = await destination(sdk, stripe_double)
    for amount in (1, 333, 667, 999, 1000):
        await sdk.v1.refunds.create_async({
            "payment_intent": intent, "amount": amount, "reverse_transfer": True,
            "refund_application_fee": True,
        })  # fmt: skip
    assert await owned(stripe_double, account) == 0
    assert await owned(stripe_double) == -FEE_OF_3000
