"""What a refund has just done, as those who follow it need to know."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from handstamp.refunds.models import Dispute, Refund
from handstamp.refunds.rules import GIVING


@dataclass(frozen=True)
class Step:
    """A refund that has moved on, with all of its payment's refunds.

    `is_new`: money is on its way by it for the first time. `is_back`: it failed, the money came
    back. `bought`: its payment bought a ticket, so it was no late or second one.
    """

    refund: Refund
    rows: Sequence[Refund]
    is_new: bool
    is_back: bool
    bought: bool


def given(rows: Iterable[Refund]) -> int:
    """Return how much is given back by some refunds."""
    return sum(row.amount for row in rows if row.status in GIVING)


def about(row: Refund | Dispute) -> dict[str, str | None]:
    """Return what a refund or dispute is of, as the log names it."""
    return {"preorder": row.preorder_id} if row.preorder_id else {"order": row.order_id}
