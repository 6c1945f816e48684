"""What the fold must say, worked out the slow way from the clauses alone: the oracle.

It shares no line with `handstamp.checkin.fold`; it reads the JSON that both twins read.
"""

from typing import Any

Json = Any


def place(fact: Json) -> tuple[int, int, int, int]:
    """R19: what decides among facts that are free."""
    return (fact["time"], fact["device"], fact["number"], fact["tag"])


def ref(fact: Json) -> list[int]:
    """R2: a fact's identity."""
    return [fact["device"], fact["number"], fact["tag"]]


def must_precede(one: Json, other: Json) -> bool:
    """R19: happens-before, as far as the facts themselves say."""
    earlier_in_log = one["device"] == other["device"] and one["number"] < other["number"]
    return earlier_in_log or ref(one) in other["seen"]


def admits(facts: list[Json], rules: Json) -> tuple[list[Json], list[Json]]:
    """R21, R25: the distinct admits that count, and what is pending."""
    copies: dict[tuple[int, ...], list[Json]] = {}
    for fact in facts:
        copies.setdefault(tuple(ref(fact)), []).append(fact)
    ranks = ("time", "proven", "backed", "scanned")
    distinct = [
        min(same, key=lambda fact: [fact[rank] for rank in ranks]) for same in copies.values()
    ]
    said = [fact for fact in distinct if fact["kind"] != 2]
    counting = [
        fact
        for fact in said
        if fact["kind"] == 1 and fact["rule"] in rules.get(str(fact["list"]), [])
    ]
    return counting, [fact for fact in said if fact not in counting]


def copy_rank(fact: Json) -> list[Any]:
    """R25: the least of several copies counts."""
    return [fact[member] for member in ("time", "proven", "backed", "scanned")]


def in_order(facts: list[Json]) -> list[Json]:
    """R19, word for word: place the least of those whose predecessors are all placed."""
    left, placed = list(facts), []
    while left:
        free = [fact for fact in left if not any(must_precede(other, fact) for other in left)]
        least = min(free or left, key=place)
        left.remove(least)
        placed.append(least)
    return placed


def state(given: Json) -> Json:
    """Return what the fold must answer."""
    counting, pending = admits(given["facts"], given["rules"])
    epochs = [given["epoch"] or 0] + [fact["epoch"] for fact in counting]
    known = max(epochs)
    ordered = in_order(counting)
    numbers = sorted({fact["list"] for fact in counting + pending})
    return {
        "epoch": known,
        "lists": {
            str(number): on_list(
                [fact for fact in ordered if fact["list"] == number],
                sorted(ref(fact) for fact in pending if fact["list"] == number),
                known,
            )
            for number in numbers
        },
    }


def on_list(ordered: list[Json], pending: list[list[int]], known: int) -> Json:
    """R18, R22, R23, R24 on one list."""
    greens = [fact for fact in ordered if fact["epoch"] == known]
    old = [fact for fact in ordered if fact["epoch"] != known]
    by_scan = [fact for fact in greens if fact["scanned"]]
    best = (by_scan + greens)[:1]
    names = {(True, True): "double", (True, False): "double", (False, True): "superseded"}
    return {
        "winner": ref(best[0]) if best else None,
        "greens": [ref(fact) for fact in greens],
        "losers": [ref(fact) for fact in greens if fact not in best],
        "old": [ref(fact) for fact in old],
        "unproven": [ref(f) for f in ordered if not (f["backed"] or f["proven"])],
        "pending": pending,
        "conflict": names.get((len(greens) >= 2, bool(old)), ""),
    }
