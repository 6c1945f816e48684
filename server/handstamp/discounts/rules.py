"""What a code is, which of several count for a choice of tickets, and why one does not; pure."""

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from handstamp.events.price_rules import BP
from handstamp.events.price_rules import Discount as Off
from handstamp.kit.clock import Millis

N_ = str  # marks text for the catalogues; it is translated where it is shown
KINDS = ("percent", "fixed", "access")
SHORTEST, LONGEST = 3, 40
MOST_AT_ONCE = 5
LARGEST_FIXED = 100_000_000
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


@dataclass(frozen=True)
class Code:
    """A code as it stands; see `models.Discount`. `tiers`: what it is for, empty is all."""

    id: str
    code: str
    kind: Literal["percent", "fixed", "access"]
    value: int = 0
    reveals: bool = False
    tiers: frozenset[str] = frozenset()
    max_uses: int | None = None
    used: int = 0
    starts_at: Millis | None = None
    ends_at: Millis | None = None
    active: bool = True

    def meant(self, tier_id: str) -> bool:
        """Tell whether it is for a tier."""
        return not self.tiers or tier_id in self.tiers

    @property
    def off(self) -> Off | None:
        """Return what it takes off a price."""
        return None if self.kind == "access" else Off(self.kind, self.value, self.tiers)


class Problem(NamedTuple):
    """Why codes do not count: `code` for programs, `message` for people."""

    code: str
    message: str


UNKNOWN = Problem("no_such_code", N_("There is no such code for this event."))
USED_UP = Problem("code_used_up", N_("This code has been used as often as it may be."))


@dataclass(frozen=True)
class Chosen:
    """What counts for an order: one discount, one key to hidden tiers, and which they open."""

    discount: Code | None = None
    access: Code | None = None
    opens: frozenset[str] = frozenset()

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the codes of which the order takes a use."""
        return tuple(code.id for code in self.codes)

    @property
    def codes(self) -> tuple[Code, ...]:
        """Return the codes that count."""
        return tuple(code for code in (self.discount, self.access) if code is not None)


def clean_code(text: str) -> str:
    """Return a typed code as codes are stored: capitals, nothing around it."""
    return unicodedata.normalize("NFKC", text).strip().upper()


def codes_in(text: str) -> tuple[str, ...]:
    """Read the codes in one typed field, between spaces or commas; each once."""
    cleaned = (clean_code(part) for part in text.replace(",", " ").replace(";", " ").split())
    return tuple(dict.fromkeys(code for code in cleaned if code))


def code_problem(code: str) -> str:
    """Say why a cleaned code cannot be one; '' when it can."""
    if not SHORTEST <= len(code) <= LONGEST or not set(code) <= _LETTERS:
        return N_("A code has 3 to 40 letters from A to Z, digits, - or _.")
    return ""


def value_problem(kind: str, value: int) -> str:
    """Say why a discount cannot be so large; '' when it can."""
    if kind == "percent" and not 1 <= value <= BP:
        return N_("A discount is more than 0 % and at most 100 %.")
    if kind == "fixed" and not 1 <= value <= LARGEST_FIXED:
        return N_("A discount must take something off.")
    if kind == "access" and value:
        return N_("A code that only opens hidden tiers takes nothing off.")
    return ""


def window_problem(code: Code, now: Millis) -> Problem | None:
    """Say why a code does not count at this moment."""
    if not code.active:
        return UNKNOWN
    if code.starts_at is not None and now < code.starts_at:
        return Problem("code_not_yet", N_("This code cannot be used yet."))
    if code.ends_at is not None and now >= code.ends_at:
        return Problem("code_ended", N_("This code has ended."))
    return None


def is_used_up(code: Code, more: int = 0) -> bool:
    """Tell whether no use is left, when `more` are taken already than it says."""
    return code.max_uses is not None and code.used + more >= code.max_uses


def opened_by(codes: Iterable[Code], hidden: Collection[str]) -> frozenset[str]:
    """Return which hidden tiers codes open."""
    found = [code for code in codes if code.reveals]
    return frozenset(tier for tier in hidden if any(code.meant(tier) for code in found))


def opened_now(codes: Iterable[Code], hidden: Collection[str], now: Millis) -> frozenset[str]:
    """Return which hidden tiers codes open that may be used at this moment."""
    usable = [code for code in codes if not window_problem(code, now) and not is_used_up(code)]
    return opened_by(usable, hidden)


def choose(
    typed: Iterable[str], known: Mapping[str, Code], wants: Collection[str], hidden: Collection[str]
) -> Chosen | Problem:
    """Find what counts of typed codes; neither window nor uses are looked at.

    Args:
        known: an event's codes by text.
        wants: the tiers that are chosen; none yet is no reason to refuse a code.
        hidden: the event's hidden tiers.
    """
    codes = [known.get(text) for text in typed]
    if None in codes:
        return UNKNOWN
    found = [code for code in codes if code is not None]
    discounts = [code for code in found if code.kind != "access"]
    if len(discounts) > 1:
        return Problem("one_code", N_("Only one discount code can be used in an order."))
    discount = discounts[0] if discounts else None
    if discount and wants and not any(discount.meant(tier) for tier in wants):
        return Problem("code_not_for", N_("This code is not for the tickets that you chose."))
    needed = opened_by(found, hidden) & set(wants)
    needed -= opened_by([discount] if discount else [], hidden)
    keys = [code for code in found if code.kind == "access" and opened_by([code], needed)]
    if len(keys) > 1:
        whole = [code for code in keys if opened_by([code], needed) == needed]
        if not whole:
            return Problem("one_code", N_("Only one code for hidden tickets can be used at once."))
        keys = whole
    return Chosen(discount, keys[0] if keys else None, opened_by(found, hidden))
