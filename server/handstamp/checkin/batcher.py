"""Group commit at the door: what waits for one event is decided and stored in one transaction.

The transaction runs in a thread: a dozen short statements cost a fifth of what they cost
through the event loop, and meanwhile the loop gathers the next batch.
"""

import asyncio
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, cast

from sqlalchemy import Connection

from handstamp.checkin.batch import Batch
from handstamp.checkin.number_changes import Head, end_batch, lock_feed, number_pending
from handstamp.checkin.project_admissions import project, serials_changed
from handstamp.kit.clock import Millis
from handstamp.plumbing.web import Services

BATCH_WEIGHT = 2_000


class Item(Protocol):
    """A piece of door work: says what it must read, then decides in memory."""

    @property
    def weight(self) -> int:
        """Facts at most; bounds one transaction."""
        ...

    def devices(self) -> Collection[int]:
        """Return the devices it touches."""
        ...

    def serials(self) -> Collection[int]:
        """Return the tickets it touches."""
        ...

    def spans(self, batch: Batch) -> list[tuple[int, int, int]]:
        """Return the (device, first, last) numbers whose held facts it must see."""
        ...

    def answer_keys(self) -> Collection[tuple[int, str]]:
        """Return the (device, Idempotency-Key) whose first answer it must give again."""
        ...

    def decide(self, batch: Batch) -> Any:
        """Add to the batch and return the answer; runs under the event lock."""
        ...


@dataclass
class _Waiting:
    item: Item
    answer: asyncio.Future[Any]


@dataclass
class _Line:
    waiting: deque[_Waiting] = field(default_factory=deque)
    task: asyncio.Task[None] | None = None


class Batcher:
    """One line of waiting work per event; a line that is empty has no task."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._lines: dict[str, _Line] = {}

    async def submit(self, event_id: str, item: Item) -> Any:
        """Have `item` decided in the next transaction of its event; returns after commit.

        Raises: what the item raised; its neighbours are not harmed.
        """
        line = self._lines.setdefault(event_id, _Line())
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        line.waiting.append(_Waiting(item, answer))
        if line.task is None:
            line.task = asyncio.create_task(self._run(event_id, line))
        return await asyncio.shield(answer)

    async def number(self, event_id: str) -> int:
        """Number what waits in the event; return the feed's last number."""
        return cast("int", await self.submit(event_id, NumberOnly()))

    async def close(self) -> None:
        """Finish what waits."""
        tasks = [line.task for line in self._lines.values() if line.task]
        await asyncio.gather(*tasks)

    async def _run(self, event_id: str, line: _Line) -> None:
        while line.waiting:
            await self._settle(event_id, _take(line.waiting))
        line.task = None
        self._lines.pop(event_id, None)

    async def _settle(self, event_id: str, taken: list[_Waiting]) -> None:
        try:
            answers = await self._transact(event_id, [waiting.item for waiting in taken])
        except Exception as error:
            if len(taken) == 1:
                _fail(taken[0], error)
                return
            for waiting in taken:
                await self._settle(event_id, [waiting])
            return
        for waiting, answer in zip(taken, answers, strict=True):
            if not waiting.answer.done():
                waiting.answer.set_result(answer)

    async def _transact(self, event_id: str, items: list[Item]) -> list[Any]:
        services = self._services
        now = services.clock()
        done = await services.db.write_in_thread(lambda c: _run(c, event_id, items, now))
        if done is None:
            await self._number(event_id)
            done = await services.db.write_in_thread(
                lambda c: _run(c, event_id, items, now, waiting_is_fine=True)
            )
        assert done is not None
        if done.moved:
            services.signals.publish(f"event:{event_id}", str(done.seq))
        return done.answers

    async def _number(self, event_id: str) -> None:
        """Number what other writers left, in a transaction of its own under the event lock."""
        services = self._services
        now = services.clock()
        async with services.db.write(actor="door") as session:
            connection = await session.connection()
            head, _waits = await connection.run_sync(lock_feed, event_id, now)
            first = head.next_seq
            await number_pending(session, head)
            await connection.run_sync(_fold_again, head, first, now)
            await connection.run_sync(end_batch, head, now)


class _Done(NamedTuple):
    answers: list[Any]
    seq: int
    moved: bool


def _run(
    connection: Connection,
    event_id: str,
    items: list[Item],
    now: Millis,
    *,
    waiting_is_fine: bool = False,
) -> _Done | None:
    """Decide and store all items in the open transaction; None when numbering must come first."""
    head, waits = lock_feed(connection, event_id, now)
    if waits and not waiting_is_fine:
        return None
    before = head.seq
    batch = Batch(connection, head, now)
    _load(batch, items)
    answers = [item.decide(batch) for item in items]
    batch.write()
    end_batch(connection, head, now)
    return _Done(answers, head.seq, waiting_is_fine or head.seq > before)


def _fold_again(connection: Connection, head: Head, first: int, now: Millis) -> None:
    serials = serials_changed(connection, head.event_id, first)
    if serials:
        batch = Batch(connection, head, now)
        batch.load_tickets(serials)
        project(batch, serials)


@dataclass
class NumberOnly:
    """An item that adds nothing: the batch numbers what waits before any item."""

    weight: int = 0

    def devices(self) -> Collection[int]:
        """None."""
        return ()

    def serials(self) -> Collection[int]:
        """None."""
        return ()

    def spans(self, _batch: Batch) -> list[tuple[int, int, int]]:
        """None."""
        return []

    def answer_keys(self) -> Collection[tuple[int, str]]:
        """None."""
        return ()

    def decide(self, batch: Batch) -> int:
        """Return the feed's last number."""
        return batch.head.seq


def _load(batch: Batch, items: list[Item]) -> None:
    devices = {device for item in items for device in item.devices()}
    if devices:
        batch.load_devices(devices)
    batch.load_held([span for item in items for span in item.spans(batch)])
    serials = {serial for item in items for serial in item.serials()} | batch.touched
    batch.load_tickets(serials)
    if batch.head.claims:
        batch.claims.load(batch.connection, batch.event_id, serials, devices)
    strangers = {fact.device for facts in batch.facts.values() for fact in facts}
    strangers |= {claim.device for claim in batch.claims.held}
    if strangers - batch.devices.keys():
        batch.load_devices(strangers - batch.devices.keys())
    batch.load_answers({key for item in items for key in item.answer_keys()})


def _take(waiting: deque[_Waiting]) -> list[_Waiting]:
    taken = [waiting.popleft()]
    weight = taken[0].item.weight
    while waiting and weight + waiting[0].item.weight <= BATCH_WEIGHT:
        weight += waiting[0].item.weight
        taken.append(waiting.popleft())
    return taken


def _fail(waiting: _Waiting, error: Exception) -> None:
    if not waiting.answer.done():
        waiting.answer.set_exception(error)


def batcher(services: Services) -> Batcher:
    """Return this process's batcher, made at first use."""
    found = services.rooms.get("checkin.batcher")
    if found is None:
        found = services.rooms["checkin.batcher"] = Batcher(services)
    return cast("Batcher", found)
