"""Random histories of one ticket: what several doors may do to it, honestly or not."""

from random import Random
from typing import Any

History = dict[str, Any]
NOW = 1_000
DAYS = [8, 16, 24]
ENTRIES: list[History] = [
    {"entry": "single"},
    {"entry": "reentry"},
    {"entry": "per_day", "per_day": 1, "days": DAYS},
    {"entry": "per_day", "per_day": 2, "days": [*DAYS, NOW - 1]},
    {"entry": "by_moonlight", "per_day": 3},
    {"entry": "per_day", "days": []},
    {},
]


def rules(random: Random) -> History:
    """Return rules of movement as a list may have them."""
    more = {"capacity": random.choice((1, 9, 10)), "undo_s": 60}
    return {**random.choice(ENTRIES), **(more if random.random() < 0.3 else {})}


def history(random: Random) -> History:
    """Return an input of the fold. Few devices and moments, so that much collides."""
    devices = random.sample(range(1, 6), random.randint(1, 4))
    facts: list[History] = []
    for _ in range(random.choice((0, 1, 2, 3, 4, 6, 9, 14))):
        facts.append(_fact(random, random.choice(devices), facts))
    for early in facts:  # what only a hostile device can do: see what comes later
        if facts and random.random() < 0.05:
            late = random.choice(facts)
            early["seen"].append([late["device"], late["number"], late["tag"]])
    if facts and random.random() < 0.3:
        copy = dict(random.choice(facts))
        copy.update(time=copy["time"] - random.randint(0, 9), proven=random.random() < 0.5)
        facts.append(copy)
    random.shuffle(facts)
    known = {"1": {"1": rules(random)}, "2": {"1": rules(random), "2": rules(random)}}
    voids = {str(random.choice(devices)): random.randint(1, 6)} if random.random() < 0.15 else {}
    epoch = random.choice((None, 1, 1, 1, 2, 3))
    return {"epoch": epoch, "rules": known, "facts": facts, "voids": voids}


def _fact(random: Random, device: int, before: list[History]) -> History:
    of_device = [fact["number"] for fact in before if fact["device"] == device]
    number = max(of_device, default=0) + random.choice((1, 1, 1, 2, 5))
    if of_device and random.random() < 0.08:
        number = random.choice(of_device)
    seen = random.sample(before, random.randint(0, min(3, len(before))))
    refs = [[fact["device"], fact["number"], fact["tag"]] for fact in seen]
    if random.random() < 0.05:
        refs.append([9, 9, 9])
    kind = random.choices((1, 2, 3, 4, 5, 6, 77), (46, 6, 20, 16, 8, 2, 2))[0]
    return {
        "device": device,
        "number": number,
        "tag": random.randrange(2**48) if random.random() < 0.5 else len(before),
        "kind": kind,
        "list": random.choices((1, 2, 3), (70, 25, 5))[0],
        "rule": random.choices((1, 2, 3), (85, 10, 5))[0],
        "epoch": random.choices((1, 2, 3), (80, 15, 5))[0],
        "how": random.randint(1, 5),
        "scanned": random.random() < 0.8,
        "time": random.randint(0, 30) if random.random() < 0.8 else random.randrange(2**50),
        "proven": random.random() < 0.8,
        "backed": random.random() < 0.1,
        "seen": refs,
        "target": _target(random, device, before)
        if kind == 4
        else random.choice((None, [1, 1, 1])),
        "allowed": random.random() < (0.7 if kind == 5 else 0.3),
        "timely": random.random() < 0.6,
    }


def _target(random: Random, device: int, before: list[History]) -> list[int] | None:
    """Return what an undo names: often the device's own last fact."""
    own = [fact for fact in before if fact["device"] == device]
    chosen = own[-1] if own and random.random() < 0.7 else random.choice(before or [None])
    if chosen is None or random.random() < 0.05:
        return random.choice((None, [9, 9, 9]))
    return [chosen["device"], chosen["number"], chosen["tag"]]


def question(random: Random, state: History | None) -> History:
    """Return an input of the verdict about a ticket in this state."""
    check = random.choices(
        ("ok", "search", "foreign", "unlisted", "forged", "unknown_key", "newer", "not_a_ticket"),
        (76, 8, 6, 2, 2, 2, 2, 2),
    )[0]
    windows = [
        {"tier": random.randint(1, 2), "from": _edge(random), "until": _edge(random)}
        for _ in range(random.randint(0, 3))
    ]
    ticket = {
        "tier": random.randint(1, 2),
        "status": random.choices((0, 1, 2, 3, 4, 255), (80, 5, 5, 5, 3, 2))[0],
        "epoch": random.randint(1, 3),
    }
    return {
        "token": {
            "check": check,
            "event": random.choice((5, 5, 5, 5, 5, 6)),
            "serial": 99,
            "tier": random.randint(1, 2),
            "epoch": random.randint(1, 4),
            "compromised": random.random() < 0.1,
        },
        "event": {
            "number": 5,
            "unknown_policy": random.choice(("accept", "accept_and_flag", "hold", "later")),
            "unknown_max_age_s": 60,
        },
        "ticket": ticket if random.random() < 0.8 else None,
        "list": {
            "list": random.randint(1, 3),
            "rev": 1,
            "rules": {"tiers": windows, **rules(random)},
        },
        "state": state,
        "now": random.choice((NOW, NOW, random.randint(0, 30))),
        "list_age_s": random.choice((0, 59, 60, 61, 9999)),
        "inside": random.choice((None, 0, 9, 10)),
    }


def _edge(random: Random) -> int | None:
    return random.choice((None, 0, NOW - 1, NOW, NOW + 1, NOW + 50))
