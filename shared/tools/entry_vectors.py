"""Vectors of entering again and of leaving; what is right is written here by hand."""

from typing import Any

from shared.tools.token_vectors import Vector
from shared.tools.verdict_vectors import (
    LIST,
    NOW,
    OTHER,
    REF,
    TICKET,
    TOKEN,
    UNKNOWN,
    VALID,
    base,
    entry,
    foreign,
    out,
    search,
    state,
    ticket,
    token,
    unread,
)

DAYS = [NOW - 500, NOW - 100, NOW + 100]


def rules(entry_name: str, **over: Any) -> Vector:
    """List 1 with these rules of movement."""
    return {**LIST, "rules": {**LIST["rules"], "entry": entry_name, **over}}  # type: ignore[dict-item]


def turn(at: int, entries: int = 1, by: list[int] = REF, left: bool = False) -> Vector:
    """Entries that share one permission."""
    return {"at": at, "entries": entries, "by": by, "left": left}


def turns(*of: Vector, **over: Any) -> Vector:
    """A state of list 1 with these turns."""
    winner = of[-1]["by"] if of else None
    return state(winner=winner, greens=[one["by"] for one in of], turns=[*of], **over)


REENTRY = rules("reentry")
DAILY = rules("per_day", per_day=1, days=DAYS)
TWICE = rules("per_day", per_day=2, days=DAYS)
USED = out("already_used", used=REF)
USED_BY_OTHER = out("already_used", used=OTHER)
FULL = out("valid", True, ("over_capacity",))
CROWDED = rules("single", capacity=10)

# name: (clause, members that differ from a valid ticket, what is right)
ENTER: dict[str, tuple[str, Vector, Vector]] = {
    "single, and left": ("R59", {"state": turns(turn(5, left=True))}, USED),
    "re-entry, first": ("R59", {"list": REENTRY}, VALID),
    "re-entry, still in": ("R59", {"list": REENTRY, "state": turns(turn(5))}, USED),
    "re-entry, and left": ("R59", {"list": REENTRY, "state": turns(turn(5, left=True))}, VALID),
    "re-entry, in the second time": (
        "R59",
        {"list": REENTRY, "state": turns(turn(5, left=True), turn(9, by=OTHER))},
        USED_BY_OTHER,
    ),
    "an entry that nobody knows is single": (
        "R59",
        {"list": rules("by_moonlight"), "state": turns(turn(5, left=True))},
        USED,
    ),
    "once a day, today": ("R59", {"list": DAILY, "state": turns(turn(NOW - 100))}, USED),
    "once a day, yesterday": ("R59", {"list": DAILY, "state": turns(turn(NOW - 101))}, VALID),
    "once a day, tomorrow": ("R59", {"list": DAILY, "state": turns(turn(NOW + 100))}, VALID),
    "once a day, today and left": (
        "R59",
        {"list": DAILY, "state": turns(turn(NOW - 5, left=True))},
        USED,
    ),
    "twice a day, once today": ("R59", {"list": TWICE, "state": turns(turn(NOW - 5))}, VALID),
    "twice a day, twice today": ("R59", {"list": TWICE, "state": turns(turn(NOW - 5, 2))}, USED),
    "twice a day, by another rule once more today": (
        "R59",
        {"list": TWICE, "state": turns(turn(NOW - 9, 2), turn(NOW - 5, by=OTHER))},
        VALID,
    ),
    "once a day, without days": (
        "R59",
        {"list": rules("per_day"), "state": turns(turn(5))},
        USED,
    ),
    "let in on purpose": (
        "R55",
        {"state": state(overrides=[REF], inside=True, entries=1, turns=[turn(5)])},
        USED,
    ),
    "a greater epoch than that of the turns": (
        "R29",
        {"token": token(epoch=3), "list": REENTRY, "state": turns(turn(5))},
        out("unknown", True, ("by_policy", "flagged", "old_code_admitted")),
    ),
    "left, and an old code was admitted": (
        "R29",
        {"list": REENTRY, "state": turns(turn(5, left=True), old=[OTHER])},
        out("valid", True, ("old_code_admitted",)),
    ),
    "room for one more": ("R58", {"list": CROWDED, "inside": 9}, VALID),
    "full": ("R58", {"list": CROWDED, "inside": 10}, FULL),
    "fuller": ("R58", {"list": CROWDED, "inside": 11}, FULL),
    "nobody counts": ("R58", {"list": CROWDED, "inside": None}, VALID),
    "nothing warns": ("R58", {"inside": 10**6}, VALID),
    "full, and refused": (
        "R58",
        {"list": CROWDED, "inside": 10, "ticket": ticket(status=1)},
        out("refunded"),
    ),
    "full, and not listed": (
        "R58",
        {"list": CROWDED, "inside": 10, **UNKNOWN},
        out("unknown", True, ("by_policy", "flagged", "over_capacity")),
    ),
}

IN = turns(turn(5))
OUT = turns(turn(5, left=True), inside=False, exits=[OTHER])
NOT_IN = out("not_inside")

LEAVE: dict[str, tuple[str, Vector, Vector]] = {
    "inside": ("R60", {"state": IN}, VALID),
    "not inside": ("R60", {}, NOT_IN),
    "inside by another list": ("R60", {"state": state(number="2", winner=REF)}, NOT_IN),
    "left already": ("R60", {"state": OUT}, out("not_inside", used=OTHER)),
    "let in on purpose": (
        "R60",
        {"state": state(overrides=[REF], inside=True, entries=1, turns=[turn(5)])},
        VALID,
    ),
    "refunded while inside": ("R60", {"state": IN, "ticket": ticket(status=1)}, VALID),
    "of a tier that may not enter": ("R60", {"state": IN, "ticket": ticket(tier=9)}, VALID),
    "after the last window": ("R60", {"state": IN, "list": entry((None, NOW - 1))}, VALID),
    "not listed, inside": ("R60", {"state": IN, **UNKNOWN}, VALID),
    "not listed, not inside": ("R60", UNKNOWN, NOT_IN),
    "an old code": ("R60", {"state": IN, "token": token(epoch=1)}, out("superseded")),
    "a greater epoch": ("R60", {"state": IN, "token": token(epoch=3)}, NOT_IN),
    "picked from a search": ("R60", {"state": IN, "token": search}, VALID),
    "found by its code": ("R60", {"state": IN, "token": foreign}, VALID),
    "picked, not listed": ("R60", {"token": search, **UNKNOWN}, out("not_a_ticket")),
    "not a ticket": ("R60", {"token": unread("not_a_ticket")}, out("not_a_ticket")),
    "a code that nobody has": (
        "R60",
        {"token": unread("unlisted"), **UNKNOWN},
        out("unknown", False, ("unlisted_code",)),
    ),
    "forged": ("R60", {"token": token(check="forged")}, out("forged")),
    "unknown key": ("R60", {"token": token(check="unknown_key")}, out("list_too_old")),
    "another event": ("R60", {"token": token(event=6)}, out("wrong_event")),
}


def _leaving(over: Vector) -> Vector:
    given = {"token": TOKEN, "event": base()["event"], "ticket": TICKET, "list": LIST}
    return {**given, "state": None, **over}


def files() -> dict[str, Vector]:
    """The other files of vectors/verdict."""
    return {
        "verdict/entry.json": {
            "title": "What is shown to somebody who was in before, or when it is full",
            "clauses": ["R29", "R55", "R58", "R59"],
            "vectors": [
                {"name": name, "clause": clause, "input": base(**over), "output": right}
                for name, (clause, over, right) in ENTER.items()
            ],
        },
        "verdict/leave.json": {
            "title": "What is shown to somebody who leaves",
            "clauses": ["R60"],
            "vectors": [
                {"name": name, "clause": clause, "input": _leaving(over), "output": right}
                for name, (clause, over, right) in LEAVE.items()
            ],
        },
    }
