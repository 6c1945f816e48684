"""From a ticket's facts to its state on each list. Twin: pwa/src/core/fold.js.

Vectors: shared/vectors/fold.
"""

from collections.abc import Collection, Iterable, Mapping
from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple

from handstamp.checkin.rows import BACKED, PROVEN, SCANNED, FactRow, Ref
from handstamp.checkin.wire import ADMIT, DENY

_Place = tuple[int, int, int, int]


class FoldFact(NamedTuple):
    """What the fold reads of a fact; `time` is the effective time in ms (R18)."""

    device: int
    number: int
    tag: int
    kind: int
    list_no: int
    rule_rev: int
    epoch: int
    how: int
    scanned: bool
    time: int
    proven: bool
    backed: bool
    seen: tuple[Ref, ...]
    target: Ref | None

    @property
    def ref(self) -> Ref:
        """The fact's identity."""
        return (self.device, self.number, self.tag)


class ListState(NamedTuple):
    """What the facts say of the ticket on one list; refs stand in the order of R19."""

    winner: Ref | None
    greens: tuple[Ref, ...]
    losers: tuple[Ref, ...]
    old: tuple[Ref, ...]
    unproven: tuple[Ref, ...]
    pending: tuple[Ref, ...]
    conflict: str


class State(NamedTuple):
    """The known epoch (0 when neither ticket nor fact names one) and each list a fact names."""

    epoch: int
    lists: dict[int, ListState]


def fold(
    facts: Iterable[FoldFact], epoch: int | None, rules: Mapping[int, Collection[int]]
) -> State:
    """Fold a ticket's facts; `epoch` is the listed ticket's, `rules` the revisions of each list.

    O((n + e) log n) for n facts with e refs in `seen`, whoever wrote them.
    """
    distinct = _distinct(facts)
    folding: list[FoldFact] = []
    pending: dict[int, list[Ref]] = {}
    for fact in distinct.values():
        if fact.kind == DENY:
            continue
        if fact.kind == ADMIT and fact.rule_rev in rules.get(fact.list_no, ()):
            folding.append(fact)
        else:
            pending.setdefault(fact.list_no, []).append(fact.ref)
    known = max([epoch or 0, *(fact.epoch for fact in folding)])
    by_list: dict[int, list[FoldFact]] = {}
    for fact in _ordered(folding):
        by_list.setdefault(fact.list_no, []).append(fact)
    return State(
        known,
        {
            list_no: _list_state(by_list.get(list_no, []), known, sorted(pending.get(list_no, [])))
            for list_no in sorted({*by_list, *pending})
        },
    )


def _distinct(facts: Iterable[FoldFact]) -> dict[Ref, FoldFact]:
    """Keep one copy of each fact: the least by time, then by what is proven of it."""
    kept: dict[Ref, FoldFact] = {}
    for fact in facts:
        held = kept.get(fact.ref)
        if held is None or _copy_rank(fact) < _copy_rank(held):
            kept[fact.ref] = fact
    return kept


def _copy_rank(fact: FoldFact) -> tuple[int, bool, bool, bool]:
    return (fact.time, fact.proven, fact.backed, fact.scanned)


def _list_state(ordered: list[FoldFact], known: int, pending: list[Ref]) -> ListState:
    greens = [fact for fact in ordered if fact.epoch == known]
    old = tuple(fact.ref for fact in ordered if fact.epoch < known)
    winner = next((fact.ref for fact in greens if fact.scanned), greens[0].ref if greens else None)
    without_double = "superseded" if old else ""
    return ListState(
        winner=winner,
        greens=tuple(fact.ref for fact in greens),
        losers=tuple(fact.ref for fact in greens if fact.ref != winner),
        old=old,
        unproven=tuple(fact.ref for fact in ordered if not fact.backed and not fact.proven),
        pending=tuple(pending),
        conflict="double" if len(greens) > 1 else without_double,
    )


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


def _ordered(facts: list[FoldFact]) -> list[FoldFact]:
    """Put facts in the order of R19."""
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


def fact_of_row(row: FactRow) -> FoldFact:
    """Read a fed fact (R36) for the fold."""
    return FoldFact(
        device=row.device,
        number=row.number,
        tag=row.tag,
        kind=row.kind,
        list_no=row.list_no,
        rule_rev=row.rule_rev,
        epoch=row.epoch,
        how=row.how,
        scanned=bool(row.flags & SCANNED),
        time=row.time,
        proven=bool(row.flags & PROVEN),
        backed=bool(row.flags & BACKED),
        seen=row.seen,
        target=row.target,
    )


def state_to_json(state: State) -> dict[str, Any]:
    """Write a state as `schemas/fold.schema.json` has it."""
    return {
        "epoch": state.epoch,
        "lists": {
            str(list_no): {
                "winner": None if of.winner is None else [*of.winner],
                "greens": [[*ref] for ref in of.greens],
                "losers": [[*ref] for ref in of.losers],
                "old": [[*ref] for ref in of.old],
                "unproven": [[*ref] for ref in of.unproven],
                "pending": [[*ref] for ref in of.pending],
                "conflict": of.conflict,
            }
            for list_no, of in state.lists.items()
        },
    }
