"""Which ticket goes to whom: first paid, first served; exact variants before any other; pure."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from handstamp.kit.clock import MINUTE, Millis

FALLBACKS = ("none", "any", "closest")
SLACK: Millis = 15 * MINUTE  # by which an entry time is widened on both sides


class Wish(NamedTuple):
    """Somebody who has paid and waits; served in the order of (confirmed_at, id)."""

    id: str
    tier: str
    confirmed_at: Millis


class Spare(NamedTuple):
    """A ticket that is free; given out in the order of (created_at, line, id)."""

    id: str
    tier: str
    created_at: Millis
    line: int


class EntryWindow(NamedTuple):
    """When a tier may enter: from (inclusive) until (exclusive); `number` decides ties."""

    number: int
    opens: Millis
    closes: Millis


class Pair(NamedTuple):
    """A ticket for a wish; `how`: exact, any or closest, `score` in thousandths for closest."""

    demand_id: str
    ticket_id: str
    how: str
    score: int | None = None


class Matching(NamedTuple):
    """Who gets what, and who and what is left, each in the order of service."""

    pairs: list[Pair]
    left_demands: list[Wish]
    left_tickets: list[Spare]


def match(
    demands: Iterable[Wish],
    tickets: Iterable[Spare],
    fallback: str = "none",
    windows: Mapping[str, EntryWindow] | None = None,
) -> Matching:
    """Match wishes and tickets of one event, given in any order.

    Every wish first gets a ticket of its own tier. Only who is left then gets another one,
    in the same order: with `any` the oldest that is left; with `closest` the oldest of the tier
    whose entry window overlaps most.

    Args:
        windows: entry windows by tier id; a tier without one is close to none.
    """
    wishes = sorted(demands, key=lambda one: (one.confirmed_at, one.id))
    queues: dict[str, deque[Spare]] = defaultdict(deque)
    for spare in sorted(tickets, key=_age):
        queues[spare.tier].append(spare)
    pairs, waiting = [], []
    for wish in wishes:
        if queues[wish.tier]:
            pairs.append(Pair(wish.id, queues[wish.tier].popleft().id, "exact"))
        else:
            waiting.append(wish)
    second = list(_second(waiting, queues, fallback, windows or {}))
    served = {pair.demand_id for pair in second}
    left = sorted((spare for queue in queues.values() for spare in queue), key=_age)
    return Matching(pairs + second, [one for one in waiting if one.id not in served], left)


def similarity(one: EntryWindow, other: EntryWindow) -> Fraction:
    """Return Jaccard's similarity of two windows, each widened by a quarter of an hour."""
    opens, closes = one.opens - SLACK, one.closes + SLACK
    other_opens, other_closes = other.opens - SLACK, other.closes + SLACK
    shared = min(closes, other_closes) - max(opens, other_opens)
    if shared <= 0:
        return Fraction(0)
    return Fraction(shared, max(closes, other_closes) - min(opens, other_opens))


def _age(spare: Spare) -> tuple[Millis, int, str]:
    return spare.created_at, spare.line, spare.id


def _second(
    waiting: Sequence[Wish],
    queues: Mapping[str, deque[Spare]],
    fallback: str,
    windows: Mapping[str, EntryWindow],
) -> Iterator[Pair]:
    if fallback == "any":
        left = sorted((spare for queue in queues.values() for spare in queue), key=_age)
        for wish, spare in zip(waiting, left, strict=False):
            queues[spare.tier].popleft()
            yield Pair(wish.id, spare.id, "any")
    elif fallback == "closest":
        near = {tier: _nearest(tier, queues, windows) for tier in {one.tier for one in waiting}}
        for wish in waiting:
            for tier, score in near[wish.tier]:
                if queues[tier]:
                    thousandths = int(score * 1000)
                    yield Pair(wish.id, queues[tier].popleft().id, "closest", thousandths)
                    break


def _nearest(
    tier: str, among: Iterable[str], windows: Mapping[str, EntryWindow]
) -> list[tuple[str, Fraction]]:
    """Return the tiers that overlap with one, the most similar first."""
    own = windows.get(tier)
    if own is None:
        return []
    scored = [
        (other, similarity(own, windows[other]))
        for other in among
        if other != tier and other in windows
    ]
    ranked = sorted(scored, key=lambda one: (-one[1], windows[one[0]].number))
    return [(other, score) for other, score in ranked if score > 0]
