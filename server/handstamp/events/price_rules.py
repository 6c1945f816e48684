"""What is added to prices and taken off: discounts, fees, taxes, and all rounding; pure.

The order of things is fixed: price, less discount, plus the fee that the buyer pays, plus taxes on
that sum. Each amount is of a whole line (all tickets of one tier) in minor units, and is rounded
once, half up. Sums are added from lines and never rounded again, so parts make up the whole.

Source of the rule for Canada's GST: Excise Tax Act, s. 165.2(2): a fraction of a cent below half
is left out, half or more counts as a cent; by CRA's interpretation 125136 (28 November 2011) each
of several taxes may be rounded by itself. What is taxed is the consideration: the price after a
discount given at the sale, with what the buyer must pay for the service (s. 153, 165).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

BP = 10_000  # basis points in the whole: 250 is 2.5 %
PPM = 1_000_000  # millionths in the whole: 99 750 is 9.975 %


class Wanted(NamedTuple):
    """Some tickets of one tier at the price of one."""

    tier_id: str
    qty: int
    unit_price: int


@dataclass(frozen=True)
class FeeRule:
    """What the platform keeps: `bp` of what is paid for tickets, and `fixed` for each ticket.

    `payer` "buyer": it is added to the price. "organizer": it is taken out of it. What costs
    nothing bears no fee.
    """

    bp: int = 0
    fixed: int = 0
    payer: str = "buyer"


class TaxRate(NamedTuple):
    """A named rate in millionths; `compound`: it is due on the taxes before it, too."""

    name: str
    ppm: int
    compound: bool = False


@dataclass(frozen=True)
class Discount:
    """What a code takes off: `value` basis points of each line, or so much of the whole order.

    `tiers`: what it is for; empty is everything.
    """

    kind: Literal["percent", "fixed"]
    value: int
    tiers: frozenset[str] = frozenset()


class Tax(NamedTuple):
    """One tax of a line."""

    name: str
    ppm: int
    amount: int


@dataclass(frozen=True)
class LineParts:
    """A line taken apart; `fee` is what the buyer pays, `share` what the platform keeps."""

    tier_id: str
    gross: int
    discount: int
    fee: int
    share: int
    taxes: tuple[Tax, ...]

    @property
    def tax(self) -> int:
        """Return all taxes together."""
        return sum(tax.amount for tax in self.taxes)

    @property
    def total(self) -> int:
        """Return what the buyer pays for the line."""
        return self.gross - self.discount + self.fee + self.tax


@dataclass(frozen=True)
class Terms:
    """What holds for an event; `least`: the smallest sum above zero that can be charged."""

    fee: FeeRule = FeeRule()
    rates: tuple[TaxRate, ...] = ()
    least: int = 0


NO_TERMS = Terms()


def half_up(amount: int, rate: int, whole: int) -> int:
    """Return `rate` of `whole` parts of an amount that is not negative, rounded half up."""
    return (2 * amount * rate + whole) // (2 * whole)


def spread(amount: int, weights: Sequence[int]) -> list[int]:
    """Divide an amount in proportion, by the largest remainder; it adds up to `amount`.

    Of equal remainders the first gets the unit. No part exceeds its weight unless the amount
    exceeds the sum of all.
    """
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    parts = [amount * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda place: -(amount * weights[place] % whole))
    for place in order[: amount - sum(parts)]:
        parts[place] += 1
    return parts


def take_apart(
    wants: Sequence[Wanted], terms: Terms = NO_TERMS, discount: Discount | None = None
) -> list[LineParts]:
    """Price lines; the total is 0, or not below the least charge as far as a discount did it.

    A discount that would leave less than can be charged is made smaller by what is missing.
    """
    off = _discounts(wants, discount)
    parts = [price_line(want, less, terms) for want, less in zip(wants, off, strict=True)]
    total = sum(part.total for part in parts)
    if not 0 < total < terms.least:
        return parts
    off = _smaller(parts, terms.least - total)
    return [price_line(want, less, terms) for want, less in zip(wants, off, strict=True)]


def _discounts(wants: Sequence[Wanted], discount: Discount | None) -> list[int]:
    if discount is None:
        return [0] * len(wants)
    meant = [
        want.qty * want.unit_price if not discount.tiers or want.tier_id in discount.tiers else 0
        for want in wants
    ]
    if discount.kind == "percent":
        return [half_up(gross, discount.value, BP) for gross in meant]
    return spread(min(discount.value, sum(meant)), meant)


def _smaller(parts: Sequence[LineParts], missing: int) -> list[int]:
    """Take so much off the discounts, first where something is paid already."""
    off = [part.discount for part in parts]
    for place in sorted(range(len(parts)), key=lambda place: parts[place].total == 0):
        less = min(off[place], missing)
        off[place] -= less
        missing -= less
    return off


def price_line(want: Wanted, discount: int, terms: Terms) -> LineParts:
    """Take a line apart whose discount, in minor units, was worked out already."""
    gross = want.qty * want.unit_price
    net = gross - discount
    rule = terms.fee
    share = half_up(net, rule.bp, BP) + want.qty * rule.fixed if net else 0
    if rule.payer == "organizer":
        share = min(share, net)
    fee = share if rule.payer == "buyer" else 0
    return LineParts(want.tier_id, gross, discount, fee, share, taxes_on(net + fee, terms.rates))


def written(taxes: Sequence[Tax]) -> str:
    """Write a line's taxes as they are stored."""
    return json.dumps([list(tax) for tax in taxes], ensure_ascii=False, separators=(",", ":"))


def taxes_on(amount: int, rates: Sequence[TaxRate]) -> tuple[Tax, ...]:
    """Return each tax on a line's amount; a compound one is due on the taxes before it, too."""
    found: list[Tax] = []
    for rate in rates:
        base = amount + (sum(tax.amount for tax in found) if rate.compound else 0)
        found.append(Tax(rate.name, rate.ppm, half_up(base, rate.ppm, PPM)))
    return tuple(found)
