"""What the fold must say, worked out the slow way from the clauses alone: the oracle.

It shares no line with `handstamp.checkin.fold`; it reads the JSON that both twins read.
"""

from typing import Any

Json = Any
ADMIT, DENY, EXIT, UNDO, OVERRIDE = 1, 2, 3, 4, 5
MOVEMENTS = (ADMIT, EXIT, OVERRIDE)
RANKS = ("time", "proven", "backed", "scanned", "allowed", "timely")


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


def one_of_each(facts: list[Json]) -> list[Json]:
    """R21, R25: one copy of every fact that is no denial; the least of several counts."""
    copies: dict[tuple[int, ...], list[Json]] = {}
    for fact in facts:
        if fact["kind"] != DENY:
            copies.setdefault(tuple(ref(fact)), []).append(fact)
    return [
        min(same, key=lambda fact: [fact.get(rank, False) for rank in RANKS])
        for same in copies.values()
    ]


def is_void(fact: Json, voids: Json) -> bool:
    """R53."""
    return any(
        fact["device"] == int(device) and fact["number"] >= number
        for device, number in voids.items()
    )


def is_known(fact: Json, rules: Json) -> bool:
    """R21: whether list and revision are."""
    return str(fact["rule"]) in rules.get(str(fact["list"]), {})


def undo_effects(there: list[Json], rules: Json) -> dict[str, list[Json]]:
    """R54: what each undo comes to, and what is undone."""
    found: dict[str, list[Json]] = {"undone": [], "undos": [], "waiting": [], "refused": []}
    undos = [fact for fact in there if fact["kind"] == UNDO]
    waiting = [u for u in undos if not is_known(u, rules) or target_of(u, there) is None]
    judged = [undo for undo in undos if undo not in waiting]
    found["waiting"] = waiting
    fitting = [undo for undo in judged if fits(undo, target_of(undo, there))]
    for undo in fitting:
        if undo.get("allowed"):
            found["undos"].append(undo)
            found["undone"].append(target_of(undo, there))
    rest = [undo for undo in fitting if undo not in found["undos"]]
    for undo in sorted(rest, key=ref):
        target = target_of(undo, there)
        own = target["device"] == undo["device"] and target["number"] < undo["number"]
        between = [
            fact
            for fact in there
            if fact["device"] == undo["device"]
            and fact["kind"] in MOVEMENTS
            and target["number"] < fact["number"] < undo["number"]
            and fact not in found["undone"]
        ]
        if undo.get("timely") and own and not between:
            found["undos"].append(undo)
            found["undone"].append(target)
    found["refused"] = [undo for undo in judged if undo not in found["undos"]]
    return found


def target_of(undo: Json, there: list[Json]) -> Json:
    """The fact that an undo names, when it is there."""
    return next((fact for fact in there if ref(fact) == undo["target"]), None)


def fits(undo: Json, target: Json) -> bool:
    """R54: a movement on the undo's own list."""
    return target["kind"] in MOVEMENTS and target["list"] == undo["list"]


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
    rules, voids = given["rules"], given.get("voids", {})
    every = one_of_each(given["facts"])
    void = [fact for fact in every if is_void(fact, voids)]
    there = [fact for fact in every if fact not in void]
    undo = undo_effects(there, rules)
    settled = undo["undone"] + undo["undos"] + undo["refused"]
    others = [fact for fact in there if fact not in settled]
    moving = [f for f in others if f["kind"] in MOVEMENTS and is_known(f, rules)]
    forbidden = [f for f in moving if f["kind"] == OVERRIDE and not f.get("allowed")]
    left = [fact for fact in moving if fact not in forbidden]
    sorts = {
        "undone": undo["undone"],
        "undos": undo["undos"],
        "refused": undo["refused"] + forbidden,
        "void": void,
        "pending": [fact for fact in others if fact not in moving],
    }
    known = max([given["epoch"] or 0] + [fact["epoch"] for fact in left])
    ordered = in_order(left)
    return {
        "epoch": known,
        "lists": {
            str(number): {
                **on_list([f for f in ordered if f["list"] == number], known, rules),
                **{name: refs_of(of, number) for name, of in sorts.items()},
            }
            for number in sorted({fact["list"] for fact in every})
        },
    }


def refs_of(facts: list[Json], number: int) -> list[list[int]]:
    """What is shown by (device, number, tag)."""
    found = {tuple(ref(fact)) for fact in facts if fact["list"] == number}
    return [list(one) for one in sorted(found)]


def on_list(ordered: list[Json], known: int, rules: Json) -> Json:
    """R18, R22 to R24, R55, R58 on one list."""
    admits = [fact for fact in ordered if fact["kind"] == ADMIT]
    greens = [fact for fact in admits if fact["epoch"] == known]
    old = [fact for fact in admits if fact["epoch"] != known]
    moves = [fact for fact in ordered if fact["epoch"] == known]
    turns = turns_of(moves, rules)
    winners = [winners_of(turn, rules) for turn in turns]
    crowded = any(len(greens_of(turn)) > limit(turn, rules) for turn in turns)
    best = [of[0] for of in winners if of]
    return {
        "winner": ref(best[-1]) if best else None,
        "greens": [ref(fact) for fact in greens],
        "losers": [ref(fact) for fact in greens if not any(fact in of for of in winners)],
        "old": [ref(fact) for fact in old],
        "unproven": [ref(f) for f in ordered if not (f["backed"] or f["proven"])],
        "exits": [ref(fact) for fact in ordered if fact["kind"] == EXIT],
        "overrides": [ref(fact) for fact in ordered if fact["kind"] == OVERRIDE],
        "conflict": "double" if crowded else "superseded" if old else "",
        "inside": bool(moves) and moves[-1]["kind"] != EXIT,
        "entries": len([fact for fact in moves if fact["kind"] != EXIT]),
        "turns": [
            {
                "at": turn[0]["time"],
                "entries": len(turn),
                "by": ref((of + turn)[0]),
                "left": exit_after(turn, moves),
            }
            for turn, of in zip(turns, winners, strict=True)
        ],
    }


def turns_of(moves: list[Json], rules: Json) -> list[list[Json]]:
    """R57: walk along, and let each entry join a turn or begin one."""
    turns: list[list[Json]] = []
    for at, fact in enumerate(moves):
        if fact["kind"] == EXIT:
            continue
        named = rules[str(fact["list"])][str(fact["rule"])]
        if named.get("entry") == "per_day":
            days = named.get("days", [])
            fitting = [turn for turn in turns if day(days, turn[0]) == day(days, fact)]
        elif named.get("entry") == "reentry":
            fitting = [turn for turn in turns[-1:] if not exit_after(turn, moves[:at])]
        else:
            fitting = turns[-1:]
        if fitting:
            fitting[-1].append(fact)
        else:
            turns.append([fact])
    return turns


def day(days: list[int], fact: Json) -> int:
    """R57: how many entry days have begun."""
    return len([begin for begin in days if begin <= fact["time"]])


def exit_after(turn: list[Json], moves: list[Json]) -> bool:
    """R57: whether an exit came after the turn's last member."""
    return any(fact["kind"] == EXIT for fact in moves[moves.index(turn[-1]) :])


def greens_of(turn: list[Json]) -> list[Json]:
    """R55: overrides are none."""
    return [fact for fact in turn if fact["kind"] == ADMIT]


def limit(turn: list[Json], rules: Json) -> int:
    """R57: the greatest number that one of its members may."""
    named = [rules[str(fact["list"])][str(fact["rule"])] for fact in turn]
    return max(of.get("per_day", 1) if of.get("entry") == "per_day" else 1 for of in named)


def winners_of(turn: list[Json], rules: Json) -> list[Json]:
    """R22: scanned ones first, as many as the turn lets in."""
    greens = greens_of(turn)
    by_scan = [fact for fact in greens if fact["scanned"]]
    return (by_scan + [fact for fact in greens if not fact["scanned"]])[: limit(turn, rules)]
