"""What a refund would do, worked out once for the look before it and for the refund itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import Millis
from handstamp.ledger.rules import Parts
from handstamp.orders.models import Order
from handstamp.payments.models import Payment
from handstamp.plumbing.errors import BadInput, Conflict
from handstamp.plumbing.texts import _
from handstamp.refunds import book_refund, store
from handstamp.refunds.find_refunds import dispute_standing, left_to_refund
from handstamp.refunds.models import Refund
from handstamp.refunds.parts import (
    Divided,
    LineLeft,
    divided_of,
    fitted,
    lines_left,
    lines_of_rest,
    of_tickets,
    plus,
)
from handstamp.refunds.rules import GIVING, LIVE, amount_problem, late_problem, refund_problem
from handstamp.refunds.void_tickets import EVERY, Named, chosen_tickets, others_chose
from handstamp.tickets.models import Ticket


@dataclass(frozen=True)
class Wish:
    """What is to go back: tickets by order item, or an amount in minor units, or all that is left.

    `tickets`: ids of those that are meant, as far as somebody chose; the rule takes the others.
    `override`: though the event's deadline is over, which wants a note. `expected`: what was left
    to refund when somebody decided; where it is something else now, nothing is refunded.
    """

    lines: Mapping[str, int] = field(default_factory=dict)
    amount: int | None = None
    override: bool = False
    expected: int | None = None
    tickets: frozenset[int] = frozenset()

    @property
    def is_part(self) -> bool:
        """Whether something less than all that is left was named."""
        return bool(self.lines) or self.amount is not None


@dataclass(frozen=True)
class Plan:
    """A refund that could be asked for now; money in minor units.

    `fee_back`: what the platform returns to the organizer of its fee. `tickets` turn red.
    `left`: what could be refunded before. `whole`: nothing is left afterwards.
    """

    amount: int
    divided: Divided
    fee_back: int
    tickets: Sequence[Ticket]
    left: int
    whole: bool

    @property
    def borne(self) -> int:
        """What the organizer's account pays for it."""
        return self.amount - self.fee_back


async def plan_refund(
    session: AsyncSession,
    order: Order,
    payment: Payment | None,
    refunds: Sequence[Refund],
    wish: Wish,
) -> Plan:
    """Return what a refund of an order's payment would do; `refunds` are the payment's.

    Raises:
        BadInput: the wish names lines or amounts that cannot be.
        Conflict: nothing was paid, all of it is back, not so much is left, the payment is
            disputed, or what is left is not what was expected.
    """
    live = [refund for refund in refunds if refund.status in LIVE]
    left = left_to_refund(payment, refunds)
    disputed = await dispute_standing(session, payment)
    if problem := refund_problem(paid=payment is not None, disputed=disputed, left=left):
        raise Conflict(_(problem))
    assert payment is not None
    if wish.expected is not None and wish.expected != left:
        raise Conflict(_("Something was refunded meanwhile. Look at the order again."))
    known = lines_left(await store.lines(session, order.id), live)
    lines = _lines(known, wish.lines)
    amount = sum(part.total for part in lines.values()) if lines else wish.amount
    amount = left if amount is None else amount
    if problem := amount_problem(amount, left, tickets=bool(lines)):
        raise (Conflict if amount > left else BadInput)(_(problem))
    kept = await book_refund.left_of(session, payment, refunds)
    wanted = _sum(lines.values()) if lines else None
    parts = fitted(amount, wanted, _unclaimed(payment, kept, refunds))
    by_line = {line: (p.net_tickets, p.fees, p.tax) for line, p in lines.items()}
    returns = book_refund.may_return_fee(payment, kept)
    tickets = await _tickets(session, order, wish, live, whole=amount == left)
    return Plan(
        amount=amount,
        divided=Divided(parts, by_line or lines_of_rest(known, parts)),
        fee_back=_fee_back(payment, amount, live, kept) if returns else 0,
        tickets=tickets,
        left=left,
        whole=amount == left,
    )


class HasDeadline(Protocol):
    """An event, as far as refunds go."""

    refund_until: Millis | None


def check_deadline(event: HasDeadline | None, now: Millis, wish: Wish, note: str) -> None:
    """Refuse what comes after an event's deadline, unless it is overridden with a note.

    Raises:
        Conflict: the deadline is over and nobody overrode it.
        BadInput: it was overridden without a note.
    """
    until = event.refund_until if event is not None else None
    code, problem = late_problem(until, now, override=wish.override, note=note)
    if code == "late":
        raise Conflict(_(problem))
    if code == "note":
        raise BadInput(_(problem), errors=[{"field": "note", "message": _(problem)}])


def _lines(left: Iterable[LineLeft], wants: Mapping[str, int]) -> dict[str, Parts]:
    """Return what the wished tickets give back, by line."""
    known = {one.id: one for one in left}
    found = {}
    for line, qty in wants.items():
        if line not in known:
            raise BadInput(_("One of the lines is not in this order."))
        if qty > known[line].qty:
            raise Conflict(_("Not so many tickets of this line are left to refund."))
        found[line] = of_tickets(known[line], qty)
    return found


def _sum(parts: Iterable[Parts]) -> Parts:
    total = Parts()
    for part in parts:
        total = plus(total, part)
    return total


def _unclaimed(payment: Payment, kept: book_refund.Left, refunds: Sequence[Refund]) -> Parts:
    """Return what the seller has left, less refunds that Stripe has not heard of yet."""
    left = book_refund.parts_left(payment, kept)
    for refund in refunds:
        decided = divided_of(refund) if refund.status == "requested" else None
        if decided is not None:
            left = plus(left, decided.parts, -1)
    return left


def _fee_back(payment: Payment, amount: int, live: Sequence[Refund], kept: book_refund.Left) -> int:
    """Return what of the fee comes back with an amount, after refunds still on their way."""
    known = sum(refund.amount for refund in live if refund.status in GIVING)
    sent = sum(refund.amount for refund in live) - known
    together = book_refund.fee_due(payment, sent + amount, known, kept)
    return together - (book_refund.fee_due(payment, sent, known, kept) if sent else 0)


async def _tickets(
    session: AsyncSession, order: Order, wish: Wish, live: Sequence[Refund], *, whole: bool
) -> Sequence[Ticket]:
    taken = others_chose(live)
    wants: Mapping[str, int] = wish.lines
    if whole:
        wants = {line.id: EVERY for line in await store.lines(session, order.id)}
    named = Named(wish.tickets, taken)
    found = await chosen_tickets(session, order, wants, named) if wants else []
    if wish.tickets - {ticket.id for ticket in found} or wish.tickets & taken:
        raise Conflict(_("One of the chosen tickets is not there to be given back any more."))
    return found
