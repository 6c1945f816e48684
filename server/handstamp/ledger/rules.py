"""The chart of accounts, and which movements each happening makes; pure.

Builders return transactions; a movement's `amount` (minor units, above 0) leaves the account
`credit` and reaches the account `debit`. `docs/ledger.md` tells the same in words and examples.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal

PLATFORM = "platform"
STRIPE_BALANCE = "stripe_balance"
WHAT = {  # what a kind of transaction is to an organizer, by how its name begins
    "sale": "sales",
    "late_payment": "sales",
    "refund": "refunds",
    "application_fee": "platform_fees",
    "stripe_fee": "stripe_fees",
    "dispute": "disputes",
    "payout": "payouts",
}
Kind = Literal["asset", "liability", "income", "expense"]


@dataclass(frozen=True)
class Account:
    """What an account is, and what stands on it in plain words."""

    kind: Kind
    meaning: str


CHART = {
    "stripe_balance": Account("asset", "Money that Stripe holds for this book, free or pending."),
    "bank": Account("asset", "Money that Stripe has paid out, on its way or arrived."),
    "disputed": Account("asset", "Money taken back by a bank while its dispute is open."),
    "organizer_clearing": Account(
        "liability", "What the platform took for an organizer and has not passed on."
    ),
    "tax_payable": Account("liability", "Tax that buyers paid, owed to the authorities."),
    "buyer_deposits": Account("liability", "Paid too late for a ticket; it goes back."),
    "ticket_sales": Account("income", "Tickets sold: price less discount, without fees and tax."),
    "service_fees": Account("income", "Fees that buyers paid on top of the price."),
    "refunds": Account("income", "Ticket prices given back; it takes away from the income."),
    "platform_income": Account("income", "What the platform keeps of organizers' sales."),
    "stripe_fees": Account("expense", "What Stripe keeps for processing payments."),
    "platform_fees": Account("expense", "What the platform keeps of this organizer's sales."),
    "dispute_fees": Account("expense", "What Stripe keeps for handling disputes."),
    "dispute_losses": Account("expense", "Money lost in disputes."),
}


@dataclass(frozen=True)
class Movement:
    """An amount that leaves the account `credit` and reaches the account `debit`."""

    debit: str
    credit: str
    amount: int


@dataclass(frozen=True)
class NewTransaction:
    """Movements of one happening in one book; (book, kind, ref) names it once and for all."""

    book: str
    kind: str
    ref: str
    organizer_id: str | None
    subject: str
    currency: str
    happened_at: int
    movements: tuple[Movement, ...]


@dataclass(frozen=True)
class Parts:
    """What an amount is made of; `deposits` is money that bought nothing."""

    net_tickets: int = 0
    fees: int = 0
    tax: int = 0
    deposits: int = 0

    @property
    def total(self) -> int:
        """Return the whole."""
        return self.net_tickets + self.fees + self.tax + self.deposits


@dataclass(frozen=True)
class ChargeFacts:
    """Whose charge it was: what every happening around one payment has in common.

    `account` is the connected account of a direct charge ('' is the platform), `destination`
    the one that a destination charge is for. `happened_at`: ms UTC.
    """

    organizer_id: str | None
    subject: str
    account: str
    charge_type: str
    destination: str
    currency: str
    happened_at: int

    @property
    def charged(self) -> str:
        """Return the book in which Stripe moves the buyer's money."""
        return self.account or PLATFORM

    @property
    def seller(self) -> str:
        """Return the book of whoever sells the tickets."""
        return self.destination if self.through_platform else self.charged

    @property
    def books(self) -> tuple[str, ...]:
        """Return every book that takes part."""
        return tuple({self.charged: 0, self.seller: 0, PLATFORM: 0})

    @property
    def through_platform(self) -> bool:
        """Tell whether the platform takes the money and passes it on."""
        return self.charge_type == "destination"


@dataclass(frozen=True)
class SaleFacts(ChargeFacts):
    """A succeeded payment; `stripe_fee` is None while Stripe has not told it."""

    payment_intent_id: str
    charge_id: str
    amount: int
    net_tickets: int
    fees: int
    tax: int
    application_fee: int
    stripe_fee: int | None


@dataclass(frozen=True)
class RefundFacts(ChargeFacts):
    """A refund of `amount` to the buyer.

    `parts`: what the seller gives back for it; of a destination charge that is what was taken
    back of the transfer, and the platform bears the rest. `application_fee`: how much of the
    platform's fee goes back to the seller with it.
    """

    refund_id: str
    amount: int
    parts: Parts
    application_fee: int = 0


@dataclass(frozen=True)
class DisputeFacts(ChargeFacts):
    """A dispute: `amount` is withdrawn, and `fee` kept (when it opens) or returned (when won)."""

    dispute_id: str
    amount: int
    fee: int


@dataclass(frozen=True)
class PayoutFacts:
    """A payout of a book's balance to a bank; a negative amount is taken from the bank."""

    organizer_id: str | None
    account: str
    payout_id: str
    amount: int
    currency: str
    happened_at: int


def sale(facts: SaleFacts) -> tuple[NewTransaction, ...]:
    """Return what a paid order moves; nothing when it cost nothing.

    Raises:
        ValueError: tickets, fees and tax are not the whole amount.
    """
    parts = Parts(facts.net_tickets, facts.fees, facts.tax)
    return _received(facts, "sale", parts)


def late_payment(facts: SaleFacts) -> tuple[NewTransaction, ...]:
    """Return what a payment moves that came too late for a ticket: it waits to go back."""
    return _received(facts, "late_payment", Parts(deposits=facts.amount))


def stripe_fee(facts: ChargeFacts, charge_id: str, amount: int) -> tuple[NewTransaction, ...]:
    """Return what Stripe keeps of a charge; posted with the sale or once it is known."""
    moved = [Movement("stripe_fees", "stripe_balance", amount)]
    return _made(_transaction(facts, facts.charged, "stripe_fee", charge_id, moved))


def refund(facts: RefundFacts) -> tuple[NewTransaction, ...]:
    """Return what a refund moves in the books of all who take part in it.

    Raises:
        ValueError: the parts of a charge of the seller's own are not the whole amount.
    """
    ref = facts.refund_id
    back = [
        Movement("refunds", "stripe_balance", facts.parts.net_tickets),
        Movement("service_fees", "stripe_balance", facts.parts.fees),
        Movement("tax_payable", "stripe_balance", facts.parts.tax),
        Movement("buyer_deposits", "stripe_balance", facts.parts.deposits),
    ]
    fee = _returned_fee(facts, ref, facts.application_fee)
    returned = _transaction(facts, facts.seller, "refund", ref, back)
    if not facts.through_platform:
        _check_whole(facts.parts, facts.amount)
        return _made(returned, *fee)
    given = [Movement("organizer_clearing", "stripe_balance", facts.amount)]
    got = [Movement("stripe_balance", "organizer_clearing", facts.parts.total)]
    return _made(
        _transaction(facts, PLATFORM, "refund", ref, given),
        _transaction(facts, PLATFORM, "transfer_reversal", ref, got),
        returned,
        *fee,
    )


def reversal(of: Iterable[NewTransaction], happened_at: int) -> tuple[NewTransaction, ...]:
    """Return what undoes transactions, such as those of a refund that failed at the bank."""
    return tuple(
        replace(
            one,
            kind=f"{one.kind}_failed",
            happened_at=happened_at,
            movements=tuple(Movement(m.credit, m.debit, m.amount) for m in one.movements),
        )
        for one in of
    )


def dispute_opened(facts: DisputeFacts) -> tuple[NewTransaction, ...]:
    """Return what a dispute takes away when it opens: the amount, and Stripe's fee for it."""
    moved = [
        Movement("disputed", "stripe_balance", facts.amount),
        Movement("dispute_fees", "stripe_balance", facts.fee),
    ]
    return _made(_transaction(facts, facts.charged, "dispute_opened", facts.dispute_id, moved))


def dispute_closed(facts: DisputeFacts, *, won: bool) -> tuple[NewTransaction, ...]:
    """Return what the end of a dispute moves; `facts.fee` is what Stripe returns of its fee."""
    moved = [
        Movement("stripe_balance" if won else "dispute_losses", "disputed", facts.amount),
        Movement("stripe_balance", "dispute_fees", facts.fee),
    ]
    kind = "dispute_won" if won else "dispute_lost"
    return _made(_transaction(facts, facts.charged, kind, facts.dispute_id, moved))


def payout(facts: PayoutFacts, *, failed: bool = False) -> tuple[NewTransaction, ...]:
    """Return what a payout moves; one that failed or was cancelled has moved it back as well."""
    debit, credit = ("bank", "stripe_balance") if facts.amount > 0 else ("stripe_balance", "bank")
    sent = NewTransaction(
        book=facts.account or PLATFORM,
        kind="payout",
        ref=facts.payout_id,
        organizer_id=facts.organizer_id,
        subject=f"payout:{facts.payout_id}",
        currency=facts.currency,
        happened_at=facts.happened_at,
        movements=(Movement(debit, credit, abs(facts.amount)),),
    )
    back = reversal([sent], facts.happened_at) if failed else ()
    return _made(sent, *back)


def split(amount: int, among: Parts) -> Parts:
    """Divide an amount over what is left of its parts, none of which it can exceed.

    In proportion, by the largest remainder; what is divided adds up to `amount`.

    Raises:
        ValueError: it is more than there is left.
    """
    names = [item.name for item in fields(Parts)]
    left = {name: int(getattr(among, name)) for name in names}
    if not 0 <= amount <= among.total:
        raise ValueError("more than is left to divide")
    if amount == 0:
        return Parts()
    shares = {name: amount * left[name] // among.total for name in names}
    missing = amount - sum(shares.values())
    by_rest = sorted(names, key=lambda name: -(amount * left[name] % among.total))
    for name in by_rest[:missing]:
        shares[name] += 1
    return Parts(**shares)


def what_of(kind: str) -> str:
    """Return what a kind of transaction is to an organizer: a value of `WHAT`, or "other"."""
    found = (what for start, what in WHAT.items() if kind.startswith(start))
    return next(found, "other")


def natural(account: str, debits_less_credits: int) -> int:
    """Return a balance as it is read: what is owned or spent, or what is owed or earned."""
    side = 1 if CHART[account].kind in ("asset", "expense") else -1
    return side * debits_less_credits


def _received(facts: SaleFacts, kind: str, parts: Parts) -> tuple[NewTransaction, ...]:
    _check_whole(parts, facts.amount)
    ref, charge, whole = facts.payment_intent_id, facts.charge_id, facts.amount
    got = [
        Movement("stripe_balance", "ticket_sales", parts.net_tickets),
        Movement("stripe_balance", "service_fees", parts.fees),
        Movement("stripe_balance", "tax_payable", parts.tax),
        Movement("stripe_balance", "buyer_deposits", parts.deposits),
    ]
    made = [_transaction(facts, facts.seller, kind, ref, got)]
    if facts.through_platform:
        taken = [Movement("stripe_balance", "organizer_clearing", whole)]
        passed_on = [Movement("organizer_clearing", "stripe_balance", whole)]
        made.append(_transaction(facts, PLATFORM, "charge", ref, taken))
        made.append(_transaction(facts, PLATFORM, "transfer", ref, passed_on))
    if facts.seller != PLATFORM:
        made.extend(_kept_fee(facts, charge, facts.application_fee))
    known = facts.stripe_fee is not None
    return _made(*made, *(stripe_fee(facts, charge, facts.stripe_fee or 0) if known else ()))


def _check_whole(parts: Parts, amount: int) -> None:
    if parts.total != amount:
        raise ValueError("tickets, fees and tax are not the whole amount")


def _kept_fee(facts: ChargeFacts, ref: str, amount: int) -> list[NewTransaction]:
    paid = [Movement("platform_fees", "stripe_balance", amount)]
    earned = [Movement("stripe_balance", "platform_income", amount)]
    return [
        _transaction(facts, facts.seller, "application_fee", ref, paid),
        _transaction(facts, PLATFORM, "application_fee", ref, earned),
    ]


def _returned_fee(facts: ChargeFacts, ref: str, amount: int) -> list[NewTransaction]:
    returned = reversal(_kept_fee(facts, ref, amount), facts.happened_at)
    return [replace(one, kind="application_fee_refund") for one in returned]


def _transaction(
    facts: ChargeFacts, book: str, kind: str, ref: str, movements: Sequence[Movement]
) -> NewTransaction:
    return NewTransaction(
        book=book,
        kind=kind,
        ref=ref,
        organizer_id=facts.organizer_id,
        subject=facts.subject,
        currency=facts.currency,
        happened_at=facts.happened_at,
        movements=tuple(movements),
    )


def _made(*transactions: NewTransaction) -> tuple[NewTransaction, ...]:
    """Leave out what moves nothing."""
    moving = (
        replace(one, movements=tuple(m for m in one.movements if m.amount)) for one in transactions
    )
    return tuple(one for one in moving if one.movements)
