"""Names, in the reader's language, of the states that pages show."""

from handstamp.plumbing.texts import _

TONES = {"valid": "valid", "refunded": "refused", "cancelled": "refused", "disputed": "used"}


def event_statuses() -> dict[str, str]:
    """Name the statuses of an event."""
    return {"draft": _("Draft"), "published": _("Published"), "archived": _("Archived")}


def ticket_statuses() -> dict[str, str]:
    """Name the statuses of a ticket."""
    return {
        "valid": _("Valid"),
        "refunded": _("Refunded"),
        "cancelled": _("Cancelled"),
        "disputed": _("Disputed"),
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
    return [("name", _("Name")), ("email", _("E-mail")), ("order", _("Order number"))]
