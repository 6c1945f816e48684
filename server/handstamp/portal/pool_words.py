"""Names, in the reader's language, of what the pages of the ticket pool show."""

from handstamp.plumbing.texts import _

TONES = {
    "waiting": "used",
    "assigned": "valid",
    "used": "unknown",
    "closed": "",
    "unassigned": "",
    "unmatched": "used",
    "void": "refused",
}
DELIVERY_TONES = {
    "sent": "unknown",
    "delivered": "valid",
    "bounced": "refused",
    "complained": "refused",
    "delivery_failed": "refused",
}


def states() -> dict[str, str]:
    """Name how a pre-order or a ticket stands."""
    return {
        "waiting": _("Waits for a ticket"),
        "assigned": _("Has a ticket"),
        "used": _("Ticket used"),
        "closed": _("Closed"),
        "unassigned": _("Free"),
        "unmatched": _("Nobody waits for it"),
        "void": _("Taken out"),
    }


def order_filters() -> dict[str, str]:
    """Name the filters that find pre-orders."""
    return {
        "waiting": _("Wait for a ticket"),
        "assigned": _("Have a ticket"),
        "used": _("Ticket used"),
        "lost": _("Mail came back"),
        "closed": _("Closed"),
    }


def ticket_filters() -> dict[str, str]:
    """Name the filters that find tickets."""
    return {
        "free": _("All free tickets"),
        "unassigned": _("Free, not looked at yet"),
        "unmatched": _("Free, nobody waits"),
        "void": _("Taken out"),
    }


def deliveries() -> dict[str, str]:
    """Name what became of the mail with a ticket."""
    return {
        "": _("Not sent yet"),
        "sent": _("Sent"),
        "delivered": _("Arrived"),
        "bounced": _("Came back"),
        "complained": _("Marked as spam"),
        "delivery_failed": _("Could not be sent"),
    }


def hows() -> dict[str, str]:
    """Name how a ticket came to its member."""
    return {
        "exact": _("same variant"),
        "any": _("any variant"),
        "closest": _("closest entry time"),
        "manual": _("by hand"),
    }


def fallbacks() -> list[tuple[str, str, str]]:
    """Name the ways for members whose variant has run out: value, name, what happens."""
    return [
        ("none", _("Only the same variant"), _("Who finds none waits for the next upload.")),
        (
            "closest",
            _("The closest entry time"),
            _("Of the tickets left, the one whose entry time overlaps most, ± 15 minutes."),
        ),
        ("any", _("Any variant"), _("The oldest ticket left, whatever its variant.")),
    ]


def acts() -> dict[str, str]:
    """Name what the log of assignments tells."""
    return {
        "tickets.uploaded": _("Tickets uploaded"),
        "demand.confirmed": _("Paid, waits for a ticket"),
        "demand.waiting": _("No ticket was left"),
        "demand.reopened": _("Waits again"),
        "demand.closed": _("Closed"),
        "ticket.assigned": _("Ticket assigned"),
        "ticket.erased": _("Ticket erased"),
        "member.erased": _("Member erased"),
        "ticket.unmatched": _("Nobody waited for it"),
        "ticket.handed_over": _("Ticket handed over"),
        "ticket.taken_back": _("Ticket taken back"),
        "ticket.reassigned": _("Ticket given by hand"),
        "ticket.reassign_undone": _("Giving by hand undone"),
        "ticket.used": _("Ticket used"),
        "ticket.unused": _("Ticket not used after all"),
        "credential.read": _("E-mail and password looked at"),
        "credential.sent": _("E-mail and password mailed"),
        "credential.resend": _("Mail asked for again"),
        "credential.bounced": _("Mail came back"),
        "credential.complained": _("Mail marked as spam"),
        "credential.delivery_failed": _("Mail could not be sent"),
        "pool.upload": _("Tickets uploaded"),
        "pool.export": _("Ticket pool exported"),
        "pool.fallback": _("Way for other variants set"),
        "pool.mark_used": _("Tickets marked as used"),
    }
