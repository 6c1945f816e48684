"""Who may take what back, and what is taken back. Twin: pwa/src/core/undo.js.

Vectors: shared/vectors/fold.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from handstamp.checkin.movements import MOVEMENTS, FoldFact, by_ref
from handstamp.checkin.rows import ALLOWED, TIMELY, Ref
from handstamp.checkin.wire import OVERRIDE, UNDO, Fact


class Settled(NamedTuple):
    """What undos do: facts taken away, undos that took effect, that wait, that are refused."""

    undone: frozenset[Ref]
    undos: list[FoldFact]
    pending: list[FoldFact]
    refused: list[FoldFact]


NOTHING = Settled(frozenset(), [], [], [])


def grants(fact: Fact, target: Fact | None, *, supervisor: bool, undo_s: int) -> int:
    """Return what the maker of an undo or override was granted, as bits of R36 (R56).

    `target`: the undone fact when its device's log is known. `undo_s`: seconds, of the revision
    that the undo names.
    """
    if fact.kind not in (UNDO, OVERRIDE):
        return 0
    if supervisor:
        return ALLOWED
    if fact.kind == OVERRIDE or target is None:
        return 0
    own = target.device == fact.device and target.number < fact.number
    same = target.serial == fact.serial and target.list_no == fact.list_no
    passed = fact.clock - target.clock
    return TIMELY if own and same and 0 <= passed <= undo_s * 1000 else 0


def settle(undos: Collection[FoldFact], there: Mapping[Ref, FoldFact]) -> Settled:
    """Say what these undos do to the facts that are there (R54)."""
    if not undos:
        return NOTHING
    settled = Settled(frozenset(), [], [], [])
    timely: list[FoldFact] = []
    undone: set[Ref] = set()
    for undo in undos:
        target = there.get(undo.target) if undo.target else None
        if target is None:
            settled.pending.append(undo)
        elif target.kind not in MOVEMENTS or target.list_no != undo.list_no:
            settled.refused.append(undo)
        elif undo.allowed:
            settled.undos.append(undo)
            undone.add(target.ref)
        elif undo.timely and target.device == undo.device and target.number < undo.number:
            timely.append(undo)
        else:
            settled.refused.append(undo)
    logs = _Logs(there.values(), undone)
    for undo in sorted(timely, key=by_ref):
        assert undo.target is not None
        if logs.take_back(undo, undo.target):
            settled.undos.append(undo)
            undone.add(undo.target)
        else:
            settled.refused.append(undo)
    return settled._replace(undone=frozenset(undone))


class _Logs:
    """Each device's movements that are left, from its undos' point of view, in their order."""

    def __init__(self, facts: Iterable[FoldFact], undone: Collection[Ref]) -> None:
        self._ahead: dict[int, list[Ref]] = {}
        self._behind: dict[int, list[tuple[int, set[Ref]]]] = {}
        for fact in sorted(facts, key=by_ref, reverse=True):
            if fact.kind in MOVEMENTS and fact.ref not in undone:
                self._ahead.setdefault(fact.device, []).append(fact.ref)

    def take_back(self, undo: FoldFact, target: Ref) -> bool:
        """Take the target away if no later movement before the undo is left."""
        ahead = self._ahead.get(undo.device, [])
        behind = self._behind.setdefault(undo.device, [])
        while ahead and ahead[-1][1] < undo.number:
            ref = ahead.pop()
            if behind and behind[-1][0] == ref[1]:
                behind[-1][1].add(ref)
            else:
                behind.append((ref[1], {ref}))
        if behind and behind[-1][0] > target[1]:
            return False
        if behind and behind[-1][0] == target[1]:
            behind[-1][1].discard(target)
            if not behind[-1][1]:
                behind.pop()
        return True
