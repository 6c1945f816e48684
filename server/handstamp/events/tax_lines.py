"""The taxes of an order by name: written when it is priced, read wherever it is shown; pure."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Protocol

from babel.numbers import format_decimal

from handstamp.events.price_rules import Tax, written
from handstamp.plumbing.texts import _, format_language

__all__ = ["tax_lines", "tax_name", "tax_percent", "taxes_of", "written"]
_PPM_IN_PERCENT = 10_000


class TaxedLine(Protocol):
    """A line with its taxes as they are stored."""

    tax: Any
    taxes_json: Any


def taxes_of(line: TaxedLine) -> list[Tax]:
    """Read a line's taxes; of a line with no breakdown the whole is one without a name."""
    found = [Tax(*tax) for tax in json.loads(line.taxes_json)]
    return found or ([Tax("", 0, line.tax)] if line.tax else [])


def tax_lines(lines: Sequence[TaxedLine]) -> list[tuple[str, int]]:
    """Return each tax of all lines together, as it is called and how much it is."""
    sums: dict[tuple[str, int], int] = {}
    for line in lines:
        for tax in taxes_of(line):
            sums[tax.name, tax.ppm] = sums.get((tax.name, tax.ppm), 0) + tax.amount
    return [(tax_name(*key), amount) for key, amount in sums.items()]


def tax_name(name: str, ppm: int) -> str:
    """Say a tax with its rate: "GST 5%"."""
    return f"{name or _('Tax')} {tax_percent(ppm)}" if ppm else name or _("Tax")


def tax_percent(ppm: int) -> str:
    """Say a rate: "9.975%"."""
    number = format_decimal(Decimal(ppm) / _PPM_IN_PERCENT, locale=format_language())
    return _("%(number)s%%") % {"number": number}
