"""What may be refunded, how refunds and disputes move on, which lines an amount covers; pure."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

N_ = str  # marks text for the catalogues; it is translated where it is shown
GIVING = ("pending", "succeeded")  # known to Stripe, and money is out or on its way
LIVE = ("requested", *GIVING)
TAKEN_BACK = ("failed", "canceled")
MOST_LINES = 16
_RANK = {"requested": 0, "pending": 1, "succeeded": 2, "failed": 3, "canceled": 3}
_STATUS = {"requires_action": "pending"}
_OUTCOME = {"won": "won", "warning_closed": "won", "prevented": "won", "lost": "lost"}

NOTHING_PAID = N_("Nothing was paid, so there is nothing to refund.")
DISPUTED = N_("The bank is deciding about this payment. A refund would pay it back twice.")
LOST = N_("The bank gave this payment back to the cardholder. A refund would pay it back twice.")
ALL_BACK = N_("Everything that was paid has been refunded already.")
COST_NOTHING = N_("These tickets cost nothing. Cancel them on the guest list instead.")
NO_AMOUNT = N_("Enter an amount above zero.")
TOO_MUCH = N_("Not so much is left to refund.")
LATE = N_("The deadline for refunds of this event is over. Override it, and say why in a note.")
WHY_LATE = N_("Say in a note why this is refunded after the deadline.")


class Line(NamedTuple):
    """A line of an order and what is left of it: money in minor units, and tickets."""

    id: str
    total: int
    qty: int = 0


def refund_problem(*, paid: bool, disputed: str, left: int) -> str:
    """Say in plain words why nothing can be refunded; '' when something can.

    `disputed`: "open" or "lost" where a bank asks for the payment or has got it, else ''.
    """
    if not paid:
        return NOTHING_PAID
    if disputed:
        return LOST if disputed == "lost" else DISPUTED
    return ALL_BACK if left <= 0 else ""


def amount_problem(amount: int, left: int, *, tickets: bool) -> str:
    """Say in plain words why an amount (minor units) cannot be given back; '' when it can."""
    if amount <= 0:
        return COST_NOTHING if tickets else NO_AMOUNT
    return TOO_MUCH if amount > left else ""


def late_problem(until: int | None, now: int, *, override: bool, note: str) -> tuple[str, str]:
    """Say what a refund wants that comes after the event's deadline: a code and plain words.

    "late": somebody must override it. "note": they did, and must say why. '' for nothing.
    """
    if until is None or now < until:
        return "", ""
    if not override:
        return "late", LATE
    return ("", "") if note.strip() else ("note", WHY_LATE)


def may_wait(code: str) -> bool:
    """Tell whether a refusal is for want of money that sales to come may bring."""
    return code in ("balance_insufficient", "insufficient_funds")


def refund_status(of_stripe: str) -> str:
    """Return our word for a refund's status at Stripe."""
    return _STATUS.get(of_stripe, of_stripe)


def moves_on(current: str, wanted: str) -> bool:
    """Tell whether a status is later than another: facts may come in any order."""
    return _RANK[wanted] > _RANK[current]


def dispute_outcome(status: str) -> str:
    """Return "won", "lost", or '' while Stripe's status says that it is open.

    A warning that was closed and a dispute that was prevented took nothing, so they count as
    won.
    """
    return _OUTCOME.get(status, "")


def blocks_tickets(status: str) -> bool:
    """Tell whether a dispute is open and more than a question of the bank."""
    return not dispute_outcome(status) and not status.startswith("warning_")


def dispute_stage(status: str) -> str:
    """Return where a dispute stands: whose turn it is, or how it ended.

    "asked" (a bank's mere question), "answer" (money taken, evidence wanted), "decides" (the
    bank's turn), then "won", "lost" or "dropped" (nothing was taken in the end).
    """
    if dispute_outcome(status):
        return status if status in ("won", "lost") else "dropped"
    if status.endswith("needs_response"):
        return "asked" if status.startswith("warning_") else "answer"
    return "decides"


def waits_for_answer(status: str) -> bool:
    """Tell whether it is the organizer's turn: a bank asks, or wants evidence."""
    return dispute_stage(status) in ("asked", "answer")


def forbids_refund(status: str) -> bool:
    """Tell whether a refund beside a dispute would pay twice; a bank's mere question does not."""
    return blocks_tickets(status) or dispute_outcome(status) == "lost"


def standing(statuses: Iterable[str]) -> str:
    """Return how a payment stands with these disputes: "open", "lost" or '' (a refund may go)."""
    barring = [status for status in statuses if forbids_refund(status)]
    if any(not dispute_outcome(status) for status in barring):
        return "open"
    return "lost" if barring else ""


def fee_share(application_fee: int, paid: int, refunded: int) -> int:
    """Return how much of the platform's fee belongs to the part that is refunded."""
    return application_fee * refunded // paid


def covered(lines: Sequence[Line], amount: int) -> frozenset[str]:
    """Return the lines that an amount pays back whole; none when that is not certain.

    Certain is the sum of all, and a sum that only one choice of lines makes.
    """
    priced = [line for line in lines if line.total]
    if amount <= 0 or len(priced) > MOST_LINES:
        return frozenset()
    if amount == sum(line.total for line in priced):
        return frozenset(line.id for line in lines)
    choices: dict[int, tuple[frozenset[str], ...]] = {0: (frozenset(),)}
    for line in priced:
        before = dict(choices)
        for total, found in before.items():
            if total + line.total <= amount:
                more = before.get(total + line.total, ()) + tuple(one | {line.id} for one in found)
                choices[total + line.total] = more[:2]  # two are enough to know: not certain
    exact = choices.get(amount, ())
    return exact[0] if len(exact) == 1 else frozenset()
