"""What the phone works out beside the twins: what it may take back, what is void, who is inside."""

from typing import Any

import pytest
from shared.tools.fold_vectors import fact, ref
from shared.tools.undo_vectors import undo
from tests.contract.twins import JavaScript
from tests.contract.vector_files import load

Json = Any
A, A2, B = ref(1, 1), ref(1, 2), ref(2, 1)
DENIAL = fact(1, 9, 99, kind=2)


def may(javascript: JavaScript, facts: list[Json], target: list[int], **over: Any) -> Any:
    """Ask for device 1, a minute after the target, where five minutes are allowed."""
    asked = {"device": 1, "supervisor": False, "clock": 90_000, "targetClock": 30_000}
    return javascript("mayUndo", {"facts": facts, "target": target, **asked, "undoS": 300, **over})


@pytest.mark.parametrize(
    ("facts", "target", "over", "right"),
    [
        ([fact(1, 1, 5)], A, {}, True),
        ([fact(1, 1, 5), DENIAL], A, {}, True),
        ([fact(1, 1, 5)], A, {"clock": 330_000}, True),
        ([fact(1, 1, 5)], A, {"clock": 330_001}, False),
        ([fact(1, 1, 5)], A, {"clock": 29_999}, False),
        ([fact(1, 1, 5)], A, {"clock": 9_999_999, "supervisor": True}, True),
        ([fact(1, 1, 5), fact(1, 2, 6)], A, {}, False),
        ([fact(1, 1, 5), fact(1, 2, 6)], A2, {}, True),
        ([fact(1, 1, 5), fact(1, 2, 6), undo(1, 3, A2)], A, {}, True),
        ([fact(1, 1, 5), undo(1, 2, A)], A, {}, False),
        ([fact(1, 1, 5), undo(1, 2, A)], A, {"supervisor": True}, False),
        ([fact(2, 1, 5)], B, {}, False),
        ([fact(2, 1, 5)], B, {"supervisor": True}, True),
        ([fact(1, 1, 5)], A, {"voids": {"1": 1}}, False),
        ([fact(1, 1, 5)], A, {"voids": {"1": 1}, "supervisor": True}, False),
        ([], A, {}, False),
    ],
)
def test_the_undo_button_is_there_when_it_works(
    javascript: JavaScript, facts: list[Json], target: list[int], over: Json, right: bool
) -> None:
    """R54, R56."""
    assert may(javascript, facts, target, **over) is right


def row(kind: int, flags: int, target: list[int] | None) -> list[Any]:
    """A fed fact of a desk."""
    return [77, 1, 1, kind, 0, 0, 0, 0, 5, flags, 1, [], target]


def test_only_the_server_makes_facts_void(javascript: JavaScript) -> None:
    """R53: the least number counts."""
    rows = [
        row(6, 4, [5, 9, 1]),
        row(6, 4, [5, 7, 1]),
        row(6, 4, [5, 8, 1]),
        row(6, 2, [6, 1, 1]),
        row(6, 4, None),
        row(1, 4, [8, 1, 1]),
    ]
    assert javascript("voidsOf", {"rows": rows}) == {"5": 7}


def test_inside_is_counted_ticket_by_ticket(javascript: JavaScript) -> None:
    """R58: a state that is told again counts once."""
    cases = {case["name"]: case["output"] for case in load("fold/movements")["vectors"]}
    both, gone = cases["an exit by another list opens nothing"], cases["in and out"]
    again = cases["in, out and in again"]
    steps = [[1, both], [2, again], [2, again], [3, gone], [1, gone], [4, again], [4, None]]
    assert javascript("insideCounts", {"steps": steps, "list": 3}) == [1, 2, 2, 2, 1, 2, 1]
    assert javascript("insideCounts", {"steps": steps, "list": 9}) == [0] * 7


@pytest.mark.parametrize(
    "vector", [case for case in load("fold/undo")["vectors"] if "steward" in case["name"]]
)
def test_the_last_own_movement_is_what_a_steward_may_take_back(
    javascript: JavaScript, vector: Json
) -> None:
    admits = [fact for fact in vector["input"]["facts"] if fact["kind"] == 1]
    last = javascript("lastOwn", {"facts": admits, "device": 1})
    assert [last["device"], last["number"], last["tag"]] == vector["output"]["lists"]["1"][
        "undone"
    ][0]
    assert javascript("lastOwn", {"facts": vector["input"]["facts"], "device": 1}) is None
