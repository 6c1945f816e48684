"""How often a ticket may enter on a list, and what else its door watches; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from handstamp.kit import zones
from handstamp.kit.clock import Millis

N_ = str  # marks text for the catalogues; it is translated where it is shown
MODES = ("single", "reentry", "per_day")
MOST_PER_DAY = 99
UNDO_S = 300
LONGEST_UNDO_S = 86_400
DAY_START = "06:00"
MOST_GATES = 50
LONGEST_GATE = 80  # as long as the gate of a device


@dataclass(frozen=True)
class EntryRules:
    """A list's rules beside its tiers.

    `mode`: `single`, `reentry` (out and in again) or `per_day` (`per_day` entries between one
    `day_start`, a local time, and the next). `capacity` warns and refuses nothing. `undo_s`: how
    long a steward may take back the own last decision, in seconds.
    """

    mode: str = "single"
    per_day: int = 1
    day_start: str = DAY_START
    capacity: int | None = None
    undo_s: int = UNDO_S
    gates: tuple[str, ...] = ()


def entry_problem(entry: EntryRules) -> tuple[str, str]:
    """Return (field, what is wrong in plain words); two empty texts when it is right."""
    if entry.mode not in MODES:
        return "entry", N_("Choose how often a ticket may enter.")
    if entry.mode == "per_day" and not 1 <= entry.per_day <= MOST_PER_DAY:
        return "per_day", N_("A ticket may enter 1 to 99 times a day.")
    if entry.mode == "per_day" and not _is_time(entry.day_start):
        return "day_start", N_("Write the time at which a new day begins, like 06:00.")
    if entry.capacity is not None and not 1 <= entry.capacity <= 1_000_000:
        return "capacity", N_("A capacity is a whole number from 1 to 1000000.")
    if not 0 <= entry.undo_s <= LONGEST_UNDO_S:
        return "undo_s", N_("Taking back is possible for a day at most.")
    return ("gates", _gates_problem(entry.gates)) if _gates_problem(entry.gates) else ("", "")


def _gates_problem(gates: Sequence[str]) -> str:
    if len(gates) > MOST_GATES:
        return N_("A list may have 50 gates at most.")
    if not all(gate.strip() and len(gate) <= LONGEST_GATE and gate.isprintable() for gate in gates):
        return N_("A gate has a name of at most 80 letters, on one line.")
    return "" if len(set(gates)) == len(gates) else N_("A gate stands twice on the list.")


def _is_time(text: str) -> bool:
    try:
        found = time.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == len(DAY_START) and found.tzinfo is None


def entry_days(start: Millis, end: Millis, zone: str, day_start: str) -> list[Millis]:
    """Return when entry days begin, in ms UTC: from the day before `start` to the day after `end`.

    Phones know no time zones, so they are given the instants (R25).
    """
    at, place = time.fromisoformat(day_start), zones.zone(zone)
    first = datetime.fromtimestamp(start / 1000, UTC).astimezone(place).date() - timedelta(days=1)
    last = datetime.fromtimestamp(end / 1000, UTC).astimezone(place).date() + timedelta(days=1)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    begins = (datetime.combine(day, at, place).astimezone(UTC) for day in days)
    # A day that a zone left out begins with the one after it.
    return sorted({round(begin.timestamp()) * 1000 for begin in begins})


def entry_members(entry: EntryRules, days: Sequence[Millis]) -> dict[str, Any]:
    """Return the members of stored rules; what is as ever is left out."""
    members: dict[str, Any] = {"entry": entry.mode}
    if entry.mode == "per_day":
        members |= {"per_day": entry.per_day, "day_start": entry.day_start, "days": list(days)}
    if entry.capacity is not None:
        members["capacity"] = entry.capacity
    if entry.undo_s != UNDO_S:
        members["undo_s"] = entry.undo_s
    if entry.gates:
        members["gates"] = list(entry.gates)
    return members


def entry_of(stored: dict[str, Any]) -> EntryRules:
    """Read them back out of stored rules."""
    return EntryRules(
        mode=stored.get("entry", "single"),
        per_day=stored.get("per_day", 1),
        day_start=stored.get("day_start", DAY_START),
        capacity=stored.get("capacity"),
        undo_s=stored.get("undo_s", UNDO_S),
        gates=tuple(stored.get("gates", ())),
    )
