"""Vectors of log files (R67, R68): what a device writes of its log, and files that do not hold."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from shared.tools.token_vectors import Vector, private_key
from shared.tools.wire_vectors import FULL, NOON, PLAIN

from handstamp.checkin import log_file
from handstamp.checkin.wire import NO_HASH, Fact, encode_fact, fact_hash, head_message, tag_of
from handstamp.kit.signing import public_key, sign

DEVICE = PLAIN.device
EVENT = "evt_00000000000000000000"
SERVER = private_key("log server")
Lines = list[bytes]


@dataclass(frozen=True)
class Log:
    """A device's log: its key and the facts in order."""

    private: bytes
    facts: tuple[bytes, ...]

    def also(self, fact: Fact) -> "Log":
        """Return the log with one fact more, chained."""
        previous = fact_hash(self.facts[-1]) if self.facts else NO_HASH
        placed = replace(fact, device=DEVICE, number=len(self.facts) + 1, previous=previous)
        return Log(self.private, (*self.facts, encode_fact(placed)))

    @property
    def certificate(self) -> str:
        """Return the certificate of its key."""
        members = {
            "dev": DEVICE,
            "key": base64.b64encode(public_key(self.private)).decode(),
            "evt": EVENT,
            "lists": [],
            "role": "steward",
            "name": "Door 1",
            "gate": "北门",
            "exp": NOON // 1000,
        }
        return jwt.encode(members, Ed25519PrivateKey.from_private_bytes(SERVER), algorithm="EdDSA")

    def header(self) -> bytes:
        """Return the first line."""
        return log_file.header_line(
            event=EVENT,
            device=DEVICE,
            certificate=self.certificate,
            server_key=public_key(SERVER),
        )

    def fact(self, number: int) -> bytes:
        """Return the line of a fact."""
        raw = self.facts[number - 1]
        return log_file.fact_line(number, tag_of(fact_hash(raw)), raw)

    def head(self, number: int) -> bytes:
        """Return the line of a signed head."""
        hash_ = fact_hash(self.facts[number - 1])
        signature = sign(self.private, head_message(DEVICE, number, hash_))
        return log_file.head_line(number, tag_of(hash_), signature)

    def open(self) -> Lines:
        """Return every line but the last one."""
        count = len(self.facts)
        facts = [self.fact(number) for number in range(1, count + 1)]
        return [self.header(), *facts, *([self.head(count)] if count else [])]

    def closed(self, lines: Sequence[bytes], by: str = "device") -> Lines:
        """Return lines with the last one behind them."""
        digest = hashlib.sha256(b"".join(lines)).digest()
        facts = sum(b'"fact"' in line for line in lines)
        heads = sum(line.startswith(b'{"head"') for line in lines)
        message = log_file.end_message(DEVICE, facts, heads, NOON, digest)
        private = self.private if by == "device" else SERVER
        end = log_file.end_line(
            facts=facts,
            heads=heads,
            at=NOON,
            by=by,
            digest=digest,
            signature=sign(private, message),
        )
        return [*lines, end]


LOG = Log(private_key("log device"), ()).also(PLAIN).also(FULL).also(PLAIN).also(FULL)
TWIN = Log(LOG.private, LOG.facts[:2]).also(FULL).also(FULL)
STRANGER = replace(LOG, private=private_key("another device"))
WHOLE = LOG.closed(LOG.open())


def _without(line: int) -> Lines:
    return [*WHOLE[: line - 1], *WHOLE[line:]]


def _swapped() -> Lines:
    return [*WHOLE[:2], WHOLE[3], WHOLE[2], *WHOLE[4:]]


def _fork() -> Lines:
    third = sorted([LOG.fact(3), TWIN.fact(3)], key=_tag)
    fourth = sorted([LOG.fact(4), TWIN.fact(4)], key=_tag)
    lines = [LOG.header(), LOG.fact(1), LOG.fact(2), *third, *fourth, LOG.head(4), TWIN.head(4)]
    return LOG.closed(lines, "server")


def _tag(line: bytes) -> int:
    read = log_file.read_line(line)
    assert read is not None
    return int(read["tag"])


def _spliced() -> Lines:
    other = replace(PLAIN, device=DEVICE + 1, number=3, previous=fact_hash(LOG.facts[1]))
    raw = encode_fact(other)
    return LOG.closed([*LOG.open()[:3], log_file.fact_line(3, tag_of(fact_hash(raw)), raw)])


def _foreign_branch() -> Lines:
    """Take a fact of the branch into the main line, where the one before it is not its own."""
    return LOG.closed([*LOG.open()[:4], TWIN.fact(4), TWIN.head(4)])


FILES: dict[str, tuple[Callable[[], Lines], tuple[int, str] | None]] = {
    "a log written by its device": (lambda: WHOLE, None),
    "a log without facts": (lambda: _empty().closed(_empty().open()), None),
    "a log written by the server": (lambda: LOG.closed(LOG.open(), "server"), None),
    "a fork with both branches signed": (_fork, None),
    "the second fact is missing": (lambda: _without(3), (3, "gap")),
    "two facts changed places": (_swapped, (3, "gap")),
    "a fact stands twice": (lambda: [*WHOLE[:3], *WHOLE[2:]], (4, "order")),
    "a fact of another device": (_spliced, (4, "other_device")),
    "a fact of another branch": (_foreign_branch, (5, "chain")),
    "cut behind the third fact": (lambda: WHOLE[:4], (5, "cut")),
    "cut and closed anew by the server": (
        lambda: LOG.closed(WHOLE[:4], "server"),
        (4, "unsigned"),
    ),
    "the signature is another device's": (
        lambda: LOG.closed([*WHOLE[:5], STRANGER.head(4)]),
        (6, "head_signature"),
    ),
    "something stands behind the end": (lambda: [*WHOLE, WHOLE[1]], (8, "after_end")),
}


def _empty() -> Log:
    return Log(LOG.private, ())


def files() -> dict[str, Any]:
    """Return the files of vectors by their path."""
    return {
        "wire/logs.json": {
            "title": "Log files as text, and the first line that does not hold",
            "clauses": ["R67", "R68"],
            "device": DEVICE,
            "event": EVENT,
            "certificate": LOG.certificate,
            "private": base64.b64encode(LOG.private).decode(),
            "server_key": base64.b64encode(public_key(SERVER)).decode(),
            "at": NOON,
            "vectors": [_vector(name, *made) for name, made in FILES.items()],
        }
    }


def _vector(name: str, make: Callable[[], Lines], fault: tuple[int, str] | None) -> Vector:
    log = _empty() if "without facts" in name else LOG
    lines = make()
    return {
        "name": name,
        "facts": [base64.b64encode(raw).decode() for raw in log.facts],
        "file": b"".join(lines).decode(),
        "fault": None if fault is None else {"line": fault[0], "code": fault[1]},
    }
