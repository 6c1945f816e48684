"""Times, totals and states in a buyer's words."""

from handstamp.kit.clock import Millis
from handstamp.plumbing.local_time import local
from handstamp.plumbing.texts import _
from handstamp.preorders.rules import WEEKDAYS

PREORDER_TONES = {
    "draft": "used",
    "pending": "unknown",
    "approved": "unknown",
    "charging": "unknown",
    "needs_action": "used",
    "paid": "unknown",
    "waiting_for_stock": "unknown",
    "fulfilled": "valid",
    "failed": "refused",
    "denied": "",
    "cancelled": "",
    "not_allocated": "",
    "refunded": "",
    "refund_failed": "refused",
}


def order_statuses() -> dict[str, tuple[str, str]]:
    """Name the states of an order to its buyer, each with its colour."""
    return {
        "pending": (_("Waiting for payment"), "used"),
        "paid": (_("Paid"), "valid"),
        "expired": (_("Expired"), ""),
        "cancelled": (_("Cancelled"), ""),
        "late_refunded": (_("Money returned"), "unknown"),
        "partially_refunded": (_("Partly refunded"), "unknown"),
        "refunded": (_("Refunded"), "unknown"),
    }


def ticket_statuses() -> dict[str, str]:
    """Name what keeps a ticket from being let in."""
    return {
        "refunded": _("Refunded"),
        "cancelled": _("Cancelled"),
        "disputed": _("Disputed"),
    }


def when_choices() -> list[tuple[str, str]]:
    """Name the spans of days to look for events in."""
    return [
        ("", _("Any day")),
        ("today", _("Today")),
        ("weekend", _("This weekend")),
        ("week", _("The next 7 days")),
        ("month", _("The next 30 days")),
    ]


def decline_reason(code: str) -> str:
    """Say in plain words why a card was declined, and what helps."""
    return {
        "insufficient_funds": _("The card has not enough money for this."),
        "expired_card": _("The card has expired."),
        "incorrect_cvc": _("The security code did not fit the card."),
        "incorrect_number": _("The card number is not right."),
        "authentication_required": _("Your bank wanted to check that it was you, and could not."),
        "processing_error": _("The bank could not handle the payment just then."),
    }.get(code, _("The bank declined the payment and does not tell us why."))


def open_until(closes: Millis, zone_name: str) -> str:
    """Write the last minute of a window as a club says it: `Sunday 23:59 (Vancouver time)`."""
    last = local(closes - 1, zone_name)
    place = zone_name.rsplit("/", maxsplit=1)[-1].replace("_", " ")
    told = {"weekday": _(WEEKDAYS[last.weekday()]), "time": f"{last:%H:%M}", "place": place}
    if zone_name == "UTC":
        return _("%(weekday)s %(time)s (UTC)") % told
    return _("%(weekday)s %(time)s (%(place)s time)") % told
