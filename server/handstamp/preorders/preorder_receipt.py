"""The receipt of a paid pre-order: its price, what was added and taken, and who sold. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from handstamp.auth.find_profile import Profile
from handstamp.events.tax_lines import tax_lines
from handstamp.mail.addresses import one_line
from handstamp.plumbing.local_time import day
from handstamp.plumbing.money_text import money
from handstamp.plumbing.texts import _, format_language
from handstamp.preorders.models import PreOrder


@dataclass(frozen=True)
class Line:
    """The ticket; `notes` say how its price came to be."""

    name: str
    total: str
    qty: int = 1
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Receipt:
    """What a receipt shows; the last of the sums is what was paid."""

    lines: Sequence[Line]
    sums: Sequence[tuple[str, str]]
    facts: Sequence[str]


def receipt_of(preorder: PreOrder, profile: Profile, time_zone: str) -> Receipt:
    """Return the receipt in the language being spoken; the day is that of the event's zone."""
    currency = preorder.currency
    added = [
        (label, money(amount, currency))
        for label, amount in ((_("Fees"), preorder.fee), *tax_lines([preorder]))
        if amount
    ]
    if preorder.discount:
        added.insert(0, (_("Discount"), f"−{money(preorder.discount, currency)}"))
    line = Line(one_line(preorder.tier_name), money(preorder.price, currency))
    total = (_("Total"), money(preorder.total, currency))
    return Receipt([line], [*added, total], _facts(preorder, profile, time_zone))


def receipt_if_paid(preorder: PreOrder, profile: Profile, time_zone: str) -> Receipt | None:
    """Return the receipt where money was taken; None where nothing was."""
    if preorder.paid_at is None or not preorder.total:
        return None
    return receipt_of(preorder, profile, time_zone)


def _facts(preorder: PreOrder, profile: Profile, time_zone: str) -> list[str]:
    facts = [preorder.number]
    if preorder.paid_at:
        when = day(preorder.paid_at, time_zone, format_language())
        facts.append(_("Paid on %(day)s") % {"day": when})
    facts.append(_("Sold by %(name)s") % {"name": one_line(profile.seller)})
    facts += [one_line(line) for line in profile.legal_address.splitlines() if line.strip()]
    if profile.tax_number:
        facts.append(_("Tax number %(number)s") % {"number": one_line(profile.tax_number)})
    facts.append(_("Bought by %(name)s") % {"name": one_line(preorder.name or preorder.email)})
    return facts
