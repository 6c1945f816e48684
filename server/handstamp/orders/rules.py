"""What an order costs, what may be bought, and which status may follow which; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from handstamp.kit.clock import DAY, HOUR, MINUTE, SECOND, Millis

N_ = str  # marks text for the catalogues; it is translated where it is shown
MOVES = {
    "pending": ("paid", "expired", "cancelled"),
    "expired": ("paid", "late_refunded"),
    "cancelled": ("paid", "late_refunded"),
    "paid": ("partially_refunded", "refunded"),
    "partially_refunded": ("refunded", "paid"),  # a refund may fail at the bank afterwards
    "refunded": ("partially_refunded", "paid"),
    "late_refunded": (),
}
STATUSES = tuple(MOVES)
PLACED = ("paid", "partially_refunded", "refunded")
CLOSED_UNPAID = ("expired", "cancelled")
MOST_TICKETS = 200  # in one order, whatever the tiers allow
MOST_LINES = 50
BUYER_HOLDS_PER_HOUR = 30
SHARE_OF_STOCK = 4  # one network may hold a quarter of what is for sale …
SMALLEST_SHARE = 40  # … and always so many
SESSION_LIFE: Millis = 31 * MINUTE  # Stripe wants 30 at least; one more for clocks that differ
SESSION_LIFE_AT_MOST: Millis = DAY - 10 * MINUTE
KEY_LIFE: Millis = 23 * HOUR  # Stripe may forget an idempotency key after 24 hours
LAST_START: Millis = 5 * SECOND  # a payment that begins later could not be finished
KEEP_ABANDONED: Millis = 30 * DAY


class Line(NamedTuple):
    """Some tickets of one tier at the price of one, minor units."""

    tier_id: str
    qty: int
    unit_price: int


@dataclass(frozen=True)
class PriceRules:
    """What is added and taken, by tier: minor units for the whole line; nothing by default.

    `discounts` are taken off, at most the line's price; `fees` and `taxes` are added.
    `platform_share` is how much of the total the platform keeps (the application fee).
    """

    discounts: Mapping[str, int] = field(default_factory=dict)
    fees: Mapping[str, int] = field(default_factory=dict)
    taxes: Mapping[str, int] = field(default_factory=dict)
    platform_share: int = 0


NO_RULES = PriceRules()


class PricedLine(NamedTuple):
    """A line as it is stored: all but `unit_price` are of the whole line."""

    tier_id: str
    qty: int
    unit_price: int
    discount: int
    fee: int
    tax: int
    total: int


class StoredLine(Protocol):
    """A line as it is read back."""

    tier_id: Any
    qty: Any
    unit_price: Any
    discount: Any
    fee: Any
    tax: Any
    total: Any


def priced_line(stored: StoredLine) -> PricedLine:
    """Return a stored line; its price is what it was when the order was made."""
    return PricedLine(*(getattr(stored, name) for name in PricedLine._fields))


@dataclass(frozen=True)
class Price:
    """A whole order's price; the totals are the sums of the lines."""

    lines: tuple[PricedLine, ...]
    subtotal: int
    discount: int
    fees: int
    tax: int
    total: int
    application_fee: int


def price(lines: Sequence[Line], rules: PriceRules = NO_RULES) -> Price:
    """Price an order, line by line; nothing is rounded, so the parts sum to the whole."""
    priced = tuple(_priced(line, rules) for line in lines)
    total = sum(line.total for line in priced)
    return Price(
        lines=priced,
        subtotal=sum(line.unit_price * line.qty for line in priced),
        discount=sum(line.discount for line in priced),
        fees=sum(line.fee for line in priced),
        tax=sum(line.tax for line in priced),
        total=total,
        application_fee=min(rules.platform_share, total),
    )


def _priced(line: Line, rules: PriceRules) -> PricedLine:
    gross = line.unit_price * line.qty
    discount = min(rules.discounts.get(line.tier_id, 0), gross)
    fee, tax = rules.fees.get(line.tier_id, 0), rules.taxes.get(line.tier_id, 0)
    total = gross - discount + fee + tax
    return PricedLine(line.tier_id, line.qty, line.unit_price, discount, fee, tax, total)


class ChargedLine(NamedTuple):
    """A line as the payment page shows it."""

    name: str
    unit_amount: int
    qty: int


def charged_lines(
    lines: Sequence[tuple[str, PricedLine]], *, fees: str, taxes: Sequence[tuple[str, int]]
) -> list[ChargedLine]:
    """Return what the payment page lists, with tiers by name; the sum is the order's total.

    `fees` names the line for fees; `taxes` are the taxes of all lines, by name.
    """
    shown = [_charged(name, line) for name, line in lines]
    shown.append(ChargedLine(fees, sum(line.fee for _name, line in lines), 1))
    shown += [ChargedLine(name, amount, 1) for name, amount in taxes]
    return [line for line in shown if line.unit_amount]


def _charged(name: str, line: PricedLine) -> ChargedLine:
    if not line.discount:
        return ChargedLine(name, line.unit_price, line.qty)
    return ChargedLine(f"{line.qty} × {name}", line.unit_price * line.qty - line.discount, 1)


@dataclass(frozen=True)
class OfferedTier:
    """A tier as a buyer finds it."""

    id: str
    name: str
    unit_price: int
    currency: str
    max_per_order: int
    sales_start_at: Millis | None = None
    sales_end_at: Millis | None = None
    hidden: bool = False
    archived: bool = False


def sale_state(tier: OfferedTier, now: Millis) -> str:
    """Tell whether a tier is on sale by its window: `on_sale`, `not_yet` or `ended`."""
    if tier.sales_start_at is not None and now < tier.sales_start_at:
        return "not_yet"
    if tier.sales_end_at is not None and now >= tier.sales_end_at:
        return "ended"
    return "on_sale"


def few_left(remaining: int, capacity: int) -> bool:
    """Tell whether so little is left that a buyer should hear of it: a tenth, or 10."""
    return 0 < remaining <= max(10, capacity // 10) and remaining < capacity


class Refusal(NamedTuple):
    """Why a selection cannot be bought; `tier_id` '' is about the whole order."""

    tier_id: str
    code: str
    message: str
    number: int = 0


OFFER_ENDED = Refusal(
    "", "offer_ended", N_("This offer has ended, or its tickets were taken already.")
)
NOT_ON_SALE = Refusal("", "not_on_sale", N_("This event is not on sale."))


def event_refusal(status: str, end_at: Millis, now: Millis) -> Refusal | None:
    """Say why nothing of an event can be bought."""
    if status not in ("published", "testing"):
        return NOT_ON_SALE
    if now >= end_at:
        return Refusal("", "not_on_sale", N_("This event is over."))
    return None


def selection_refusals(
    wants: Mapping[str, int],
    tiers: Mapping[str, OfferedTier],
    *,
    currency: str,
    now: Millis,
    open_hidden: frozenset[str] = frozenset(),
) -> list[Refusal]:
    """Say what of a selection cannot be bought; nothing is said of stock.

    `open_hidden`: hidden tiers that this buyer may see.
    """
    if not wants or len(wants) > MOST_LINES:
        return [Refusal("", "empty", N_("Choose at least one ticket."))]
    found = [_tier_refusal(tier, qty, tiers, now, open_hidden) for tier, qty in wants.items()]
    refusals = [refusal for refusal in found if refusal is not None]
    if not refusals and sum(wants.values()) > MOST_TICKETS:
        text = N_("At most %(number)d tickets can be bought at once.")
        return [Refusal("", "limit", text, MOST_TICKETS)]
    if not refusals and any(tiers[tier].currency != currency for tier in wants):
        return [Refusal("", "currency", N_("These tickets are priced in different currencies."))]
    return refusals


def _tier_refusal(
    tier_id: str,
    qty: int,
    tiers: Mapping[str, OfferedTier],
    now: Millis,
    open_hidden: frozenset[str],
) -> Refusal | None:
    tier = tiers.get(tier_id)
    if tier is None or tier.archived or (tier.hidden and tier_id not in open_hidden):
        return Refusal(tier_id, "not_on_sale", N_("This ticket is not on sale."))
    state = sale_state(tier, now)
    if state == "not_yet":
        return Refusal(tier_id, "not_yet", N_("Sales of this ticket have not begun yet."))
    if state == "ended":
        return Refusal(tier_id, "ended", N_("Sales of this ticket have ended."))
    if qty < 1:
        return Refusal(tier_id, "empty", N_("Choose at least one ticket."))
    if qty > tier.max_per_order:
        text = N_("At most %(number)d of these tickets can be bought at once.")
        return Refusal(tier_id, "limit", text, tier.max_per_order)
    return None


def code_refusal(code: str, message: str) -> Refusal:
    """Say why a typed code does not count."""
    return Refusal("", code, message)


def sold_out_refusal(tier_id: str, remaining: int) -> Refusal:
    """Say that there are not so many tickets left."""
    if remaining == 1:
        return Refusal(tier_id, "sold_out", N_("Only one ticket is left."), remaining)
    if remaining > 1:
        return Refusal(tier_id, "sold_out", N_("Only %(number)d tickets are left."), remaining)
    return Refusal(tier_id, "sold_out", N_("These tickets are sold out at the moment."))


def holds_refusal(*, by_buyer: int, by_network: int, most_by_network: int) -> Refusal | None:
    """Say that somebody holds tickets too often: orders of an hour, and pending ones."""
    if by_buyer >= BUYER_HOLDS_PER_HOUR:
        return Refusal("", "limit", N_("That were many tries. Wait a while, then try again."))
    if by_network >= most_by_network:
        text = N_("Many orders from your network are not paid yet. Wait a little, then try again.")
        return Refusal("", "limit", text)
    return None


def share_refusal(held: int, wanted: int, capacity: int | None) -> Refusal | None:
    """Say that one network would hold too large a share of an event's or tier's tickets."""
    if capacity is None or held + wanted <= max(SMALLEST_SHARE, capacity // SHARE_OF_STOCK):
        return None
    text = N_("Your network holds too many of these tickets at once. Pay for them first.")
    return Refusal("", "limit", text)


def may_become(status: str, wanted: str) -> bool:
    """Tell whether an order of one status may get another."""
    return wanted in MOVES[status]


def session_end(now: Millis, hold_ends: Millis) -> Millis:
    """Return when a payment page closes by itself, whole seconds: a net behind our own closing."""
    end = min(max(now + SESSION_LIFE, hold_ends + MINUTE), now + SESSION_LIFE_AT_MOST)
    return end - end % SECOND


def is_due(expires_at: Millis, now: Millis) -> bool:
    """Tell whether a hold's time is over."""
    return now >= expires_at
