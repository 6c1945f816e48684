"""Refusals of the rules, as the problems that callers are told."""

from collections.abc import Mapping, Sequence

from handstamp.orders.hold_book import NOT_A_MEMBER
from handstamp.orders.rules import Refusal
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.texts import _


def refused(refusals: Sequence[Refusal], names: Mapping[str, str] | None = None) -> Conflict:
    """Return the problem: the first refusal in words and code, each tier's in `errors`.

    `names`: tiers by id, to say which one is meant.
    """
    errors = [
        {"tier": refusal.tier_id, "code": refusal.code, "message": said(refusal)}
        for refusal in refusals
        if refusal.tier_id
    ]
    first = refusals[0]
    name = (names or {}).get(first.tier_id, "")
    detail = f"{name}: {said(first)}" if name else said(first)
    return Conflict(detail, code=first.code, errors=errors)


def said(refusal: Refusal) -> str:
    """Return a refusal in the reader's language."""
    text = _(refusal.message)
    return text % {"number": refusal.number} if "%(number)" in text else text


def not_a_member() -> Conflict:
    """Return the problem of an event that only members of a club may buy."""
    return refused([NOT_A_MEMBER])
