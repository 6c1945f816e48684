"""What looks odd about the purchases of a day; pure. It points out, and decides nothing."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from typing import NamedTuple

from handstamp.kit.clock import DAY, HOUR, Millis

WINDOW: Millis = DAY
MOST_ORDERS = 20
# Domains of addresses that last for minutes; administrators add their own.
THROWN_AWAY = (
    "10minutemail.com", "dispostable.com", "getnada.com", "guerrillamail.com", "mailinator.com",
    "maildrop.cc", "sharklasers.com", "temp-mail.org", "trashmail.com", "yopmail.com",
)  # fmt: skip
_DOMAIN = re.compile(
    r"(?=.{4,100}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}", re.ASCII
)


class Seen(NamedTuple):
    """An order as it is judged. `email` and `network` are hashes, '' when unknown.

    `attempts`: pages of payment that were begun. `card`: Stripe's fingerprint of what paid.
    """

    id: str
    at: Millis
    network: str
    email: str
    domain: str
    placed: bool
    declined: bool
    attempts: int
    card: str


class Signal(NamedTuple):
    """Something odd: how many were counted, and the orders it is about, the latest first."""

    kind: str
    subject: str
    n: int
    orders: tuple[str, ...]


class _Rule(NamedTuple):
    kind: str
    by: Callable[[Seen], str]
    counts: Callable[[Seen], int]
    least: int
    window: Millis = HOUR
    # What must differ among the orders for them to count, where it is not the orders themselves.
    differ: Callable[[Seen], Hashable] | None = None


_RULES = (
    _Rule("unpaid_network", lambda o: o.network, lambda o: not o.placed, 10),
    _Rule("declined_network", lambda o: o.network, lambda o: o.declined, 4),
    _Rule("declined_email", lambda o: o.email, lambda o: o.declined, 3),
    _Rule("attempts_order", lambda o: o.id, lambda o: o.attempts, 6, DAY),
    _Rule("fast_network", lambda o: o.network, lambda o: o.placed, 10),
    _Rule("fast_email", lambda o: o.email, lambda o: o.placed, 5),
    _Rule("fast_card", lambda o: o.card, lambda o: o.placed, 5),
    _Rule("shared_card", lambda o: o.card, lambda o: o.placed, 3, DAY, lambda o: o.email),
)
DOMAIN_KIND = "domain"
KINDS = (*(rule.kind for rule in _RULES), DOMAIN_KIND)


def find_signals(
    orders: Sequence[Seen], now: Millis, watched: Collection[str] = ()
) -> list[Signal]:
    """Return what is odd about the orders of the last day.

    Args:
        orders: the latest first.
        watched: domains beside those that are thrown away.
    """
    found = [signal for rule in _RULES for signal in _by_rule(rule, orders, now)]
    domains = {*THROWN_AWAY, *watched}
    groups = _grouped(orders, lambda order: watched_part(order.domain, domains))
    found += [Signal(DOMAIN_KIND, name, len(them), _ids(them)) for name, them in groups.items()]
    return found


def _by_rule(rule: _Rule, orders: Iterable[Seen], now: Millis) -> Iterable[Signal]:
    recent = [one for one in orders if one.at > now - rule.window and rule.counts(one)]
    for subject, them in _grouped(recent, rule.by).items():
        n = sum(rule.counts(one) for one in them)
        if rule.differ is not None:
            n = len({rule.differ(one) for one in them})
        if n >= rule.least:
            yield Signal(rule.kind, subject, n, _ids(them))


def _grouped(orders: Iterable[Seen], by: Callable[[Seen], str]) -> dict[str, list[Seen]]:
    groups: dict[str, list[Seen]] = defaultdict(list)
    for order in orders:
        subject = by(order)
        if subject:
            groups[subject].append(order)
    return groups


def _ids(orders: Sequence[Seen]) -> tuple[str, ...]:
    return tuple(order.id for order in orders[:MOST_ORDERS])


def watched_part(domain: str, watched: Collection[str]) -> str:
    """Return the watched domain that a domain is, or lies below; '' for none."""
    parts = domain.lower().split(".")
    for start in range(len(parts) - 1):
        name = ".".join(parts[start:])
        if name in watched:
            return name
    return ""


def clean_domain(text: str) -> str:
    """Return a domain in lower case, without what people type before it.

    Raises:
        ValueError: it is none.
    """
    domain = text.strip().lower().rpartition("@")[2].removeprefix("*.").rstrip(".")
    try:
        domain = domain.encode("idna").decode() if not domain.isascii() else domain
    except UnicodeError as error:
        raise ValueError("That is not a domain.") from error
    if not _DOMAIN.fullmatch(domain):
        raise ValueError("That is not a domain.")
    return domain
