"""Application fees and transfers: what the platform takes, and what it passes on."""

from fakestripe import money, refunds
from fakestripe.call import Call, Operations, listing, lookup, metadata, update_metadata
from fakestripe.problems import refused
from fakestripe.spec import Obj
from fakestripe.world import PLATFORM


def _refund_fee(call: Call) -> Obj:
    fee = call.get("application_fee")
    left = fee["amount"] - fee["amount_refunded"]
    amount = call.params.get("amount", left)
    if not 0 < amount <= left:
        raise refused("The amount is greater than what is left of the application fee.",
                      param="amount")  # fmt: skip
    made = refunds.refund_fee(call.world, fee, amount, meta=metadata(call.params))
    refunds.credit_fee(call.world, made)
    return made


def _transfer(call: Call) -> Obj:
    params, world = call.params, call.world
    target = world.get(PLATFORM, "account", params["destination"], param="destination")["id"]
    amount, currency = params["amount"], params["currency"].lower()
    ready = money.totals(world, call.account).get(currency, {"available": 0})["available"]
    if amount > ready and "source_transaction" not in params:
        raise refused("You have insufficient available funds in your Stripe account.",
                      code="balance_insufficient")  # fmt: skip
    given = {name: params[name] for name in ("description", "source_transaction", "transfer_group")
             if name in params}  # fmt: skip
    made = world.make(
        PLATFORM, "transfer", amount=amount, amount_reversed=0, currency=currency,
        destination=target, source_type="card", metadata=metadata(params), **given,
    )  # fmt: skip
    url = f"/v1/transfers/{made['id']}/reversals"
    payment = world.make(
        target, "charge", amount=amount, amount_captured=amount, currency=currency, captured=True,
        paid=True, status="succeeded", source_transfer=made["id"], metadata={}, fraud_details={},
    )  # fmt: skip
    out = money.post(world, PLATFORM, "transfer", amount=-amount, currency=currency,
                     source=made["id"])  # fmt: skip
    into = money.post(world, target, "payment", amount=amount, currency=currency,
                      source=payment["id"])  # fmt: skip
    world.change(payment, balance_transaction=into["id"])
    none: Obj = {"object": "list", "data": [], "has_more": False, "url": url}
    world.change(made, balance_transaction=out["id"], destination_payment=payment["id"],
                 reversals=none)  # fmt: skip
    world.emit(PLATFORM, "transfer.created", made)
    return made


def _reverse(call: Call) -> Obj:
    transfer = call.get("transfer")
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = call.params.get("amount", left)
    if not 0 < amount <= left:
        raise refused("The amount is greater than what is left of the transfer.", param="amount")
    return refunds.reverse(call.world, transfer, amount, meta=metadata(call.params))


operations: Operations = {
    ("get", "/v1/application_fees"): listing("application_fee", "charge"),
    ("get", "/v1/application_fees/{id}"): lookup("application_fee"),
    ("post", "/v1/application_fees/{id}/refunds"): _refund_fee,
    ("post", "/v1/transfers"): _transfer,
    ("get", "/v1/transfers"): listing("transfer", "destination", "transfer_group"),
    ("get", "/v1/transfers/{transfer}"): lookup("transfer"),
    ("post", "/v1/transfers/{transfer}"): update_metadata("transfer", "description"),
    ("post", "/v1/transfers/{id}/reversals"): _reverse,
}
