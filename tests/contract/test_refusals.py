"""What neither twin writes or reads: numbers out of range, columns that do not fit."""

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from shared.tools.wire_vectors import FEED, HEADER, PLAIN, TICKETS
from tests.contract.twins import Json, Refused, Twin, fact_json

from handstamp.checkin import columns, wire
from handstamp.checkin.layout import varint
from handstamp.checkin.rows import ALLOWED, TIMELY
from handstamp.checkin.wire import FactRow, TicketRow
from handstamp.kit.ids import ALPHABET
from handstamp.kit.signing import new_private_key, sign
from handstamp.tickets.token import TokenBody, encode_body, encode_token

OUT_OF_RANGE: dict[str, dict[str, Any]] = {
    "no device": {"device": 0},
    "device of 49 bits": {"device": 1 << 48},
    "no number": {"number": 0},
    "number of 54 bits": {"number": 1 << 53},
    "negative time": {"claimed": -1},
    "count 0": {"count": 0},
    "short hash": {"previous": bytes(31)},
    "long digest": {"digest": bytes(9)},
    "serial of 41 bits": {"serial": 1 << 40},
    "negative kind": {"kind": -1},
    "epoch 256": {"epoch": 256},
    "tag of 49 bits": {"seen": ((1, 1, 1 << 48),)},
    "longer than 8,192 bytes": {"note": "n" * 8_200},
}


@pytest.mark.parametrize("name", OUT_OF_RANGE)
def test_fact_out_of_range_is_not_written(twin: Twin, name: str) -> None:
    fact = replace(PLAIN, **OUT_OF_RANGE[name])
    with pytest.raises(Refused):
        twin("encodeFact", {"fact": fact_json(fact)})


def test_fact_of_the_greatest_length_is_written(twin: Twin) -> None:
    """R11: 8,192 bytes and not one more."""
    room = 8_192 - len(wire.encode_fact(PLAIN)) - 1
    longest = {"fact": fact_json(replace(PLAIN, note="n" * room))}
    assert len(twin("encodeFact", longest)["bytes"]) == 2 * 8_192
    with pytest.raises(Refused):
        twin("encodeFact", {"fact": fact_json(replace(PLAIN, note="n" * (room + 1)))})


BODY = TokenBody(1, 5, 99, 1, 1)
BAD_BODIES = [
    BODY._replace(key_id=32),
    BODY._replace(key_id=-1),
    BODY._replace(tier=0),
    BODY._replace(tier=256),
    BODY._replace(epoch=0),
    BODY._replace(epoch=256),
    BODY._replace(event=1 << 24),
    BODY._replace(serial=1 << 40),
    BODY._replace(serial=-1),
]


@pytest.mark.parametrize("body", BAD_BODIES, ids=str)
def test_token_out_of_range_is_not_written(body: TokenBody) -> None:
    """R3: nothing is signed that could not be read again."""
    with pytest.raises(ValueError, match="out of range"):
        encode_body(body)


def test_token_needs_a_whole_signature() -> None:
    private = new_private_key()
    with pytest.raises(ValueError, match="64 bytes"):
        encode_token(BODY, lambda message: sign(private, message)[:63])


@pytest.mark.parametrize("value", [-1, 1 << 53])
def test_column_holds_only_numbers_below_2_to_53(value: int) -> None:
    with pytest.raises(ValueError, match="out of range"):
        columns.encode_numbers([5, value])


GOOD = wire.encode_snapshot(HEADER, TICKETS, FEED)


def head() -> bytes:
    """Return the payload up to its first column."""
    empty = wire.encode_snapshot(HEADER, [], [])
    return empty[: empty.rindex(b"}") + 1]


def texts(count: int, joined: bytes) -> bytes:
    """Return a column of texts as it stands in a payload."""
    return columns.framed(varint(count) + b"\0" + joined)


def numbers(*values: int) -> bytes:
    """Return a column of numbers as it stands in a payload."""
    return columns.encode_numbers(values)


def codes(*halves: tuple[int, ...]) -> bytes:
    """Return the three columns of codes: steps, first halves, last halves."""
    return b"".join(numbers(*column) for column in halves)


def notes(steps: tuple[int, ...], *given: str) -> bytes:
    """Return no codes and the columns of notes: steps, texts."""
    return codes((), (), ()) + numbers(*steps) + columns.encode_terms(given)


def one_ticket(**over: bytes) -> bytes:
    """Return a payload with one ticket whose columns may be replaced."""
    own = {
        "sizes": numbers(1),
        "orders": texts(1, b"AB1"),
        "surname_shared": numbers(0),
        "surnames": texts(1, b"Li"),
        "steps": numbers(0),
        "same": numbers(),
        "others": numbers(),
        "givens": texts(1, b"Bo ") + numbers(0),
        "patterns": texts(1, b"\1.\2") + numbers(0),
        "digits": numbers(17),
        "domains": texts(1, b"@x.example") + numbers(0),
        "serials": numbers(9),
        "tiers": numbers(1),
        "statuses": numbers(0),
        "epochs": numbers(1),
        "facts": b"".join(numbers() for _ in range(19)),
    }
    return head() + b"".join({**own, **over}.values())


def fact_columns(**over: tuple[int, ...]) -> bytes:
    """Return the columns of one fact, of which some may be replaced."""
    names = "devices sizes numbers tags tickets others times kind list rule epoch how flags"
    rest = "seen_counts seen targets ref_devices ref_numbers ref_tags"
    one = dict.fromkeys(names.split(), (1,)) | {"others": (), "seen_counts": (0,)}
    none: dict[str, tuple[int, ...]] = dict.fromkeys(rest.split(), ())
    own = {**one, **none, "seen_counts": (0,), "targets": (0,), **over}
    order = f"{names} {rest}".split()
    return b"".join(numbers(*own[name]) for name in order)


BROKEN: dict[str, Callable[[], bytes]] = {
    "a newer format": lambda: b"\x02" + GOOD[1:],
    "nothing": lambda: b"",
    "header cut": lambda: GOOD[:20],
    "columns missing": head,
    "a column cut": lambda: GOOD[:-1],
    "more texts than counted": lambda: one_ticket(orders=texts(1, b"AB1\nAB2")),
    "fewer texts than counted": lambda: one_ticket(surnames=texts(2, b"Li")),
    "a text that is not UTF-8": lambda: one_ticket(surnames=texts(1, b"\xff")),
    "planes cut": lambda: one_ticket(serials=columns.framed(b"\1\2\0")),
    "a serial too many": lambda: one_ticket(serials=numbers(9, 10)),
    "an epoch missing": lambda: one_ticket(epochs=numbers()),
    "a fact without its number": lambda: one_ticket(facts=fact_columns(numbers=())),
    "a code without its ticket": lambda: one_ticket() + codes((1,), (1,), (1,)),
    "a code without its last half": lambda: one_ticket() + codes((0,), (1,), ()),
    "a code cut short": lambda: one_ticket() + numbers(0) + numbers(1),
    "two codes of one ticket": lambda: one_ticket() + codes((0, 0), (1, 2), (1, 2)),
    "half a code of five bytes": lambda: one_ticket() + codes((0,), (1 << 32,), (1,)),
    "a note without its ticket": lambda: one_ticket() + notes((1,), "Guest of the band"),
    "a note without its text": lambda: one_ticket() + notes((0,)),
    "a note that is empty": lambda: one_ticket() + notes((0,), ""),
    "a note cut short": lambda: one_ticket() + codes((), (), ()) + numbers(0),
    "two notes of one ticket": lambda: one_ticket() + notes((0, 0), "One", "Two"),
    "a fact without a device": lambda: one_ticket(facts=fact_columns(devices=(), sizes=())),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_payload_is_refused(twin: Twin, name: str) -> None:
    with pytest.raises(Refused):
        twin("decodeSnapshot", {"payload": base64.b64encode(BROKEN[name]()).decode()})


def test_payload_made_by_hand_is_read(twin: Twin) -> None:
    """R38, column by column."""
    payload = base64.b64encode(one_ticket()).decode()
    row = [9, 1, 0, 1, "Bo Li", "bo.li7@x.example", "AB1"]
    assert twin("decodeSnapshot", {"payload": payload}) == {
        "header": HEADER,
        "tickets": [row],
        "facts": [],
    }


def test_code_made_by_hand_is_read(twin: Twin) -> None:
    """R47: the digest of the listed ticket's code."""
    payload = base64.b64encode(one_ticket() + codes((0,), (0x01020304,), (0xFF,))).decode()
    row = [9, 1, 0, 1, "Bo Li", "bo.li7@x.example", "AB1", "AQIDBAAAAP8="]
    assert twin("decodeSnapshot", {"payload": payload})["tickets"] == [row]


def test_note_made_by_hand_is_read(twin: Twin) -> None:
    """R62: behind the codes, and after a null where the ticket has none."""
    payload = base64.b64encode(one_ticket() + notes((0,), "Guest of the band")).decode()
    row = [9, 1, 0, 1, "Bo Li", "bo.li7@x.example", "AB1", None, "Guest of the band"]
    assert twin("decodeSnapshot", {"payload": payload})["tickets"] == [row]


def test_fact_made_by_hand_is_read(twin: Twin) -> None:
    """R38: one fact of the listed ticket."""
    payload = base64.b64encode(one_ticket(facts=fact_columns(times=(2,)))).decode()
    row = [1, 1, 1, 1, 1, 1, 9, 1, 1, 1, 1, [], None]
    assert twin("decodeSnapshot", {"payload": payload})["facts"] == [row]


def test_what_follows_the_columns_is_ignored(twin: Twin) -> None:
    """R38, R43: a newer side may add columns behind."""
    later = base64.b64encode(one_ticket() + notes(()) + numbers(1, 2, 3)).decode()
    now = base64.b64encode(one_ticket()).decode()
    assert twin("decodeSnapshot", {"payload": later}) == twin("decodeSnapshot", {"payload": now})


def test_rows_ignore_members_added_behind(twin: Twin) -> None:
    """R43: a newer side may lengthen a row."""
    ticket = [9, 1, 0, 1, "Bo Li", "", "AB1"]
    assert TicketRow.from_json([*ticket, "later"]).to_json() == ticket
    row: Json = FEED[1].to_json()
    assert FactRow.from_json([*row, "later"]) == FEED[1]
    given = {"rows": [[*row, "later"]], "epoch": 1, "rules": {"1": {"1": {}}}}
    assert twin("foldRows", given)["lists"]["1"]["winner"] == row[:3]


def test_flags_of_a_row_reach_the_fold(twin: Twin) -> None:
    """R36: scanned decides the winner, proven and backed what is unproven; what was granted."""
    plain = FactRow(1, 1, 7, 1, 1, 1, 5, 1, 2, 0, 50, (), None)
    rows = [
        plain,
        plain._replace(device=2, flags=wire.SCANNED, time=60),
        plain._replace(device=3, flags=wire.PROVEN | wire.AFTER_END, time=70),
        plain._replace(device=4, flags=wire.BACKED, time=80),
        plain._replace(device=5, flags=wire.BACKED),
        plain._replace(device=5, number=2, kind=wire.UNDO, flags=TIMELY, target=(5, 1, 7)),
        plain._replace(device=6, kind=wire.OVERRIDE, flags=ALLOWED | wire.BACKED),
        plain._replace(device=7, kind=wire.OVERRIDE, flags=TIMELY),
    ]
    given = {"rows": [row.to_json() for row in rows], "epoch": 1, "rules": {"1": {"1": {}}}}
    of = twin("foldRows", given)["lists"]["1"]
    assert of["winner"] == [2, 1, 7]
    assert of["unproven"] == [[1, 1, 7], [2, 1, 7]]
    assert (of["undone"], of["undos"]) == ([[5, 1, 7]], [[5, 2, 7]])
    assert (of["overrides"], of["refused"]) == ([[6, 1, 7]], [[7, 1, 7]])


@pytest.mark.parametrize("serial", [0, 1, 0x0102030405, 2**40 - 1])
def test_serial_is_found_again_from_a_printed_id(twin: Twin, serial: int) -> None:
    """R9: searching for a printed id; any one wrong letter finds nothing."""
    letters = twin("serialLetters", {"serial": serial})
    printed = f" mgy-pf-20261121-{letters.lower()}\n"
    assert twin("serialOf", {"letters": printed}) == serial
    for at, letter in enumerate(letters):
        for other in ALPHABET.replace(letter, "") + "U!":
            wrong = letters[:at] + other + letters[at + 1 :]
            assert twin("serialOf", {"letters": wrong}) is None
    assert twin("serialOf", {"letters": letters[1:]}) is None
    assert twin("serialOf", {"letters": "0" + letters}) is None
    assert twin("serialOf", {"letters": ""}) is None
