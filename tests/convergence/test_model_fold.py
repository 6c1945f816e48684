"""R18 to R25: the fold is what the clauses say, whatever arrives, in whatever order."""

import sys
from collections.abc import Callable
from random import Random
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contract.twins import JavaScript, Python
from tests.convergence import model_fold

from handstamp.checkin import fold as fold_module

Json = Any
RULES = {"1": [1], "2": [1, 2]}
numbers = st.integers(1, 4)
refs = st.tuples(st.integers(1, 4), numbers, st.integers(0, 2)).map(list)
facts = st.fixed_dictionaries(
    {
        "device": st.integers(1, 4),
        "number": numbers,
        "tag": st.integers(0, 2),
        "kind": st.sampled_from([1, 1, 1, 1, 1, 1, 2, 4]),
        "list": st.sampled_from([1, 1, 1, 2, 3]),
        "rule": st.sampled_from([1, 1, 1, 2]),
        "epoch": st.sampled_from([1, 1, 1, 2]),
        "how": st.just(1),
        "scanned": st.booleans(),
        "time": st.integers(0, 6),
        "proven": st.booleans(),
        "backed": st.booleans(),
        "seen": st.lists(refs, max_size=3),
        "target": st.none(),
    }
)


def identity(fact: Json) -> tuple[int, ...]:
    return tuple(model_fold.ref(fact))


one_copy_each = st.lists(facts, max_size=12, unique_by=identity)
histories = st.fixed_dictionaries(
    {"epoch": st.none() | st.integers(1, 3), "rules": st.just(RULES), "facts": one_copy_each}
)


def python(history: Json) -> Json:
    return Python()("fold", history)


@given(histories)
@settings(deadline=None, max_examples=250)
def test_state_is_what_the_oracle_says(history: Json) -> None:
    assert python(history) == model_fold.state(history)


@given(histories)
@settings(deadline=None, max_examples=150)
def test_state_of_the_other_twin_is_what_the_oracle_says(history: Json) -> None:
    assert javascript()("fold", history) == model_fold.state(history)


@given(histories, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=120)
def test_order_and_repetition_do_not_matter(history: Json, random: Random) -> None:
    again = history["facts"] + random.choices(history["facts"] or [None], k=3)
    again = [fact for fact in again if fact]
    random.shuffle(again)
    assert python({**history, "facts": again}) == python(history)


@given(histories, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=120)
def test_replicas_that_have_met_agree(history: Json, random: Random) -> None:
    """Split the facts over three replicas, let them exchange batches until all have all."""
    replicas: list[dict[tuple[int, ...], Json]] = [{}, {}, {}]
    for fact in history["facts"]:
        random.choice(replicas)[identity(fact)] = fact
    meetings = [(0, 1), (1, 2), (2, 0), (0, 1), (1, 2)]
    for one, other in random.sample(meetings, 5) + meetings:
        batch = dict(random.sample(list(replicas[one].items()), len(replicas[one])))
        replicas[other] = {**batch, **replicas[other]}
    states = [python({**history, "facts": [*held.values()]}) for held in replicas]
    assert states[0] == states[1] == states[2] == python(history)


@given(histories, facts)
@settings(deadline=None, max_examples=120)
def test_a_denial_changes_nothing(history: Json, fact: Json) -> None:
    """R16, R21: denials never leave the server, so no replica's state may hang on them."""
    denial = {**fact, "device": 9, "kind": 2, "epoch": 9}
    assert python({**history, "facts": [*history["facts"], denial]}) == python(history)


@given(histories)
@settings(deadline=None, max_examples=120)
def test_nothing_is_dropped(history: Json) -> None:
    """Every fact but a denial stands somewhere: green, old or pending; losers are greens."""
    state = python(history)
    shown = [
        tuple(ref)
        for of in state["lists"].values()
        for ref in of["greens"] + of["old"] + of["pending"]
    ]
    said = [identity(fact) for fact in history["facts"] if fact["kind"] != 2]
    assert sorted(shown) == sorted(said)
    for of in state["lists"].values():
        assert ([of["winner"]] if of["winner"] else []) + of["losers"] == sorted(
            of["greens"], key=lambda ref: ref != of["winner"]
        )


@given(histories, facts)
@settings(deadline=None, max_examples=120)
def test_a_fact_that_knew_the_winner_never_takes_its_place(history: Json, fact: Json) -> None:
    """A backdated fact wins only against facts that its device did not know."""
    state = python(history)
    rightful = state["lists"].get("1", {}).get("winner")
    everything = [model_fold.ref(held) for held in history["facts"]]
    late = {**fact, "device": 9, "kind": 1, "list": 1, "rule": 1, "time": 0, "seen": everything}
    late["epoch"] = state["epoch"] or 1
    scanned = {identity(held) for held in history["facts"] if held["scanned"]}
    if rightful and tuple(rightful) in scanned:
        after = python({**history, "facts": [*history["facts"], late]})
        assert after["lists"]["1"]["winner"] == rightful
        assert after["lists"]["1"]["conflict"] == "double"


def hostile(shape: str, count: int) -> Json:
    """Return a ticket that somebody filled with facts to make the fold slow."""
    plain: dict[str, Any] = {"kind": 1, "list": 1, "rule": 1, "epoch": 1, "how": 1, "scanned": True}
    plain |= {"proven": True, "backed": False, "target": None}

    def fact(device: int, number: int, tag: int, time: int, seen: list[list[int]]) -> Json:
        return {"device": device, "number": number, "tag": tag, "time": time, "seen": seen, **plain}

    shapes: dict[str, Callable[[int], Json]] = {
        "one long log": lambda at: fact(1, at + 1, 7, count - at, []),
        "two numbers, all forks": lambda at: fact(1, at % 2 + 1, at, count - at, []),
        "every number forked": lambda at: fact(1, at // 2 + 1, at, count - at, []),
        "one cycle through all": lambda at: fact(at + 1, 1, 7, at, [[(at + 1) % count + 1, 1, 7]]),
        "all saw one": lambda at: fact(at + 1, 1, 7, count - at, [[1, 1, 7]] if at else []),
        "everyone saw the last 64": lambda at: fact(
            at + 1, 1, 7, count - at, [[before + 1, 1, 7] for before in range(max(0, at - 64), at)]
        ),
    }
    made = shapes[shape]
    return {"epoch": 1, "rules": RULES, "facts": [made(at) for at in range(count)]}


SHAPES = [
    "one long log",
    "two numbers, all forks",
    "every number forked",
    "one cycle through all",
    "all saw one",
    "everyone saw the last 64",
]


@pytest.mark.parametrize("shape", SHAPES)
def test_work_on_a_hostile_ticket_grows_little_faster_than_its_facts(shape: str) -> None:
    """(n + e) log n: four times the facts are less than six times the lines run."""
    few, many = (python_work(hostile(shape, count)) for count in (300, 1200))
    assert few > 300
    assert many < 6 * few


@pytest.mark.parametrize("shape", SHAPES)
def test_work_of_the_other_twin_grows_alike(shape: str) -> None:
    few, many = (
        javascript()("foldWork", {"input": hostile(shape, count)}) for count in (300, 1200)
    )
    assert few > 300
    assert many < 6 * few


def test_ten_thousand_facts_of_one_ticket_fold_alike() -> None:
    """R14: a hostile log may hold that many; both twins finish and agree."""
    for shape in ("every number forked", "one cycle through all"):
        ticket = hostile(shape, 10_000)
        state = python(ticket)
        assert len(state["lists"]["1"]["greens"]) == 10_000
        assert javascript()("fold", ticket) == state


def python_work(history: Json) -> int:
    """Return how many lines of the fold ran."""
    ran = 0

    def trace(frame: FrameType, event: str, _arg: object) -> Callable[..., Any] | None:
        nonlocal ran
        if frame.f_code.co_filename != fold_module.__file__:
            return None
        ran += event == "line"
        return trace

    twin, before = Python(), sys.gettrace()
    sys.settrace(trace)
    try:
        twin("fold", history)
    finally:
        sys.settrace(before)
    return ran


_NODE: list[JavaScript] = []


def javascript() -> JavaScript:
    """Return the one Node process of these tests; Hypothesis allows no function fixture here."""
    if not _NODE:
        _NODE.append(JavaScript())
    return _NODE[0]


@pytest.fixture(scope="module", autouse=True)
def node_ends() -> Any:
    yield
    while _NODE:
        _NODE.pop().close()
