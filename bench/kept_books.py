"""The ledger and the payouts of a desk after its sales: one payout a day of what was taken in."""

from bench.bulk import Row, store
from bench.full_desk import Desk
from bench.installation import Installation
from handstamp.kit.clock import DAY, Millis
from handstamp.ledger.models import LedgerMovement, LedgerTransaction
from handstamp.ledger.rules import NewTransaction, PayoutFacts, SaleFacts, payout, sale
from handstamp.payments.models import PaymentAccount, Payout

ACCOUNT = "acct_desk"


async def keep_books(here: Installation, desk: Desk) -> int:
    """Post every sale of a desk and what Stripe paid out each day; return how many payouts."""
    now = here.services.clock()
    paid = [order for order in desk.orders if order["placed_at"]]
    transactions = [one for order in paid for one in sale(_sold(desk, order))]
    days: dict[int, int] = {}
    for order in paid:
        day = order["placed_at"] // DAY
        days[day] = days.get(day, 0) + order["total"]
    payouts = [_payout(desk, day, amount, now) for day, amount in sorted(days.items())]
    for one in payouts:
        transactions += payout(_paid_out(one))
    account = {
        "organizer_id": desk.organizer_id, "stripe_account_id": ACCOUNT, "kind": "standard",
        "charge_type": "direct", "charges_enabled": True, "payouts_enabled": True,
        "details_submitted": True, "created_at": now,
    }  # fmt: skip
    numbered = list(enumerate(transactions, 1))
    await store(here, PaymentAccount, [account])
    await store(here, Payout, payouts)
    await store(here, LedgerTransaction, [_row(number, one, now) for number, one in numbered])
    await store(
        here,
        LedgerMovement,
        [
            {"transaction_id": number, "debit": m.debit, "credit": m.credit, "amount": m.amount}
            for number, one in numbered
            for m in one.movements
        ],
    )
    return len(payouts)


def _sold(desk: Desk, order: Row) -> SaleFacts:
    return SaleFacts(
        organizer_id=desk.organizer_id,
        subject=f"order:{order['id']}",
        account=ACCOUNT,
        charge_type="direct",
        destination="",
        currency="CAD",
        happened_at=order["placed_at"],
        payment_intent_id=f"pi_{order['id']}",
        charge_id=f"ch_{order['id']}",
        amount=order["total"],
        net_tickets=order["total"] - order["total"] // 20,
        fees=0,
        tax=order["total"] // 20,
        application_fee=order["total"] // 25,
        stripe_fee=order["total"] * 29 // 1_000 + 30,
    )


def _payout(desk: Desk, day: int, amount: int, now: Millis) -> Row:
    made = (day + 1) * DAY
    return {
        "id": f"po_{day}", "account": ACCOUNT, "organizer_id": desk.organizer_id,
        "amount": amount * 9 // 10, "currency": "CAD", "status": "paid",
        "arrival_at": made + 2 * DAY, "created_at": made, "updated_at": now,
    }  # fmt: skip


def _paid_out(one: Row) -> PayoutFacts:
    return PayoutFacts(
        organizer_id=one["organizer_id"],
        account=one["account"],
        payout_id=one["id"],
        amount=one["amount"],
        currency=one["currency"],
        happened_at=one["created_at"],
    )


def _row(number: int, one: NewTransaction, now: Millis) -> Row:
    return {
        "id": number, "book": one.book, "kind": one.kind, "ref": one.ref,
        "organizer_id": one.organizer_id, "subject": one.subject, "currency": one.currency,
        "happened_at": one.happened_at, "created_at": now,
    }  # fmt: skip
