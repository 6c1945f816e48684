"""The receipt of an order: lines with what was added and taken, sums, and who sold. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from handstamp.auth.find_profile import Profile
from handstamp.events.tax_lines import tax_lines
from handstamp.mail.addresses import one_line
from handstamp.orders.models import Order, OrderItem
from handstamp.plumbing.local_time import day
from handstamp.plumbing.money_text import money, price
from handstamp.plumbing.texts import _, format_language


@dataclass(frozen=True)
class ReceiptLine:
    """Some tickets of a tier; `notes` say how the total of the line came to be."""

    name: str
    qty: int
    total: str
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Receipt:
    """What a receipt shows; the last of the sums is what was paid in the end."""

    lines: Sequence[ReceiptLine]
    sums: Sequence[tuple[str, str]]
    facts: Sequence[str]


def receipt_of(
    order: Order, items: Sequence[OrderItem], profile: Profile, time_zone: str
) -> Receipt:
    """Return the receipt in the language being spoken; the day is that of the event's zone."""
    return Receipt(
        lines=[_line(item, order.currency) for item in items],
        sums=_sums(order, items),
        facts=_facts(order, profile, time_zone),
    )


def _line(item: OrderItem, currency: str) -> ReceiptLine:
    notes = []
    if item.qty > 1 or item.total != item.unit_price:
        notes.append(_("%(price)s each") % {"price": price(item.unit_price, currency)})
    for label, amount in (
        (_("Discount"), -item.discount),
        (_("Fees"), item.fee),
        *tax_lines([item]),
    ):
        if amount:
            notes.append(f"{label}: {_signed(amount, currency)}")
    return ReceiptLine(one_line(item.tier_name), item.qty, price(item.total, currency), notes)


def _sums(order: Order, items: Sequence[OrderItem]) -> list[tuple[str, str]]:
    taxes = tax_lines(items) if order.tax else []
    parts = [(_("Discount"), -order.discount), (_("Fees"), order.fees), *taxes]
    shown = [(label, _signed(amount, order.currency)) for label, amount in parts if amount]
    total = (_("Total"), price(order.total, order.currency))
    if shown:
        shown.insert(0, (_("Subtotal"), price(order.subtotal, order.currency)))
    if not order.refunded:
        return [*shown, total]
    left = (_("Paid after refunds"), _signed(order.total - order.refunded, order.currency))
    return [*shown, total, (_("Refunded"), _signed(-order.refunded, order.currency)), left]


def _signed(amount: int, currency: str) -> str:
    return money(amount, currency) if amount >= 0 else f"−{money(-amount, currency)}"


def _facts(order: Order, profile: Profile, time_zone: str) -> list[str]:
    facts = [_("Order %(order)s") % {"order": order.number}]
    if order.placed_at:
        facts.append(_placed(order) % {"day": day(order.placed_at, time_zone, format_language())})
    facts.append(_("Sold by %(name)s") % {"name": one_line(profile.seller)})
    facts += [one_line(line) for line in profile.legal_address.splitlines() if line.strip()]
    if profile.tax_number:
        facts.append(_("Tax number %(number)s") % {"number": one_line(profile.tax_number)})
    whose = _("Given to %(name)s") if order.origin == "comp" else _("Bought by %(name)s")
    facts.append(whose % {"name": one_line(order.name or order.email)})
    return facts


def _placed(order: Order) -> str:
    if order.origin == "comp":
        return _("Free of charge, given on %(day)s")
    return {
        "": _("Paid on %(day)s"),
        "cash": _("Sold on %(day)s, paid in cash"),
        "card": _("Sold on %(day)s, paid by card at the organizer"),
        "transfer": _("Sold on %(day)s, paid by bank transfer"),
        "invoice": _("Sold on %(day)s, on the organizer's invoice"),
        "other": _("Sold on %(day)s, paid to the organizer"),
    }[order.paid_by]
