"""Group commit: what waits together is stored together, and one failure harms nobody else."""

import asyncio
import itertools
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import select
from tests.factories.tickets import make_tickets
from tests.rooms.checkin.conftest import Sold

from handstamp.checkin.batch import Batch
from handstamp.checkin.batcher import BATCH_WEIGHT, NumberOnly, batcher
from handstamp.checkin.list_changes import feed_end
from handstamp.checkin.models import Device, FeedMark
from handstamp.checkin.number_changes import FIRST_DIGEST, MARK_ROWS
from handstamp.checkin.wire import ADMIT, NO_DIGEST, NO_HASH, Fact, encode_fact, fact_hash
from handstamp.kit.clock import DAY
from handstamp.plumbing.web import Services

pytestmark = pytest.mark.anyio


@dataclass
class Note(NumberOnly):
    """An item that appends one fact to a device's log, or fails at it."""

    device: int = 1
    fails: bool = False

    def devices(self) -> set[int]:
        """Return its device."""
        return {self.device}

    def decide(self, batch: Batch) -> Any:
        """Append, and fail after that when asked to."""
        device = batch.devices[self.device]
        fact = Fact(
            device=device.id,
            number=device.head_number + 1,
            previous=device.head_hash,
            kind=ADMIT,
            list_no=1,
            rule_rev=1,
            serial=0,
            epoch=0,
            how=5,
            verdict=1,
            flags=0,
            digest=NO_DIGEST,
            claimed=1,
            clock=1,
            cursor=0,
            age=0,
        )
        raw = encode_fact(fact)
        batch.add_fact(raw, fact, fact_hash(raw), scanned=False)
        if self.fails:
            raise RuntimeError("this one fails")
        return fact.number


@pytest.fixture
async def device(services: Services, sold: Sold) -> int:
    """A device whose log is empty."""
    async with services.db.write() as session:
        session.add(
            Device(
                id=77,
                event_id=sold.event.id,
                kind="api",
                name="x",
                created_at=0,
                expires_at=services.clock() + DAY,
                feed_seq=None,
            )
        )
    return 77


async def test_a_failing_item_does_not_fail_its_neighbours(
    services: Services, sold: Sold, device: int
) -> None:
    items = [Note(device=device, fails=number == 2) for number in range(5)]
    answers = await asyncio.gather(
        *(batcher(services).submit(sold.event.id, item) for item in items), return_exceptions=True
    )
    assert isinstance(answers[2], RuntimeError)
    assert [answer for answer in answers if isinstance(answer, int)] == [1, 2, 3, 4]
    async with services.db.read() as session:
        stored = await session.get_one(Device, device)
        assert stored.head_number == 4
        assert stored.head_hash != NO_HASH


async def test_what_waits_together_is_one_transaction(
    services: Services, sold: Sold, device: int
) -> None:
    await batcher(services).number(sold.event.id)
    engine = services.db._threaded
    assert engine is not None
    commits = []
    sqlalchemy_event.listen(engine, "commit", lambda _connection: commits.append(1))
    await asyncio.gather(
        *(batcher(services).submit(sold.event.id, Note(device=device)) for _ in range(50))
    )
    assert len(commits) <= 2
    weighty = [Note(device=device, weight=BATCH_WEIGHT) for _ in range(3)]
    commits.clear()
    await asyncio.gather(*(batcher(services).submit(sold.event.id, item) for item in weighty))
    assert len(commits) == 3


async def test_many_rows_are_numbered_in_pieces_that_end_on_marks(
    services: Services, sold: Sold
) -> None:
    async with services.db.write() as session:
        await make_tickets(session, services, sold.event, count=2_400)
    end = await batcher(services).number(sold.event.id)
    assert end > 2_400
    async with services.db.read() as session:
        marks = (await session.scalars(select(FeedMark).order_by(FeedMark.seq))).all()
        cursor = await feed_end(session, sold.event.id)
    assert (marks[0].seq, marks[0].digest) == (0, FIRST_DIGEST)
    steps = [after.seq - before.seq for before, after in itertools.pairwise(marks)]
    assert max(steps) == MARK_ROWS
    assert cursor is not None
    assert (cursor.seq, cursor.digest) == (marks[-1].seq, marks[-1].digest)
    assert await batcher(services).number(sold.event.id) == end
