"""The balance of an account, its movements, and payouts to its bank."""

from fakestripe import money
from fakestripe.call import Call, Operations, listing, lookup, metadata, page, update_metadata
from fakestripe.problems import refused
from fakestripe.spec import Obj
from fakestripe.world import World


def payout(
    world: World,
    account: str,
    *,
    currency: str,
    amount: int | None = None,
    automatic: bool = True,
    meta: Obj | None = None,
) -> Obj:
    """Send available money to the bank: what is asked, or all of it; pending until it arrives.

    Raises:
        Problem: there is not as much available.
    """
    ready = money.totals(world, account).get(currency, {"available": 0})["available"]
    wanted = ready if amount is None else amount
    if wanted <= 0 or wanted > ready:
        raise refused("You have insufficient funds in your Stripe account for this payout.",
                      code="balance_insufficient")  # fmt: skip
    made = world.make(
        account, "payout", amount=wanted, currency=currency, automatic=automatic,
        arrival_date=world.clock.now() + money.DAY, method="standard", type="bank_account",
        status="pending", source_type="card", metadata=meta or {},
        reconciliation_status="completed" if automatic else "not_applicable",
    )  # fmt: skip
    if automatic and amount is None:
        for entry in world.each(account, "balance_transaction", currency=currency):
            if entry["status"] == "available" and not entry.get("_payout"):
                world.change(entry, _payout=made["id"])
    entry = money.post(world, account, "payout", amount=-wanted, currency=currency,
                       source=made["id"])  # fmt: skip
    world.change(entry, _payout=made["id"])
    world.change(made, balance_transaction=entry["id"])
    world.emit(account, "payout.created", made)
    return made


def settle(world: World, made: Obj, status: str) -> Obj:
    """Let a payout arrive ("paid"), or come back ("failed", "canceled").

    Raises:
        Problem: it is settled already.
    """
    if made["status"] not in ("pending", "in_transit"):
        raise refused(f"This payout is {made['status']}.")
    world.change(made, status=status)
    if status != "paid":
        entry = money.post(
            world, made["_account"], "payout_failure" if status == "failed" else "payout_cancel",
            amount=made["amount"], currency=made["currency"], source=made["id"],
        )  # fmt: skip
        world.change(made, failure_balance_transaction=entry["id"])
    if status == "failed":
        world.change(made, failure_code="account_closed",
                     failure_message="The bank account has been closed.")  # fmt: skip
    world.emit(made["_account"], f"payout.{status}", made)
    return made


def _create(call: Call) -> Obj:
    params = call.params
    return payout(call.world, call.account, currency=params["currency"].lower(),
                  amount=params["amount"], automatic=False, meta=metadata(params))  # fmt: skip


def _movements(call: Call) -> Obj:
    params = call.params
    equal: Obj = {name: params[name] for name in ("type", "source", "currency") if name in params}
    if "payout" in params:
        equal["_payout"] = params["payout"]
    return page(call, call.world.each(call.account, "balance_transaction", **equal))


operations: Operations = {
    ("get", "/v1/balance"): lambda call: money.balance(call.world, call.account),
    ("get", "/v1/balance_transactions"): _movements,
    ("get", "/v1/balance_transactions/{id}"): lookup("balance_transaction"),
    ("post", "/v1/payouts"): _create,
    ("get", "/v1/payouts"): listing("payout", "status"),
    ("get", "/v1/payouts/{payout}"): lookup("payout"),
    ("post", "/v1/payouts/{payout}"): update_metadata("payout"),
    ("post", "/v1/payouts/{payout}/cancel"): lambda call: settle(
        call.world, call.get("payout"), "canceled"
    ),
}
