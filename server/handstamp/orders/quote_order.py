"""What a choice of tickets would cost, before anything is held; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from handstamp.events.price_rules import Discount, Terms, Wanted, take_apart
from handstamp.events.tax_lines import tax_name


@dataclass(frozen=True)
class Quote:
    """The sums of an order that could be made; `taxes` by name; `kept`: what the platform gets."""

    subtotal: int
    discount: int
    fees: int
    taxes: Sequence[tuple[str, int]]
    total: int
    kept: int


def quote(wants: Sequence[Wanted], terms: Terms, discount: Discount | None = None) -> Quote:
    """Work out what tickets cost now; the names of taxes are in the language being spoken."""
    parts = take_apart(wants, terms, discount)
    sums: dict[str, int] = {}
    for part in parts:
        for tax in part.taxes:
            name = tax_name(tax.name, tax.ppm)
            sums[name] = sums.get(name, 0) + tax.amount
    return Quote(
        subtotal=sum(part.gross for part in parts),
        discount=sum(part.discount for part in parts),
        fees=sum(part.fee for part in parts),
        taxes=[(name, amount) for name, amount in sums.items() if amount],
        total=sum(part.total for part in parts),
        kept=sum(part.share for part in parts),
    )
