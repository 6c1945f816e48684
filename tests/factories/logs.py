"""Log files for tests: of a device of one's own making, without any server."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from handstamp.checkin import log_file
from handstamp.checkin.device_credentials import write_certificate
from handstamp.checkin.models import Device
from handstamp.checkin.wire import (
    ADMIT,
    NO_DIGEST,
    NO_HASH,
    SCAN,
    Fact,
    encode_fact,
    fact_hash,
    head_message,
    tag_of,
)
from handstamp.kit import signing

NOON = 1_800_000_000_000
SERVER = bytes(range(32))


@dataclass
class LogMaker:
    """A device with keys from a seed; `server` is the private key that certifies it."""

    device: int = 0x0102030405
    server: bytes = SERVER
    private: bytes = bytes(range(32, 64))
    event: str = "evt_1"
    name: str = "Door 1"
    facts: list[bytes] = field(default_factory=list)

    @property
    def server_key(self) -> bytes:
        """The public key of the server."""
        return signing.public_key(self.server)

    def add(self, count: int = 1, note: str = "") -> "LogMaker":
        """Append facts to the log."""
        for _ in range(count):
            number = len(self.facts) + 1
            fact = Fact(
                device=self.device,
                number=number,
                previous=fact_hash(self.facts[-1]) if self.facts else NO_HASH,
                kind=ADMIT,
                list_no=1,
                rule_rev=1,
                serial=number,
                epoch=1,
                how=SCAN,
                verdict=1,
                flags=0,
                digest=NO_DIGEST,
                claimed=NOON + number,
                clock=NOON + number,
                cursor=0,
                age=0,
                note=note,
            )
            self.facts.append(encode_fact(fact))
        return self

    def twin(self) -> "LogMaker":
        """Return a device with the same keys and a copy of the log: how a log forks."""
        return LogMaker(
            self.device, self.server, self.private, self.event, self.name, list(self.facts)
        )

    def certificate(self) -> str:
        """Return the certificate that the server wrote for it."""
        device = Device(
            id=self.device,
            event_id=self.event,
            role="steward",
            name=self.name,
            gate="North",
            public_key=signing.public_key(self.private),
            expires_at=NOON,
        )
        return write_certificate(self.server, device, [])

    def header(self) -> bytes:
        """Return the first line of its file."""
        return log_file.header_line(
            event=self.event,
            device=self.device,
            certificate=self.certificate(),
            server_key=self.server_key,
        )

    def fact(self, number: int) -> bytes:
        """Return the line of a fact."""
        raw = self.facts[number - 1]
        return log_file.fact_line(number, tag_of(fact_hash(raw)), raw)

    def head(self, number: int, private: bytes | None = None) -> bytes:
        """Return the line of a signed head."""
        hash_ = fact_hash(self.facts[number - 1])
        message = head_message(self.device, number, hash_)
        signature = signing.sign(private or self.private, message)
        return log_file.head_line(number, tag_of(hash_), signature)

    def closed(self, lines: Sequence[bytes], by: str = "server") -> list[bytes]:
        """Return lines with the line behind them that closes the file."""
        digest = hashlib.sha256(b"".join(lines)).digest()
        facts = sum(b'"fact"' in line for line in lines)
        heads = sum(line.startswith(b'{"head"') for line in lines)
        message = log_file.end_message(self.device, facts, heads, NOON, digest)
        signature = signing.sign(self.server if by == "server" else self.private, message)
        end = log_file.end_line(
            facts=facts, heads=heads, at=NOON, by=by, digest=digest, signature=signature
        )
        return [*lines, end]

    def file(self, heads: Sequence[int] = (), by: str = "server") -> list[bytes]:
        """Return the lines of its file; the last fact is signed, and those in `heads`."""
        lines = [self.header()]
        for number in range(1, len(self.facts) + 1):
            lines.append(self.fact(number))
            if number in heads or number == len(self.facts):
                lines.append(self.head(number))
        return self.closed(lines, by)
