"""Numbers of the pool: one event as it is now, all events as last counted, export and log."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from tests.factories.auth import Person, make_owner
from tests.factories.events import make_event
from tests.factories.pool_rows import make_stand

from handstamp.audit.find_entries import entries_of
from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event
from handstamp.kit.clock import DAY, HOUR, FakeClock
from handstamp.plumbing.errors import BadInput, NotFound
from handstamp.plumbing.jobs import Worker, enqueue
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.pool import count_events
from handstamp.pool.export_assignments import begin_export, headings, pieces
from handstamp.pool.find_assignments import Filters
from handstamp.pool.find_log import log_of
from handstamp.pool.log_assignment import note
from handstamp.pool.models import Demand, PoolEvent
from handstamp.pool.pool_figures import pool_events, pool_figures, pool_totals
from handstamp.pool.set_fallback import set_fallback

pytestmark = pytest.mark.anyio


async def count_again(services: Services) -> None:
    """Run the job that counts."""
    async with services.db.write() as session:
        await enqueue(session, count_events.JOB, {})
    await Worker(services, {count_events.JOB: count_events.count_events}).drain()


@pytest.fixture
async def owner(services: Services) -> Person:
    return (await make_owner(services))[0]


async def make_full(services: Services, owner: Person, **others: Any) -> Event:
    """Make an event: early 6 wishes and 4 tickets (1 used), late 2 wishes and 5 tickets."""
    async with services.db.write() as session:
        event = await make_event(
            session, services, organizer_id=next(iter(owner.actor.organizers)),
            tiers=("Early", "Late"), **others,
        )  # fmt: skip
        early, late = await tiers_of(session, event.id)
        lost = ("bounced", "sent", "complained")
        await make_stand(
            session, services, event, early, demands=6, tickets=4, used=1, delivery=lost
        )
        spare = ("unmatched", "void")
        await make_stand(session, services, event, late, demands=2, tickets=5, statuses=spare)
    return event


async def test_one_event_is_counted_by_variant(services: Services, owner: Person) -> None:
    event = await make_full(services, owner)
    async with services.db.read() as session:
        found = await pool_figures(session, event.id)
        early, late = (found.by_tier[one.id] for one in await tiers_of(session, event.id))
    assert (early.ordered, early.uploaded, early.free, early.balance) == (6, 4, 0, -2)
    assert (late.ordered, late.uploaded, late.free, late.balance) == (2, 4, 2, 2)
    assert (found.whole.ordered, found.whole.uploaded) == (8, 8)
    assert (found.fulfilled, found.lost, found.kept) == (75, 2, None)


async def test_an_event_without_a_pool_is_nothing(services: Services, owner: Person) -> None:
    async with services.db.write() as session:
        event = await make_event(session, services)
        found = await pool_figures(session, event.id)
    assert (found.whole.ordered, found.fulfilled, found.by_tier) == (0, 0, {})


async def test_all_events_are_told_as_they_were_last_counted(
    services: Services, owner: Person, clock: FakeClock
) -> None:
    organizer = next(iter(owner.actor.organizers))
    now = clock()
    events = [
        await make_full(services, owner, title=f"Night {number}", code=f"N{number}",
                        start_at=now + number * DAY, end_at=now + number * DAY + HOUR)
        for number in range(1, 4)
    ]  # fmt: skip
    async with services.db.write() as session:
        for event in events:
            await note(session, SYSTEM, "demand.confirmed", event_id=event.id)
    await count_again(services)
    async with services.db.read() as session:
        totals = await pool_totals(session, owner.actor, organizer)
        lines = await pool_events(session, owner.actor, organizer)
        rest = await pool_events(
            session, owner.actor, organizer, after=(lines[0].start_at, lines[0].id), limit=1
        )
        named = await pool_events(session, owner.actor, organizer, words="night 1")
    assert (totals.events, totals.orders, totals.served) == (3, 24, 18)
    assert (totals.tickets, totals.given, totals.used, totals.fulfilled) == (24, 18, 3, 75)
    assert [line.title for line in lines] == ["Night 3", "Night 2", "Night 1"]
    first = lines[0]
    assert (first.orders, first.served, first.waiting, first.free) == (8, 6, 2, 2)
    assert (first.used, first.fulfilled) == (1, 75)
    assert [line.title for line in rest] == ["Night 2"]
    assert [line.title for line in named] == ["Night 1"]


async def test_only_what_has_changed_is_counted_again(
    services: Services, owner: Person, clock: FakeClock
) -> None:
    event, other = [await make_full(services, owner, code=code) for code in ("AA", "BB")]
    for _again in range(2):
        async with services.db.write() as session:
            await count_events.count(session, [event.id, other.id], clock())
        clock.advance(HOUR)
    async with services.db.write() as session:
        for changed in (event, other):
            await session.execute(
                update(Demand).where(Demand.event_id == changed.id, Demand.status == "waiting")
                .values(status="closed")
            )  # fmt: skip
        await note(session, SYSTEM, "demand.closed", event_id=event.id)
    await count_again(services)
    async with services.db.read() as session:
        kept = [(await session.get_one(PoolEvent, one.id)).orders for one in (event, other)]
        open_ = await pool_events(session, owner.actor, event.organizer_id, only_open=True)
    assert kept == [6, 8]
    assert {line.id for line in open_} == {event.id, other.id}


async def test_a_count_that_dies_is_made_whole_by_the_next(
    services: Services, owner: Person, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(count_events, "AT_ONCE", 1)
    events = [await make_full(services, owner, code=code) for code in ("AA", "BB", "CC")]
    async with services.db.write() as session:
        for event in events:
            await note(session, SYSTEM, "demand.confirmed", event_id=event.id)
    clock.advance(HOUR)
    count, dies = count_events.count, iter((False, True))

    async def die_once(session: AsyncSession, event_ids: Sequence[str], at: int) -> None:
        if next(dies, False):
            raise RuntimeError("killed")
        await count(session, event_ids, at)

    monkeypatch.setattr(count_events, "count", die_once)
    for told in (1, 3):
        await count_again(services)
        async with services.db.read() as session:
            totals = await pool_totals(session, owner.actor, events[0].organizer_id)
        assert (totals.events, totals.orders) == (told, told * 8)


async def test_a_long_log_is_read_to_where_it_was_left(
    services: Services, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(count_events, "_LINES", 2)
    events = [await make_full(services, owner, code=code) for code in ("AA", "BB", "CC")]
    async with services.db.write() as session:
        for event in (events[0], *events[1:] * 3):
            await note(session, SYSTEM, "demand.confirmed", event_id=event.id)
    await count_again(services)
    async with services.db.read() as session:
        totals = await pool_totals(session, owner.actor, events[0].organizer_id)
    assert (totals.events, totals.orders) == (3, 24)


async def test_nobody_elses_pool_is_told(services: Services, owner: Person) -> None:
    event = await make_full(services, owner)
    stranger, _own = await make_owner(services, "eve@example.org")
    async with services.db.write() as session:
        with pytest.raises(NotFound):
            await pool_totals(session, stranger.actor, event.organizer_id)
        with pytest.raises(NotFound):
            await pool_events(session, stranger.actor, event.organizer_id)
        with pytest.raises(NotFound):
            await set_fallback(session, stranger.actor, event.id, "any")
        with pytest.raises(NotFound):
            await begin_export(session, stranger.actor, event.id, Filters())


async def test_a_fallback_is_kept_and_matches_again(services: Services, owner: Person) -> None:
    event = await make_full(services, owner)
    async with services.db.write() as session:
        with pytest.raises(BadInput):
            await set_fallback(session, owner.actor, event.id, "whatever")
        await set_fallback(session, owner.actor, event.id, "closest")
        await set_fallback(session, owner.actor, event.id, "closest")
    async with services.db.read() as session:
        kept = await session.get_one(PoolEvent, event.id)
        acts = await entries_of(session, target_type="event", target_id=event.id)
        jobs = select(func.count()).where(Job.kind == "pool.assign")
        assert await session.scalar(jobs) == 2
    assert kept.fallback == "closest"
    assert [act.action for act in acts].count("pool.fallback") == 1


async def test_an_export_has_every_row_that_fits_and_no_password(
    services: Services, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handstamp.pool.export_assignments.PIECE", 3)
    event = await make_full(services, owner)

    async def whole(filters: Filters) -> list[list[str]]:
        async with services.db.write() as session:
            of = await begin_export(session, owner.actor, event.id, filters)
        return [row async for piece in _taken(pieces(services, owner.actor, of, filters))
                for row in piece]  # fmt: skip

    rows = await whole(Filters())
    assert [len(row) for row in rows] == [len(headings())] * 8
    assert rows[0][:3] == ["PRE-00000", "Member 0", "member0@example.org"]
    assert {row[5] for row in rows} == {"used", "assigned", "waiting"}
    free = await whole(Filters(status="free"))
    assert [row[6] for row in free] == ["account2@tickets.example", "account4@tickets.example"]
    async with services.db.read() as session:
        acts = await entries_of(session, target_type="event", target_id=event.id)
    assert [act.action for act in acts].count("pool.export") == 2


async def _taken(given: AsyncIterator[list[list[str]]]) -> AsyncIterator[list[list[str]]]:
    async for piece in given:
        yield piece


async def test_the_log_is_told_newest_first_and_page_by_page(
    services: Services, owner: Person
) -> None:
    event = await make_full(services, owner)
    async with services.db.write() as session:
        for number in range(3):
            about: dict[str, Any] = {"demand_id": f"pre_{number}", "email": "m@example.org"}
            await note(session, owner.actor, "ticket.assigned", event_id=event.id, **about)
    async with services.db.read() as session:
        lines = await log_of(session, owner.actor, event)
        assert [line.demand_id for line in lines] == ["pre_2", "pre_1", "pre_0"]
        assert (lines[0].actor, lines[0].ip) == ("ada@example.org", "192.0.2.1")
        before = await log_of(session, owner.actor, event, before=lines[0].id, limit=1)
        assert [line.demand_id for line in before] == ["pre_1"]
        mine = await log_of(session, owner.actor, event, demand_id="pre_0")
        assert len(mine) == 1
        assert await log_of(session, owner.actor, event, ticket_id="pt_nothing") == []
