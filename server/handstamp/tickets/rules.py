"""The life of a ticket: which status may follow which, and when it may be re-issued; pure."""

N_ = str  # marks text for the catalogues; it is translated where it is shown
STATUSES = ("valid", "refunded", "cancelled", "disputed")
STATUS_CODES = {"valid": 0, "refunded": 1, "cancelled": 2, "disputed": 3}  # R30
LAST_EPOCH = 255
OPENING = ("valid",)  # the door
TAKING = ("valid", "disputed")  # a place in the event: a dispute may be won

FROM = {
    "valid": ("refunded", "cancelled", "disputed"),
    "refunded": ("valid", "cancelled", "disputed"),
    "cancelled": TAKING,
    "disputed": ("valid",),
}
WHY_NOT = {
    "valid": N_("This ticket cannot be restored."),
    "refunded": N_("This ticket cannot be refunded."),
    "cancelled": N_("Only a valid or a disputed ticket can be cancelled."),
    "disputed": N_("Only a valid ticket can be disputed."),
}


def may_become(current: str, wanted: str) -> bool:
    """Tell whether a ticket of one status may be given another."""
    return current in FROM[wanted]


def reissue_problem(status: str, *, erased: bool) -> str:
    """Say in plain words why a ticket cannot be re-issued; '' when it can."""
    if erased:
        return N_("The person's data was erased; this ticket cannot be issued again.")
    if status != "valid":
        return N_("Only a valid ticket can be issued again. Restore it first.")
    return ""


def next_epoch(epoch: int) -> int | None:
    """Return the epoch after this one; None when the ticket needs a new serial."""
    return epoch + 1 if epoch < LAST_EPOCH else None
