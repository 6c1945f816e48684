"""When a ticket may go to another person, and its name be changed; pure."""

from handstamp.kit.clock import HOUR, Millis

N_ = str  # marks text for the catalogues; it is translated where it is shown
CUT_OFF = 2 * HOUR  # phones that stay offline before the doors still learn of it


def problem(
    status: str, *, now: Millis, start_at: Millis, end_at: Millis, used: bool, by_buyer: bool
) -> str:
    """Say in plain words why a ticket cannot change hands; '' when it can."""
    if status != "valid":
        return N_("Only a valid ticket can be passed on or renamed.")
    if used:
        return N_("Somebody came in with this ticket. It cannot be passed on or renamed any more.")
    if now >= end_at:
        return N_("This event is over.")
    if by_buyer and now >= start_at - CUT_OFF:
        return N_("Tickets can be passed on or renamed until two hours before the event begins.")
    return ""
