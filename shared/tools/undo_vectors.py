"""Vectors of undo, override and void; what is right is written here by hand."""

from typing import Any

from shared.tools.fold_vectors import Cases, Ref, fact, on, ref, turn, vectors_of
from shared.tools.movement_vectors import RULES, back, leave
from shared.tools.token_vectors import Vector

A, B, C, D = ref(1, 1), ref(2, 1), ref(3, 1), ref(4, 1)
A2, A3, A4, A5, B2 = ref(1, 2), ref(1, 3), ref(1, 4), ref(1, 5), ref(2, 2)


def undo(device: int, number: int, target: Ref, **over: Any) -> Vector:
    """A steward's undo on list 1, made in time."""
    return fact(
        device,
        number,
        90,
        **{"kind": 4, "target": target, "scanned": False, "timely": True, **over},
    )


def override(device: int, number: int, time: int, **over: Any) -> Vector:
    """A supervisor's override on list 1."""
    return fact(device, number, time, **{"kind": 5, "scanned": False, "allowed": True, **over})


TAKEN: Cases = {
    "a steward takes the own last admit back": (
        "R54",
        1,
        [fact(1, 1, 50), undo(1, 2, A)],
        1,
        {"1": on(undone=[A], undos=[A2], turns=[])},
    ),
    "the rightful one stays when the other is undone": (
        "R54",
        1,
        [fact(1, 1, 50), fact(2, 1, 60), undo(1, 2, A)],
        1,
        {"1": on(B, undone=[A], undos=[A2])},
    ),
    "an undone admit holds nothing back and knows no epoch": (
        "R54",
        1,
        [fact(1, 1, 90, epoch=7), undo(1, 2, A), fact(1, 3, 10), fact(2, 1, 50, seen=[A])],
        1,
        {"1": on(A3, B, undone=[A], undos=[A2])},
    ),
    "not the last one": (
        "R54",
        1,
        [fact(1, 1, 50), fact(1, 2, 60), undo(1, 3, A)],
        1,
        {"1": on(A, A2, refused=[A3])},
    ),
    "one after the other": (
        "R54",
        1,
        [fact(1, 1, 50), fact(1, 2, 60), undo(1, 3, A2), undo(1, 4, A)],
        1,
        {"1": on(undone=[A, A2], undos=[A3, A4], turns=[])},
    ),
    "in the wrong turn": (
        "R54",
        1,
        [fact(1, 1, 50), fact(1, 2, 60), undo(1, 3, A), undo(1, 4, A2)],
        1,
        {"1": on(A, undone=[A2], undos=[A4], refused=[A3])},
    ),
    "not the last one, on another list": (
        "R54",
        1,
        [fact(1, 1, 50), fact(1, 2, 60, list=3), undo(1, 3, A)],
        1,
        {"1": on(A, refused=[A3]), "3": on(A2)},
    ),
    "the later one was taken back by a supervisor": (
        "R54",
        1,
        [
            fact(1, 1, 50),
            fact(1, 2, 60),
            undo(1, 3, A),
            undo(2, 1, A2, timely=False, allowed=True),
        ],
        1,
        {"1": on(undone=[A, A2], undos=[A3, B], turns=[])},
    ),
    "a later movement does not matter": (
        "R54",
        1,
        [fact(1, 1, 50), undo(1, 2, A), fact(1, 3, 60)],
        1,
        {"1": on(A3, undone=[A], undos=[A2])},
    ),
    "all branches of a fork stand in between": (
        "R54",
        1,
        [fact(1, 1, 50), fact(1, 2, 60, tag=9), undo(1, 3, A)],
        1,
        {"1": on(A, [1, 2, 9], refused=[A3])},
    ),
    "one branch of a fork": (
        "R54",
        1,
        [fact(1, 1, 50), fact(1, 1, 60, tag=9), undo(1, 2, A)],
        1,
        {"1": on([1, 1, 9], undone=[A], undos=[A2])},
    ),
    "twice": (
        "R54",
        1,
        [fact(1, 1, 50), undo(1, 2, A), undo(1, 3, A)],
        1,
        {"1": on(undone=[A], undos=[A2, A3], turns=[])},
    ),
    "another device's": (
        "R54",
        1,
        [fact(1, 1, 50), undo(2, 2, A)],
        1,
        {"1": on(A, refused=[B2])},
    ),
    "another device's, by a supervisor": (
        "R54",
        1,
        [fact(1, 1, 50), undo(2, 2, A, timely=False, allowed=True)],
        1,
        {"1": on(undone=[A], undos=[B2], turns=[])},
    ),
    "granted nothing": (
        "R56",
        1,
        [fact(1, 1, 50), undo(1, 2, A, timely=False)],
        1,
        {"1": on(A, refused=[A2])},
    ),
    "a fact of the device's future": (
        "R54",
        1,
        [fact(1, 2, 50), undo(1, 1, A2)],
        1,
        {"1": on(A2, refused=[A])},
    ),
    "on another list": (
        "R54",
        1,
        [fact(1, 1, 50), undo(1, 2, A, list=3, allowed=True)],
        1,
        {"1": on(A), "3": on(refused=[A2], turns=[])},
    ),
    "an undo cannot be undone": (
        "R54",
        1,
        [fact(1, 1, 50), undo(1, 2, A), undo(1, 3, A2, allowed=True)],
        1,
        {"1": on(undone=[A], undos=[A2], refused=[A3], turns=[])},
    ),
    "a fact of an unknown kind cannot be undone": (
        "R54",
        1,
        [fact(1, 1, 50, kind=200), undo(1, 2, A, allowed=True)],
        1,
        {"1": on(pending=[A], refused=[A2], turns=[])},
    ),
    "nothing to undo yet": (
        "R54",
        1,
        [undo(1, 2, A, allowed=True)],
        1,
        {"1": on(pending=[A2], turns=[])},
    ),
    "an undo of nothing": (
        "R54",
        1,
        [fact(1, 1, 50), fact(1, 2, 60, kind=4, allowed=True)],
        1,
        {"1": on(A, pending=[A2])},
    ),
    "an undo by an unknown revision is pending": (
        "R21",
        1,
        [fact(1, 1, 50), undo(1, 2, A, rule=9, allowed=True)],
        1,
        {"1": on(A, pending=[A2])},
    ),
    "a pending admit is undone": (
        "R54",
        1,
        [fact(1, 1, 50, rule=9), undo(1, 2, A)],
        1,
        {"1": on(undone=[A], undos=[A2], turns=[])},
    ),
    "an exit is undone": (
        "R54",
        1,
        [back(1, 1, 50), leave(1, 2, 60), undo(1, 3, A2, list=3)],
        1,
        {"3": on(A, undone=[A2], undos=[A3], turns=[turn(50, 1, A)])},
    ),
    "let in on purpose": (
        "R55",
        1,
        [override(1, 1, 50)],
        1,
        {"1": on(overrides=[A], inside=True, entries=1, turns=[turn(50, 1, A)])},
    ),
    "let in on purpose, beside a green": (
        "R55",
        1,
        [fact(2, 1, 60), override(1, 1, 50)],
        1,
        {"1": on(B, overrides=[A], entries=2, turns=[turn(50, 2, B)])},
    ),
    "an override is no conflict, two greens are": (
        "R55",
        1,
        [fact(2, 1, 60), override(1, 1, 70), fact(3, 1, 80)],
        1,
        {"1": on(B, C, overrides=[A], entries=3, turns=[turn(60, 3, B)])},
    ),
    "an override that nobody allowed": (
        "R55",
        1,
        [override(1, 1, 50, allowed=False, timely=True)],
        1,
        {"1": on(refused=[A], turns=[])},
    ),
    "an override of an old code": (
        "R55",
        2,
        [override(1, 1, 50)],
        2,
        {"1": on(overrides=[A], turns=[])},
    ),
    "an override begins a turn": (
        "R57",
        1,
        [back(1, 1, 50), leave(1, 2, 60), override(1, 3, 70, list=3), leave(1, 4, 80)],
        1,
        {
            "3": on(
                A,
                overrides=[A3],
                exits=[A2, A4],
                entries=2,
                inside=False,
                turns=[turn(50, 1, A, True), turn(70, 1, A3, True)],
            )
        },
    ),
    "an override is undone": (
        "R54",
        1,
        [override(1, 1, 50), undo(1, 2, A)],
        1,
        {"1": on(undone=[A], undos=[A2], turns=[])},
    ),
    "the lesser grant of two copies counts": (
        "R25",
        1,
        [fact(1, 1, 50), undo(1, 2, A), undo(1, 2, A, timely=False)],
        1,
        {"1": on(A, refused=[A2])},
    ),
    "the lesser right of two copies counts": (
        "R25",
        1,
        [override(1, 1, 50), override(1, 1, 50, allowed=False)],
        1,
        {"1": on(refused=[A], turns=[])},
    ),
}

VOIDED: Cases = {
    "void from a number on": (
        "R53",
        1,
        [fact(1, 4, 50), fact(1, 5, 60), fact(2, 1, 70)],
        1,
        {"1": on(A4, B, void=[A5])},
    ),
    "nothing is left": ("R53", 1, [fact(1, 5, 50)], 1, {"1": on(void=[A5], turns=[])}),
    "every branch is void": (
        "R53",
        1,
        [fact(1, 5, 50), fact(1, 5, 51, tag=9), fact(2, 1, 70)],
        1,
        {"1": on(B, void=[[1, 5, 9], A5])},
    ),
    "void facts know no epoch and hold nothing back": (
        "R53",
        1,
        [fact(1, 5, 90, epoch=9), fact(2, 1, 10, seen=[A5]), fact(3, 1, 20)],
        1,
        {"1": on(B, C, void=[A5])},
    ),
    "a void undo takes nothing back": (
        "R53",
        1,
        [fact(1, 4, 50), undo(1, 5, A4)],
        1,
        {"1": on(A4, void=[A5])},
    ),
    "a void fact is no target": (
        "R53",
        1,
        [fact(1, 5, 50), undo(2, 2, A5, allowed=True)],
        1,
        {"1": on(void=[A5], pending=[B2], turns=[])},
    ),
    "a void movement stands between nothing": (
        "R53",
        1,
        [fact(4, 1, 50), fact(4, 6, 60), undo(4, 7, D)],
        1,
        {"1": on(D, void=[ref(4, 6), ref(4, 7)])},
    ),
}


MADE = {"kind": 4, "device": 1, "number": 5, "serial": 7, "list": 1, "clock": 400_000}
TARGET = {"kind": 1, "device": 1, "number": 3, "serial": 7, "list": 1, "clock": 100_000}
# name: (members of the fact, members of the target or None, supervisor, seconds, granted)
GRANTED: dict[str, tuple[Vector, Vector | None, bool, int, int]] = {
    "in the last moment": ({}, {}, False, 300, 32),
    "a moment later": ({"clock": 400_001}, {}, False, 300, 0),
    "at once, where nothing may be taken back": ({"clock": 100_000}, {}, False, 0, 32),
    "the clock went back": ({"clock": 99_999}, {}, False, 300, 0),
    "another device's": ({}, {"device": 2}, False, 300, 0),
    "another ticket's": ({}, {"serial": 8}, False, 300, 0),
    "of another list": ({}, {"list": 2}, False, 300, 0),
    "a number to come": ({}, {"number": 6}, False, 300, 0),
    "itself": ({}, {"number": 5}, False, 300, 0),
    "nothing that is held": ({}, None, False, 300, 0),
    "a supervisor, of anything": ({"clock": 9_999_999}, None, True, 300, 16),
    "a supervisor in time": ({}, {}, True, 300, 16),
    "an override": ({"kind": 5}, {}, False, 300, 0),
    "an override by a supervisor": ({"kind": 5}, None, True, 300, 16),
    "an admit by a supervisor": ({"kind": 1}, None, True, 300, 0),
    "an exit": ({"kind": 3}, {}, False, 300, 0),
}


def files() -> dict[str, Vector]:
    """The other files of vectors/fold."""
    voided = vectors_of(VOIDED, RULES)
    for vector in voided:
        vector["input"]["voids"] = {"1": 5, "4": 6, "9": 1}
    granted = [
        {
            "name": name,
            "fact": {**MADE, **fact},
            "target": None if target is None else {**TARGET, **target},
            "supervisor": supervisor,
            "undo_s": undo_s,
            "granted": bits,
        }
        for name, (fact, target, supervisor, undo_s, bits) in GRANTED.items()
    ]
    return {
        "fold/undo.json": {
            "title": "What is taken back, and what is let in on purpose",
            "clauses": ["R21", "R25", "R54", "R55", "R56", "R57"],
            "vectors": vectors_of(TAKEN, RULES),
        },
        "fold/voids.json": {
            "title": "Facts that count as not there",
            "clauses": ["R53"],
            "vectors": voided,
        },
        "fold/grants.json": {
            "title": "What the maker of an undo or override is granted",
            "clauses": ["R36", "R56"],
            "vectors": granted,
        },
    }
