"""Facts as bytes and rows, and the signed envelope. Twin: pwa/src/core/wire.js.

Vectors: shared/vectors/wire. Rows are in `rows`, the columns of a snapshot in `*_columns`.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from handstamp.checkin.code_columns import decode_codes, encode_codes
from handstamp.checkin.fact_columns import decode_facts, encode_facts
from handstamp.checkin.layout import Reader, varint
from handstamp.checkin.prompt_columns import decode_notes, encode_notes
from handstamp.checkin.rows import AFTER_END, BACKED, PROVEN, SCANNED, FactRow, Ref, TicketRow
from handstamp.checkin.ticket_columns import decode_tickets, encode_tickets

__all__ = [
    "ADMIT", "AFTER_END", "API", "BACKED", "BY_POLICY", "BY_SUPERVISOR", "CLAIMED",
    "CLOCK_STEPPED", "DENY", "EXIT", "FLAGGED", "GROUP", "NO_DIGEST", "NO_HASH", "OVERRIDE",
    "PROVEN", "SCAN", "SCANNED", "SEARCH", "UNCLAIMED", "UNDO", "VOID", "WEDGE", "Fact",
    "FactRow", "Ref", "TicketRow", "decode_fact", "decode_snapshot", "encode_fact",
    "encode_snapshot", "fact_hash", "head_message", "pack_envelope", "row_of",
    "snapshot_message", "tag_of", "unpack_envelope",
]  # fmt: skip

FORMAT = 1
PAYLOAD_FORMAT = 1
MAX_FACT_BYTES = 8192
FACT_CONTEXT = b"handstamp/fact/1\0"
HEAD_CONTEXT = b"handstamp/head/1\0"
SNAPSHOT_CONTEXT = b"handstamp/snapshot/1\0"
NO_HASH = bytes(32)
NO_DIGEST = bytes(8)

ADMIT, DENY, EXIT, UNDO, OVERRIDE, VOID = 1, 2, 3, 4, 5, 6
SCAN, SEARCH, GROUP, WEDGE, API = 1, 2, 3, 4, 5
FLAGGED, BY_POLICY, CLOCK_STEPPED, BY_SUPERVISOR, CLAIMED, UNCLAIMED = 1, 2, 4, 8, 16, 32
PROVEN_WITHIN = 10 * 60_000


@dataclass(frozen=True, slots=True)
class Fact:
    """One entry of a device's log (R11); times in ms, `age` (of the list) in seconds."""

    device: int
    number: int
    previous: bytes
    kind: int
    list_no: int
    rule_rev: int
    serial: int
    epoch: int
    how: int
    verdict: int
    flags: int
    digest: bytes
    claimed: int
    clock: int
    cursor: int
    age: int
    count: int = 1
    seen: tuple[Ref, ...] = ()
    target: Ref | None = None
    operator: str = ""
    gate: str = ""
    note: str = ""
    extra: bytes = b""


def _uint(value: int, length: int) -> bytes:
    try:
        return value.to_bytes(length, "big")
    except OverflowError as error:
        raise ValueError("number out of range") from error


def _ref_bytes(ref: Ref) -> bytes:
    return _uint(ref[0], 6) + varint(ref[1]) + _uint(ref[2], 6)


def _text_bytes(text: str) -> bytes:
    raw = text.encode()
    return varint(len(raw)) + raw


def encode_fact(fact: Fact) -> bytes:
    """Lay a fact out as R11 says.

    Raises:
        ValueError: a member is out of range, or the fact is longer than 8,192 bytes.
    """
    if not fact.device or not fact.number or not fact.count:
        raise ValueError("device, number and count are at least 1")
    if len(fact.previous) != len(NO_HASH) or len(fact.digest) != len(NO_DIGEST):
        raise ValueError("a hash has 32 bytes, a digest 8")
    parts = [
        bytes((FORMAT,)) + _uint(fact.device, 6) + varint(fact.number) + fact.previous,
        _uint(fact.kind, 1) + varint(fact.list_no) + varint(fact.rule_rev),
        _uint(fact.serial, 5) + _uint(fact.epoch, 1) + _uint(fact.how, 1),
        _uint(fact.verdict, 1) + varint(fact.flags) + fact.digest,
        *map(varint, (fact.claimed, fact.clock, fact.cursor, fact.age, fact.count)),
        varint(len(fact.seen)),
        *map(_ref_bytes, fact.seen),
        b"\0" if fact.target is None else b"\1" + _ref_bytes(fact.target),
        *map(_text_bytes, (fact.operator, fact.gate, fact.note)),
        fact.extra,
    ]
    laid_out = b"".join(parts)
    if len(laid_out) > MAX_FACT_BYTES:
        raise ValueError("a fact has at most 8,192 bytes")
    return laid_out


def decode_fact(data: bytes) -> Fact:
    """Read a fact's bytes; encoding the answer gives the same bytes again.

    Raises:
        ValueError: the bytes are not a fact of format 1.
    """
    if len(data) > MAX_FACT_BYTES:
        raise ValueError("a fact has at most 8,192 bytes")
    read = Reader(data)
    if read.uint(1) != FORMAT:
        raise ValueError("not a fact of format 1")
    fact = Fact(
        device=read.uint(6),
        number=read.varint(),
        previous=read.take(32),
        kind=read.uint(1),
        list_no=read.varint(),
        rule_rev=read.varint(),
        serial=read.uint(5),
        epoch=read.uint(1),
        how=read.uint(1),
        verdict=read.uint(1),
        flags=read.varint(),
        digest=read.take(8),
        claimed=read.varint(),
        clock=read.varint(),
        cursor=read.varint(),
        age=read.varint(),
        count=read.varint(),
        seen=tuple(read.ref() for _ in range(read.varint())),
        target=_target(read),
        operator=read.text(),
        gate=read.text(),
        note=read.text(),
        extra=read.rest(),
    )
    if not fact.device or not fact.number or not fact.count:
        raise ValueError("device, number and count are at least 1")
    return fact


def _target(read: Reader) -> Ref | None:
    present = read.uint(1)
    if present > 1:
        raise ValueError("a target is there or not")
    return read.ref() if present else None


def fact_hash(data: bytes) -> bytes:
    """Return a fact's 32-byte hash (R13)."""
    return hashlib.sha256(FACT_CONTEXT + data).digest()


def tag_of(digest: bytes) -> int:
    """Return the tag: the first 48 bits of a fact's hash (R2)."""
    return int.from_bytes(digest[:6], "big")


def head_message(device: int, number: int, digest: bytes) -> bytes:
    """Return what a device signs when it hands in its log up to `number` (R14)."""
    return HEAD_CONTEXT + device.to_bytes(6, "big") + number.to_bytes(8, "big") + digest


def row_of(
    fact: Fact,
    tag: int,
    *,
    stamp: int | None,
    scanned: bool,
    backed: bool = False,
    after_end: bool = False,
    granted: int = 0,
) -> FactRow:
    """Turn a fact into the row that is fed: effective time and what is proven (R18, R36).

    `stamp` is None for a device's own fact that the root has not acknowledged. `granted`: bits
    of R36 that an undo's or override's maker was granted.
    """
    time = fact.claimed if stamp is None else min(fact.claimed, stamp)
    proven = backed or stamp is None or abs(fact.claimed - stamp) <= PROVEN_WITHIN
    flags = SCANNED * scanned | PROVEN * proven | BACKED * backed | AFTER_END * after_end
    flags |= granted
    return FactRow(
        fact.device,
        fact.number,
        tag,
        fact.kind,
        fact.list_no,
        fact.rule_rev,
        fact.serial,
        fact.epoch,
        fact.how,
        flags,
        time,
        fact.seen,
        fact.target,
    )


def snapshot_message(payload: bytes) -> bytes:
    """Return what the server key signs of a snapshot (R37)."""
    return SNAPSHOT_CONTEXT + hashlib.sha256(payload).digest()


def pack_envelope(payload: bytes, signature: bytes) -> bytes:
    """Put the signature line in front of a payload (R37)."""
    line = {"v": 1, "signature": base64.b64encode(signature).decode()}
    return json.dumps(line, separators=(",", ":")).encode() + b"\n" + payload


def unpack_envelope(data: bytes) -> tuple[bytes, bytes]:
    """Return (signature, payload).

    Raises:
        ValueError: the first line is not the envelope of version 1.
    """
    line, _, payload = data.partition(b"\n")
    try:
        envelope = json.loads(line)
        signature = base64.b64decode(envelope["signature"], validate=True)
        version = envelope["v"]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("not a snapshot envelope") from error
    if version != 1:
        raise ValueError("a snapshot of a newer version")
    return signature, payload


def encode_snapshot(
    header: Mapping[str, Any], tickets: Iterable[TicketRow], facts: Iterable[FactRow]
) -> bytes:
    """Return the payload of a snapshot (R38), not yet compressed; rows may be in any order."""
    head = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    rows = list(tickets)
    columns, serials = encode_tickets(rows)
    notes = {row.serial: row.note for row in rows if row.note}
    return b"".join(
        (
            bytes((PAYLOAD_FORMAT,)),
            varint(len(head)),
            head,
            columns,
            encode_facts(facts, serials),
            encode_codes(
                {row.serial: row.code for row in rows if row.code}, serials, more=bool(notes)
            ),
            encode_notes(notes, serials),
        )
    )


def decode_snapshot(payload: bytes) -> tuple[dict[str, Any], list[TicketRow], list[FactRow]]:
    """Return header, tickets and facts of a payload, rows in the payload's order.

    Raises:
        ValueError: the bytes are not a payload of format 1.
    """
    read = Reader(payload)
    if read.uint(1) != PAYLOAD_FORMAT:
        raise ValueError("a snapshot of a newer format")
    header: dict[str, Any] = json.loads(read.text())
    try:
        tickets = decode_tickets(read)
        facts = decode_facts(read, [row.serial for row in tickets])
        tickets = decode_notes(read, decode_codes(read, tickets))
    except (IndexError, StopIteration) as error:
        raise ValueError("columns do not fit each other") from error
    return header, tickets, facts
