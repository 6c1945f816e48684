"""How long something still lasts, as people read it."""

from handstamp.kit.clock import DAY, HOUR, MINUTE, Millis
from handstamp.plumbing.texts import _, ngettext


def time_left(millis: Millis) -> str:
    """Write how long a hold lasts, rounded down to what a person counts in."""
    if millis < MINUTE:
        return _("less than a minute")
    if millis < 2 * HOUR:
        minutes = millis // MINUTE
        return ngettext("%(num)s minute", "%(num)s minutes", minutes) % {"num": minutes}
    hours = millis // HOUR
    return ngettext("%(num)s hour", "%(num)s hours", hours) % {"num": hours}


def days_left(millis: Millis) -> str:
    """Write how long a window is open, in days while it is more than two."""
    if millis < 2 * DAY:
        return time_left(millis)
    days = millis // DAY
    return ngettext("%(num)s day", "%(num)s days", days) % {"num": days}
