"""Python and JavaScript agree on generated histories, and on rows and snapshots of them."""

import base64
from random import Random

import pytest
from tests.contract.histories import history, question
from tests.contract.long_counts import long_count
from tests.contract.twins import JavaScript, Python, Refused, fact_json

from handstamp.checkin.fold import REFS
from handstamp.checkin.wire import (
    Fact,
    FactRow,
    TicketRow,
    decode_snapshot,
    encode_fact,
    encode_snapshot,
)

BATCH = 500
SEED = 20261121
SPACES = str.maketrans("\t\n", "  ")
LETTERS = "aAbcÉéłßøñ çÜ王美😀İıK.-'0179@\t\n "


@pytest.mark.timeout(3600)
def test_histories_fold_and_are_judged_alike(javascript: JavaScript) -> None:
    count = long_count(2_000, 100_000, "histories through both twins")
    python, random = Python(), Random(SEED)
    seen: set[str] = set()
    for _ in range(count // BATCH):
        inputs = [history(random) for _ in range(BATCH)]
        states = javascript("foldAll", {"inputs": inputs})
        assert states == python("foldAll", {"inputs": inputs})
        questions = [question(random, random.choice((state, state, None))) for state in states]
        verdicts = javascript("decideAll", {"inputs": questions})
        assert verdicts == python("decideAll", {"inputs": questions})
        leaving = javascript("decideExitAll", {"inputs": questions})
        assert leaving == python("decideExitAll", {"inputs": questions})
        seen.update(verdict["verdict"] for verdict in verdicts + leaving)
        seen.update(flag for verdict in verdicts for flag in verdict["flags"])
        for of in (of for state in states for of in state["lists"].values()):
            seen.add("conflict " + of["conflict"])
            seen.update(f"some {name}" for name in REFS if of[name])
            seen.add(f"{min(3, len(of['turns']))} turns, inside: {of['inside']}")
    assert len(seen) == 15 + 5 + 3 + len(REFS) + 2 * 4 - 1, "everything came up"


def test_random_facts_are_laid_out_alike(javascript: JavaScript) -> None:
    python, random = Python(), Random(SEED)
    for _ in range(300):
        fact = random_fact(random)
        given = {"fact": fact_json(fact)}
        laid_out = python("encodeFact", given)
        assert javascript("encodeFact", given) == laid_out
        assert javascript("decodeFact", laid_out) == given["fact"]
        assert python("decodeFact", laid_out) == given["fact"]


def test_changed_facts_are_read_or_refused_alike(javascript: JavaScript) -> None:
    """R11: whatever bytes arrive, both twins read the same or both refuse."""
    python, random = Python(), Random(SEED)
    refused = 0
    for _ in range(1_500):
        laid_out = bytearray(encode_fact(random_fact(random)))
        for _ in range(random.randint(1, 3)):
            laid_out[random.randrange(len(laid_out))] = random.randrange(256)
        length = random.choice((len(laid_out), random.randrange(200)))
        given = {"bytes": bytes(laid_out[:length]).hex()}
        answers = [attempt(twin, given) for twin in (python, javascript)]
        assert answers[0] == answers[1]
        refused += answers[0] is None
        if answers[0] is not None:
            assert python("encodeFact", {"fact": answers[0]})["bytes"] == given["bytes"]
    assert 100 < refused < 1_400


def attempt(twin: Python | JavaScript, given: object) -> object:
    try:
        return twin("decodeFact", given)
    except Refused:
        return None


def random_fact(random: Random) -> Fact:
    def number(bits: int) -> int:
        return random.randrange(1 << random.randint(0, bits))

    def text() -> str:
        return "".join(random.choice(LETTERS) for _ in range(random.randint(0, 12)))

    def ref() -> tuple[int, int, int]:
        return (number(48), number(53), number(48))

    return Fact(
        device=number(47) + 1,
        number=number(52) + 1,
        previous=random.randbytes(32),
        kind=number(8),
        list_no=number(8),
        rule_rev=number(53),
        serial=number(40),
        epoch=number(8),
        how=number(8),
        verdict=number(8),
        flags=number(53),
        digest=random.randbytes(8),
        claimed=number(53),
        clock=number(53),
        cursor=number(53),
        age=number(53),
        count=number(20) + 1,
        seen=tuple(ref() for _ in range(random.choice((0, 0, 1, 3)))),
        target=ref() if random.random() < 0.3 else None,
        operator=text(),
        gate=text(),
        note=text(),
        extra=random.randbytes(random.choice((0, 0, 5))),
    )


@pytest.mark.parametrize("size", [0, 1, 2, 40, 700])
def test_random_snapshots_are_read_alike(javascript: JavaScript, size: int) -> None:
    """R38: what goes in comes out of both twins, whatever names people have."""
    random = Random(SEED + size)
    tickets, facts = random_rows(random, size)
    payload = encode_snapshot({"protocol": 1}, tickets, facts)
    read = javascript("decodeSnapshot", {"payload": base64.b64encode(payload).decode()})
    header, python_tickets, python_facts = decode_snapshot(payload)
    assert read["header"] == header == {"protocol": 1}
    assert [row.to_json() for row in python_tickets] == read["tickets"]
    assert [row.to_json() for row in python_facts] == read["facts"]
    clean = [
        row._replace(
            name=row.name.translate(SPACES),
            email=row.email.translate(SPACES),
            order=row.order.translate(SPACES),
        )
        for row in tickets
    ]
    assert sorted(python_tickets) == sorted(clean)
    assert python_facts == sorted(facts, key=lambda row: row[:3])


@pytest.mark.parametrize("seed", range(3))
def test_random_codes_have_the_same_digest(javascript: JavaScript, seed: int) -> None:
    """R46: also of lone surrogates and of space that only one side might trim."""
    python, random = Python(), Random(SEED + seed)
    letters = LETTERS + "\ud800\udfff\u2028\x85\x1c\v\f\u3000\ufeff"
    for _ in range(200):
        text = "".join(random.choice(letters) for _ in range(random.randint(0, 12)))
        given = {"event": random.randrange(1 << 24), "text": text}
        assert javascript("foreignCodeDigest", given) == python("foreignCodeDigest", given), text


def random_rows(random: Random, size: int) -> tuple[list[TicketRow], list[FactRow]]:
    names = ["Anna", "Zoë", "José María", "王美", "O'Neil", "", " ", "ł", "K", "İpek", "ann"]
    tickets = []
    for serial in random.sample(range(2**40), size):
        name = f"{random.choice(names)} {random.choice(names)}" if size > 2 else "Anna"
        if random.random() < 0.3:
            name = "".join(random.choice(LETTERS) for _ in range(random.randint(0, 9)))
        stem = random.choice([name.lower().replace(" ", "."), "ann.k", "zoe1", "jose.1"])
        end = random.choice(["", "7", "007", "1987", "12345678"])
        email = random.choice([f"{stem}{end}@a.example", stem, "", f"{name}@b@c"])
        order = random.choice(["", "AB1", "AB2", "longer 3", f"U{serial}", f"Ü{serial % 9}"])
        status, epoch = random.randrange(256), random.randint(1, 255)
        code = random.randbytes(8) if size > 2 and random.random() < 0.2 else b""
        tickets.append(
            TicketRow(serial, random.randint(1, 255), status, epoch, name, email, order, code)
        )
    facts: dict[tuple[int, int, int], FactRow] = {}
    for _ in range(size):
        ref = (random.choice((1, 7, 2**48 - 1)), random.randint(1, 2**30), random.randrange(2**48))
        others = [*facts, (5, 5, 5)]
        facts[ref] = FactRow(
            *ref,
            random.randint(1, 255),
            random.randint(0, 3),
            random.randint(0, 900),
            random.choice(tickets).serial if random.random() < 0.9 else random.randrange(2**40),
            random.randrange(256),
            random.randrange(256),
            random.randrange(16),
            random.randrange(2**51),
            tuple(random.sample(others, min(len(others), random.choice((0, 0, 1, 3))))),
            random.choice(others) if random.random() < 0.2 else None,
        )
    return tickets, list(facts.values())
