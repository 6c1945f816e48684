"""R67, R68: a log file holds as it was written, and in no other way."""

import base64
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.schemas import validate
from tests.contract.vector_files import cases, load
from tests.factories.logs import LogMaker

from handstamp.checkin.log_words import FAULTS, fault_words
from handstamp.checkin.verify_log import Branch, LogReport, LogVerifier, verify_log

LOG = LogMaker().add(12)
TWIN = LogMaker(facts=LOG.facts[:5]).add(4, note="twin")
OTHER = LogMaker(device=0x0A0A, private=bytes(32)).add(12)
FORGER = LogMaker(server=bytes(range(64, 96)), private=bytes(range(96, 128))).add(12)
FILE = LOG.file(heads=[4, 8])
TWIN_FILE = TWIN.file(heads=[4, 8])
Lines = list[bytes]


def read(lines: Lines) -> LogReport:
    """Verify with the server's key at hand."""
    return verify_log(lines, LOG.server_key)


def fault_of(lines: Lines) -> tuple[int, str] | None:
    """Return line and code of what is wrong; the words for it are there."""
    fault = read(lines).fault
    if fault is None:
        return None
    assert "%" not in fault_words(fault)
    return fault.line, fault.code


@pytest.mark.parametrize("vector", cases("wire/logs"))
def test_a_file_of_the_vectors_holds_or_names_its_first_bad_line(vector: dict[str, Any]) -> None:
    lines = vector["file"].encode().splitlines(keepends=True)
    key = base64.b64decode(load("wire/logs")["server_key"])
    fault = verify_log(lines, key).fault
    told = None if fault is None else {"line": fault.line, "code": fault.code}
    assert told == vector["fault"]


@pytest.mark.parametrize("vector", cases("wire/logs"))
def test_every_line_fits_the_schema(vector: dict[str, Any]) -> None:
    for line in vector["file"].splitlines():
        validate("log.schema.json", json.loads(line))


def test_a_log_tells_whose_it_is_and_how_far_it_goes() -> None:
    report = read(FILE)
    assert report.fault is None
    assert (report.device, report.event, report.facts, report.heads) == (
        LOG.device,
        "evt_1",
        12,
        3,
    )
    assert (report.certificate["name"], report.by) == ("Door 1", "server")
    assert report.branches == [Branch(after=0, end=12)]


def test_no_byte_of_a_file_can_be_another_and_the_line_is_named() -> None:
    whole = b"".join(LogMaker().add(2).file())
    for at in range(len(whole)):
        changed = bytearray(whole)
        changed[at] ^= 1 << at % 8
        told = fault_of(bytes(changed).splitlines(keepends=True))
        assert told is not None, at
        assert told[0] == whole[:at].count(b"\n") + 1, at


def test_a_file_cut_anywhere_does_not_hold() -> None:
    whole = b"".join(FILE)
    for end in range(0, len(whole), 7):
        assert fault_of(whole[:end].splitlines(keepends=True)) is not None, end
    for count in range(len(FILE)):
        assert fault_of(FILE[:count]) == (count + 1, "cut")


lines_of_file = st.integers(0, len(FILE) - 1)


@given(st.permutations(FILE).filter(lambda lines: lines != FILE))
def test_no_other_order_holds(lines: Lines) -> None:
    assert fault_of(lines) is not None


@given(lines_of_file, st.integers(1, 6))
def test_no_part_may_be_missing(first: int, count: int) -> None:
    assert fault_of(FILE[:first] + FILE[first + count :]) is not None


@given(lines_of_file, lines_of_file)
def test_no_line_may_stand_twice(at: int, to: int) -> None:
    assert fault_of([*FILE[:to], FILE[at], *FILE[to:]]) is not None


@given(
    st.sampled_from([OTHER, TWIN, FORGER]),
    st.integers(0, 14),
    st.integers(1, 14),
    st.integers(0, 14),
)
def test_no_part_of_another_log_holds_in_this_one(
    other: LogMaker, at: int, count: int, start: int
) -> None:
    part = other.file(heads=[4, 8])[start : start + count]
    spliced = [*FILE[:at], *part, *FILE[at + count :]]
    if spliced not in (FILE, TWIN_FILE):
        assert fault_of(spliced) is not None
        # Not even when the whole is closed anew by who holds the server's key.
        resealed = LOG.closed([line for line in spliced if not line.startswith(b'{"end"')])
        assert fault_of(resealed) is not None or is_of_one_device(resealed)


def is_of_one_device(lines: Lines) -> bool:
    """Tell whether nothing but the start of one true log is left, ended where it was signed."""
    facts = [line for line in lines if b'"fact"' in line]
    wholes = ([one.fact(number + 1) for number in range(len(one.facts))] for one in (LOG, TWIN))
    return any(whole[: len(facts)] == facts for whole in wholes)


@given(st.integers(1, 11))
def test_even_the_server_cannot_cut_the_end_of_a_log(last: int) -> None:
    lines = [LOG.header(), *[LOG.fact(number) for number in range(1, last + 1)]]
    assert fault_of(LOG.closed(lines)) == (last + 1, "unsigned")


@given(st.integers(1, 12))
def test_even_the_server_cannot_put_facts_behind_a_signed_end(signed: int) -> None:
    lines = [LOG.header(), *[LOG.fact(number) for number in range(1, signed + 1)]]
    grown = LogMaker(private=FORGER.private, facts=LOG.facts[:signed]).add(1)
    lines += [LOG.head(signed), grown.fact(signed + 1), grown.head(signed + 1)]
    assert fault_of(LOG.closed(lines)) == (signed + 4, "head_signature")


def test_a_log_that_somebody_made_up_is_of_another_server() -> None:
    assert verify_log(FORGER.file()).fault is None  # by its own word
    assert fault_of(FORGER.file()) == (1, "other_server")


def test_a_certificate_of_another_key_or_device_is_refused() -> None:
    own = FILE[0].decode()
    for other in (FORGER, OTHER):
        header = own.replace(LOG.certificate(), other.certificate()).encode()
        assert fault_of([header, *FILE[1:]]) in ((1, "certificate"), (1, "other_pairing"))


def test_a_log_may_be_empty() -> None:
    report = read(LogMaker().file())
    assert (report.fault, report.facts, report.branches) == (None, 0, [])


def test_a_phone_may_close_its_own_file() -> None:
    assert read(LOG.file(by="device")).fault is None


def test_branches_of_a_fork_are_told_apart() -> None:
    levels = []
    for number in range(1, 13):
        makers = [LOG, TWIN] if 5 < number <= 9 else [LOG]
        levels += sorted((maker.fact(number) for maker in makers), key=_tag)
        levels += [TWIN.head(9)] if number == 9 else []
    report = read(LOG.closed([LOG.header(), *levels, LOG.head(12)]))
    assert report.fault is None
    ends = sorted((branch.after, branch.end) for branch in report.branches)
    assert [end for _after, end in ends] in ([9, 12], [12, 9])
    assert {after for after, _end in ends} == {0, 5}


def test_a_branch_that_nobody_signed_is_found() -> None:
    lines = [LOG.header(), *map(LOG.fact, range(1, 6)), *_sixth()]
    told = fault_of(LOG.closed([*lines, *map(LOG.fact, range(7, 13)), LOG.head(12)]))
    assert told == (7 + _sixth().index(TWIN.fact(6)), "unsigned")


def _sixth() -> Lines:
    return sorted([LOG.fact(6), TWIN.fact(6)], key=_tag)


def _tag(line: bytes) -> int:
    return int(json.loads(line)["tag"])


@pytest.mark.parametrize(
    "line",
    [b"", b"\n", b"{}\n", b"[]\n", b"null\n", b'{"log":1}\n', b"\xff\n", b"[" * 5_000 + b"\n"],
)
def test_what_is_no_log_is_said_to_be_none(line: bytes) -> None:
    told = fault_of([line] if line else [])
    assert told in ((1, "not_a_line"), (1, "cut"), (1, "newer"), (1, "no_header"))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=3))
def test_no_member_of_any_kind_breaks_the_reader(value: Any) -> None:
    for line in (FILE[0], FILE[1], FILE[5], FILE[-1]):
        for name in json.loads(line):
            changed = {**json.loads(line), name: value}
            if changed == json.loads(line):
                continue
            text = json.dumps(changed, separators=(",", ":")).encode() + b"\n"
            at = FILE.index(line)
            told = fault_of([*FILE[:at], text, *FILE[at + 1 :]])
            assert told is not None
            assert told[0] == at + 1


def test_memory_does_not_grow_with_the_log() -> None:
    maker = LogMaker().add(1_500)

    def peak(count: int) -> int:
        verifier = LogVerifier(maker.server_key)
        assert verifier.feed(maker.header())
        tracemalloc.start()
        for number in range(1, count + 1):
            assert verifier.feed(maker.fact(number))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(50)
    assert peak(1_500) < peak(100) + 20_000


def test_every_fault_has_words() -> None:
    assert all(words.endswith(".") for words in FAULTS.values())
