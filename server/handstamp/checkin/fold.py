"""From a ticket's facts to its state on each list. Twin: pwa/src/core/fold.js.

Vectors: shared/vectors/fold. The order is in `places`, turns in `turns`, what is taken back in
`undo`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from handstamp.checkin.entry_rules import entry_rules_of
from handstamp.checkin.movements import MOVEMENTS, FoldFact, by_ref
from handstamp.checkin.places import in_order
from handstamp.checkin.rows import ALLOWED, BACKED, PROVEN, SCANNED, TIMELY, FactRow, Ref
from handstamp.checkin.turns import Turn, Turns
from handstamp.checkin.undo import Settled, settle
from handstamp.checkin.wire import ADMIT, DENY, EXIT, OVERRIDE, UNDO

RulesByRevision = Mapping[int, Mapping[int, Mapping[str, Any]]]  # list -> revision -> rules
_NO_VOIDS: Mapping[int, int] = {}


class ListState(NamedTuple):
    """What the facts say of the ticket on one list.

    Refs stand in the order of R19 up to `overrides`, by ref from `undone` on. `entries`: how
    often it was let in. `undone`: taken away by `undos`. `refused`: undos and overrides without
    effect. `void`: facts that count as not there (R53).
    """

    winner: Ref | None
    greens: tuple[Ref, ...]
    losers: tuple[Ref, ...]
    old: tuple[Ref, ...]
    unproven: tuple[Ref, ...]
    exits: tuple[Ref, ...] = ()
    overrides: tuple[Ref, ...] = ()
    undone: tuple[Ref, ...] = ()
    undos: tuple[Ref, ...] = ()
    refused: tuple[Ref, ...] = ()
    void: tuple[Ref, ...] = ()
    pending: tuple[Ref, ...] = ()
    conflict: str = ""
    inside: bool = False
    entries: int = 0
    turns: tuple[Turn, ...] = ()


class State(NamedTuple):
    """The known epoch (0 when neither ticket nor fact names one) and each list a fact names."""

    epoch: int
    lists: dict[int, ListState]


class _OfList:
    """The facts of one list, sorted by what becomes of them."""

    __slots__ = ("moves", "pending", "refused", "undone", "undos", "void")

    def __init__(self) -> None:
        self.moves: list[FoldFact] = []
        self.pending: list[FoldFact] = []
        self.refused: list[FoldFact] = []
        self.undone: list[FoldFact] = []
        self.undos: list[FoldFact] = []
        self.void: list[FoldFact] = []


def fold(
    facts: Iterable[FoldFact],
    epoch: int | None,
    rules: RulesByRevision,
    voids: Mapping[int, int] = _NO_VOIDS,
) -> State:
    """Fold a ticket's facts; `epoch` is the listed ticket's.

    `rules`: every known revision of each list. `voids`: of some devices, the number from which
    on their facts count as not there (R53). O((n + e) log n) for n facts with e refs in `seen`,
    whoever wrote them.
    """
    distinct = _distinct(facts)
    if len(distinct) == 1:  # nearly every ticket: the door's hot path
        (only,) = distinct.values()
        known_rules = only.rule_rev in rules.get(only.list_no, ())
        if only.kind == ADMIT and known_rules and only.device not in voids:
            return _state_of_one(only, epoch or 0)
    by_list: dict[int, _OfList] = {}
    moves = _sort_out(distinct, rules, voids, by_list)
    known = epoch or 0
    for fact in moves:
        known = max(known, fact.epoch)
    for fact in in_order(moves):
        by_list[fact.list_no].moves.append(fact)
    return State(
        known,
        {
            list_no: _list_state(by_list[list_no], known, rules.get(list_no, {}))
            for list_no in sorted(by_list)
        },
    )


def _state_of_one(admit: FoldFact, epoch: int) -> State:
    """Return what one admit by itself comes to, whatever the list's rules."""
    ref = admit.ref
    unproven = () if admit.backed or admit.proven else (ref,)
    if admit.epoch < epoch:
        of = ListState(None, (), (), (ref,), unproven, conflict="superseded")
    else:
        turns = (Turn(admit.time, 1, ref, left=False),)
        of = ListState(ref, (ref,), (), (), unproven, inside=True, entries=1, turns=turns)
    return State(max(epoch, admit.epoch), {admit.list_no: of})


def _distinct(facts: Iterable[FoldFact]) -> dict[Ref, FoldFact]:
    """Keep one copy of each fact: the least by time, then by what is proven of it."""
    kept: dict[Ref, FoldFact] = {}
    for fact in facts:
        held = kept.get(fact.ref)
        if held is None or _copy_rank(fact) < _copy_rank(held):
            kept[fact.ref] = fact
    return kept


def _copy_rank(fact: FoldFact) -> tuple[int, bool, bool, bool, bool, bool]:
    return (fact.time, fact.proven, fact.backed, fact.scanned, fact.allowed, fact.timely)


def _sort_out(
    distinct: Mapping[Ref, FoldFact],
    rules: RulesByRevision,
    voids: Mapping[int, int],
    by_list: dict[int, _OfList],
) -> list[FoldFact]:
    """Note what does not move; return the movements that do, of all lists together."""
    there: dict[Ref, FoldFact] = {}
    undos: list[FoldFact] = []
    for ref, fact in distinct.items():
        if fact.kind == DENY:
            continue
        of = by_list.setdefault(fact.list_no, _OfList())
        if fact.number >= voids.get(fact.device, fact.number + 1):
            of.void.append(fact)
        elif fact.kind == UNDO and fact.rule_rev in rules.get(fact.list_no, ()):
            there[ref] = fact
            undos.append(fact)
        else:
            there[ref] = fact
    settled = settle(undos, there)
    _note_undos(settled, by_list)
    moves: list[FoldFact] = []
    known_undos = {undo.ref for undo in undos}
    for ref, fact in there.items():
        of = by_list[fact.list_no]
        if ref in settled.undone:
            of.undone.append(fact)
        elif ref in known_undos:
            continue
        elif fact.kind not in MOVEMENTS or fact.rule_rev not in rules.get(fact.list_no, ()):
            of.pending.append(fact)
        elif fact.kind == OVERRIDE and not fact.allowed:
            of.refused.append(fact)
        else:
            moves.append(fact)
    return moves


def _note_undos(settled: Settled, by_list: dict[int, _OfList]) -> None:
    for undo in settled.undos:
        by_list[undo.list_no].undos.append(undo)
    for undo in settled.pending:
        by_list[undo.list_no].pending.append(undo)
    for undo in settled.refused:
        by_list[undo.list_no].refused.append(undo)


def _list_state(of: _OfList, known: int, rules: Mapping[int, Mapping[str, Any]]) -> ListState:
    turns = Turns()
    parsed = {rev: entry_rules_of(rules[rev]) for rev in {fact.rule_rev for fact in of.moves}}
    greens: list[FoldFact] = []
    old: list[FoldFact] = []
    entries = 0
    for fact in of.moves:
        current = fact.epoch == known
        if fact.kind == ADMIT:
            (greens if current else old).append(fact)
        if current and fact.kind == EXIT:
            turns.leave()
        elif current:
            turns.enter(fact, parsed[fact.rule_rev])
            entries += 1
    winner = turns.winner()
    winners = turns.winners()
    without_double = "superseded" if old else ""
    return ListState(
        winner=winner.ref if winner else None,
        greens=_refs(greens),
        losers=tuple(fact.ref for fact in greens if fact.ref not in winners),
        old=_refs(old),
        unproven=tuple(fact.ref for fact in of.moves if not fact.backed and not fact.proven),
        exits=tuple(fact.ref for fact in of.moves if fact.kind == EXIT),
        overrides=tuple(fact.ref for fact in of.moves if fact.kind == OVERRIDE),
        undone=_sorted(of.undone),
        undos=_sorted(of.undos),
        refused=_sorted(of.refused),
        void=_sorted(of.void),
        pending=_sorted(of.pending),
        conflict="double" if turns.crowded else without_double,
        inside=turns.inside,
        entries=entries,
        turns=turns.told(),
    )


def _refs(facts: Sequence[FoldFact]) -> tuple[Ref, ...]:
    return tuple(fact.ref for fact in facts)


def _sorted(facts: list[FoldFact]) -> tuple[Ref, ...]:
    return _refs(sorted(facts, key=by_ref)) if facts else ()


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
        allowed=bool(row.flags & ALLOWED),
        timely=bool(row.flags & TIMELY),
    )


REFS = (
    "greens", "losers", "old", "unproven", "exits", "overrides", "undone", "undos", "refused",
    "void", "pending",
)  # fmt: skip


def state_to_json(state: State) -> dict[str, Any]:
    """Write a state as `schemas/fold.schema.json` has it."""
    return {
        "epoch": state.epoch,
        "lists": {
            str(list_no): {
                "winner": None if of.winner is None else [*of.winner],
                **{name: [[*ref] for ref in getattr(of, name)] for name in REFS},
                "conflict": of.conflict,
                "inside": of.inside,
                "entries": of.entries,
                "turns": [{**turn._asdict(), "by": [*turn.by]} for turn in of.turns],
            }
            for list_no, of in state.lists.items()
        },
    }
