"""Every call reaches the double as Stripe's own types have it, and comes back as facts."""

import logging
from dataclasses import replace

import pytest
from tests.factories.payments import selling_settings
from tests.fixtures.stripe_double import StripeDouble

from handstamp.kit.clock import MINUTE, FakeClock
from handstamp.payments.facts import NewCheckout
from handstamp.payments.gateway_errors import (
    GatewayBusy,
    GatewayError,
    GatewayRefused,
    GatewayUnknown,
)
from handstamp.payments.stripe_gateway import StripeGateway

URL = "sqlite+aiosqlite:///nowhere.db"


@pytest.fixture
async def gate(stripe_double: StripeDouble, clock: FakeClock):  # type: ignore[no-untyped-def]
    """A gateway to the double."""
    opened = StripeGateway(selling_settings(URL, stripe_double), clock)
    yield opened
    await opened.close()


def wanted(clock: FakeClock, account: str, **others: object) -> NewCheckout:
    """An order of two tickets and a third, with a fee for the platform."""
    made = NewCheckout(
        order_id="ord_1",
        number="HS-1",
        account=account,
        charge_type="direct",
        destination="",
        currency="EUR",
        lines=[("General", 1500, 2), ("Rue de l'Église – 座席", 2500, 1)],
        application_fee=250,
        email="buyer@example.com",
        expires_at=clock() + 31 * MINUTE,
        success_url="https://tickets.example/done",
        cancel_url="https://tickets.example/back",
        locale="fr-CA",
    )
    return replace(made, **others)  # type: ignore[arg-type]


async def test_a_direct_charge_is_paid_on_the_organizers_account(
    gate: StripeGateway, stripe_double: StripeDouble, clock: FakeClock
) -> None:
    account = await stripe_double.account()
    opened = await gate.create_checkout(wanted(clock, account), key="ord_1:checkout:1")
    assert (opened.status, opened.paid) == ("open", False)
    assert opened.url.startswith(stripe_double.url)
    await stripe_double.pay(opened.id)
    found = await gate.retrieve_checkout(opened.id, account=account)
    assert (found.status, found.paid) == ("complete", True)
    paid = found.payment
    assert paid is not None
    assert (paid.status, paid.paid, paid.amount_received, paid.currency) == (
        "succeeded",
        True,
        5500,
        "EUR",
    )
    assert paid.fee == 190  # 2.9 % and 30, without the platform's share
    assert paid.application_fee == 250
    assert paid.metadata == {"order_id": "ord_1", "order_number": "HS-1"} == found.metadata
    assert paid.charge_id.startswith("ch_")
    assert paid.paid_at == clock()
    assert paid == await gate.retrieve_payment(paid.id, account=account)
    balance = await stripe_double.balance(account=account)
    assert sum(balance["eur"].values()) == 5500 - 190 - 250


async def test_a_destination_charge_is_the_platforms_and_passed_on(
    gate: StripeGateway, stripe_double: StripeDouble, clock: FakeClock
) -> None:
    account = await stripe_double.account(type="express")
    asked = wanted(clock, "", charge_type="destination", destination=account)
    opened = await gate.create_checkout(asked, key="ord_1:checkout:1")
    await stripe_double.pay(opened.id)
    paid = (await gate.retrieve_checkout(opened.id, account="")).payment
    assert paid is not None
    assert (paid.fee, paid.application_fee) == (190, 250)
    assert paid.transfer_id.startswith("tr_")
    (intent,) = await stripe_double.objects("payment_intent")
    assert intent["on_behalf_of"] == account
    assert sum((await stripe_double.balance(account=account))["eur"].values()) == 5500 - 250


async def test_nothing_is_said_of_a_fee_that_is_nothing_and_the_form_may_stand_in_our_page(
    gate: StripeGateway, stripe_double: StripeDouble, clock: FakeClock
) -> None:
    account = await stripe_double.account()
    asked = wanted(clock, account, application_fee=0, ui="elements", email="", locale="xx-YY")
    opened = await gate.create_checkout(asked, key="ord_1:checkout:1")
    assert opened.client_secret
    assert opened.url == ""
    (session,) = await stripe_double.objects("checkout.session", account=account)
    assert session["locale"] == "auto"
    assert "klarna" not in session["payment_method_types"]


async def test_the_same_key_gives_the_same_session_and_another_order_under_it_is_not_known(
    gate: StripeGateway, stripe_double: StripeDouble, clock: FakeClock
) -> None:
    account = await stripe_double.account()
    first = await gate.create_checkout(wanted(clock, account), key="ord_1:checkout:1")
    assert await gate.create_checkout(wanted(clock, account), key="ord_1:checkout:1") == first
    changed = wanted(clock, account, application_fee=1)
    with pytest.raises(GatewayUnknown):
        await gate.create_checkout(changed, key="ord_1:checkout:1")
    assert len(await stripe_double.objects("checkout.session", account=account)) == 1


async def test_expiring_answers_with_the_state_whatever_it_is(
    gate: StripeGateway, stripe_double: StripeDouble, clock: FakeClock
) -> None:
    account = await stripe_double.account()
    one = await gate.create_checkout(wanted(clock, account), key="a")
    assert (await gate.expire_checkout(one.id, account=account)).status == "expired"
    assert (await gate.expire_checkout(one.id, account=account)).status == "expired"
    two = await gate.create_checkout(wanted(clock, account), key="b")
    await stripe_double.pay(two.id)
    found = await gate.expire_checkout(two.id, account=account)
    assert (found.status, found.paid) == ("complete", True)
    assert found.payment is not None and found.payment.fee == 190


async def test_a_refund_happens_once_per_key_and_is_listed(
    gate: StripeGateway, stripe_double: StripeDouble, clock: FakeClock
) -> None:
    account = await stripe_double.account()
    opened = await gate.create_checkout(wanted(clock, account), key="a")
    await stripe_double.pay(opened.id)
    paid = (await gate.retrieve_checkout(opened.id, account=account)).payment
    assert paid is not None
    marks = {"refund_id": "rf_1"}
    for _ in range(2):
        made = await gate.refund(
            payment_intent_id=paid.id,
            amount=5500,
            account=account,
            key="rf_1",
            metadata=marks,
            refund_application_fee=True,
        )
    assert (made.status, made.amount, made.metadata) == ("succeeded", 5500, marks)
    assert made.payment_intent_id == paid.id
    assert await gate.list_refunds(paid.charge_id, account=account) == [made]
    assert await gate.retrieve_refund(made.id, account=account) == made
    assert (await gate.retrieve_payment(paid.id, account=account)).refunded == 5500
    with pytest.raises(GatewayRefused) as refused:
        await gate.refund(
            payment_intent_id=paid.id, amount=1, account=account, key="rf_2", metadata={}
        )
    assert refused.value.code == "charge_already_refunded"


async def test_disputes_and_payouts_come_with_what_they_did_to_the_balance(
    gate: StripeGateway, stripe_double: StripeDouble, clock: FakeClock
) -> None:
    account = await stripe_double.account()
    opened = await gate.create_checkout(wanted(clock, account), key="a")
    await stripe_double.pay(opened.id)
    paid = (await gate.retrieve_checkout(opened.id, account=account)).payment
    assert paid is not None
    made = await stripe_double.open_dispute(paid.id)
    dispute = await gate.retrieve_dispute(made["id"], account=account)
    assert (dispute.amount, dispute.payment_intent_id) == (5500, paid.id)
    assert [one.net for one in dispute.balance] == [-5500 - 1500]
    assert (await gate.retrieve_payment(paid.id, account=account)).disputed
    await stripe_double.close_dispute(made["id"], won=True)
    sent = await stripe_double.payout(account=account, amount=1000, available_now=True)
    payout = await gate.retrieve_payout(sent["id"], account=account)
    assert (payout.amount, payout.status, payout.currency) == (1000, "paid", "EUR")


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("429", GatewayBusy),
        ("503", GatewayUnknown),
        ("500", GatewayUnknown),
        ("500_after", GatewayUnknown),
        ("drop", GatewayUnknown),
        ("drop_before", GatewayUnknown),
    ],
)
async def test_what_went_wrong_is_told_apart_and_the_same_key_never_makes_two(
    gate: StripeGateway,
    stripe_double: StripeDouble,
    clock: FakeClock,
    how: str,
    error: type[GatewayError],
) -> None:
    account = await stripe_double.account()
    await stripe_double.fail(how, path="/v1/checkout/sessions", times=-1)
    with pytest.raises(error):
        await gate.create_checkout(wanted(clock, account), key="a")
    await stripe_double.heal()
    if how not in ("500", "500_after"):  # those two Stripe keeps under the key
        await gate.create_checkout(wanted(clock, account), key="a")
    assert len(await stripe_double.objects("checkout.session", account=account)) == (how != "500")


async def test_neither_key_nor_buyer_stands_in_logs_or_errors(
    gate: StripeGateway,
    stripe_double: StripeDouble,
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    account = await stripe_double.account()
    caplog.set_level(logging.DEBUG)
    asked = wanted(clock, account, email="not an address", lines=[("General", -1, 1)])
    with pytest.raises(GatewayRefused) as refused:
        await gate.create_checkout(asked, key="a")
    await stripe_double.violations(forgive=True)
    await gate.create_checkout(wanted(clock, account), key="b")
    said = caplog.text + repr(refused.value) + str(refused.value.__context__)
    assert stripe_double.key not in said
    assert "not an address" not in said
    assert "buyer@example.com" not in said


async def test_a_key_that_no_longer_opens_is_tried_again_later(
    stripe_double: StripeDouble, clock: FakeClock
) -> None:
    settings = selling_settings(URL, stripe_double, stripe_secret_key="sk_live_wrong")
    gate = StripeGateway(settings, clock)
    with pytest.raises(GatewayBusy):
        await gate.retrieve_account("acct_1")
    await gate.close()
