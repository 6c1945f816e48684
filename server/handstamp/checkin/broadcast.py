"""Hints to connected phones that something changed: best effort, coalesced, without data (R42)."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any, cast

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from handstamp.checkin.batcher import batcher
from handstamp.checkin.models import Device, FeedHead
from handstamp.checkin.number_changes import has_unnumbered
from handstamp.kit.clock import Millis
from handstamp.plumbing.pubsub import Subscription
from handstamp.plumbing.web import Services

HINT_PAUSE_S = 0.25
POLL_S = 0.4

_log = structlog.get_logger("handstamp.door")


class Phone:
    """One connected phone: the newest hint that waits for it."""

    def __init__(self, device: int, expires_at: Millis) -> None:
        self.device = device
        self.expires_at = expires_at
        self._seq: int | None = None
        self._standing = ""
        self._wake = asyncio.Event()

    def hint(self, seq: int) -> None:
        """Let the phone know that the feed has reached `seq`."""
        self._seq = seq
        self._wake.set()

    def end(self, standing: str) -> None:
        """Let the phone know that its pairing ended."""
        self._standing = standing
        self._wake.set()

    async def next_hint(self) -> dict[str, Any]:
        """Wait for a hint: `{"seq": n}`, or `{"standing": s}`, the last one there is."""
        await self._wake.wait()
        self._wake.clear()
        if self._standing:
            return {"standing": self._standing}
        return {"seq": self._seq}


@dataclass
class _Hall:
    """The phones of one event in this process."""

    seq: int
    listening: Subscription
    phones: set[Phone] = field(default_factory=set)
    task: asyncio.Task[None] | None = None


class Broadcaster:
    """Watches the events of this process's phones: by signals, and by looking every 0.4 s.

    Looking is what makes a change by another process or the command line arrive when no
    signal carried it; on SQLite it costs one PRAGMA as long as nothing was committed.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._halls: dict[str, _Hall] = {}
        self._poller: asyncio.Task[None] | None = None

    @property
    def phones(self) -> int:
        """How many phones are connected."""
        return sum(len(hall.phones) for hall in self._halls.values())

    async def join(self, event_id: str, phone: Phone) -> None:
        """Hint this phone from now on; the first hint says where the feed is."""
        hall = self._halls.get(event_id)
        if hall is None:
            listening = self._services.signals.subscribe(f"event:{event_id}")
            hall = self._halls[event_id] = _Hall(0, listening)
            hall.task = asyncio.create_task(self._listen(event_id, hall))
        hall.phones.add(phone)
        if self._poller is None:
            self._poller = asyncio.create_task(self._poll())
        await self._look([event_id])
        phone.hint(hall.seq)

    def leave(self, event_id: str, phone: Phone) -> None:
        """Stop hinting this phone."""
        hall = self._halls.get(event_id)
        if hall is None:
            return
        hall.phones.discard(phone)
        if not hall.phones:
            hall.listening.close()
            del self._halls[event_id]

    async def close(self) -> None:
        """Stop watching."""
        tasks = [hall.task for hall in self._halls.values() if hall.task]
        tasks += [self._poller] if self._poller else []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._halls.clear()
        self._poller = None

    async def _listen(self, event_id: str, hall: _Hall) -> None:
        async for payload in hall.listening:
            if payload.isdecimal():
                self._hint(event_id, int(payload))
            else:
                await self._look_safely([event_id])

    async def _poll(self) -> None:
        version: int | None = None
        async with contextlib.AsyncExitStack() as stack:
            connection: AsyncConnection | None = None
            if self._services.db.is_sqlite:
                connection = await self._services.db.connect()
                stack.push_async_callback(connection.close)
            while self._halls:
                await asyncio.sleep(POLL_S)
                self._end_expired()
                if connection is not None:
                    before, version = version, await _data_version(connection)
                    if before == version:
                        continue
                await self._look_safely(list(self._halls))
            self._poller = None

    async def _look_safely(self, events: list[str]) -> None:
        try:
            await self._look(events)
        except SQLAlchemyError as error:
            # The next look comes in 0.4 s: a database that is away must not end the watch.
            _log.warning("door_look_failed", error=type(error).__name__)

    async def _look(self, events: list[str]) -> None:
        services = self._services
        async with services.db.read() as session:
            waiting = [event for event in events if await has_unnumbered(session, event)]
        for event in waiting:
            await batcher(services).number(event)
        async with services.db.read() as session:
            heads = await session.execute(
                select(FeedHead.event_id, FeedHead.seq).where(FeedHead.event_id.in_(events))
            )
            found = [(event, seq) for event, seq in heads]
            connected = {phone.device for phone in self._phones(events)}
            revoked = await session.execute(
                select(Device.id).where(Device.id.in_(connected), Device.revoked_at.is_not(None))
            )
            ended = set(revoked.scalars())
        for event, seq in found:
            self._hint(event, seq)
        for phone in self._phones(events):
            if phone.device in ended:
                phone.end("revoked")

    def _phones(self, events: list[str]) -> list[Phone]:
        return [
            phone for event in events if event in self._halls for phone in self._halls[event].phones
        ]

    def _hint(self, event_id: str, seq: int) -> None:
        hall = self._halls.get(event_id)
        if hall is None or seq <= hall.seq:
            return
        hall.seq = seq
        for phone in hall.phones:
            phone.hint(seq)

    def _end_expired(self) -> None:
        now = self._services.clock()
        for phone in self._phones(list(self._halls)):
            if now >= phone.expires_at:
                phone.end("expired")


async def _data_version(connection: AsyncConnection) -> int:
    value = (await connection.exec_driver_sql("PRAGMA data_version")).scalar_one()
    await connection.rollback()
    return int(value)


def broadcaster(services: Services) -> Broadcaster:
    """Return this process's broadcaster, made at first use."""
    found = services.rooms.get("checkin.broadcaster")
    if found is None:
        found = services.rooms["checkin.broadcaster"] = Broadcaster(services)
    return cast("Broadcaster", found)


async def close_door(services: Services) -> None:
    """End what the door keeps running in this process: watching, and the batches under way."""
    await broadcaster(services).close()
    await batcher(services).close()
