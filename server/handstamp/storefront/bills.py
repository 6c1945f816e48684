"""An event in the public list: from what price, and whether there are tickets; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from handstamp.events.models import Event
from handstamp.kit.clock import DAY, SECOND, Millis
from handstamp.orders.availability import EventAvailability, TierAvailability
from handstamp.plumbing.local_time import day, local
from handstamp.plumbing.money_text import price
from handstamp.plumbing.texts import _

BUYABLE = ("on_sale", "few_left")
_SPANS = {"today": 1, "week": 7, "month": 30}


@dataclass(frozen=True)
class Bill:
    """An event as it hangs on the wall: `cost` and `mark` in words, `tone` the mark's colour."""

    event: Event
    cost: str = ""
    mark: str = ""
    tone: str = ""


def bill(event: Event, found: EventAvailability) -> Bill:
    """Say what an event costs, and how its tickets stand."""
    if not found.tiers:
        return Bill(event)
    buyable = [tier for tier in found.tiers if tier.state in BUYABLE]
    cost = _cost(buyable or found.tiers)
    if found.state == "sold_out":
        return Bill(event, cost, _("Sold out"), "refused")
    if found.state == "few_left":
        return Bill(event, cost, _("Few left"), "used")
    if found.state == "not_yet":
        return Bill(event, cost, _opening(event, found.tiers))
    if found.state == "ended":
        return Bill(event, cost, _("Sales have ended"))
    return Bill(event, cost)


def _cost(tiers: Sequence[TierAvailability]) -> str:
    prices = [tier.price for tier in tiers]
    least, most = (price(one, tiers[0].currency) for one in (min(prices), max(prices)))
    return least if least == most else f"{least} – {most}"


def _opening(event: Event, tiers: Sequence[TierAvailability]) -> str:
    first = min(tier.sales_start_at or 0 for tier in tiers if tier.state == "not_yet")
    return _("On sale from %(day)s") % {"day": day(first, event.time_zone)}


def days_of(when: str, now: Millis, zone: str) -> tuple[Millis, Millis] | None:
    """Return from when until when "today", "weekend", "week" or "month" lasts; else None.

    Days begin at midnight in the reader's zone; a weekend begins on Friday at noon.
    """
    here = local(now, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    midnight = round(here.timestamp()) * SECOND
    if when == "weekend":
        monday = midnight - here.weekday() * DAY
        return max(monday + 4 * DAY + DAY // 2, midnight), monday + 7 * DAY
    return (midnight, midnight + _SPANS[when] * DAY) if when in _SPANS else None
