"""Which entries of a ticket belong together. Twin: pwa/src/core/turns.js.

Vectors: shared/vectors/fold.
"""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

from handstamp.checkin.entry_rules import EntryRules, day_of
from handstamp.checkin.movements import FoldFact
from handstamp.checkin.rows import Ref
from handstamp.checkin.wire import OVERRIDE
from handstamp.kit.clock import Millis


class Turn(NamedTuple):
    """Entries that share one permission (R57).

    `at`: effective time of the first, ms. `entries`: greens and overrides. `by`: its winner, else
    its first override. `left`: an exit came after the last.
    """

    at: Millis
    entries: int
    by: Ref
    left: bool


class _Growing:
    """A turn while the facts are walked; `last` is the place of its last member."""

    __slots__ = ("at", "greens", "last", "limit", "overrides")

    def __init__(self, at: Millis) -> None:
        self.at = at
        self.limit = 0
        self.greens: list[FoldFact] = []
        self.overrides: list[FoldFact] = []
        self.last = 0

    def winners(self) -> list[FoldFact]:
        """Return as many as the turn lets in, scanned ones first (R22)."""
        if len(self.greens) <= self.limit:
            return self.greens
        return sorted(self.greens, key=lambda fact: not fact.scanned)[: self.limit]

    def best(self) -> FoldFact | None:
        """Return the first winner: the first green that is scanned, else the first green."""
        scanned = (fact for fact in self.greens if fact.scanned)
        return next(scanned, self.greens[0] if self.greens else None)


class Turns:
    """A ticket's turns on one list, from its movements in order."""

    def __init__(self) -> None:
        self.inside = False
        self._turns: list[_Growing] = []
        self._days: dict[Hashable, tuple[list[int], dict[int, _Growing]]] = {}
        self._place = 0
        self._exit = 0

    def enter(self, fact: FoldFact, rules: EntryRules) -> None:
        """Let the next admit or override join a turn, or begin one."""
        turn = self._joined(fact, rules)
        if turn is None:
            turn = _Growing(fact.time)
            self._turns.append(turn)
        self._place += 1
        turn.last = self._place
        turn.limit = max(turn.limit, rules.limit)
        (turn.overrides if fact.kind == OVERRIDE else turn.greens).append(fact)
        self.inside = True

    def leave(self) -> None:
        """Let the next exit end the last turn."""
        self._place += 1
        self._exit = self._place
        self.inside = False

    def _joined(self, fact: FoldFact, rules: EntryRules) -> _Growing | None:
        if not self._turns:
            return None
        if rules.entry == "per_day":
            return self._of_day(fact, rules)
        last = self._turns[-1]
        return None if rules.entry == "reentry" and last.last < self._exit else last

    def _of_day(self, fact: FoldFact, rules: EntryRules) -> _Growing | None:
        """Return the last turn that began on the fact's entry day.

        Each revision's days are noted once for each turn: a hostile ticket stays linear.
        """
        noted, found = self._days.setdefault(fact.rule_rev, ([0], {}))
        for turn in self._turns[noted[0] :]:
            found[day_of(rules.days, turn.at)] = turn
        noted[0] = len(self._turns)
        return found.get(day_of(rules.days, fact.time))

    @property
    def crowded(self) -> bool:
        """Tell whether a turn has more greens than it lets in."""
        return any(len(turn.greens) > turn.limit for turn in self._turns)

    def winner(self) -> FoldFact | None:
        """Return the first winner of the last turn that has a green."""
        return next((turn.best() for turn in reversed(self._turns) if turn.greens), None)

    def winners(self) -> set[Ref]:
        """Return every turn's winners."""
        return {fact.ref for turn in self._turns for fact in turn.winners()}

    def told(self) -> tuple[Turn, ...]:
        """Return the turns in the order in which they began."""
        return tuple(
            Turn(
                turn.at,
                len(turn.greens) + len(turn.overrides),
                (turn.best() or turn.overrides[0]).ref,
                turn.last < self._exit,
            )
            for turn in self._turns
        )


def turn_joined(rules: EntryRules, time: Millis, turns: Sequence[Turn]) -> Turn | None:
    """Return the turn that an entry at this time would join; None when it begins the next."""
    if rules.entry == "per_day":
        day = day_of(rules.days, time)
        same = (turn for turn in reversed(turns) if day_of(rules.days, turn.at) == day)
        return next(same, None)
    last = turns[-1] if turns else None
    return None if rules.entry == "reentry" and last and last.left else last
