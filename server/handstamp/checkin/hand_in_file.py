"""Hand in a phone's log from the file that it saved, when the phone itself cannot send it."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import func, select

from handstamp.audit.record import record
from handstamp.checkin.accept_scans import CheckedLog, HandIn, SentFact
from handstamp.checkin.batcher import batcher
from handstamp.checkin.log_file import read_line, unb64
from handstamp.checkin.log_words import fault_words
from handstamp.checkin.models import Device, Fact
from handstamp.checkin.pair_device import SERVER_KEY
from handstamp.checkin.readmit_device import readmit_devices
from handstamp.checkin.verify_log import LogReport, verify_log
from handstamp.checkin.wire import decode_fact, fact_hash, tag_of
from handstamp.events.find_events import owned_event
from handstamp.kit.ids import device_hex
from handstamp.plumbing.errors import BadInput, NotFound
from handstamp.plumbing.secrets import kept_key
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services

AT_ONCE = 1_000

Line = tuple[list[SentFact], bytes]  # facts from old to new, and the signature of the last


class HandedIn(NamedTuple):
    """What became of a file: the device, how many entries it had, how many of them were new."""

    device: Device
    entries: int
    new: int


async def hand_in_file(services: Services, actor: Actor, lines: Sequence[bytes]) -> HandedIn:
    """Take in what a log file holds and the server lacks; doing it again changes nothing.

    Every branch is taken in, as from the phone. Opens transactions of its own.

    Raises:
        BadInput: the file does not hold, or is not of a phone of this server.
        NotFound: its event is not here, or is not the actor's.
    """
    public, _private = await kept_key(services, SERVER_KEY)
    report = verify_log(lines, public)
    if report.fault is not None:
        where = _("Line %(line)d:") % {"line": report.fault.line}
        raise BadInput(f"{where} {fault_words(report.fault)}")
    device = await _device_of(services, report, lines[0])
    await _note(services, actor, device)
    before = await _held(services, device.id)
    left = max(0, device.head_number + device.pending - report.last_number)
    for facts, signature in _branches(lines):
        for start in range(0, len(facts), AT_ONCE):
            piece = facts[start : start + AT_ONCE]
            is_last = start + AT_ONCE >= len(facts)
            await _submit(services, device, piece, signature if is_last else b"", left)
    return HandedIn(device, report.facts, await _held(services, device.id) - before)


async def _note(services: Services, actor: Actor, device: Device) -> None:
    async with services.db.write(actor=f"{actor.kind}:{actor.id}") as session:
        event = await owned_event(session, actor, device.event_id)
        await record(
            session,
            actor,
            "device.hand_in",
            "device",
            device_hex(device.id),
            organizer_id=event.organizer_id,
        )


async def _held(services: Services, device_id: int) -> int:
    async with services.db.read() as session:
        query = select(func.count()).select_from(Fact).where(Fact.device_id == device_id)
        return await session.scalar(query) or 0


async def _device_of(services: Services, report: LogReport, header: bytes) -> Device:
    members = read_line(header) or {}
    async with services.db.read() as session:
        device = await session.get(Device, report.device)
    if device is None:
        await readmit_devices(services, {report.device}, [members["certificate"]])
        async with services.db.read() as session:
            device = await session.get(Device, report.device)
    if device is None:
        raise NotFound(_("The event of this log is not here."))
    if device.kind != "phone":
        raise BadInput(_("This is a log that the server made itself. Only a phone's is handed in."))
    return device


def _branches(lines: Sequence[bytes]) -> list[Line]:
    """Return a line of facts for each signed head: those that no head before it covers."""
    facts: dict[bytes, SentFact] = {}
    by_tag: dict[tuple[int, int], SentFact] = {}
    branches: list[Line] = []
    for text in lines[1:-1]:
        members = read_line(text) or {}
        if "fact" in members:
            raw = unb64(members["fact"]) or b""
            hash_ = fact_hash(raw)
            sent = SentFact(raw, decode_fact(raw), hash_, tag_of(hash_))
            facts[hash_] = by_tag[members["number"], members["tag"]] = sent
        else:
            signature = unb64(members["signature"]) or b""
            line = [by_tag[members["head"], members["tag"]]]
            facts.pop(line[0].hash, None)
            while (before := facts.pop(line[-1].fact.previous, None)) is not None:
                line.append(before)
            branches.append((line[::-1], signature))
    return branches


async def _submit(
    services: Services, device: Device, facts: list[SentFact], signature: bytes, left: int
) -> None:
    """Hand in a piece; only the last one of a branch is signed, and the file was verified before.

    `left`: what, as far as is known, waits on the phone when all of the file is in.
    """
    last = facts[-1]
    log = CheckedLog(
        device.id, facts[0].fact.number, tuple(facts), "", signature, last.fact.number, last.hash
    )
    status = {device.id: {"pending": left + len(facts)}}  # less what the batch takes
    await batcher(services).submit(device.event_id, HandIn([log], status))
