"""Vectors of the fold; what is right is written here by hand, not computed."""

from typing import Any

from shared.tools.token_vectors import Vector

Ref = list[int]
# name: (clause, epoch of the ticket, facts, epoch out, lists out)
Cases = dict[str, tuple[str, int | None, list[Vector], int, Vector]]


def fact(device: int, number: int, time: int, **over: Any) -> Vector:
    """A proven scan that admits on list 1; its tag is 100 x device + number."""
    plain = {
        "device": device,
        "number": number,
        "tag": 100 * device + number,
        "kind": 1,
        "list": 1,
        "rule": 1,
        "epoch": 1,
        "how": 1,
        "scanned": True,
        "time": time,
        "proven": True,
        "backed": False,
        "seen": [],
        "target": None,
    }
    return {**plain, **over}


def ref(device: int, number: int) -> Ref:
    """The ref that `fact` gives."""
    return [device, number, 100 * device + number]


def on(*greens: Ref, **over: Any) -> Vector:
    """A list's state: the first green wins unless `winner` says otherwise.

    Without `turns` all greens are one turn; `with_turn` says when it began.
    """
    winner = over.pop("winner", greens[0] if greens else None)
    old = over.get("old", [])
    conflict = "double" if len(greens) > 1 else "superseded" if old else ""
    return {
        "winner": winner,
        "greens": [*greens],
        "losers": [green for green in greens if green != winner],
        **{name: [] for name in ("old", "unproven", "exits", "overrides", "undone", "undos")},
        **{name: [] for name in ("refused", "void", "pending")},
        "conflict": conflict,
        "inside": bool(greens),
        "entries": len(greens),
        "turns": None,
        **over,
    }


def turn(at: int, entries: int, by: Ref, left: bool = False) -> Vector:
    """Entries that share one permission."""
    return {"at": at, "entries": entries, "by": by, "left": left}


def with_turn(of: Vector, facts: list[Vector]) -> Vector:
    """Write the one turn of a list of single entries: it began with the first green."""
    if of["turns"] is not None:
        return of
    times = {
        (fact["device"], fact["number"], fact["tag"]): fact["time"]
        for fact in sorted(facts, key=lambda fact: -fact["time"])
    }
    greens = of["greens"]
    only = [turn(times[tuple(greens[0])], len(greens), of["winner"])] if greens else []
    return {**of, "turns": only}


def vectors_of(cases: Cases, rules: Vector) -> list[Vector]:
    """Return the vectors of a file of folds."""
    return [
        {
            "name": name,
            "clause": clause,
            "input": {"epoch": epoch, "rules": rules, "facts": facts},
            "output": {
                "epoch": known,
                "lists": {number: with_turn(of, facts) for number, of in lists.items()},
            },
        }
        for name, (clause, epoch, facts, known, lists) in cases.items()
    ]


A, B, C = ref(1, 1), ref(2, 1), ref(3, 1)
A2, A3 = ref(1, 2), ref(1, 3)
FORK = [1, 1, 9]

CASES: Cases = {
    "no facts": ("R20", 3, [], 3, {}),
    "no facts, not listed": ("R20", None, [], 0, {}),
    "one admit": ("R22", 1, [fact(1, 1, 50)], 1, {"1": on(A)}),
    "a denial alone": ("R21", 1, [fact(1, 1, 50, kind=2)], 1, {}),
    "a denial of a greater epoch": ("R21", 1, [fact(1, 1, 50, kind=2, epoch=9)], 1, {}),
    "two admits, by time": (
        "R19",
        1,
        [fact(1, 1, 60), fact(2, 1, 50)],
        1,
        {"1": on(B, A)},
    ),
    "same time, by device": ("R19", 1, [fact(2, 1, 50), fact(1, 1, 50)], 1, {"1": on(A, B)}),
    "same time and number of a fork, by tag": (
        "R19",
        1,
        [fact(1, 1, 50), fact(1, 1, 50, tag=9)],
        1,
        {"1": on(FORK, A)},
    ),
    "said twice": ("R24", 1, [fact(1, 1, 50), fact(1, 1, 50)], 1, {"1": on(A)}),
    "own copy and acknowledged copy": (
        "R25",
        1,
        [fact(1, 1, 50), fact(1, 1, 40, proven=False), fact(2, 1, 45)],
        1,
        {"1": on(A, B, unproven=[A])},
    ),
    "two lists do not meet": (
        "R22",
        1,
        [fact(1, 1, 50), fact(2, 1, 60, list=2)],
        1,
        {"1": on(A), "2": on(B)},
    ),
    "own numbers before own times": (
        "R19",
        1,
        [fact(1, 1, 90), fact(1, 2, 10)],
        1,
        {"1": on(A, A2)},
    ),
    "a backdated fact waits for its own log": (
        "R19",
        1,
        [fact(1, 1, 90), fact(1, 3, 10), fact(2, 1, 50)],
        1,
        {"1": on(B, A, A3)},
    ),
    "an admit on another list holds the next one back": (
        "R19",
        1,
        [fact(1, 1, 90, list=2), fact(1, 2, 10), fact(2, 1, 50)],
        1,
        {"1": on(B, A2), "2": on(A)},
    ),
    "a denial between holds nothing back": (
        "R21",
        1,
        [fact(1, 1, 90, kind=2), fact(1, 2, 10), fact(2, 1, 50)],
        1,
        {"1": on(A2, B)},
    ),
    "a pending fact between holds nothing back": (
        "R21",
        1,
        [fact(1, 1, 90, kind=4), fact(1, 2, 10), fact(2, 1, 50)],
        1,
        {"1": on(A2, B, pending=[A])},
    ),
    "seen before its time": (
        "R19",
        1,
        [fact(1, 1, 90), fact(2, 1, 10, seen=[A])],
        1,
        {"1": on(A, B)},
    ),
    "seen but absent": (
        "R19",
        1,
        [fact(1, 1, 90), fact(2, 1, 10, seen=[[9, 9, 9]])],
        1,
        {"1": on(B, A)},
    ),
    "seen under another tag": (
        "R19",
        1,
        [fact(1, 1, 90), fact(2, 1, 10, seen=[FORK])],
        1,
        {"1": on(B, A)},
    ),
    "a cycle of two": (
        "R19",
        1,
        [fact(1, 1, 60, seen=[B]), fact(2, 1, 50, seen=[A])],
        1,
        {"1": on(B, A)},
    ),
    "a cycle waits for those that are free": (
        "R19",
        1,
        [fact(1, 1, 60, seen=[B]), fact(2, 1, 50, seen=[A]), fact(3, 1, 70)],
        1,
        {"1": on(C, B, A)},
    ),
    "a fact that has seen itself": (
        "R19",
        1,
        [fact(1, 1, 10, seen=[A]), fact(2, 1, 50)],
        1,
        {"1": on(B, A)},
    ),
    "a fact that has seen its device's future": (
        "R19",
        1,
        [fact(1, 1, 10, seen=[A2]), fact(1, 2, 20), fact(2, 1, 50)],
        1,
        {"1": on(B, A, A2)},
    ),
    "all branches of a fork come before the next number": (
        "R19",
        1,
        [fact(1, 1, 50), fact(1, 1, 70, tag=9), fact(1, 2, 10), fact(2, 1, 60)],
        1,
        {"1": on(A, B, FORK, A2)},
    ),
    "a search never beats a scan": (
        "R22",
        1,
        [fact(1, 1, 10, scanned=False, how=2), fact(2, 1, 50)],
        1,
        {"1": on(A, B, winner=B)},
    ),
    "two searches": (
        "R22",
        1,
        [fact(1, 1, 60, scanned=False), fact(2, 1, 50, scanned=False)],
        1,
        {"1": on(B, A)},
    ),
    "an old code alone": (
        "R23",
        2,
        [fact(1, 1, 50)],
        2,
        {"1": on(old=[A])},
    ),
    "an old code and the rightful one": (
        "R23",
        2,
        [fact(1, 1, 50), fact(2, 1, 60, epoch=2)],
        2,
        {"1": on(B, old=[A])},
    ),
    "an old code and two greens": (
        "R24",
        2,
        [fact(1, 1, 50), fact(2, 1, 60, epoch=2), fact(3, 1, 70, epoch=2)],
        2,
        {"1": on(B, C, old=[A])},
    ),
    "an epoch known from a fact": (
        "R20",
        1,
        [fact(1, 1, 50), fact(2, 1, 60, epoch=2)],
        2,
        {"1": on(B, old=[A])},
    ),
    "an epoch known from another list": (
        "R20",
        1,
        [fact(1, 1, 50), fact(2, 1, 60, epoch=2, list=2)],
        2,
        {"1": on(old=[A]), "2": on(B)},
    ),
    "not listed, epoch from its facts": (
        "R20",
        None,
        [fact(1, 1, 50, epoch=4)],
        4,
        {"1": on(A)},
    ),
    "an unknown revision is pending": (
        "R21",
        1,
        [fact(1, 1, 50, rule=9, epoch=7), fact(2, 1, 60)],
        1,
        {"1": on(B, pending=[A])},
    ),
    "an unknown list is pending": (
        "R21",
        1,
        [fact(1, 1, 50, list=9)],
        1,
        {"9": on(pending=[A])},
    ),
    "an earlier revision folds": (
        "R21",
        1,
        [fact(1, 1, 50, list=2, rule=1), fact(2, 1, 60, list=2, rule=2)],
        1,
        {"2": on(A, B)},
    ),
    "kinds that a ticket cannot have are pending": (
        "R21",
        1,
        [fact(3, 1, 10, kind=200), fact(1, 2, 20, kind=6, target=A), fact(1, 1, 50)],
        1,
        {"1": on(A, pending=[A2, C])},
    ),
    "unproven": (
        "R18",
        1,
        [fact(1, 1, 50, proven=False), fact(2, 1, 60)],
        1,
        {"1": on(A, B, unproven=[A])},
    ),
    "backed is never unproven": (
        "R18",
        1,
        [fact(1, 1, 50, proven=False, backed=True)],
        1,
        {"1": on(A)},
    ),
    "an unproven old admit": (
        "R18",
        2,
        [fact(1, 1, 50, proven=False), fact(2, 1, 60, epoch=2, proven=False)],
        2,
        {"1": on(B, old=[A], unproven=[A, B])},
    ),
}


def files() -> dict[str, Vector]:
    """The file of vectors/fold."""
    single = {"entry": "single"}
    rules = {"1": {"1": single}, "2": {"1": single, "2": single}}
    return {
        "fold/fold.json": {
            "title": "A ticket's facts and what they say of it",
            "clauses": ["R18", "R19", "R20", "R21", "R22", "R23", "R24", "R25"],
            "vectors": vectors_of(CASES, rules),
        }
    }
