"""The order of facts. Twin: pwa/src/core/places.js.

Vectors: shared/vectors/fold.
"""

from collections.abc import Iterable
from heapq import heapify, heappop, heappush

from handstamp.checkin.movements import FoldFact
from handstamp.checkin.rows import Ref

_Place = tuple[int, int, int, int]


def in_order(facts: list[FoldFact]) -> list[FoldFact]:
    """Put distinct facts in the order of R19: O((n + e) log n) for e refs in `seen`."""
    if len(facts) < 2:  # nearly every ticket: the door's hot path
        return facts
    by_ref = {fact.ref: fact for fact in facts}
    logs = _Logs(facts)
    blockers = dict.fromkeys(by_ref, 0)
    followers: dict[Ref, list[Ref]] = {}
    for ref in logs.waiting():
        blockers[ref] += 1
    for fact in facts:
        for seen in set(fact.seen):
            if seen in by_ref:
                blockers[fact.ref] += 1
                followers.setdefault(seen, []).append(fact.ref)
    free = [_place(by_ref[ref]) for ref, count in blockers.items() if not count]
    remaining = [_place(fact) for fact in facts]
    heapify(free)
    heapify(remaining)
    done: set[Ref] = set()
    order: list[FoldFact] = []
    while len(order) < len(facts):
        place = heappop(free) if free else heappop(remaining)
        ref = place[1:]
        if ref in done:
            continue
        done.add(ref)
        fact = by_ref[ref]
        order.append(fact)
        for later in (*logs.placed(fact), *followers.get(ref, ())):
            blockers[later] -= 1
            if not blockers[later] and later not in done:
                heappush(free, _place(by_ref[later]))
    return order


def _place(fact: FoldFact) -> _Place:
    return (fact.time, fact.device, fact.number, fact.tag)


class _Logs:
    """Which facts of each device wait for facts of that device with lesser numbers.

    A device that forked has several facts under one number; counting what remains of each
    number, instead of drawing an edge from each fact to each, keeps a hostile log linear.
    """

    def __init__(self, facts: list[FoldFact]) -> None:
        self._numbers: dict[int, list[int]] = {}
        self._left: dict[tuple[int, int], list[Ref]] = {}
        self._count: dict[tuple[int, int], int] = {}
        for fact in facts:
            key = (fact.device, fact.number)
            if key not in self._left:
                self._left[key] = []
                self._numbers.setdefault(fact.device, []).append(fact.number)
            self._left[key].append(fact.ref)
            self._count[key] = len(self._left[key])
        for numbers in self._numbers.values():
            numbers.sort(reverse=True)

    def waiting(self) -> Iterable[Ref]:
        """Every fact that has a lesser number of its device before it."""
        for device, numbers in self._numbers.items():
            for number in numbers[:-1]:
                yield from self._left[device, number]

    def placed(self, fact: FoldFact) -> Iterable[Ref]:
        """Note a placed fact; yield those that its device's log now lets go on."""
        self._count[fact.device, fact.number] -= 1
        numbers = self._numbers[fact.device]
        while numbers and not self._count[fact.device, numbers[-1]]:
            numbers.pop()
            if numbers:
                yield from self._left[fact.device, numbers[-1]]
