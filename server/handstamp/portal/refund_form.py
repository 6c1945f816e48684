"""Why money is given back, as an organizer says it in the dialog before."""

from starlette.datastructures import FormData

from handstamp.ledger.rules import Parts
from handstamp.portal import words
from handstamp.refunds.models import Refund
from handstamp.refunds.parts import divided_of

LONGEST_NOTE = 1_000


def reason_and_note(sent: FormData) -> tuple[str, str]:
    """Return the reason and the note of a form; a reason that is none becomes the commonest."""
    reason = str(sent.get("reason", ""))
    known = reason if reason in words.refund_reasons() else "requested_by_customer"
    return known, str(sent.get("note", "")).strip()[:LONGEST_NOTE]


def parts_of(refund: Refund) -> Parts | None:
    """Return what of a refund were tickets, fees and tax; None while it is not decided."""
    divided = divided_of(refund)
    return divided.parts if divided else None
