"""Balances: every movement is one balance transaction, and a balance is nothing but their sum."""

from fakestripe.spec import Obj
from fakestripe.world import World

DAY = 86_400
SETTLES_AFTER = 2 * DAY
DISPUTE_FEE = 1500
FEE_FIXED = 30
FEE_PER_MILLE = 29
REPORTED_AS = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "payment_refund": "refund",
    "refund_failure": "refund_failure",
    "application_fee": "platform_earning",
    "application_fee_refund": "platform_earning_refund",
    "transfer": "transfer",
    "transfer_refund": "transfer_reversal",
    "payout": "payout",
    "payout_failure": "payout_reversal",
    "payout_cancel": "payout_reversal",
}
MINIMUM = {"eur": 50, "usd": 50, "gbp": 30, "chf": 50, "jpy": 50, "sek": 300, "dkk": 250,
           "nok": 300, "pln": 200, "czk": 1500, "huf": 17500}  # fmt: skip


def stripe_fee(amount: int) -> int:
    """Return Stripe's fee on a charge: 2.9 % (half up) and 30 minor units."""
    return (amount * FEE_PER_MILLE + 500) // 1000 + FEE_FIXED


def post(
    world: World,
    account: str,
    kind: str,
    *,
    amount: int,
    currency: str,
    source: str,
    fees: dict[str, int] | None = None,
    settles: bool = False,
    reported_as: str | None = None,
    description: str | None = None,
) -> Obj:
    """Move money on an account's balance and return the balance transaction.

    Args:
        amount: in minor units, negative when it leaves.
        fees: by type ("stripe_fee", "application_fee"); taken off the amount.
        settles: money that becomes available two days later.
    """
    details = [
        {"amount": fee, "application": "ca_double" if of == "application_fee" else None,
         "currency": currency, "description": of.replace("_", " "), "type": of}
        for of, fee in (fees or {}).items() if fee
    ]  # fmt: skip
    total = sum(detail["amount"] for detail in details if isinstance(detail["amount"], int))
    ready = world.clock.now() + (SETTLES_AFTER if settles else 0)
    return world.make(
        account,
        "balance_transaction",
        amount=amount,
        currency=currency,
        fee=total,
        fee_details=details,
        net=amount - total,
        type=kind,
        reporting_category=reported_as or REPORTED_AS[kind],
        source=source,
        available_on=ready,
        status="pending" if settles else "available",
        balance_type="payments",
        description=description,
    )


def settle(world: World) -> None:
    """Let money that is due become available."""
    now = world.clock.now()
    for account in list(world.accounts):
        due = [
            entry
            for entry in world.each(account, "balance_transaction", status="pending")
            if entry["available_on"] <= now
        ]
        for entry in due:
            world.change(entry, status="available")
        if due:
            world.emit(account, "balance.available", balance(world, account))


def balance(world: World, account: str) -> Obj:
    """Return an account's balance as Stripe shows it."""
    sums = totals(world, account) or {"eur": {"available": 0, "pending": 0}}
    return world.blank("balance") | {
        "available": [_line(currency, each["available"]) for currency, each in sums.items()],
        "pending": [_line(currency, each["pending"]) for currency, each in sums.items()],
    }


def totals(world: World, account: str) -> dict[str, dict[str, int]]:
    """Return {currency: {"available": minor units, "pending": minor units}}."""
    sums: dict[str, dict[str, int]] = {}
    for entry in world.each(account, "balance_transaction"):
        of = sums.setdefault(entry["currency"], {"available": 0, "pending": 0})
        of[entry["status"]] += entry["net"]
    return sums


def _line(currency: str, amount: int) -> Obj:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}
