"""The worked examples of docs/ledger.md, and how the document writes them."""

from collections.abc import Iterable

from handstamp.ledger.rules import (
    CHART,
    DisputeFacts,
    NewTransaction,
    Parts,
    PayoutFacts,
    RefundFacts,
    SaleFacts,
    dispute_closed,
    dispute_opened,
    late_payment,
    payout,
    refund,
    reversal,
    sale,
)

WHO = {
    "organizer_id": "org_1",
    "subject": "order:ord_1",
    "currency": "EUR",
    "happened_at": 1_780_000_000_000,
}
DIRECT = {**WHO, "account": "acct_club", "charge_type": "direct", "destination": ""}
THROUGH = {**WHO, "account": "", "charge_type": "destination", "destination": "acct_club"}
PAID = {
    "payment_intent_id": "pi_1",
    "charge_id": "ch_1",
    "amount": 5500,
    "net_tickets": 4400,
    "fees": 300,
    "tax": 800,
    "application_fee": 110,
    "stripe_fee": 190,
}
BACK = {"refund_id": "re_1", "amount": 5500, "parts": Parts(4400, 300, 800), "application_fee": 110}
DISPUTED = {"dispute_id": "du_1", "amount": 5500}
PAYOUT = PayoutFacts("org_1", "acct_club", "po_1", 5200, "EUR", WHO["happened_at"])  # type: ignore[arg-type]


def sold(kind: dict[str, object] = DIRECT, **others: object) -> SaleFacts:
    """Return a sale of 55.00: 44.00 of tickets, 3.00 of fees, 8.00 of tax."""
    return SaleFacts(**{**kind, **PAID, **others})  # type: ignore[arg-type]


def refunded(kind: dict[str, object] = DIRECT, **others: object) -> RefundFacts:
    """Return the refund of all of `sold`."""
    return RefundFacts(**{**kind, **BACK, **others})  # type: ignore[arg-type]


def disputed(kind: dict[str, object] = DIRECT, *, fee: int) -> DisputeFacts:
    """Return a dispute of all of `sold`; `fee` is kept or returned."""
    return DisputeFacts(**{**kind, **DISPUTED, "fee": fee})  # type: ignore[arg-type]


def examples() -> dict[str, tuple[NewTransaction, ...]]:
    """Return what each example of the document posts, by its heading."""
    failing = refund(refunded())[:1]
    return {
        "Sale, direct charge": sale(sold()),
        "Sale, destination charge": sale(sold(THROUGH)),
        "Full refund, direct charge": refund(refunded()),
        "One of two tickets of a line, direct charge": refund(
            refunded(
                amount=2210,
                parts=Parts(net_tickets=2000, fees=10, tax=200),
                application_fee=39,
            )
        ),
        "Full refund, destination charge": refund(refunded(THROUGH)),
        "Refund that fails at the bank": reversal(failing, 0),
        "Paid too late, refunded": (
            *late_payment(sold(application_fee=0)),
            *refund(refunded(parts=Parts(deposits=5500), application_fee=0)),
        ),
        "Dispute opened": dispute_opened(disputed(fee=1500)),
        "Dispute won": dispute_closed(disputed(fee=0), won=True),
        "Dispute lost": dispute_closed(disputed(fee=0), won=False),
        "Payout": payout(PAYOUT),
        "Payout that fails": payout(PAYOUT, failed=True),
    }


def chart_table() -> str:
    """Write the chart of accounts as the document does."""
    lines = ["| account | kind | what stands on it |", "|---|---|---|"]
    lines += [f"| `{name}` | {one.kind} | {one.meaning} |" for name, one in CHART.items()]
    return "\n".join(lines)


def table(transactions: Iterable[NewTransaction]) -> str:
    """Write what is posted as the document does."""
    lines = ["| book | what | debit | credit | amount |", "|---|---|---|---|---|"]
    for one in transactions:
        for m in one.movements:
            amount = f"{m.amount // 100}.{m.amount % 100:02}"
            what = f"`{one.kind}` {one.ref}"
            lines.append(f"| {one.book} | {what} | `{m.debit}` | `{m.credit}` | {amount} |")
    return "\n".join(lines)
