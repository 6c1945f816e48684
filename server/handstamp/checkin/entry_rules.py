"""How often a list lets the same ticket in. Twin: pwa/src/core/entry-rules.js.

Vectors: shared/vectors/fold, shared/vectors/verdict.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from handstamp.kit.clock import Millis

UNDO_S = 300  # how long a steward may take back, where the list says nothing


class EntryRules(NamedTuple):
    """One revision's rules of movement (R57).

    `entry`: `single`, `reentry` or `per_day`. `limit`: how many one turn lets in. `days`: when
    entry days begin, ascending. `capacity`: inside at most, None where nothing warns. `undo_s`:
    seconds in which a steward may take back.
    """

    entry: str
    limit: int
    days: tuple[Millis, ...]
    capacity: int | None
    undo_s: int


SINGLE = EntryRules("single", 1, (), None, UNDO_S)


def entry_rules_of(rules: Mapping[str, Any]) -> EntryRules:
    """Read the rules of a list's revision; an entry that is not known is `single`."""
    entry = rules.get("entry")
    per_day = entry == "per_day"
    return EntryRules(
        entry=entry if entry in ("reentry", "per_day") else "single",
        limit=rules.get("per_day", 1) if per_day else 1,
        days=tuple(rules.get("days", ())) if per_day else (),
        capacity=rules.get("capacity"),
        undo_s=rules.get("undo_s", UNDO_S),
    )


def day_of(days: Sequence[Millis], time: Millis) -> int:
    """Return how many entry days have begun."""
    return bisect_right(days, time)
