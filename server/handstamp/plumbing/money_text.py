"""Amounts as people type and read them, against minor units."""

from decimal import Decimal
from functools import lru_cache

from babel.numbers import format_currency, get_currency_precision

from handstamp.plumbing.texts import _, format_language


def read_amount(text: str, currency: str) -> int:
    """Read a typed amount (`12.50` or `12,50`) in minor units of a currency.

    Raises:
        ValueError: it is no amount that this currency can hold; the message is for people.
    """
    try:
        amount = Decimal(text.strip().replace(",", ".")) * 10 ** get_currency_precision(currency)
    except ArithmeticError as error:
        raise ValueError(_("Write an amount in numbers, like 25.00.")) from error
    if not amount.is_finite() or amount < 0 or amount != amount.to_integral_value():
        raise ValueError(_("Write an amount of at least 0, with cents at most."))
    if amount > 100_000_000:
        raise ValueError(_("That is more than a ticket may cost."))
    return int(amount)


def amount_text(minor: int, currency: str) -> str:
    """Write minor units as they are typed into a field: `12.50`."""
    return f"{amount(minor, currency):f}"


def amount(minor: int, currency: str) -> Decimal:
    """Return minor units as the currency's major ones, with all of its digits: `12.50`."""
    return Decimal(minor).scaleb(-_digits(currency))


def price(minor: int, currency: str) -> str:
    """Write a price for people; nothing to pay is said in a word."""
    return money(minor, currency) if minor else _("Free")


def money(minor: int, currency: str) -> str:
    """Write an amount for people, nothing as a number too: `CA$0.00`."""
    return _money(minor, currency, format_language())


@lru_cache(maxsize=4_096)
def _money(minor: int, currency: str, language: str) -> str:
    return format_currency(amount(minor, currency), currency, locale=language)


@lru_cache(maxsize=256)
def _digits(currency: str) -> int:
    return get_currency_precision(currency)


def percent(basis_points: int) -> str:
    """Write hundredths of a percent: `10`, `12.5`."""
    return f"{Decimal(basis_points) / 100:.2f}".rstrip("0").rstrip(".")
