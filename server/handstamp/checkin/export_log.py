"""A device's log as a file that anybody can verify without this server (R67)."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.checkin import log_file
from handstamp.checkin.device_credentials import write_certificate
from handstamp.checkin.models import Device, Fact, ForkHead
from handstamp.checkin.pair_device import SERVER_KEY, numbers
from handstamp.checkin.wire import head_message, tag_of
from handstamp.events.find_events import owned_event
from handstamp.kit.ids import device_hex
from handstamp.kit.signing import sign
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.secrets import kept_key
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services

PIECE_FACTS = 500
LOG_TYPE = "application/jsonl"

Keys = tuple[bytes, bytes]  # public, private
Ref = tuple[int, int]  # number, tag


class Row(NamedTuple):
    """A fact as the file has it."""

    number: int
    tag: int
    raw: bytes


async def open_log(session: AsyncSession, actor: Actor, device_id: int) -> Device:
    """Return a device whose log is to be written out; that is audited.

    Raises:
        NotFound: there is no such device of an event of this actor.
    """
    device = await session.get(Device, device_id)
    if device is None:
        raise NotFound(_("There is no such device among yours."))
    event = await owned_event(session, actor, device.event_id)
    await record(
        session,
        actor,
        "device.export_log",
        "device",
        device_hex(device.id),
        organizer_id=event.organizer_id,
    )
    return device


async def log_pieces(services: Services, device_id: int) -> AsyncIterator[bytes]:
    """Yield a device's log, some lines at a time; of one moment, however long it takes.

    The server signs the heads of devices whose facts it makes itself; those of phones are what
    the phone signed. A phone's log of before signatures were kept lacks its last one until the
    phone is heard again.
    """
    keys = await kept_key(services, SERVER_KEY)
    async with services.db.read() as session:
        device = await session.get_one(Device, device_id)
        writer = _Writer(device, keys, await _signed_ends(session, device), services.clock())
        yield writer.header()
        last = (0, -1)
        while True:
            rows = await _facts_after(session, device_id, last)
            if rows:
                last = (rows[-1].number, rows[-1].tag)
                yield await asyncio.to_thread(writer.facts, rows)
            if len(rows) < PIECE_FACTS:
                break
    yield writer.end()


def file_name(device: Device) -> str:
    """Return how a log's file is called."""
    return f"handstamp-log-{device_hex(device.id)}.jsonl"


async def _signed_ends(session: AsyncSession, device: Device) -> dict[Ref, bytes | None]:
    """Return every end of the log with its signature; None where the server signs itself."""
    ends: dict[Ref, bytes | None] = {}
    query = select(ForkHead.number, ForkHead.tag, ForkHead.signature)
    for number, tag, signature in await session.execute(
        query.where(ForkHead.device_id == device.id)
    ):
        ends[number, tag] = signature
    main = (device.head_number, tag_of(device.head_hash))
    if device.head_number and (device.public_key is None or device.head_signature is not None):
        ends[main] = device.head_signature
    return ends


async def _facts_after(session: AsyncSession, device_id: int, last: Ref) -> list[Row]:
    later = (Fact.number > last[0]) | ((Fact.number == last[0]) & (Fact.tag > last[1]))
    query = (
        select(Fact.number, Fact.tag, Fact.bytes)
        .where(Fact.device_id == device_id, Fact.number >= last[0], later)
        .order_by(Fact.number, Fact.tag)
        .limit(PIECE_FACTS)
    )
    return [Row(*row) for row in await session.execute(query)]


class _Writer:
    """Writes the lines, and keeps what the last one says of them."""

    def __init__(self, device: Device, keys: Keys, ends: dict[Ref, bytes | None], at: int) -> None:
        self._device, self._keys, self._ends, self._at = device, keys, ends, at
        self._digest = hashlib.sha256()
        self._counts = [0, 0]
        self._waiting: list[bytes] = []  # signatures of the number that is being written
        self._number = 0

    def header(self) -> bytes:
        device = self._device
        certificate = device.certificate or _certificate(device, self._keys)
        return self._took(
            log_file.header_line(
                event=device.event_id,
                device=device.id,
                certificate=certificate,
                server_key=self._keys[0],
            )
        )

    def facts(self, rows: list[Row]) -> bytes:
        return self._took(b"".join(map(self._fact, rows)))

    def end(self) -> bytes:
        heads = self._took(self._heads())
        facts, signed = self._counts
        digest, device = self._digest.digest(), self._device.id
        message = log_file.end_message(device, facts, signed, self._at, digest)
        return heads + log_file.end_line(
            facts=facts,
            heads=signed,
            at=self._at,
            by="server",
            digest=digest,
            signature=sign(self._keys[1], message),
        )

    def _fact(self, row: Row) -> bytes:
        before = self._heads() if row.number != self._number else b""
        self._number = row.number
        self._counts[0] += 1
        if (row.number, row.tag) in self._ends:
            self._waiting.append(self._head(row))
        return before + log_file.fact_line(*row)

    def _head(self, row: Row) -> bytes:
        signature = self._ends[row.number, row.tag]
        if signature is None:
            message = head_message(self._device.id, row.number, self._device.head_hash)
            signature = sign(self._keys[1], message)
        return log_file.head_line(row.number, row.tag, signature)

    def _heads(self) -> bytes:
        lines, self._waiting = self._waiting, []
        self._counts[1] += len(lines)
        return b"".join(lines)

    def _took(self, lines: bytes) -> bytes:
        self._digest.update(lines)
        return lines


def _certificate(device: Device, keys: Keys) -> str:
    """Certify a device that has no certificate: one of the server's own signs with its key."""
    key = device.public_key or keys[0]
    return write_certificate(keys[1], device, numbers(device.lists), key)
