"""Refunds: whole or in part, pending or failed later, with what went to others taken back."""

from fakestripe import money
from fakestripe.call import Call, Operations, listing, lookup, metadata, update_metadata
from fakestripe.problems import invalid, refused
from fakestripe.spec import Obj
from fakestripe.world import PLATFORM, World, shown


def create(call: Call) -> Obj:
    """Refund a charge or the charge of a payment intent."""
    params, world = call.params, call.world
    charge = find_charge(world, call.account, params)
    meta = metadata(params)
    return refund(
        world,
        charge,
        amount=params.get("amount"),
        reason=params.get("reason"),
        meta=meta,
        reverse_transfer=params.get("reverse_transfer", False),
        refund_fee=params.get("refund_application_fee", False),
    )


def find_charge(world: World, account: str, params: Obj) -> Obj:
    """Return the charge that `charge` or `payment_intent` names.

    Raises:
        Problem: neither is given, it does not exist, or it has taken no money.
    """
    if "charge" in params:
        return world.get(account, "charge", params["charge"], param="charge")
    if "payment_intent" not in params:
        raise invalid("One of the following params should be provided for this request: "
                      "payment_intent or charge.")  # fmt: skip
    intent = world.get(account, "payment_intent", params["payment_intent"], param="payment_intent")
    charge = world.find(account, intent["latest_charge"] or "")
    if charge is None or not charge["captured"]:
        raise refused(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
            param="payment_intent",
        )
    return charge


def refund(
    world: World,
    charge: Obj,
    *,
    amount: int | None = None,
    reason: str | None = None,
    meta: Obj | None = None,
    reverse_transfer: bool = False,
    refund_fee: bool = False,
    status: str | None = None,
) -> Obj:
    """Refund a captured charge, as the API or the dashboard does.

    Raises:
        Problem: it is disputed, refunded, or has less left than asked; or there is no transfer
            or application fee to take back.
    """
    left = charge["amount"] - charge["amount_refunded"]
    wanted = left if amount is None else amount
    _check(charge, wanted, left, reverse_transfer=reverse_transfer, refund_fee=refund_fee)
    account, card = charge["_account"], charge.get("_card")
    status = status or ("pending" if card == "4000000000007726" else "succeeded")
    made = world.make(
        account, "refund", amount=wanted, charge=charge["id"], currency=charge["currency"],
        payment_intent=charge["payment_intent"], reason=reason, metadata=meta or {},
        status=status, destination_details=_destination(world),
    )  # fmt: skip
    back = _fee_back(world, charge, wanted) if refund_fee else None
    fees = {"application_fee": -back["amount"]} if back and account else None
    entry = money.post(
        world, account, "refund", amount=-wanted, currency=charge["currency"],
        source=made["id"], fees=fees,
    )  # fmt: skip
    world.change(made, balance_transaction=entry["id"])
    if reverse_transfer:
        _take_back(world, charge, made, wanted, back)
    elif back and not account:
        credit_fee(world, back)
    _refunded(world, charge, charge["amount_refunded"] + wanted)
    world.emit(account, "refund.created", made)
    world.emit(account, "charge.refunded", charge)
    return made


def _check(
    charge: Obj, amount: int, left: int, *, reverse_transfer: bool, refund_fee: bool
) -> None:
    if charge["disputed"]:
        raise refused(f"Charge {charge['id']} has been charged back; cannot issue a refund.",
                      code="charge_disputed")  # fmt: skip
    if not charge["captured"]:
        raise refused(f"Charge {charge['id']} has not been captured.")
    if left <= 0:
        raise refused(f"Charge {charge['id']} has already been refunded.",
                      code="charge_already_refunded")  # fmt: skip
    if amount < 1:
        raise invalid("This value must be greater than or equal to 1.", param="amount")
    if amount > left:
        raise refused(f"Refund amount ({amount}) is greater than unrefunded amount on charge "
                      f"({left})", param="amount")  # fmt: skip
    if reverse_transfer and not charge["transfer"]:
        raise refused("Cannot reverse transfer on charge without an associated transfer.",
                      param="reverse_transfer")  # fmt: skip
    if refund_fee and not charge["application_fee"]:
        raise refused("Cannot refund an application fee on a charge without one.",
                      param="refund_application_fee")  # fmt: skip


def _destination(world: World) -> Obj:
    return world.blank("refund.DestinationDetails") | {
        "type": "card",
        "card": world.blank("refund.DestinationDetails.Card") | {"type": "refund"},
    }


def _refunded(world: World, charge: Obj, amount: int) -> None:
    world.change(charge, amount_refunded=amount, refunded=amount >= charge["amount"])


def _fee_back(world: World, charge: Obj, amount: int) -> Obj:
    """Give back the part of the application fee that the refunded part of the charge bore."""
    fee = world.get(PLATFORM, "application_fee", charge["application_fee"])
    after = charge["amount_refunded"] + amount
    due = fee["amount"] * after // charge["amount"] - fee["amount_refunded"]
    return refund_fee(world, fee, max(0, due), meta={})


def refund_fee(world: World, fee: Obj, amount: int, *, meta: Obj) -> Obj:
    """Give back a part of an application fee; the account it came from is credited elsewhere."""
    made = world.make(
        PLATFORM, "fee_refund", amount=amount, currency=fee["currency"], fee=fee["id"],
        metadata=meta,
    )  # fmt: skip
    entry = money.post(
        world, PLATFORM, "application_fee_refund", amount=-amount, currency=fee["currency"],
        source=made["id"],
    )  # fmt: skip
    world.change(made, balance_transaction=entry["id"])
    total = fee["amount_refunded"] + amount
    fee["refunds"]["data"].insert(0, shown(made))
    world.change(fee, amount_refunded=total, refunded=total >= fee["amount"])
    world.emit(PLATFORM, "application_fee.refunded", fee)
    return made


def credit_fee(world: World, back: Obj) -> None:
    """Credit an application fee that came back to the account that had paid it."""
    fee = world.get(PLATFORM, "application_fee", back["fee"])
    money.post(
        world, fee["account"], "adjustment", amount=back["amount"], currency=back["currency"],
        source=back["id"], reported_as="platform_earning_refund",
    )  # fmt: skip


def _take_back(world: World, charge: Obj, made: Obj, amount: int, fee_back: Obj | None) -> None:
    """Reverse the transfer in proportion to this refund alone, whatever was refunded before.

    Source: `reverse_transfer` in https://docs.stripe.com/api/refunds/create.
    """
    transfer = world.get(PLATFORM, "transfer", charge["transfer"])
    part = transfer["amount"] * amount // charge["amount"]
    reversal = reverse(
        world, transfer, min(part, transfer["amount"] - transfer["amount_reversed"]), meta={},
        fee_back=fee_back["amount"] if fee_back else 0,
    )  # fmt: skip
    world.change(reversal, source_refund=made["id"])
    world.change(made, transfer_reversal=reversal["id"])


def reverse(world: World, transfer: Obj, amount: int, *, meta: Obj, fee_back: int = 0) -> Obj:
    """Take a part of a transfer back from its destination."""
    destination, currency = transfer["destination"], transfer["currency"]
    reversal = world.make(
        PLATFORM, "transfer_reversal", amount=amount, currency=currency,
        transfer=transfer["id"], metadata=meta,
    )  # fmt: skip
    into = money.post(
        world, PLATFORM, "transfer_refund", amount=amount, currency=currency,
        source=reversal["id"],
    )  # fmt: skip
    payment = world.get(destination, "charge", transfer["destination_payment"])
    returned = world.make(
        destination, "refund", amount=amount, charge=payment["id"], currency=currency,
        metadata={}, status="succeeded", source_transfer_reversal=reversal["id"],
    )  # fmt: skip
    out = money.post(
        world, destination, "payment_refund", amount=-amount, currency=currency,
        source=returned["id"], fees={"application_fee": -fee_back} if fee_back else None,
    )  # fmt: skip
    world.change(returned, balance_transaction=out["id"])
    _refunded(world, payment, payment["amount_refunded"] + amount)
    total = transfer["amount_reversed"] + amount
    world.change(reversal, balance_transaction=into["id"],
                 destination_payment_refund=returned["id"])  # fmt: skip
    transfer["reversals"]["data"].insert(0, shown(reversal))
    world.change(transfer, amount_reversed=total, reversed=total >= transfer["amount"])
    world.emit(PLATFORM, "transfer.reversed", transfer)
    return reversal


def settle(world: World, made: Obj, status: str) -> Obj:
    """Let a refund succeed, or fail: then the amount comes back and the charge is owed again.

    Raises:
        Problem: it has failed already.
    """
    if made["status"] in ("failed", "canceled"):
        raise refused(f"This refund is {made['status']}.")
    account = made["_account"]
    world.change(made, status=status)
    if status in ("failed", "canceled"):
        entry = money.post(
            world, account, "refund_failure", amount=made["amount"], currency=made["currency"],
            source=made["id"],
        )  # fmt: skip
        world.change(made, failure_balance_transaction=entry["id"])
        if status == "failed":
            world.change(made, failure_reason="lost_or_stolen_card")
        charge = world.get(account, "charge", made["charge"])
        _refunded(world, charge, charge["amount_refunded"] - made["amount"])
    world.emit(account, "refund.updated", made)
    world.emit(account, "charge.refund.updated", made)
    if status == "failed":
        world.emit(account, "refund.failed", made)
    return made


def _cancel(call: Call) -> Obj:
    made = call.get("refund")
    if made["status"] not in ("pending", "requires_action"):
        raise refused(f"Refund cannot be canceled in status {made['status']}.")
    return settle(call.world, made, "canceled")


operations: Operations = {
    ("post", "/v1/refunds"): create,
    ("get", "/v1/refunds"): listing("refund", "charge", "payment_intent"),
    ("get", "/v1/refunds/{refund}"): lookup("refund"),
    ("post", "/v1/refunds/{refund}"): update_metadata("refund"),
    ("post", "/v1/refunds/{refund}/cancel"): _cancel,
}
