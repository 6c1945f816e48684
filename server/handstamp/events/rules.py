"""What an event, a tier and a check-in list may look like; pure."""

import json
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from handstamp.events.entry_rules import EntryRules, entry_members
from handstamp.kit import zones
from handstamp.kit.clock import DAY, Millis

N_ = str  # marks text for the catalogues; it is translated where it is shown
EARLIEST: Millis = 946_684_800_000  # 2000-01-01
LATEST: Millis = 7_258_118_400_000  # 2200-01-01
LONGEST: Millis = 366 * DAY
LAST_NUMBER = 255
POLICIES = ("accept", "accept_and_flag", "hold")
SNAPSHOT_FIELDS = ("name", "email", "order", "note")
STATUSES = ("draft", "review", "published", "hidden", "testing", "archived", "cancelled")
BY_OTHERS = ("review", "hidden", "testing", "cancelled")  # by use cases of their own
MOVES = {
    "draft": ("published", "review", "archived"),
    "review": ("published", "draft", "archived"),
    "published": ("draft", "archived"),
    "hidden": ("published", "review", "draft", "archived"),
    "testing": ("archived",),  # the self-test's: sold by its id, seen by nobody
    "archived": ("draft",),
    "cancelled": (),
}
# Least charge per currency, minor units. Source: docs.stripe.com/currencies, "Minimum and maximum
# charge amounts"; a currency that is not listed there has no least charge known to us.
MINIMUM_CHARGE = {
    "USD": 50,
    "AED": 200,
    "AUD": 50,
    "BGN": 100,
    "BRL": 50,
    "CAD": 50,
    "CHF": 50,
    "CZK": 1500,
    "DKK": 250,
    "EUR": 50,
    "GBP": 30,
    "HKD": 400,
    "HUF": 17500,
    "INR": 50,
    "JPY": 50,
    "MXN": 1000,
    "MYR": 200,
    "NOK": 300,
    "NZD": 50,
    "PLN": 200,
    "RON": 200,
    "SEK": 300,
    "SGD": 50,
    "THB": 1000,
}


@dataclass(frozen=True)
class ListTier:
    """A tier on a list, and when it may enter: from (inclusive) until (exclusive), in ms."""

    tier: int
    opens: Millis | None = None
    closes: Millis | None = None


@cache
def _zones() -> frozenset[str]:
    return zones.zone_names()


def zone_exists(name: str) -> bool:
    """Tell whether `name` is an IANA time zone."""
    return name in _zones()


def times_problem(start: Millis, end: Millis) -> str:
    """Say in plain words why an event cannot last from `start` to `end`; '' when it can."""
    if not (EARLIEST <= start <= LATEST and EARLIEST <= end <= LATEST):
        return N_("The event must lie between the years 2000 and 2200.")
    if end <= start:
        return N_("The event must end after it starts.")
    if end - start > LONGEST:
        return N_("An event may last 366 days at most.")
    return ""


def fold(text: str) -> str:
    """Lower-case, without accents and with single spaces: how names are compared."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(plain.split())


def slug_from(title: str) -> str:
    """Make the readable part of an address from a title; 'event' when no letter fits."""
    slug = re.sub(r"[^a-z0-9]+", "-", fold(title)).strip("-")[:48].strip("-")
    return slug or "event"


def code_from(title: str) -> str:
    """Make an event code for printed ids: initials, or the first letters of one word."""
    words = re.findall(r"[A-Z0-9]+", fold(title).upper())
    code = "".join(word[0] for word in words)[:4] if len(words) > 1 else "".join(words)[:4]
    return code if len(code) >= 2 else (code + "EV")[:4]


def free_number(taken: Collection[int]) -> int | None:
    """Return the least number from 1 to 255 never used before; None when all are."""
    following = max(taken, default=0) + 1
    return following if following <= LAST_NUMBER else None


def least_price(price: int, currency: str) -> int:
    """Return the least price above 0 that can be charged when `price` is below it, else 0."""
    least = MINIMUM_CHARGE.get(currency.upper(), 0)
    return least if 0 < price < least else 0


def windows_problem(tiers: Sequence[ListTier], known: Collection[int]) -> str:
    """Say in plain words what is wrong with a list's tiers; '' when they are right."""
    if not tiers:
        return N_("A list needs at least one tier.")
    numbers = [tier.tier for tier in tiers]
    if len(set(numbers)) != len(numbers):
        return N_("A tier stands twice on the list.")
    for tier in tiers:
        if tier.tier not in known:
            return N_("One of the tiers is not in this event.")
        if tier.opens is not None and tier.closes is not None and tier.closes <= tier.opens:
            return N_("An entry window must end after it begins.")
    return ""


def rules_json(
    name: str, tiers: Sequence[ListTier], entry: EntryRules, days: Sequence[Millis] = ()
) -> str:
    """Write a list's rules in their one stored form (tiers by number)."""
    return written(
        {
            "name": name,
            "tiers": [
                {"tier": tier.tier, "from": tier.opens, "until": tier.closes}
                for tier in sorted(tiers, key=lambda tier: tier.tier)
            ],
            **entry_members(entry, days),
            "archived": False,
        }
    )


def written(rules: dict[str, Any]) -> str:
    """Write rules as they are stored."""
    return json.dumps(rules, ensure_ascii=False, separators=(",", ":"))


def named_kinds(stored: str) -> list[str]:
    """Read the kinds of a tier's prompt as they are stored."""
    return [kind for kind in stored.split(",") if kind]


def list_tiers(stored: str) -> list[ListTier]:
    """Read the tiers and windows back out of stored rules."""
    return [
        ListTier(tier["tier"], tier["from"], tier["until"]) for tier in json.loads(stored)["tiers"]
    ]


class Overbooked(Protocol):
    """An event, as far as it sells more than it holds."""

    overbook_bp: int
    overbook_number: int


def limit_of(event: Overbooked, capacity: int | None) -> int | None:
    """Return how many tickets are sold of an event or tier that holds `capacity`; None: no limit.

    More than it holds, knowingly: by hundredths of a percent, rounded down, or by a number.
    """
    if capacity is None:
        return None
    return capacity + event.overbook_number + capacity * event.overbook_bp // 10_000
