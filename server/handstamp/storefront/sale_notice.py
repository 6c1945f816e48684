"""Why tickets of an event cannot be bought just now, in plain words; pure."""

from dataclasses import dataclass

from handstamp.events.models import Event
from handstamp.kit.clock import Millis
from handstamp.orders.availability import EventAvailability
from handstamp.plumbing.config import Settings
from handstamp.plumbing.local_time import day_and_time
from handstamp.plumbing.texts import _
from handstamp.storefront.tier_rows import first_opening


@dataclass(frozen=True)
class SaleNotice:
    """What is said above the tiers; `stops`: nothing at all can be bought."""

    title: str
    text: str = ""
    tone: str = ""
    stops: bool = True


def sale_notice(
    event: Event,
    left: EventAvailability,
    settings: Settings,
    *,
    can_charge: bool,
    now: Millis,
    may_buy: bool = True,
) -> SaleNotice | None:
    """Return what keeps people from buying; None when nothing does.

    `may_buy`: the event is for everybody, or the reader is in a club that has it.
    """
    if not left.tiers:
        return None
    if now >= event.end_at:
        return SaleNotice(_("This event is over."))
    if not settings.enable_checkout:
        return SaleNotice(_("Tickets are not sold on this page at the moment."))
    if not may_buy:
        return SaleNotice(
            _("For members only"),
            _("Members of a club that has this event can buy it. If you are one, sign in first."),
        )
    if not can_charge and any(tier.price for tier in left.tiers):
        free = any(not tier.price for tier in left.tiers)
        return SaleNotice(
            _("Ticket sales have not opened yet."),
            _("The organizer is still setting up how to be paid. Look again soon."),
            stops=not free,
        )
    return _by_state(event, left)


def _by_state(event: Event, left: EventAvailability) -> SaleNotice | None:
    if left.state == "sold_out":
        text = ""
        if left.held:
            text = _("Some tickets are held by people who are paying. Look again in a few minutes.")
        return SaleNotice(_("Sold out"), text, "warn", stops=False)
    opening = first_opening(left)
    if left.state == "not_yet" and opening is not None:
        time = day_and_time(opening, event.time_zone)
        return SaleNotice(_("Ticket sales open on %(time)s.") % {"time": time}, stops=False)
    if left.state == "ended":
        return SaleNotice(_("Ticket sales have ended."), stops=False)
    return None
