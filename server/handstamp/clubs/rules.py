"""A club's weeks, its charge time, what a member pays, and how codes are written; pure."""

import hashlib
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from handstamp.events.price_rules import Tax, Terms, Wanted, price_line
from handstamp.events.rules import MINIMUM_CHARGE
from handstamp.kit import zones
from handstamp.kit.clock import SECOND, Millis
from handstamp.kit.ids import base32_decode

N_ = str  # marks text for the catalogues; it is translated where it is shown
STRIPE_TAX = N_(
    "Stripe Tax works taxes out on the payment page, which a saved card never sees. Name the rates"
    " of this event at Fees and taxes instead."
)
WHOLE = 10_000  # a discount is told in hundredths of a percent
CODE_LETTERS = 12  # 60 random bits
CHARGE_STARTS = ("manual", "clock")
CHARGE_ACCOUNTS = ("organizer", "platform")
CHARGE_MODES = ("stock_confirmed", "prepaid")
STOCKS = ("native", "declared", "pool")
ALLOCATIONS = ("first_come", "draw")
MEMBER_STATUSES = ("invited", "active", "left", "removed")
SEED_BYTES = 32  # of a draw
DRAW_DOMAIN = b"handstamp/draw/1\x00"
MOST_PER_WEEK = 20
MOST_RECOVERY_HOURS = 14 * 24
EARLIEST_WEEK, LATEST_WEEK = date(2020, 1, 6), date(2099, 12, 21)
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_WEEK = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Window(NamedTuple):
    """When pre-orders of a week are taken, changed and cancelled: [opens, closes)."""

    opens: Millis
    closes: Millis

    def holds(self, now: Millis) -> bool:
        """Tell whether it is open."""
        return self.opens <= now < self.closes


class MemberPrice(NamedTuple):
    """A member's price, minor units: `total` is `price` less `discount`, nothing added yet."""

    price: int
    discount: int
    total: int


class MemberSum(NamedTuple):
    """What a member pays, minor units: the price less `discount`, with `fee` and `taxes` added.

    `share` is what the platform keeps of it.
    """

    price: int
    discount: int
    fee: int
    share: int
    taxes: tuple[Tax, ...]

    @property
    def net(self) -> int:
        """Return the price less the discount."""
        return self.price - self.discount

    @property
    def tax(self) -> int:
        """Return all taxes together."""
        return sum(tax.amount for tax in self.taxes)

    @property
    def total(self) -> int:
        """Return what the card is charged."""
        return self.net + self.fee + self.tax


def is_week(text: str) -> bool:
    """Tell whether this names a week: the date of a Monday, `YYYY-MM-DD`."""
    if not _WEEK.fullmatch(text):
        return False
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return False
    return day.weekday() == 0 and EARLIEST_WEEK <= day <= LATEST_WEEK


def is_clock(text: str) -> bool:
    """Tell whether this is a time of day, `HH:MM`."""
    return bool(_CLOCK.fullmatch(text))


def week_of(now: Millis, zone: str) -> str:
    """Return the Monday, `YYYY-MM-DD`, of the week that it is in a zone."""
    today = datetime.fromtimestamp(now / SECOND, zones.zone(zone)).date()
    return (today - timedelta(days=today.weekday())).isoformat()


def week_after(week: str, weeks: int = 1) -> str:
    """Return a later week (an earlier one for a negative number)."""
    return (date.fromisoformat(week) + timedelta(weeks=weeks)).isoformat()


def window_of(week: str, zone: str) -> Window:
    """Return the window of a week: from Monday 00:00 until Sunday is over, local time."""
    return Window(_instant(week, 0, "00:00", zone), _instant(week, 7, "00:00", zone))


def charge_time(week: str, zone: str, weekday: int, at: str) -> Millis:
    """Return when a week's pre-orders are charged: the first such time after it is over.

    A local time that the clocks jump over runs as much later as they jump; one that comes
    twice runs the first time (as `plumbing/schedule.py`).
    """
    return _instant(week, 7 + weekday, at, zone)


def _instant(week: str, days: int, at: str, zone: str) -> Millis:
    day = date.fromisoformat(week) + timedelta(days=days)
    moment = datetime.combine(day, time.fromisoformat(at), zones.zone(zone)).astimezone(UTC)
    return round(moment.timestamp()) * SECOND


def begins_too_early(charge_at: Millis, start_at: Millis) -> bool:
    """Tell whether an event would begin before the cards of its pre-orders are charged."""
    return charge_at >= start_at


def deadline_fits(charge_at: Millis, deadline: Millis, end_at: Millis) -> bool:
    """Tell whether a deadline for tickets lies after the charging and before the event is over."""
    return charge_at < deadline <= end_at


def member_price(price: int, discount_bp: int) -> MemberPrice:
    """Take a club's discount (hundredths of a percent) off a price in minor units.

    The discount is rounded to the nearest minor unit, an exact half up. Source: Council
    Regulation (EC) No 1103/97, article 5 (the nearest unit, the half-way result rounded up).
    """
    discount = min(price, (price * discount_bp + WHOLE // 2) // WHOLE)
    return MemberPrice(price, discount, price - discount)


def member_sum(price: int, discount_bp: int, added: Terms) -> MemberSum:
    """Return what a member pays for one ticket, with what the event adds to prices."""
    discount = member_price(price, discount_bp).discount
    line = price_line(Wanted("", 1, price), discount, added)
    return MemberSum(price, discount, line.fee, line.share, line.taxes)


def least_total(total: int, currency: str) -> int:
    """Return the least that a card can be charged when `total` is below it, else 0.

    Nothing at all cannot be charged either: a pre-order is a payment.
    """
    least = max(1, MINIMUM_CHARGE.get(currency.upper(), 0))
    return least if total < least else 0


def clean_code(text: str) -> str:
    """Return an invite's code as it was made, however it was typed; '' when it is none."""
    code = re.sub(r"[\s\-\u2010-\u2015]", "", text).upper()
    code = code.translate(str.maketrans("OIL", "011"))
    if len(code) != CODE_LETTERS or base32_decode(code) is None:
        return ""
    return code


def spoken_code(code: str) -> str:
    """Write a code in groups of four, as people read it out."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def draw_commitment(seed: bytes) -> str:
    """Return what is published before a draw with that seed, 64 hexadecimal digits."""
    return hashlib.sha256(DRAW_DOMAIN + seed).hexdigest()
