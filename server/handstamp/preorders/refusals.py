"""Refusals of the rules, as the problems that callers are told."""

from handstamp.plumbing.errors import Conflict, SwitchedOff
from handstamp.plumbing.texts import _
from handstamp.preorders.rules import Refusal


def refused(refusal: Refusal) -> Conflict:
    """Return the problem of a refusal, in the reader's language."""
    text = _(refusal.message)
    if "%(number)" in text:
        text %= {"number": refusal.number}
    return Conflict(text, code=refusal.code)


def no_answer() -> SwitchedOff:
    """Return the problem of a payment service that does not answer."""
    return SwitchedOff(
        _("The payment service does not answer at the moment. Nothing was charged. Try again."),
        code="no_answer",
        headers={"Retry-After": "10"},
    )
