"""Runs of the matcher on both databases: in order, once, in pieces, alone, and without noise."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from sqlalchemy import select, update
from tests.factories.events import make_event
from tests.factories.pool import ticket_rows, upload_rows
from tests.factories.pool_demands import (
    assign,
    current_of,
    demand_of,
    given,
    have_wait,
    run_matcher,
    tickets_of,
)
from tests.fixtures.services import make_settings

from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event, Tier
from handstamp.events.rules import ListTier
from handstamp.events.save_list import save_list
from handstamp.kit.clock import DAY, HOUR, MINUTE, FakeClock
from handstamp.plumbing import job_queue
from handstamp.plumbing.db import Base
from handstamp.plumbing.jobs import JobContext, LeaseLost
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import SYSTEM, Services, build_services
from handstamp.pool import assign_tickets, demands
from handstamp.pool.assign_tickets import ASSIGN
from handstamp.pool.models import Assignment, AssignmentLog, Demand, PoolEvent, PoolTicket
from handstamp.pool.queue_assigning import queue_assigning
from handstamp.pool.reconcile import Reconciling, reconcile
from handstamp.pool.take_back import HAND_OVER

pytestmark = pytest.mark.anyio
NAMES = ("General", "Early entry", "Late entry")


@pytest.fixture
async def gala(services: Services) -> Event:
    """A night in three weeks with three variants."""
    start = services.clock() + 21 * DAY
    async with services.db.write() as session:
        return await make_event(
            session,
            services,
            title="Gala Night",
            tiers=NAMES,
            lists=(),
            start_at=start,
            end_at=start + 6 * HOUR,
        )


@pytest.fixture
async def tiers(services: Services, gala: Event) -> Sequence[Tier]:
    """The night's variants in the order of their numbers."""
    async with services.db.read() as session:
        return sorted(await tiers_of(session, gala.id), key=lambda tier: tier.number)


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs take three of each side in a transaction."""
    monkeypatch.setattr(assign_tickets, "AT_ONCE", 3)


def rows(count: int, variant: str = "General", first: int = 0) -> list[list[str]]:
    return ticket_rows("Gala Night", count, variant, first=first)


async def fall_back(services: Services, event: Event, how: str) -> None:
    async with services.db.write() as session:
        known = await session.get(PoolEvent, event.id)
        if known is None:
            values = {"event_id": event.id, "organizer_id": event.organizer_id, "updated_at": 1}
            session.add(PoolEvent(**values, fallback=how))
        else:
            known.fallback = how


async def figures(services: Services, event: Event) -> tuple[int, int]:
    async with services.db.read() as session:
        kept = await session.get_one(PoolEvent, event.id)
        return kept.unmatched_tickets, kept.unmatched_demands


async def actions(services: Services) -> list[str]:
    """Return what the log says of assigning, in order."""
    async with services.db.read() as session:
        found = await session.scalars(select(AssignmentLog.action).order_by(AssignmentLog.id))
        return [one for one in found if one != "tickets.uploaded"]


async def jobs(services: Services, kind: str) -> list[dict[str, Any]]:
    async with services.db.read() as session:
        query = select(Job).where(Job.kind == kind, Job.state == "ready").order_by(Job.id)
        return [json.loads(one.args) for one in await session.scalars(query)]


async def test_an_upload_serves_who_has_paid_in_the_order_of_paying(
    services: Services, gala: Event, tiers: Sequence[Tier]
) -> None:
    general = tiers[0].id
    await have_wait(services, gala, general, ["c", "a"], first=5_000)
    await have_wait(services, gala, general, ["b"], first=4_000)
    await have_wait(services, gala, tiers[1].id, ["early"])
    await run_matcher(services)
    assert (await demand_of(services, "a")).flagged_at == services.clock()
    assert await figures(services, gala) == (0, 4)
    await upload_rows(services, gala, rows(2))
    assert await run_matcher(services) == 1
    assert await given(services) == {"b": f"{general}:2", "c": f"{general}:3"}
    has = await current_of(services, "b")
    assert (has.how, has.user_id, has.handed_at, has.event_id) == ("exact", "user-b", None, gala.id)
    assert [(await demand_of(services, name)).status for name in "abc"] == [
        "waiting", "assigned", "assigned",
    ]  # fmt: skip
    assert [one.status for one in await tickets_of(services, gala)] == ["assigned"] * 2
    assert await figures(services, gala) == (0, 2)
    assert (await actions(services)).count("ticket.assigned") == 2
    given_over = [one for one in await jobs(services, HAND_OVER) if "assignments" in one]
    assert [len(one["assignments"]) for one in given_over] == [2]


async def test_a_payment_is_served_from_what_lies_there_unmatched(
    services: Services, gala: Event, tiers: Sequence[Tier]
) -> None:
    await upload_rows(services, gala, rows(2))
    await run_matcher(services)
    assert [one.status for one in await tickets_of(services, gala)] == ["unmatched"] * 2
    assert await figures(services, gala) == (2, 0)
    await have_wait(services, gala, tiers[0].id, ["mia"])
    await run_matcher(services)
    assert await given(services) == {"mia": f"{tiers[0].id}:2"}
    assert [one.status for one in await tickets_of(services, gala)] == ["assigned", "unmatched"]
    assert await figures(services, gala) == (1, 0)


async def test_the_same_confirmation_again_changes_nothing(
    services: Services, gala: Event, tiers: Sequence[Tier]
) -> None:
    await have_wait(services, gala, tiers[0].id, ["mia"], first=1)
    await have_wait(services, gala, tiers[1].id, ["mia"], first=2)
    mia = await demand_of(services, "mia")
    assert (mia.tier_id, mia.confirmed_at) == (tiers[0].id, 1)
    assert await actions(services) == ["demand.confirmed"]


@pytest.mark.usefixtures("small_pieces")
async def test_a_run_goes_on_in_pieces_until_nothing_pairs(
    services: Services, gala: Event, tiers: Sequence[Tier]
) -> None:
    names = [f"d{number:02}" for number in range(11)]
    await have_wait(services, gala, tiers[0].id, names)
    await upload_rows(services, gala, rows(8))
    await run_matcher(services)
    assert await given(services) == {
        name: f"{tiers[0].id}:{2 + place}" for place, name in enumerate(names[:8])
    }
    pieces = [len(one["assignments"]) for one in await jobs(services, HAND_OVER)
              if "assignments" in one]  # fmt: skip
    assert pieces == [3, 3, 2]
    assert all([(await demand_of(services, name)).flagged_at for name in names[8:]])


@pytest.mark.usefixtures("small_pieces")
async def test_any_variant_is_given_where_the_event_says_so_after_all_exact_ones(
    services: Services, gala: Event, tiers: Sequence[Tier]
) -> None:
    general, early, late = (tier.id for tier in tiers)
    await fall_back(services, gala, "any")
    await have_wait(services, gala, late, [f"l{number}" for number in range(5)], first=1)
    await have_wait(services, gala, general, [f"g{number}" for number in range(5)], first=100)
    await upload_rows(services, gala, [*rows(7), *rows(2, "Early entry", first=7)])
    await run_matcher(services)
    assert await given(services) == {
        **{f"g{place}": f"{general}:{2 + place}" for place in range(5)},
        "l0": f"{general}:7", "l1": f"{general}:8", "l2": f"{early}:9", "l3": f"{early}:10",
    }  # fmt: skip
    assert (await current_of(services, "l0")).how == "any"
    assert (await current_of(services, "l0")).tier_id == general
    assert await figures(services, gala) == (0, 1)


@pytest.mark.usefixtures("small_pieces")
async def test_the_closest_entry_time_is_given_where_the_event_says_so(
    services: Services, gala: Event, tiers: Sequence[Tier]
) -> None:
    general, early, late = tiers
    at = gala.start_at
    windows = [
        ListTier(general.number, at, at + 30 * MINUTE),
        ListTier(early.number, at + 15 * MINUTE, at + 45 * MINUTE),
        ListTier(late.number, at + 3 * HOUR, at + 4 * HOUR),
    ]
    async with services.db.write() as session:
        await save_list(session, services, SYSTEM, gala.id, name="Door", tiers=windows)
    await fall_back(services, gala, "closest")
    await have_wait(services, gala, late.id, [f"l{number}" for number in range(4)], first=1)
    await have_wait(services, gala, general.id, ["g0", "g1"], first=50)
    await upload_rows(services, gala, rows(5, "Early entry"))
    await run_matcher(services)
    assert await given(services) == {"g0": f"{early.id}:2", "g1": f"{early.id}:3"}
    has = await current_of(services, "g1")
    assert (has.how, has.score) == ("closest", 600)
    assert await figures(services, gala) == (3, 4)


async def test_a_fallback_switched_on_later_serves_who_waits_by_reconciling(
    services: Services, gala: Event, tiers: Sequence[Tier]
) -> None:
    await have_wait(services, gala, tiers[1].id, ["mia"])
    await upload_rows(services, gala, rows(1))
    await run_matcher(services)
    assert await given(services) == {}
    await fall_back(services, gala, "any")
    async with services.db.write() as session:
        assert (await reconcile(session, SYSTEM, gala.id)).runs == 2
    await run_matcher(services)
    assert await given(services) == {"mia": f"{tiers[0].id}:2"}


async def everything(services: Services) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of the pool's tables."""
    kept = {}
    async with services.db.read() as session:
        for model in (PoolTicket, Demand, Assignment, AssignmentLog, PoolEvent):
            table = Base.metadata.tables[model.__tablename__]
            found = await session.execute(select(table).order_by(*table.primary_key))
            kept[table.name] = [tuple(row) for row in found]
    return kept


async def test_reconciling_changes_nothing_when_nothing_has_changed(
    services: Services, gala: Event, tiers: Sequence[Tier], clock: FakeClock
) -> None:
    await have_wait(services, gala, tiers[0].id, ["a", "b", "c"])
    await upload_rows(services, gala, [*rows(2), *rows(2, "Late entry", first=2)])
    await run_matcher(services)
    before = await everything(services)
    for how in ("none", "any"):
        if how == "any":
            async with services.db.write() as session:
                await demands.close(session, "c", "refunded")
            await run_matcher(services)
            await fall_back(services, gala, how)
            before = await everything(services)
        clock.advance(HOUR)
        async with services.db.write() as session:
            found = await reconcile(session, SYSTEM, gala.id)
        assert found.runs
        assert found.hand_overs == 2
        assert await run_matcher(services) == found.runs
        assert await everything(services) == before


async def test_reconciling_hands_over_again_what_was_left_lying(
    services: Services, gala: Event, tiers: Sequence[Tier]
) -> None:
    await have_wait(services, gala, tiers[0].id, ["a"])
    await upload_rows(services, gala, rows(1))
    await run_matcher(services)
    async with services.db.write() as session:
        await session.execute(update(Job).where(Job.kind == HAND_OVER).values(state="dead"))
        assert await reconcile(session, SYSTEM, gala.id) == Reconciling(0, 1)
    has = await current_of(services, "a")
    assert await jobs(services, HAND_OVER) == [{"assignments": [has.id]}]


@pytest.fixture
async def beside(services: Services) -> AsyncIterator[Services]:
    """The services of another process on the same database."""
    built = build_services(make_settings(services.settings.database_url), services.clock)
    yield built
    await built.db.close()


async def check(services: Services, names: Sequence[str]) -> None:
    """Hold that each has one ticket, each ticket one member, and that nobody was passed over."""
    async with services.db.read() as session:
        query = select(Assignment).where(Assignment.ended_at.is_(None))
        made = list(await session.scalars(query))
        ended = await session.scalars(select(Assignment).where(Assignment.ended_at.is_not(None)))
        assert list(ended) == []
    assert len({one.ticket_id for one in made}) == len(made)
    assert sorted(one.demand_id for one in made) == sorted(names)


@pytest.mark.usefixtures("small_pieces")
async def test_several_workers_at_once_assign_each_ticket_once_and_in_order(
    services: Services, beside: Services, gala: Event, tiers: Sequence[Tier]
) -> None:
    general, early = tiers[0].id, tiers[1].id
    names = [f"d{number:02}" for number in range(30)]
    await have_wait(services, gala, general, names)
    await have_wait(services, gala, early, [f"e{number:02}" for number in range(10)])
    await upload_rows(services, gala, [*rows(24), *rows(10, "Early entry", first=24)])
    assigned = await asyncio.gather(
        *(assign(of, gala.id, tier) for of in (services, beside) for tier in (general, early)),
        *(assign(of, gala.id, general) for of in (services, beside)),
    )
    assert sum(assigned) == 34
    await check(services, [*names[:24], *(f"e{number:02}" for number in range(10))])
    assert (await given(services))["d07"] == f"{general}:9"


async def test_uploads_and_payments_at_once_leave_nobody_waiting_beside_a_ticket(
    services: Services, beside: Services, gala: Event, tiers: Sequence[Tier]
) -> None:
    general = tiers[0].id

    async def pay(of: Services, name: str) -> None:
        await have_wait(of, gala, general, [name], first=int(name[1:]))
        await run_matcher(of)

    async def bring(of: Services, number: int) -> None:
        await upload_rows(of, gala, rows(2, first=2 * number))
        await run_matcher(of)

    names = [f"d{number:02}" for number in range(12)]
    await asyncio.gather(
        *(pay((services, beside)[place % 2], name) for place, name in enumerate(names)),
        *(bring((services, beside)[number % 2], number) for number in range(6)),
    )
    await run_matcher(services)
    await check(services, names)
    assert await figures(services, gala) == (0, 0)


async def claimed(services: Services, owner: str, lease: int) -> JobContext:
    async with services.db.write() as session:
        await job_queue.sweep(session)
        (job,) = await job_queue.claim(session, owner, 1, lease, [ASSIGN])
    return JobContext(services, job)


async def test_a_worker_that_lost_its_lease_assigns_nothing_twice(
    services: Services, beside: Services, gala: Event, tiers: Sequence[Tier]
) -> None:
    await have_wait(services, gala, tiers[0].id, ["a", "b", "c"])
    await upload_rows(services, gala, rows(3))
    slow = await claimed(services, "slow", -1)
    fast = await claimed(beside, "fast", 60_000)
    found = await asyncio.gather(
        assign_tickets.assign_tickets(slow),
        assign_tickets.assign_tickets(fast),
        return_exceptions=True,
    )
    assert isinstance(found[0], LeaseLost)
    assert found[1] is None
    await check(services, ["a", "b", "c"])
    assert (await actions(services)).count("ticket.assigned") == 3


async def test_a_closed_demand_gets_nothing_and_gives_back_what_it_had(
    services: Services, gala: Event, tiers: Sequence[Tier]
) -> None:
    await have_wait(services, gala, tiers[0].id, ["a", "b", "c"])
    async with services.db.write() as session:
        assert await demands.close(session, "a", "refunded")
        assert not await demands.close(session, "a", "refunded")
        assert not await demands.close(session, "nobody", "refunded")
    assert (await demand_of(services, "a")).status == "closed"
    assert (await demand_of(services, "b")).status == "waiting"
    await upload_rows(services, gala, rows(1))
    await run_matcher(services)
    assert list(await given(services)) == ["b"]
    has = await current_of(services, "b")
    async with services.db.write() as session:
        assert await demands.close(session, "b", "refunded")
    async with services.db.read() as session:
        ended = await session.get_one(Assignment, has.id)
    assert (ended.ended_at, ended.ended_why) == (services.clock(), "refunded")
    await run_matcher(services)
    assert await given(services) == {"c": f"{tiers[0].id}:2"}
    async with services.db.write() as session:
        assert await demands.reopen(session, "b", "refund_failed")
        assert not await demands.reopen(session, "b", "refund_failed")
    await upload_rows(services, gala, rows(1, first=5))
    await run_matcher(services)
    assert sorted(await given(services)) == ["b", "c"]


async def test_a_run_for_an_event_that_is_gone_ends(services: Services) -> None:
    async with services.db.write() as session:
        await queue_assigning(session, [("gone", "gone")])
    assert await run_matcher(services) == 1
