"""Names, in the reader's language, of the states that pages show."""

from handstamp.plumbing.texts import _
from handstamp.preorders import rules as preorders

TONES = {"valid": "valid", "refunded": "refused", "cancelled": "refused", "disputed": "used"}
ORDER_TONES = {
    "pending": "used",
    "paid": "valid",
    "partially_refunded": "unknown",
    "refunded": "unknown",
    "late_refunded": "unknown",
}
MEMBER_TONES = {"active": "valid", "invited": "used"}
WAITING_TONES = {"waiting": "used", "offered": "unknown", "bought": "valid"}
PREORDER_TONES = {
    "draft": "used",
    "pending": "used",
    "approved": "unknown",
    "charging": "unknown",
    "needs_action": "used",
    "paid": "valid",
    "waiting_for_stock": "unknown",
    "fulfilled": "valid",
    "failed": "refused",
    "denied": "refused",
    "refund_failed": "refused",
}
REFUND_TONES = {"requested": "used", "pending": "used", "succeeded": "valid", "failed": "refused"}


def event_statuses() -> dict[str, str]:
    """Name the statuses of an event."""
    return {
        "draft": _("Draft"),
        "review": _("Waiting for approval"),
        "published": _("Published"),
        "hidden": _("Hidden by administrators"),
        "testing": _("Self-test"),
        "archived": _("Archived"),
        "cancelled": _("Cancelled"),
    }


def ticket_statuses() -> dict[str, str]:
    """Name the statuses of a ticket."""
    return {
        "valid": _("Valid"),
        "refunded": _("Refunded"),
        "cancelled": _("Cancelled"),
        "disputed": _("Disputed"),
    }


def order_statuses() -> dict[str, str]:
    """Name the statuses of an order."""
    return {
        "pending": _("Being paid"),
        "paid": _("Paid"),
        "partially_refunded": _("Partly refunded"),
        "refunded": _("Refunded"),
        "late_refunded": _("Paid too late, returned"),
        "expired": _("Expired"),
        "cancelled": _("Cancelled"),
    }


def close_reasons() -> dict[str, str]:
    """Name why an order ended without being paid."""
    return {
        "timed_out": _("Not paid in time"),
        "replaced": _("The buyer chose again"),
        "buyer": _("Cancelled by the buyer"),
        "event_cancelled": _("The event was cancelled"),
        "by_organizer": _("Taken back by the organizer"),
    }


def order_origins() -> dict[str, str]:
    """Name how orders came about."""
    return {"checkout": _("Here"), "comp": _("Free of charge"), "manual": _("Paid elsewhere")}


def ways_to_pay() -> dict[str, str]:
    """Name how an order was paid elsewhere."""
    return {
        "cash": _("Cash"),
        "card": _("Card, at your own desk"),
        "transfer": _("Bank transfer"),
        "invoice": _("Invoice"),
        "other": _("Another way"),
    }


def refund_statuses() -> dict[str, str]:
    """Name the statuses of a refund."""
    return {
        "requested": _("Being sent to Stripe"),
        "pending": _("On its way"),
        "succeeded": _("Given back"),
        "failed": _("Failed"),
        "canceled": _("Cancelled at Stripe"),
    }


def refund_reasons() -> dict[str, str]:
    """Name why money may be given back by hand."""
    return {
        "requested_by_customer": _("They asked for it"),
        "event_changed": _("The event has changed"),
        "event_cancelled": _("The event was cancelled"),
        "no_room": _("More were sold than there is room for"),
        "duplicate": _("Paid twice"),
        "fraudulent": _("Fraud"),
    }


def refund_origins() -> dict[str, str]:
    """Name who asked for a refund."""
    return {
        "buyer": _("asked for by the buyer"),
        "organizer": _("asked for here"),
        "system": _("automatic"),
        "stripe": _("made in Stripe's own pages"),
    }


def mail_kinds() -> dict[str, str]:
    """Name the mails about an order."""
    return {
        "order_confirmation": _("Tickets and receipt"),
        "order_late": _("Paid too late, money returned"),
        "order_refunded": _("Refund"),
        "tickets_taken_back": _("Tickets taken back"),
        "ticket_received": _("Ticket for its new holder"),
        "ticket_passed_on": _("Ticket passed on"),
        "ticket_reminder": _("Reminder"),
        "order_payment_failed": _("Payment failed"),
        "order_reminder": _("Reminder"),
        "preorder_placed": _("Pre-order received"),
        "preorder_received": _("Ticket"),
        "preorder_failed": _("Card declined"),
        "preorder_not_allocated": _("You were not charged"),
        "preorder_needs_action": _("The bank asks for a confirmation"),
        "preorder_refunded": _("Refund"),
        "preorder_waiting": _("Paid, ticket follows"),
        "preorder_resent": _("Ticket, sent again"),
        "pool_ticket": _("Ticket from elsewhere"),
        "dispute_opened": _("Dispute opened"),
        "dispute_reminder": _("Dispute: deadline near"),
        "refund_failed": _("Refund failed"),
        "refund_not_arrived": _("Refund did not arrive"),
        "event_hidden": _("Page hidden"),
        "event_approved": _("Page approved"),
        "event_cancelled": _("Event cancelled"),
        "event_no_room": _("No room for tickets"),
        "waitlist_link": _("Waiting list: please confirm"),
        "waitlist_joined": _("On the waiting list"),
        "waitlist_offer": _("Offer from the waiting list"),
        "waitlist_missed": _("Offer ended"),
        "waitlist_withdrawn": _("Offer called back"),
        "waitlist_cancelled": _("Cancelled: waiting list"),
        "event_postponed": _("New date"),
        "event_message": _("Message"),
        "export_ready": _("Regular export"),
    }


def sale_states() -> dict[str, tuple[str, str]]:
    """Name whether something is on sale, each with its tone."""
    return {
        "on_sale": (_("On sale"), "valid"),
        "few_left": (_("Few left"), "used"),
        "sold_out": (_("Sold out"), "refused"),
        "not_yet": (_("Not yet on sale"), ""),
        "ended": (_("Sales have ended"), ""),
        "closed": (_("Not on sale"), ""),
    }


def verdicts() -> dict[str, str]:
    """Name the verdicts that a person at the door is shown."""
    return {
        "valid": _("Valid"),
        "already_used": _("Already used"),
        "refunded": _("Refunded"),
        "cancelled": _("Cancelled"),
        "superseded": _("Superseded"),
        "disputed": _("Disputed"),
        "wrong_event": _("Wrong event"),
        "wrong_list": _("Wrong list"),
        "too_early": _("Too early"),
        "too_late": _("Too late"),
        "list_too_old": _("List too old"),
        "unknown": _("Unknown"),
        "forged": _("Forged"),
        "not_a_ticket": _("Not a ticket"),
        "not_inside": _("Not inside"),
    }


def hows() -> dict[str, str]:
    """Name the ways in which a decision was made."""
    return {
        "scan": _("Camera"),
        "search": _("Found by name"),
        "group": _("Group"),
        "wedge": _("Hand scanner"),
        "api": _("Scanner key"),
    }


def conflict_kinds() -> dict[str, tuple[str, str]]:
    """Name the kinds of conflict, and say what happened."""
    return {
        "double": (
            _("Let in twice"),
            _("Two lights were green that should have been one."),
        ),
        "superseded": (
            _("Old code let in"),
            _("A code was let in that had been replaced by a later one."),
        ),
        "after_refund": (
            _("Let in although ended"),
            _("A phone that had not heard of the refund, cancellation or dispute let it in."),
        ),
        "unknown_ticket": (
            _("Not on the list"),
            _("A code with a right signature was let in, but no such ticket exists here."),
        ),
    }


def policies() -> list[tuple[str, str, str]]:
    """Name the unknown-ticket policies: value, name, what happens."""
    return [
        (
            "accept_and_flag",
            _("Let in and mark"),
            _("The light is green with a mark, and the scan can be found later."),
        ),
        ("accept", _("Let in"), _("The light is green as for any other ticket.")),
        ("hold", _("Hold"), _("The light is a question: the steward asks somebody.")),
    ]


def personal_fields() -> list[tuple[str, str]]:
    """Name what phones may hold about guests."""
    return [
        ("name", _("Name")),
        ("email", _("E-mail")),
        ("order", _("Order number")),
        ("note", _("Note for the door")),
    ]


def prompt_kinds() -> list[tuple[str, str]]:
    """Name what a steward may have to look at before admitting a tier."""
    return [
        ("age", _("Proof of age")),
        ("photo", _("Photo or identity card")),
        ("note", _("Read the note")),
    ]


def member_statuses() -> dict[str, str]:
    """Name the statuses of a club's member."""
    return {
        "active": _("Member"),
        "invited": _("Invited"),
        "left": _("Left"),
        "removed": _("Removed"),
    }


def waiting_statuses() -> dict[str, str]:
    """Name how people on a waiting list stand."""
    return {
        "unconfirmed": _("Not confirmed"),
        "waiting": _("Waits"),
        "offered": _("Has an offer"),
        "bought": _("Has bought"),
        "missed": _("Let the offer pass"),
        "left": _("Left"),
        "removed": _("Taken off"),
        "ended": _("Event began"),
        "cancelled": _("Event cancelled"),
    }


def preorder_statuses() -> dict[str, str]:
    """Name the statuses of a pre-order, one by one, for whoever decides."""
    return {
        "draft": _("Card missing"),
        "pending": _("Waiting for you"),
        "approved": _("Approved"),
        "charging": _("Being charged"),
        "needs_action": _("Bank asks the member"),
        "paid": _("Paid"),
        "waiting_for_stock": _("Paid, ticket missing"),
        "fulfilled": _("Ticket sent"),
        "denied": _("Denied"),
        "cancelled": _("Cancelled"),
        "not_allocated": _("Not selected"),
        "failed": _("Card declined"),
        "refunded": _("Refunded"),
        "refund_failed": _("Refund failed"),
    }


def weekdays() -> list[tuple[str, str]]:
    """Name the days of the week, Monday first."""
    return [(str(number), _(name)) for number, name in enumerate(preorders.WEEKDAYS)]


def team_roles() -> dict[str, tuple[str, str]]:
    """Name the roles in a team, each with what it may do."""
    return {
        "owner": (_("Owner"), _("Everything, and decides about the team.")),
        "manager": (_("Manager"), _("Everything about events, sales and members.")),
        "support": (
            _("Support"),
            _("Finds orders and tickets, mails them again, sees what happened. Addresses masked."),
        ),
    }
