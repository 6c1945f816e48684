"""Which orders an organizer may make by hand, and what is wrong with one; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from handstamp.kit.clock import Millis
from handstamp.orders.rules import MOST_LINES, MOST_TICKETS

N_ = str  # marks text for the catalogues; it is translated where it is shown
BY_HAND = ("comp", "manual")
WAYS = ("cash", "card", "transfer", "invoice", "other")
OPEN = ("draft", "review", "published", "hidden")
MOST_NAME, MOST_NOTE, MOST_PRICE = 200, 500, 100_000_000


@dataclass(frozen=True)
class GivenLine:
    """Some tickets of one tier; `unit_price` of those sold (None: the tier's), minor units.

    `names` are of the holders in order; what is missing is the order's own name.
    """

    tier_id: str
    qty: int
    unit_price: int | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Giving:
    """An order by hand: given (`comp`), or sold and paid elsewhere (`manual`, `paid_by` a way).

    Without an `email` nothing is mailed. `over`: though there are not so many left, which wants a
    `note`. `order_id`: the id it gets, so that the same form sent twice makes one order.
    """

    origin: str
    name: str
    lines: tuple[GivenLine, ...]
    email: str = ""
    paid_by: str = ""
    note: str = ""
    over: bool = False
    order_id: str = ""


class Wrong(NamedTuple):
    """What is wrong with an order by hand: at which field, and in plain words."""

    field: str
    message: str


def event_problem(status: str, end_at: Millis, now: Millis) -> str:
    """Say why no tickets of an event can be given any more; '' when they can."""
    if status not in OPEN:
        return N_("Tickets of an event that is cancelled or archived cannot be given.")
    return N_("This event is over.") if now >= end_at else ""


def what_is_wrong(giving: Giving, tiers: Mapping[str, bool]) -> list[Wrong]:
    """Say what is wrong with an order by hand; `tiers`: those of the event, True while in use."""
    found = [*_who(giving), *_payment(giving)]
    wanted = [line.tier_id for line in giving.lines]
    numbers = [line.qty for line in giving.lines]
    if not wanted or min(numbers) < 1:
        found.append(Wrong("lines", N_("Choose at least one ticket.")))
    elif len(wanted) > MOST_LINES or sum(numbers) > MOST_TICKETS:
        found.append(Wrong("lines", N_("At most 200 tickets can be given at once.")))
    if len(set(wanted)) < len(wanted) or not all(tiers.get(tier) for tier in wanted):
        found.append(Wrong("lines", N_("There is no such tier in this event.")))
    return found


def _who(giving: Giving) -> list[Wrong]:
    found = []
    if not giving.name:
        found.append(Wrong("name", N_("Write for whom they are.")))
    names = [giving.name, *(name for line in giving.lines for name in line.names)]
    if any(len(name) > MOST_NAME or not name.isprintable() for name in names):
        found.append(Wrong("name", N_("A name is one line of 200 letters at most.")))
    if any(len(line.names) > line.qty for line in giving.lines):
        found.append(Wrong("names", N_("There are more names than tickets.")))
    if len(giving.note) > MOST_NOTE:
        found.append(Wrong("note", N_("Use 500 letters at most.")))
    if giving.over and not giving.note:
        found.append(Wrong("note", N_("Say in the note why more tickets are given than are left.")))
    return found


def _payment(giving: Giving) -> list[Wrong]:
    prices = [line.unit_price for line in giving.lines if line.unit_price is not None]
    if giving.origin == "comp":
        if giving.paid_by or prices:
            return [Wrong("origin", N_("Tickets free of charge have neither price nor payment."))]
        return []
    if giving.origin != "manual":
        return [Wrong("origin", N_("Choose whether the tickets are free or paid elsewhere."))]
    found = []
    if giving.paid_by not in WAYS:
        found.append(Wrong("paid_by", N_("Say how it is paid.")))
    if any(not 0 <= price <= MOST_PRICE for price in prices):
        found.append(Wrong("lines", N_("Write an amount of at least 0, with cents at most.")))
    return found
