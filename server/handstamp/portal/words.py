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


def verdicts() -> dict[int, str]:
    """Name the verdicts by their code in facts."""
    return {
        1: _("Valid"),
        2: _("Already used"),
        3: _("Refunded"),
        4: _("Cancelled"),
        5: _("Superseded"),
        6: _("Disputed"),
        7: _("Wrong event"),
        8: _("Wrong list"),
        9: _("Too early"),
        10: _("Too late"),
        11: _("List too old"),
        12: _("Unknown"),
        13: _("Forged"),
        14: _("Not a ticket"),
    }


def hows() -> dict[int, str]:
    """Name the ways in which a decision was made."""
    return {1: _("Scan"), 2: _("Search"), 3: _("Group"), 4: _("Scanner"), 5: _("Scanner key")}


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
