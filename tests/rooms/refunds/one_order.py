"""An order on paper from its price to its last refund: every rule of money, no database."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from handstamp.events.price_rules import Discount, LineParts, Terms, Wanted, take_apart
from handstamp.ledger.rules import (
    NewTransaction,
    Parts,
    RefundFacts,
    SaleFacts,
    natural,
    refund,
    reversal,
    sale,
)
from handstamp.payments.models import Payment
from handstamp.refunds.book_refund import common_facts, fee_due, may_return_fee, parts_left
from handstamp.refunds.parts import (
    Divided,
    fitted,
    lines_left,
    of_tickets,
    plus,
    written,
)

STRIPE_FEE = 190
CLUB = "acct_club"


@dataclass
class Line:
    """A line as an order stores it."""

    id: str
    qty: int
    fee: int
    tax: int
    total: int


@dataclass
class Back:
    """A refund that Stripe has made: (amount, net, fee, tax) and what the platform returns."""

    amount: int
    parts: Parts
    fee_back: int
    made: Sequence[NewTransaction]
    lines_json: str
    parts_json: str

    @property
    def told(self) -> tuple[int, int, int, int, int]:
        """Return it as the tables write it: amount, net, fee, tax, platform's fee back."""
        parts = self.parts
        return self.amount, parts.net_tickets, parts.fees, parts.tax, self.fee_back


@dataclass
class PaperOrder:
    """A paid order by direct or destination charge, and the refunds of it that stand."""

    priced: Sequence[LineParts]
    wants: Sequence[Wanted]
    charge_type: str = "direct"
    backs: list[Back] = field(default_factory=list)
    books: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        net = self.total - self.fees - self.tax
        paid = SaleFacts(
            **common_facts(self.payment, 0), payment_intent_id="pi", charge_id="ch",
            amount=self.total, net_tickets=net, fees=self.fees, tax=self.tax,
            application_fee=self.share, stripe_fee=STRIPE_FEE,
        )  # fmt: skip
        self.post(sale(paid))

    @property
    def total(self) -> int:
        """Return what the buyer paid."""
        return sum(part.total for part in self.priced)

    @property
    def fees(self) -> int:
        """Return what of it are fees."""
        return sum(part.fee for part in self.priced)

    @property
    def tax(self) -> int:
        """Return what of it is tax."""
        return sum(part.tax for part in self.priced)

    @property
    def share(self) -> int:
        """Return what the platform keeps."""
        return sum(part.share for part in self.priced)

    @property
    def left(self) -> int:
        """Return what has not gone back."""
        return self.total - sum(back.amount for back in self.backs)

    @property
    def payment(self) -> Payment:
        """Return the payment as it is stored."""
        direct = self.charge_type == "direct"
        return Payment(
            organizer_id="org", subject_kind="order", subject_id="ord", currency="CAD",
            account=CLUB if direct else "", destination="" if direct else CLUB,
            charge_type=self.charge_type, amount=self.total, application_fee=self.share,
        )  # fmt: skip

    @property
    def lines(self) -> list[Line]:
        """Return the lines as they are stored."""
        both = zip(self.wants, self.priced, strict=True)
        return [Line(w.tier_id, w.qty, p.fee, p.tax, p.total) for w, p in both]

    def post(self, transactions: Iterable[NewTransaction]) -> None:
        """Add movements to the books, each side as it is read."""
        for one in transactions:
            for moved in one.movements:
                self.books[one.book, moved.debit] += natural(moved.debit, moved.amount)
                self.books[one.book, moved.credit] += natural(moved.credit, -moved.amount)

    def tickets_left(self) -> dict[str, int]:
        """Return by line how many tickets can still go back."""
        return {line.id: line.qty for line in lines_left(self.lines, self.backs)}

    def give_tickets(self, wants: Mapping[str, int]) -> Back:
        """Give back so many tickets of lines."""
        known = {one.id: one for one in lines_left(self.lines, self.backs)}
        found = {line: of_tickets(known[line], qty) for line, qty in wants.items()}
        whole = Parts()
        for part in found.values():
            whole = plus(whole, part)
        lines = {line: (p.net_tickets, p.fees, p.tax) for line, p in found.items()}
        return self._give(whole.total, whole, lines, wants)

    def give_amount(self, amount: int) -> Back:
        """Give back an amount that is for no ticket; all that is left is one, too."""
        return self._give(amount, None, {}, {})

    def _give(
        self,
        amount: int,
        wanted: Parts | None,
        lines: Mapping[str, tuple[int, int, int]],
        tickets: Mapping[str, int],
    ) -> Back:
        payment, before = self.payment, sum(back.amount for back in self.backs)
        parts = fitted(amount, wanted, parts_left(payment, self.books))
        returns = may_return_fee(payment, self.books)
        fee = fee_due(payment, amount, before, self.books) if returns else 0
        facts = RefundFacts(
            **common_facts(payment, 0), refund_id=f"re_{before}", amount=amount, parts=parts,
            application_fee=fee,
        )  # fmt: skip
        made = refund(facts)
        self.post(made)
        tickets_json = json.dumps(dict(tickets))
        back = Back(amount, parts, fee, made, tickets_json, written(Divided(parts, lines)))
        self.backs.append(back)
        return back

    def fail(self, back: Back) -> None:
        """Have a refund come back from the bank: the platform's fee does not come with it."""
        books = [CLUB] if self.charge_type == "direct" else ["platform"]
        self.post(reversal([one for one in back.made if _is_refund(one, books)], 0))
        self.backs.remove(back)


def _is_refund(one: NewTransaction, books: Sequence[str]) -> bool:
    return one.kind == "refund" and one.book in books


def paper_order(
    wants: Sequence[tuple[str, int, int]],
    terms: Terms,
    discount: Discount | None = None,
    charge_type: str = "direct",
) -> PaperOrder:
    """Price and pay an order of (line, tickets, price of one)."""
    wanted = [Wanted(*want) for want in wants]
    return PaperOrder(take_apart(wanted, terms, discount), wanted, charge_type)
