"""How movements of money and placed orders become sums of sales; pure.

Money is read from the ledger alone, in the seller's book. What of it belongs to which tier is
known from the order's lines and the refund's parts; whatever they do not explain stands under no
tier, so the tiers always add up to the ledger.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import add, neg
from typing import NamedTuple

PLATFORM = "platform"
NO_TIER = ""
PARTS = ("prices", "fees", "tax")
_COSTS = {
    "platform_fees": "platform_fees",
    "stripe_fees": "stripe_fees",
    "dispute_fees": "lost",
    "dispute_losses": "lost",
}
_SOLD = {"ticket_sales": "prices", "service_fees": "fees", "tax_payable": "tax"}


class Sums(NamedTuple):
    """What was sold; amounts in minor units of one currency.

    `units`: tickets sold here; `comps`: given away; `elsewhere`: paid to the organizer in another
    way, for `outside`, which is not in the ledger and in no sum of money. `discount` was taken
    off; `prices`, `fees` (that buyers paid) and `tax` came in, of which `…_back` went back.
    `platform_fees`, `stripe_fees` and `lost` (disputes) were kept by others.
    """

    orders: int = 0
    units: int = 0
    comps: int = 0
    elsewhere: int = 0
    outside: int = 0
    discount: int = 0
    prices: int = 0
    fees: int = 0
    tax: int = 0
    prices_back: int = 0
    fees_back: int = 0
    tax_back: int = 0
    platform_fees: int = 0
    stripe_fees: int = 0
    lost: int = 0

    def __add__(self, other: "Sums") -> "Sums":  # type: ignore[override]
        """Return both together; a page adds thousands, so this is a tuple and not a dataclass."""
        return Sums(*map(add, self, other))

    def __neg__(self) -> "Sums":
        """Return what takes this away."""
        return Sums(*map(neg, self))

    @property
    def gross(self) -> int:
        """Return what buyers paid."""
        return self.prices + self.fees + self.tax

    @property
    def refunded(self) -> int:
        """Return what went back to buyers."""
        return self.prices_back + self.fees_back + self.tax_back

    @property
    def costs(self) -> int:
        """Return what others kept: the platform, Stripe, and banks in disputes."""
        return self.platform_fees + self.stripe_fees + self.lost

    @property
    def tax_kept(self) -> int:
        """Return the tax that is owed to the authorities."""
        return self.tax - self.tax_back

    @property
    def net(self) -> int:
        """Return what stays: the gross less refunds, tax and costs."""
        return self.gross - self.refunded - self.tax_kept - self.costs


NAMES = Sums._fields
NOTHING = Sums()


class Place(NamedTuple):
    """Which sum something is added to; the members are those of `models.SalesSum`."""

    owner: str
    part: str
    day: str
    name: str
    currency: str


class Moved(NamedTuple):
    """A movement of the ledger."""

    debit: str
    credit: str
    amount: int


class Line(NamedTuple):
    """A line of an order: its tier, tickets, and amounts of the whole line."""

    id: str
    tier_id: str
    qty: int
    discount: int
    prices: int
    fees: int
    tax: int


@dataclass(frozen=True)
class Sale:
    """What was sold: an order, or a pre-order with one line.

    `origin`: checkout, comp or manual. `passed_on`: the platform took the money and passed it on.
    """

    event_id: str
    organizer_id: str
    currency: str
    origin: str
    code_id: str | None
    passed_on: bool
    lines: Sequence[Line]


@dataclass(frozen=True)
class Happening:
    """A transaction of the ledger; `lines`: what a refund gave back by line, prices, fees, tax."""

    book: str
    kind: str
    day: str
    moved: Sequence[Moved]
    lines: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)


def places(sale: Sale, day: str, tier_id: str) -> list[Place]:
    """Return every sum that something of a sale is added to."""
    event, organizer = sale.event_id, sale.organizer_id
    found = [
        Place(event, "tier", day, tier_id, sale.currency),
        Place(organizer, "event", "", event, sale.currency),
        Place(organizer, "day", day, "", sale.currency),
    ]
    if sale.code_id:
        found.append(Place(event, "code", "", sale.code_id, sale.currency))
    return found


def of_placing(sale: Sale) -> dict[str, Sums]:
    """Return what placing an order counts, by tier; the order itself under no tier."""
    unit = {"comp": "comps", "manual": "elsewhere"}.get(sale.origin, "units")
    found = {NO_TIER: Sums(orders=1)}
    for line in sale.lines:
        outside = line.prices + line.fees + line.tax if unit == "elsewhere" else 0
        counted = Sums(**{unit: line.qty}, discount=line.discount, outside=outside)
        found[line.tier_id] = found.get(line.tier_id, NOTHING) + counted
    return found


def of_money(sale: Sale, happening: Happening) -> dict[str, Sums]:
    """Return what a transaction of the ledger counts, by tier; all of them are the ledger's sum."""
    if sale.passed_on and happening.book == PLATFORM:
        return {}
    whole = _read(happening)
    back = happening.kind.startswith("refund")
    by_tier: dict[str, Sums] = {}
    for tier_id, amounts in _explained(sale, happening, whole, back=back):
        by_tier[tier_id] = by_tier.get(tier_id, NOTHING) + _parts(amounts, back=back)
    explained = sum(by_tier.values(), NOTHING)
    rest = whole + -explained
    by_tier[NO_TIER] = by_tier.get(NO_TIER, NOTHING) + rest
    return {tier_id: sums for tier_id, sums in by_tier.items() if sums != NOTHING}


def _read(happening: Happening) -> Sums:
    """Return what the accounts of a transaction say."""
    back = happening.kind.startswith("refund")
    found = dict.fromkeys(NAMES, 0)
    for moved in happening.moved:
        for account, amount in ((moved.debit, moved.amount), (moved.credit, -moved.amount)):
            if account in _COSTS:
                found[_COSTS[account]] += amount
            elif account == "refunds":
                found["prices_back"] += amount
            elif account in _SOLD and back:
                found[_SOLD[account] + "_back"] += amount
            elif account in _SOLD:
                found[_SOLD[account]] -= amount
    return Sums(**found)


def _explained(
    sale: Sale, happening: Happening, whole: Sums, *, back: bool
) -> Iterable[tuple[str, tuple[int, int, int]]]:
    """Return which amounts belong to which tier, as far as lines say and the ledger has them."""
    tiers = {line.tier_id for line in sale.lines}
    total = _amounts(whole, back=back)
    if len(tiers) == 1:
        return [(tiers.pop(), total)]
    if back:
        sign = -1 if happening.kind.endswith("_failed") else 1
        by_line = {line.id: line.tier_id for line in sale.lines}
        known = [
            (by_line[line], (sign * a, sign * b, sign * c))
            for line, (a, b, c) in happening.lines.items()
            if line in by_line
        ]
    elif happening.kind == "sale":
        known = [(line.tier_id, (line.prices, line.fees, line.tax)) for line in sale.lines]
    else:
        return []
    sums = [sum(amounts[place] for _tier, amounts in known) for place in range(len(PARTS))]
    fits = all(abs(part) <= abs(most) for part, most in zip(sums, total, strict=True))
    return known if fits else []


def _amounts(sums: Sums, *, back: bool) -> tuple[int, int, int]:
    if back:
        return sums.prices_back, sums.fees_back, sums.tax_back
    return sums.prices, sums.fees, sums.tax


def _parts(amounts: tuple[int, int, int], *, back: bool) -> Sums:
    names = [part + "_back" if back else part for part in PARTS]
    return Sums(**dict(zip(names, amounts, strict=True)))
