"""The rows of the ticket picker: what each tier says, and how many may be chosen; pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from handstamp.kit.clock import Millis
from handstamp.orders.availability import EventAvailability, TierAvailability
from handstamp.plumbing.local_time import day_and_time
from handstamp.plumbing.texts import _, ngettext
from handstamp.storefront.bills import BUYABLE

TELL_LIMIT = 10  # a limit of so many or more is not worth a word


@dataclass(frozen=True)
class Row:
    """A tier to choose from: `most` now, `limit` per order, `own` in this buyer's pending order."""

    id: str
    name: str
    price: int
    open: bool
    note: str = ""
    few: bool = False
    mark: str = ""
    tone: str = ""
    most: int = 0
    limit: int = 0
    own: int = 0
    qty: int = 0


def rows(
    found: EventAvailability,
    zone: str,
    *,
    chosen: Mapping[str, int],
    own: Mapping[str, int],
    can_charge: bool = True,
) -> list[Row]:
    """Return a row for each tier, with what is chosen of it already.

    `own`: what this buyer's pending order holds, which another choice would give back. Without
    `can_charge` only what costs nothing can be chosen.
    """
    return [
        _row(tier, zone, chosen.get(tier.id, 0), own.get(tier.id, 0))
        if can_charge or not tier.price
        else Row(tier.id, tier.name, tier.price, open=False, mark=_("Not yet"))
        for tier in found.tiers
    ]


def _row(tier: TierAvailability, zone: str, qty: int, own: int) -> Row:
    if tier.state not in BUYABLE and not (tier.state == "sold_out" and own):
        mark, tone = _shut(tier.state)
        note = _window(tier, zone)
        return Row(tier.id, tier.name, tier.price, open=False, note=note, mark=mark, tone=tone)
    left = None if tier.remaining is None else tier.remaining + own
    most = tier.max_per_order if left is None else min(tier.max_per_order, left)
    few = tier.state != "on_sale" and left is not None
    return Row(
        id=tier.id,
        name=tier.name,
        price=tier.price,
        open=True,
        note=left_text(left or 0) if few else _note(tier, zone),
        few=few,
        most=most,
        limit=tier.max_per_order,
        own=own,
        qty=max(0, min(qty, most)),
    )


def left_text(left: int) -> str:
    """Say how few tickets are left."""
    return ngettext("Only %(num)s left", "Only %(num)s left", left) % {"num": left}


def _note(tier: TierAvailability, zone: str) -> str:
    if tier.max_per_order < TELL_LIMIT:
        return ngettext(
            "%(num)s per order at most", "%(num)s per order at most", tier.max_per_order
        ) % {"num": tier.max_per_order}
    return _window(tier, zone)


def _window(tier: TierAvailability, zone: str) -> str:
    if tier.state == "not_yet" and tier.sales_start_at is not None:
        return _("On sale from %(time)s") % {"time": day_and_time(tier.sales_start_at, zone)}
    if tier.state in BUYABLE and tier.sales_end_at is not None:
        return _("On sale until %(time)s") % {"time": day_and_time(tier.sales_end_at, zone)}
    return ""


def _shut(state: str) -> tuple[str, str]:
    return {
        "sold_out": (_("Sold out"), "refused"),
        "not_yet": (_("Not yet"), ""),
        "ended": (_("Ended"), ""),
    }.get(state, (_("Not on sale"), ""))


def first_opening(found: EventAvailability) -> Millis | None:
    """Return when the first tier that is not on sale yet will be."""
    coming = [tier.sales_start_at for tier in found.tiers if tier.state == "not_yet"]
    return min((moment for moment in coming if moment is not None), default=None)
