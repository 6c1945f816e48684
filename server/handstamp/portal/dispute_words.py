"""What a bank's reason for a dispute means, what it wants to see, and how the dispute stands.

The reasons are Stripe's: https://docs.stripe.com/disputes/categories.
"""

from collections.abc import Sequence
from typing import NamedTuple

from handstamp.plumbing.texts import _
from handstamp.refunds.dispute_reasons import OF_BANK_ACCOUNTS, reason_name


class Reason(NamedTuple):
    """A reason in plain words, and what an answer should show."""

    name: str
    wants: Sequence[str] = ()


def reason_of(code: str) -> Reason:
    """Return what a reason of Stripe's means; of one without a name here, what always helps."""
    if code in OF_BANK_ACCOUNTS:
        return Reason(
            reason_name(code),
            [_("A payment from a bank account that came back can seldom be contested.")],
        )
    found = _of_cards().get(code)
    if found is None:
        return Reason(reason_name(code), _always())
    return found


def _of_cards() -> dict[str, Reason]:
    return {
        "fraudulent": Reason(
            reason_name("fraudulent"),
            [
                _("That the cardholder or somebody they know bought: name, address, terms."),
                _("That a ticket was let in at the door: when, where, by which phone."),
                _("Earlier orders of the same buyer that nobody disputed."),
            ],
        ),
        "unrecognized": Reason(
            reason_name("unrecognized"),
            [
                _("What was bought and from whom, as the receipt says it."),
                _("That the receipt and the tickets were mailed to the buyer."),
                _("What the buyer says: many remember once they are asked. Write to them."),
            ],
        ),
        "product_not_received": Reason(
            reason_name("product_not_received"),
            [
                _("That the tickets were mailed: to which address, when, and that they arrived."),
                _("That a ticket was let in at the door: when, where, by which phone."),
                _("That the event took place on the day that was announced."),
            ],
        ),
        "product_unacceptable": Reason(
            reason_name("product_unacceptable"),
            [
                _("What the event's page announced, and that it took place so."),
                _("That a ticket was let in, so that the event was visited."),
                _("The refund policy, and what you offered when the buyer complained."),
            ],
        ),
        "credit_not_processed": Reason(
            reason_name("credit_not_processed"),
            [
                _("A refund that was made: its amount, its day, its number at Stripe."),
                _("Or why none was due: the refund policy, and where the buyer saw it."),
                _("What you and the buyer wrote to each other about it."),
            ],
        ),
        "duplicate": Reason(
            reason_name("duplicate"),
            [
                _("That each payment was for tickets of its own: numbers, tickets, times."),
                _("Or that the second payment was given back: its amount and its day."),
            ],
        ),
        "subscription_canceled": Reason(
            reason_name("subscription_canceled"),
            [
                _("That this was a single purchase, or what the member agreed to, and when."),
                _("Until when it could be cancelled, and that nobody cancelled it."),
            ],
        ),
        "noncompliant": Reason(
            reason_name("noncompliant"),
            [_("What Stripe's page names: which rule it was, and what answers it."), *_always()],
        ),
    }


def _always() -> list[str]:
    return [
        _("What was bought, by whom, and that the terms were accepted."),
        _("That the tickets were mailed, and whether they were let in at the door."),
        _("The refund policy, and what was given back."),
    ]


def stages() -> dict[str, tuple[str, str]]:
    """Name how a dispute stands, each with its tone."""
    return {
        "asked": (_("The bank asks, no money is taken yet"), "used"),
        "answer": (_("Waits for your evidence"), "refused"),
        "decides": (_("The bank decides"), "used"),
        "won": (_("Won"), "valid"),
        "lost": (_("Lost"), "refused"),
        "dropped": (_("Dropped by the bank"), "valid"),
    }
