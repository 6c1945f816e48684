"""Charges: one try at a card, and where its money goes once it is captured."""

from fakestripe import disputes, money
from fakestripe.call import Operations, listing, lookup, update_metadata
from fakestripe.cards import MESSAGES, Card
from fakestripe.spec import Obj
from fakestripe.world import PLATFORM, World

WINDOW = 7 * money.DAY


def attempt(world: World, intent: Obj, method: Obj, card: Card) -> Obj:
    """Try the card of a payment intent; the charge is kept whether it pays or not."""
    account, declined = intent["_account"], bool(card.decline)
    charge = world.make(
        account,
        "charge",
        amount=intent["amount"],
        amount_captured=0,
        currency=intent["currency"],
        captured=False,
        paid=not declined,
        status="failed" if declined else "succeeded",
        failure_code=card.code if declined else None,
        failure_message=MESSAGES.get(card.decline, "Your card was declined.") if declined else None,
        outcome=_outcome(world, card),
        customer=intent["customer"],
        description=intent["description"],
        metadata=dict(intent["metadata"]),
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details=_details(world, card, method),
        billing_details=method["billing_details"],
        receipt_email=intent["receipt_email"],
        on_behalf_of=intent["on_behalf_of"],
        transfer_data=intent["transfer_data"],
        transfer_group=intent["transfer_group"],
        application_fee_amount=intent["application_fee_amount"],
        statement_descriptor=intent["statement_descriptor"],
        fraud_details={},
        _card=card.number,
    )
    world.change(intent, latest_charge=charge["id"])
    if declined:
        world.emit(account, "charge.failed", charge)
    return charge


def _outcome(world: World, card: Card) -> Obj:
    declined = bool(card.decline)
    return world.blank("charge.Outcome") | {
        "network_status": "declined_by_network" if declined else "approved_by_network",
        "reason": card.decline or None,
        "risk_level": "normal",
        "risk_score": 12,
        "seller_message": "The bank declined." if declined else "Payment complete.",
        "type": "issuer_declined" if declined else "authorized",
    }


def _details(world: World, card: Card, method: Obj) -> Obj:
    return world.blank("charge.PaymentMethodDetails") | {
        "type": "card",
        "card": world.blank("charge.PaymentMethodDetails.Card")
        | {
            "brand": card.brand,
            "country": "DE",
            "exp_month": method["card"]["exp_month"],
            "exp_year": method["card"]["exp_year"],
            "fingerprint": method["card"]["fingerprint"],
            "funding": "credit",
            "last4": card.last4,
            "network": card.brand,
        },
    }


def capture(world: World, intent: Obj, charge: Obj, amount: int) -> None:
    """Take the money of a charge and hand each party its part."""
    account, transfer = charge["_account"], intent["transfer_data"]
    fee = intent["application_fee_amount"] or 0
    fees = {"stripe_fee": money.stripe_fee(amount)}
    if account:
        fees["application_fee"] = fee
    entry = money.post(
        world, account, "charge", amount=amount, currency=charge["currency"],
        source=charge["id"], fees=fees, settles=True,
    )  # fmt: skip
    world.change(
        charge, captured=True, amount_captured=amount, balance_transaction=entry["id"],
        amount_refunded=charge["amount"] - amount,
    )  # fmt: skip
    if account and fee:
        _collect_fee(world, account, charge, fee)
    if transfer:
        _transfer(world, charge, transfer, fee, amount)


def _collect_fee(world: World, account: str, charge: Obj, amount: int) -> Obj:
    fee = world.make(
        PLATFORM,
        "application_fee",
        account=account,
        amount=amount,
        amount_refunded=0,
        application="ca_double",
        charge=charge["id"],
        originating_transaction=charge["id"],
        currency=charge["currency"],
        fee_source={"charge": charge["id"], "type": "charge"},
    )
    fee["refunds"] = _nothing(f"/v1/application_fees/{fee['id']}/refunds")
    entry = money.post(
        world, PLATFORM, "application_fee", amount=amount, currency=charge["currency"],
        source=fee["id"], settles=True,
    )  # fmt: skip
    world.change(fee, balance_transaction=entry["id"])
    world.change(charge, application_fee=fee["id"])
    world.emit(PLATFORM, "application_fee.created", fee)
    return fee


def _transfer(world: World, charge: Obj, data: Obj, fee: int, captured: int) -> None:
    """Pass a destination charge on; the destination gives the application fee back out of it."""
    destination, currency = data["destination"], charge["currency"]
    amount = data.get("amount") or captured
    transfer = world.make(
        PLATFORM, "transfer", amount=amount, amount_reversed=0, currency=currency,
        destination=destination, source_transaction=charge["id"], source_type="card",
        metadata={}, transfer_group=charge["transfer_group"],
    )  # fmt: skip
    transfer["reversals"] = _nothing(f"/v1/transfers/{transfer['id']}/reversals")
    payment = world.make(
        destination, "charge", amount=amount, amount_captured=amount, currency=currency,
        captured=True, paid=True, status="succeeded", source_transfer=transfer["id"],
        application_fee_amount=fee or None, metadata={}, fraud_details={}, _payment=True,
    )  # fmt: skip
    out = money.post(
        world, PLATFORM, "transfer", amount=-amount, currency=currency, source=transfer["id"]
    )
    into = money.post(
        world, destination, "payment", amount=amount, currency=currency, source=payment["id"],
        fees={"application_fee": fee}, settles=True,
    )  # fmt: skip
    world.change(payment, balance_transaction=into["id"])
    world.change(transfer, balance_transaction=out["id"], destination_payment=payment["id"])
    world.change(charge, transfer=transfer["id"])
    world.emit(PLATFORM, "transfer.created", transfer)
    if fee:
        collected = _collect_fee(world, destination, payment, fee)
        world.change(collected, originating_transaction=charge["id"])
        world.change(charge, application_fee=collected["id"])


def _nothing(url: str) -> Obj:
    return {"object": "list", "data": [], "has_more": False, "url": url}


def settled(world: World, charge: Obj) -> None:
    """Do what some test cards do once they have paid."""
    if charge["_card"] == "4000000000000259":
        disputes.opened(world, charge, reason="fraudulent")


operations: Operations = {
    ("get", "/v1/charges"): listing("charge", "customer", "payment_intent", "transfer_group"),
    ("get", "/v1/charges/{charge}"): lookup("charge"),
    ("post", "/v1/charges/{charge}"): update_metadata("charge", "description", "receipt_email"),
}
