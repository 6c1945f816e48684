"""Taking in what phones hand in: logs checked before the lock, stored and acknowledged under it."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from handstamp.checkin.batch import Batch, DoorDevice
from handstamp.checkin.seen_logs import BranchEnd
from handstamp.checkin.wire import (
    NO_HASH,
    Fact,
    decode_fact,
    fact_hash,
    head_message,
    tag_of,
)
from handstamp.kit.clock import Millis
from handstamp.kit.signing import verify

MOST_FACTS = 1_000


class SentLog(NamedTuple):
    """A piece of one device's log as it came: bytes of facts `first`, `first` + 1, …

    `head` and `head_hash` count only without facts: then the signature is over them.
    """

    device: int
    first: int
    facts: tuple[bytes, ...]
    signature: bytes
    head: int = 0
    head_hash: bytes = NO_HASH


class SentFact(NamedTuple):
    """One fact of a checked log."""

    raw: bytes
    fact: Fact
    hash: bytes
    tag: int


class CheckedLog(NamedTuple):
    """A log whose chain and signature are right, or `error` saying what is not.

    `signature` covers the last fact, or without facts `head` (0 when nothing was signed).
    Errors: `unknown_device`, `malformed_fact`, `broken_chain`, `bad_signature`.
    """

    device: int
    first: int
    facts: tuple[SentFact, ...] = ()
    error: str = ""
    signature: bytes = b""
    head: int = 0
    head_hash: bytes = NO_HASH


class Ack(NamedTuple):
    """What the server holds of a log: its contiguous head, and a stamp per fact just sent.

    `fork`: the server holds a branch that this log does not agree with. A fact with a stamp
    is held, on whichever branch it lies.
    """

    device: int
    to: int
    hash: bytes
    stamps: tuple[tuple[int, int, Millis], ...] = ()
    fork: bool = False
    error: str = ""


def check_log(log: SentLog, public_key: bytes | None) -> CheckedLog:
    """Check a log by itself (R14): numbers, chain and the signature over its last fact.

    Takes about 0.15 ms and 20 µs per fact of processor time, so callers run it in a thread.
    """
    if public_key is None:
        return CheckedLog(log.device, log.first, error="unknown_device")
    facts: list[SentFact] = []
    previous = NO_HASH if log.first == 1 else None
    for number, raw in enumerate(log.facts, log.first):
        try:
            fact = decode_fact(raw)
        except ValueError:
            return CheckedLog(log.device, log.first, error="malformed_fact")
        if fact.device != log.device or fact.number != number:
            return CheckedLog(log.device, log.first, error="broken_chain")
        if previous is not None and fact.previous != previous:
            return CheckedLog(log.device, log.first, error="broken_chain")
        previous = fact_hash(raw)
        facts.append(SentFact(raw, fact, previous, tag_of(previous)))
    head, hash_ = (facts[-1].fact.number, facts[-1].hash) if facts else (log.head, log.head_hash)
    message = head_message(log.device, head, hash_)
    if head and not verify(public_key, log.signature, message):
        if facts:
            return CheckedLog(log.device, log.first, error="bad_signature")
        head = 0
    return CheckedLog(log.device, log.first, tuple(facts), "", log.signature, head, hash_)


@dataclass
class HandIn:
    """Logs of one event's devices, and what the phone says of itself, as a batch item."""

    logs: list[CheckedLog]
    status: dict[int, dict[str, Any]] = field(default_factory=dict)

    @property
    def weight(self) -> int:
        """Facts at most."""
        return sum(len(log.facts) for log in self.logs)

    def devices(self) -> Collection[int]:
        """Return the devices of its logs."""
        return {log.device for log in self.logs} | self.status.keys()

    def serials(self) -> Collection[int]:
        """Return every ticket its facts name."""
        return {sent.fact.serial for log in self.logs for sent in log.facts}

    def spans(self, batch: Batch) -> list[tuple[int, int, int]]:
        """Ask for held facts, except where a log plainly goes on from the head."""
        return [
            (log.device, log.first - 1, log.facts[-1].fact.number)
            for log in self.logs
            if log.facts
            and log.device in batch.devices
            and not _goes_on(batch.devices[log.device], log)
        ]

    def answer_keys(self) -> Collection[tuple[int, str]]:
        """None: a log may be handed in again as it is."""
        return ()

    def decide(self, batch: Batch) -> list[Ack]:
        """Add the new facts of each log; an answer per log, in order."""
        acks = [_accept(batch, log) for log in self.logs]
        for device, values in self.status.items():
            if device in batch.devices:
                batch.change_device(device, _still_pending(device, values, acks))
        return acks


def _still_pending(device: int, values: dict[str, Any], acks: list[Ack]) -> dict[str, Any]:
    """Count what waits on the phone after this exchange, not as it was before it."""
    taken = sum(len(ack.stamps) for ack in acks if ack.device == device)
    return values | {"pending": max(0, values.get("pending", 0) - taken)}


def _goes_on(device: DoorDevice, log: CheckedLog) -> bool:
    first = log.facts[0].fact
    return log.first == device.head_number + 1 and first.previous == device.head_hash


def _accept(batch: Batch, log: CheckedLog) -> Ack:
    device = batch.devices.get(log.device)
    if device is None:
        return Ack(log.device, 0, NO_HASH, error=log.error or "unknown_device")
    if log.error:
        batch.seen_logs.note_refused(device.id, log.error)
        return _ack(device, error=log.error)
    if not log.facts:
        _note_head(batch, device, log)
        return _ack(device)
    if not _goes_on(device, log) and not _continues_held(batch, log):
        met_other = bool(batch.held.get((log.device, log.first - 1)))
        if log.head > device.head_number and not met_other:
            batch.seen_logs.note_told(device.id, log.head)
        return _ack(device, fork=met_other)
    stamps = []
    is_new = False
    for sent in log.facts:
        stamp = _stamp_of(batch, sent)
        is_new = stamp is None
        if stamp is None:
            batch.add_fact(sent.raw, sent.fact, sent.hash, scanned=was_scanned(batch, sent.fact))
            stamp = batch.now
        stamps.append((sent.fact.number, sent.tag, stamp))
    _keep_signature(batch, device, log, is_new=is_new)
    return _ack(device, tuple(stamps))


def _note_head(batch: Batch, device: DoorDevice, log: CheckedLog) -> None:
    """Learn from a signed head without facts: one side lacks some, or the server the signature."""
    if log.head > device.head_number:
        batch.seen_logs.note_told(device.id, log.head)
    elif 0 < log.head < device.head_number:
        batch.change_device(device.id, {"ended_at": batch.now})  # an older disk came back
    elif log.head and log.head_hash == device.head_hash and device.head_signature is None:
        batch.change_device(device.id, {"head_signature": log.signature})


def _keep_signature(batch: Batch, device: DoorDevice, log: CheckedLog, *, is_new: bool) -> None:
    """Keep the signature of the line's end, so that the log can be verified later (R67)."""
    if log.head_hash == device.head_hash:
        if device.head_signature != log.signature:
            device.head_signature = log.signature or None
            batch.change_device(device.id, {"head_signature": device.head_signature})
    elif is_new and log.signature:
        sent = [(one.fact.number, one.tag) for one in log.facts[:-1]]
        previous = (log.first - 1, tag_of(log.facts[0].fact.previous))
        end = BranchEnd(device.id, log.head, log.facts[-1].tag, log.signature)
        batch.seen_logs.note_end(end, [previous, *sent])


def _continues_held(batch: Batch, log: CheckedLog) -> bool:
    if log.first == 1:
        return True
    previous = log.facts[0].fact.previous
    held = batch.held.get((log.device, log.first - 1), {})
    return any(fact.hash == previous for fact in held.values())


def _stamp_of(batch: Batch, sent: SentFact) -> Millis | None:
    held = batch.held.get((sent.fact.device, sent.fact.number), {}).get(sent.tag)
    return held.stamp if held else None


def _ack(
    device: DoorDevice,
    stamps: tuple[tuple[int, int, Millis], ...] = (),
    *,
    fork: bool = False,
    error: str = "",
) -> Ack:
    forked = fork or device.forked_at is not None
    return Ack(device.id, device.head_number, device.head_hash, stamps, forked, error)


def was_scanned(batch: Batch, fact: Fact) -> bool:
    """Tell whether the fact carries the digest of the ticket's real token or code (R22)."""
    ticket = batch.tickets.get(fact.serial)
    return ticket is not None and ticket.was_read(fact.digest, fact.epoch)
