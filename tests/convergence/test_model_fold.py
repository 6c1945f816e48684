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

from handstamp.checkin import fold, places, turns, undo

Json = Any
DAYS = [2, 4]
ENTRIES = [
    {"entry": "single"},
    {"entry": "reentry"},
    {"entry": "per_day", "per_day": 1, "days": DAYS},
    {"entry": "per_day", "per_day": 2, "days": [3]},
    {"entry": "by_moonlight"},
    {"entry": "per_day"},
]
SINGLE = {"entry": "single"}
numbers = st.integers(1, 4)
refs = st.tuples(st.integers(1, 4), numbers, st.integers(0, 2)).map(list)
facts = st.fixed_dictionaries(
    {
        "device": st.integers(1, 4),
        "number": numbers,
        "tag": st.integers(0, 2),
        "kind": st.sampled_from([1, 1, 1, 1, 1, 2, 3, 3, 4, 4, 5, 6, 200]),
        "list": st.sampled_from([1, 1, 1, 2, 3]),
        "rule": st.sampled_from([1, 1, 1, 2]),
        "epoch": st.sampled_from([1, 1, 1, 2]),
        "how": st.just(1),
        "scanned": st.booleans(),
        "time": st.integers(0, 6),
        "proven": st.booleans(),
        "backed": st.booleans(),
        "seen": st.lists(refs, max_size=3),
        "target": st.none() | refs,
        "allowed": st.booleans(),
        "timely": st.booleans(),
    }
)


def identity(fact: Json) -> tuple[int, ...]:
    return tuple(model_fold.ref(fact))


one_copy_each = st.lists(facts, max_size=12, unique_by=identity)
entries = st.sampled_from(ENTRIES)
rules = st.fixed_dictionaries(
    {
        "1": st.fixed_dictionaries({"1": entries}),
        "2": st.fixed_dictionaries({"1": entries, "2": entries}),
    }
)
histories = st.fixed_dictionaries(
    {
        "epoch": st.none() | st.integers(1, 3),
        "rules": rules,
        "facts": one_copy_each,
        "voids": st.just({}) | st.fixed_dictionaries({"2": numbers}),
    }
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
    """R21, R52: every fact but a denial stands somewhere, once."""
    state = python(history)
    sorts = ("greens", "old", "exits", "overrides", "undone", "undos", "refused", "void", "pending")
    shown = [tuple(ref) for of in state["lists"].values() for sort in sorts for ref in of[sort]]
    said = [identity(fact) for fact in history["facts"] if fact["kind"] != 2]
    assert sorted(shown) == sorted(said)


@given(histories, facts)
@settings(deadline=None, max_examples=120)
def test_a_fact_that_knew_the_winner_never_takes_its_place(history: Json, fact: Json) -> None:
    """A backdated fact wins only against facts that its device did not know."""
    # Nobody saw what came later: a cycle is a lie, and its own time decides where a lie stands.
    facts = [
        {**held, "seen": [ref for ref in held["seen"] if ref[1] < held["number"]]}
        for held in history["facts"]
    ]
    rules = {**history["rules"], "1": {"1": SINGLE}}
    history = {**history, "rules": rules, "facts": facts}
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


@given(histories)
@settings(deadline=None, max_examples=120)
def test_what_is_undone_or_void_is_as_if_it_had_never_been(history: Json) -> None:
    """R53, R54: without those facts and without undos, everybody stands where they stood."""
    state = python(history)
    gone = {
        tuple(ref)
        for of in state["lists"].values()
        for sort in ("undone", "undos", "refused", "void")
        for ref in of[sort]
    }
    left = [fact for fact in history["facts"] if identity(fact) not in gone]
    again = python({**history, "facts": left, "voids": {}})
    assert again["epoch"] == state["epoch"]
    for number, of in again["lists"].items():
        for member in ("winner", "greens", "losers", "conflict", "inside", "entries", "turns"):
            assert of[member] == state["lists"][number][member]


@given(histories)
@settings(deadline=None, max_examples=120)
def test_the_undo_a_phone_offers_takes_effect(history: Json) -> None:
    """R54: what `lastOwn` names can be taken back by the device's next fact, and only that."""
    device = 1
    facts = [  # a phone's own undos name revisions that it knows
        {**held, "list": min(held["list"], 2), "rule": 1} if held["kind"] == 4 else held
        for held in history["facts"]
    ]
    history = {**history, "facts": facts}
    known = {"facts": history["facts"], "voids": history["voids"], "device": device}
    last = javascript()("lastOwn", known)
    own = [f for f in facts if f["device"] == device and f["kind"] in model_fold.MOVEMENTS]
    for fact in own:
        undo = {**fact, "number": 90, "tag": 0, "kind": 4, "target": model_fold.ref(fact)}
        undo |= {"allowed": False, "timely": True}
        after = model_fold.state({**history, "facts": [*history["facts"], undo]})
        taken = model_fold.ref(undo) in after["lists"][str(fact["list"])]["undos"]
        before = python(history)["lists"].get(str(fact["list"]), {})
        if str(fact["rule"]) not in history["rules"].get(str(fact["list"]), {}):
            continue  # nobody knows the undo's own revision
        if model_fold.ref(fact) in before.get("undone", []):
            continue  # taken back already
        assert taken == (last is not None and last["number"] == fact["number"])


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
        "in and out": lambda at: {
            **fact(1, at + 1, 7, at, []),
            "list": 2,
            "kind": 1 + 2 * (at % 2),
        },
        "in and out, and each time for the first day": lambda at: {
            **fact(1, at + 1, 7, max(0, at - 2), []),
            "list": 2,
            "rule": 2 if at % 3 == 2 else 1,
            "kind": 3 if at % 3 == 1 else 1,
            "time": 0 if at % 3 == 2 else 9,
        },
        "taken back at once": lambda at: {
            **fact(1, at + 1, 7, at, []),
            "kind": 4 if at % 2 else 1,
            "target": [1, at, 7],
            "timely": True,
        },
        "taken back from behind": lambda at: {
            **fact(1, at + 1, 7, at, []),
            "kind": 4 if at >= count // 2 else 1,
            "target": [1, 2 * (count // 2) - at, 7],
            "timely": True,
        },
    }
    made = shapes[shape]
    return {"epoch": 1, "rules": HOSTILE_RULES, "facts": [made(at) for at in range(count)]}


SHAPES = [
    "one long log",
    "two numbers, all forks",
    "every number forked",
    "one cycle through all",
    "all saw one",
    "everyone saw the last 64",
    "in and out",
    "in and out, and each time for the first day",
    "taken back at once",
    "taken back from behind",
]
HOSTILE_RULES = {
    "1": {"1": {"entry": "single"}},
    "2": {"1": {"entry": "reentry"}, "2": {"entry": "per_day", "per_day": 9, "days": [5]}},
}


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
    """Return how many lines of the fold and its parts ran."""
    ran, parts = 0, {part.__file__ for part in (fold, places, turns, undo)}

    def trace(frame: FrameType, event: str, _arg: object) -> Callable[..., Any] | None:
        nonlocal ran
        if frame.f_code.co_filename not in parts:
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
