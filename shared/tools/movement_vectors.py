"""Vectors of exits and turns; what is right is written here by hand."""

from typing import Any

from shared.tools.fold_vectors import Cases, fact, on, ref, turn, vectors_of
from shared.tools.token_vectors import Vector

DAYS = [100, 200, 300]
# Lists: 1 single, 3 re-entry (by its second revision single, by its third twice a day), 4 once a
# day (by its second revision twice), 5 an entry that nobody knows.
RULES = {
    "1": {"1": {"entry": "single"}},
    "3": {
        "1": {"entry": "reentry"},
        "2": {"entry": "single"},
        "3": {"entry": "per_day", "per_day": 2, "days": DAYS},
    },
    "4": {
        "1": {"entry": "per_day", "per_day": 1, "days": DAYS},
        "2": {"entry": "per_day", "per_day": 2, "days": DAYS},
        "3": {"entry": "per_day"},
        "4": {"entry": "reentry"},
    },
    "5": {"1": {"entry": "by_moonlight", "per_day": 5}},
}
A, B, C = ref(1, 1), ref(2, 1), ref(3, 1)
A2, A3, A4 = ref(1, 2), ref(1, 3), ref(1, 4)


def leave(device: int, number: int, time: int, **over: Any) -> Vector:
    """An exit on list 3."""
    return fact(device, number, time, **{"kind": 3, "list": 3, **over})


def back(device: int, number: int, time: int, **over: Any) -> Vector:
    """An admit on list 3, by its first revision: re-entry."""
    return fact(device, number, time, **{"list": 3, **over})


def daily(device: int, number: int, time: int, **over: Any) -> Vector:
    """An admit on list 4, by its first revision: once a day."""
    return fact(device, number, time, **{"list": 4, **over})


IN_OUT = {"exits": [A2], "inside": False, "turns": [turn(50, 1, A, True)]}

MOVES: Cases = {
    "in and out": ("R58", 1, [back(1, 1, 50), leave(1, 2, 60)], 1, {"3": on(A, **IN_OUT)}),
    "in, out and in again": (
        "R57",
        1,
        [back(1, 1, 50), leave(1, 2, 60), back(2, 1, 70)],
        1,
        {
            "3": on(
                A,
                B,
                winner=B,
                losers=[],
                conflict="",
                exits=[A2],
                turns=[turn(50, 1, A, True), turn(70, 1, B)],
            )
        },
    ),
    "in again though nobody left": (
        "R57",
        1,
        [back(1, 1, 50), back(2, 1, 70)],
        1,
        {"3": on(A, B)},
    ),
    "two in the second turn": (
        "R57",
        1,
        [back(1, 1, 50), leave(1, 2, 60), back(2, 1, 70), back(3, 1, 80)],
        1,
        {
            "3": on(
                A,
                B,
                C,
                winner=B,
                losers=[C],
                exits=[A2],
                turns=[turn(50, 1, A, True), turn(70, 2, B)],
            )
        },
    ),
    "a scan wins its own turn alone": (
        "R57",
        1,
        [
            back(1, 1, 50, scanned=False),
            leave(1, 2, 60),
            back(2, 1, 70, scanned=False),
            back(3, 1, 80),
        ],
        1,
        {
            "3": on(
                A,
                B,
                C,
                winner=C,
                losers=[B],
                exits=[A2],
                turns=[turn(50, 1, A, True), turn(70, 2, C)],
            )
        },
    ),
    "an exit that comes late makes two turns of one": (
        "R57",
        1,
        [back(1, 1, 50), back(2, 1, 70), leave(3, 1, 60)],
        1,
        {
            "3": on(
                A,
                B,
                winner=B,
                losers=[],
                conflict="",
                exits=[C],
                turns=[turn(50, 1, A, True), turn(70, 1, B)],
            )
        },
    ),
    "an exit that has seen the entry comes after it": (
        "R52",
        1,
        [back(1, 1, 50), leave(2, 1, 10, seen=[A])],
        1,
        {"3": on(A, exits=[B], inside=False, turns=[turn(50, 1, A, True)])},
    ),
    "an exit alone": ("R58", 1, [leave(1, 1, 50)], 1, {"3": on(exits=[A], turns=[])}),
    "an exit before the entry": (
        "R57",
        1,
        [leave(1, 1, 50), back(1, 2, 60)],
        1,
        {"3": on(A2, exits=[A], turns=[turn(60, 1, A2)])},
    ),
    "two exits are one": (
        "R58",
        1,
        [back(1, 1, 50), leave(1, 2, 60), leave(2, 1, 61)],
        1,
        {"3": on(A, **{**IN_OUT, "exits": [A2, B]})},
    ),
    "an exit does not open a list of single entries": (
        "R57",
        1,
        [back(1, 1, 50, rule=2), leave(1, 2, 60, rule=2), back(2, 1, 70, rule=2)],
        1,
        {"3": on(A, B, exits=[A2], turns=[turn(50, 2, A)])},
    ),
    "an exit by another list opens nothing": (
        "R57",
        1,
        [back(1, 1, 50), leave(1, 2, 60, list=1), back(2, 1, 70)],
        1,
        {"1": on(exits=[A2], turns=[]), "3": on(A, B, turns=[turn(50, 2, A)])},
    ),
    "an exit by an old code is nobody's": (
        "R52",
        2,
        [back(1, 1, 50, epoch=2), leave(1, 2, 60)],
        2,
        {"3": on(A, exits=[A2], turns=[turn(50, 1, A)])},
    ),
    "an exit says which epoch is known": (
        "R52",
        1,
        [back(1, 1, 50), leave(1, 2, 60, epoch=2)],
        2,
        {"3": on(old=[A], exits=[A2], turns=[])},
    ),
    "an exit that is not proven": (
        "R18",
        1,
        [back(1, 1, 50), leave(1, 2, 60, proven=False)],
        1,
        {"3": on(A, **IN_OUT, unproven=[A2])},
    ),
    "an exit by an unknown revision is pending": (
        "R21",
        1,
        [back(1, 1, 50), leave(1, 2, 60, rule=9)],
        1,
        {"3": on(A, pending=[A2])},
    ),
    "an entry that nobody knows is single": (
        "R57",
        1,
        [fact(1, 1, 50, list=5), leave(1, 2, 60, list=5), fact(2, 1, 70, list=5)],
        1,
        {"5": on(A, B, exits=[A2], turns=[turn(50, 2, A)])},
    ),
    "once on each day": (
        "R57",
        1,
        [daily(1, 1, 150), daily(2, 1, 250)],
        1,
        {"4": on(A, B, winner=B, losers=[], conflict="", turns=[turn(150, 1, A), turn(250, 1, B)])},
    ),
    "twice on one day": ("R57", 1, [daily(1, 1, 150), daily(2, 1, 199)], 1, {"4": on(A, B)}),
    "a day begins at its moment": (
        "R57",
        1,
        [daily(1, 1, 199), daily(2, 1, 200)],
        1,
        {"4": on(A, B, winner=B, losers=[], conflict="", turns=[turn(199, 1, A), turn(200, 1, B)])},
    ),
    "before the first day and after the last": (
        "R57",
        1,
        [daily(1, 1, 50), daily(2, 1, 99), daily(3, 1, 900)],
        1,
        {"4": on(A, B, C, winner=C, losers=[B], turns=[turn(50, 2, A), turn(900, 1, C)])},
    ),
    "twice where two may": (
        "R57",
        1,
        [daily(1, 1, 150, rule=2), daily(2, 1, 160, rule=2)],
        1,
        {"4": on(A, B, losers=[], conflict="", turns=[turn(150, 2, A)])},
    ),
    "three times where two may: the scanned ones win": (
        "R57",
        1,
        [
            daily(1, 1, 150, rule=2, scanned=False),
            daily(2, 1, 160, rule=2),
            daily(3, 1, 170, rule=2),
        ],
        1,
        {"4": on(A, B, C, winner=B, losers=[A], turns=[turn(150, 3, B)])},
    ),
    "an exit does not give a day's entry back": (
        "R57",
        1,
        [daily(1, 1, 150), leave(1, 2, 160, list=4), daily(2, 1, 170)],
        1,
        {"4": on(A, B, exits=[A2], turns=[turn(150, 2, A)])},
    ),
    "a day comes back behind another": (
        "R57",
        1,
        [daily(1, 1, 250), daily(1, 2, 150), daily(2, 1, 260)],
        1,
        {
            "4": on(
                A,
                A2,
                B,
                winner=A2,
                losers=[B],
                turns=[turn(250, 2, A), turn(150, 1, A2)],
            )
        },
    ),
    "left on one day, in on the next": (
        "R58",
        1,
        [daily(1, 1, 150), leave(1, 2, 190, list=4), daily(1, 3, 250)],
        1,
        {
            "4": on(
                A,
                A3,
                winner=A3,
                losers=[],
                conflict="",
                exits=[A2],
                turns=[turn(150, 1, A, True), turn(250, 1, A3)],
            )
        },
    ),
    "a day without days and without a number": (
        "R57",
        1,
        [daily(1, 1, 50, rule=3), daily(2, 1, 950, rule=3)],
        1,
        {"4": on(A, B)},
    ),
    "each by the revision it names: single, then re-entry": (
        "R57",
        1,
        [back(1, 1, 50, rule=2), leave(1, 2, 60), back(1, 3, 70)],
        1,
        {
            "3": on(
                A,
                A3,
                winner=A3,
                losers=[],
                conflict="",
                exits=[A2],
                turns=[turn(50, 1, A, True), turn(70, 1, A3)],
            )
        },
    ),
    "each by the revision it names: re-entry, then single": (
        "R57",
        1,
        [back(1, 1, 50), leave(1, 2, 60), back(1, 3, 70, rule=2)],
        1,
        {"3": on(A, A3, exits=[A2], turns=[turn(50, 2, A)])},
    ),
    "each by the revision it names: single, then twice a day": (
        "R57",
        1,
        [back(1, 1, 150, rule=2), back(2, 1, 160, rule=3), back(3, 1, 260, rule=3)],
        1,
        {
            "3": on(
                A,
                B,
                C,
                winner=C,
                losers=[],
                conflict="",
                turns=[turn(150, 2, A), turn(260, 1, C)],
            )
        },
    ),
    "the last turn of the day is joined": (
        "R57",
        1,
        [
            daily(1, 1, 110, rule=4),
            leave(1, 2, 120, list=4),
            daily(1, 3, 130, rule=4),
            daily(1, 4, 140, rule=2),
        ],
        1,
        {
            "4": on(
                A,
                A3,
                A4,
                winner=A3,
                losers=[],
                conflict="",
                exits=[A2],
                turns=[turn(110, 1, A, True), turn(130, 2, A3)],
            )
        },
    ),
}


def files() -> dict[str, Vector]:
    """A file of vectors/fold."""
    return {
        "fold/movements.json": {
            "title": "Exits, and how often a list lets in",
            "clauses": ["R18", "R21", "R52", "R57", "R58"],
            "vectors": vectors_of(MOVES, RULES),
        },
    }
