"""Taking files of tickets over: whole or not at all, once however often, with nothing readable."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import event as sql_event
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from tests.factories.auth import make_owner
from tests.factories.events import make_event
from tests.factories.pool import HEADER, pool_csv, ticket_rows, upload, upload_rows

from handstamp.events.models import Event
from handstamp.kit.clock import DAY, FakeClock
from handstamp.plumbing.errors import BadInput, Conflict, NotFound
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import SYSTEM, Actor, Services
from handstamp.pool import plan_upload, store
from handstamp.pool.check_upload import UploadReport, check_upload
from handstamp.pool.find_uploads import uploads_of
from handstamp.pool.models import AssignmentLog, Demand, PoolEvent, PoolTicket, PoolUpload
from handstamp.pool.place_rows import Fixes

pytestmark = pytest.mark.anyio


@pytest.fixture
async def gala(services: Services) -> Event:
    """A night in three weeks with two tiers."""
    return await night(services, "Gala Night", "General", "Early entry")


async def night(services: Services, title: str, *tiers: str, **others: Any) -> Event:
    """Make an event in three weeks."""
    start = services.clock() + 21 * DAY
    times = {"start_at": start, "end_at": start + DAY // 4}
    async with services.db.write() as session:
        return await make_event(
            session, services, title=title, tiers=tiers, lists=(), **{**times, **others}
        )


async def check(
    services: Services, event: Event, content: bytes, fixes: Fixes | None = None
) -> UploadReport:
    """Look at a file for the organizer of an event."""
    async with services.db.read() as session:
        return await check_upload(
            session, services, SYSTEM, event.organizer_id, content, filename="t.csv", fixes=fixes
        )


async def tickets(services: Services) -> list[PoolTicket]:
    """Return what the pool holds, in the order of lines."""
    async with services.db.read() as session:
        query = select(PoolTicket).order_by(PoolTicket.created_at, PoolTicket.line)
        return list((await session.scalars(query)).all())


async def count(services: Services, table: Any) -> int:
    """Count the rows of a table."""
    async with services.db.read() as session:
        return int(await session.scalar(select(func.count()).select_from(table)) or 0)


async def test_a_file_is_stored_with_its_places_and_asks_for_a_run_per_tier(
    services: Services, gala: Event
) -> None:
    rows = [*ticket_rows("gala  night", 2), *ticket_rows("Gala Night", 1, "EARLY ENTRY", first=2)]
    done = await upload_rows(services, gala, rows, filename="C:\\lists\\may\n.csv")
    assert (done.tickets, done.known, done.left_out, done.jobs) == (3, 0, 0, 2)
    stored = await tickets(services)
    assert [(one.event_id, one.line, one.status, one.email) for one in stored] == [
        (gala.id, 2, "unassigned", "pool0@example.org"),
        (gala.id, 3, "unassigned", "pool1@example.org"),
        (gala.id, 4, "unassigned", "pool2@example.org"),
    ]
    assert stored[0].tier_id == stored[1].tier_id != stored[2].tier_id
    async with services.db.read() as session:
        jobs = (await session.scalars(select(Job).where(Job.kind == "pool.assign"))).all()
        (kept,) = await uploads_of(session, SYSTEM, organizer_id=gala.organizer_id)
        said = (await session.scalars(select(AssignmentLog))).one()
        looked = await session.get_one(PoolEvent, gala.id)
    assert len({job.job_key for job in jobs}) == len(jobs) == 2
    assert (kept.id, kept.filename, kept.rows, kept.format) == (
        done.upload_id, "may.csv", 3, "plain",
    )  # fmt: skip
    assert (said.action, said.event_id) == ("tickets.uploaded", gala.id)
    assert looked.uploaded_at == services.clock()


async def test_looking_stores_nothing(services: Services, gala: Event) -> None:
    rows = [*ticket_rows(gala.title, 2), *ticket_rows("Nowhere", 1)]
    report = await check(services, gala, pool_csv(rows))
    assert (report.valid, report.unknown_events_count, report.ready) == (2, 1, False)
    for table in (PoolTicket, PoolUpload, PoolEvent, AssignmentLog, Job):
        assert await count(services, table) == 0


async def test_the_same_file_again_adds_nothing(
    services: Services, gala: Event, clock: FakeClock
) -> None:
    first = await upload_rows(services, gala, ticket_rows(gala.title, 3))
    clock.advance(DAY)
    again = await upload_rows(services, gala, ticket_rows(gala.title, 3))
    assert again.upload_id == first.upload_id
    assert (again.tickets, again.known, again.jobs) == (0, 3, 0)
    assert await count(services, PoolTicket) == 3
    assert await count(services, PoolUpload) == 1


async def test_another_file_adds_only_what_is_new(services: Services, gala: Event) -> None:
    first = await upload_rows(services, gala, ticket_rows(gala.title, 3))
    more = await upload_rows(services, gala, ticket_rows(gala.title, 3, first=1))
    assert (more.tickets, more.known) == (1, 2)
    assert more.upload_id != first.upload_id
    assert await count(services, PoolTicket) == 4


async def test_a_known_ticket_is_known_in_another_tier_and_letter_case(
    services: Services, gala: Event
) -> None:
    await upload(services, gala, pool_csv([[gala.title, "General", "a@example.org", "pw"]]))
    other = pool_csv([[gala.title, "Early entry", "A@Example.org", "pw"]])
    assert (await upload(services, gala, other)).known == 1
    assert await count(services, PoolTicket) == 1


async def test_two_commits_at_once_store_a_file_once(services: Services, gala: Event) -> None:
    rows = ticket_rows(gala.title, 200)
    done = await asyncio.gather(*(upload_rows(services, gala, rows) for _ in range(4)))
    assert sorted(one.tickets for one in done) == [0, 0, 0, 200]
    assert len({one.upload_id for one in done}) == 1
    assert await count(services, PoolTicket) == 200


async def test_files_that_cross_at_once_end_and_store_each_ticket_once(
    services: Services, gala: Event
) -> None:
    other = await night(services, "Late Night", "General", organizer_id=gala.organizer_id)
    ours, theirs = ticket_rows(gala.title, 60), ticket_rows(other.title, 60)
    files = [
        [*ours[start : start + 30], *theirs[start : start + 30]][:: 1 if start % 2 else -1]
        for start in range(0, 30, 3)
    ]
    done = await asyncio.gather(*(upload_rows(services, gala, rows) for rows in files))
    wanted = {tuple(row) for rows in files for row in rows}
    assert sum(one.tickets for one in done) == len(wanted)
    assert await count(services, PoolTicket) == len(wanted)


@pytest.mark.parametrize("step", ["INSERT INTO tickets_pool_tickets", "INSERT INTO tickets_audit"])
async def test_a_commit_that_dies_leaves_nothing_and_can_be_repeated(
    services: Services, gala: Event, step: str
) -> None:
    engine = services.db.writer.sync_engine

    def die(_c: Any, _cursor: Any, statement: str, *_others: Any) -> None:
        if statement.startswith(step):
            raise RuntimeError("killed")

    sql_event.listen(engine, "after_cursor_execute", die)
    with pytest.raises(RuntimeError, match="killed"):
        await upload_rows(services, gala, ticket_rows(gala.title, 5))
    sql_event.remove(engine, "after_cursor_execute", die)
    for table in (PoolTicket, PoolUpload, PoolEvent, AssignmentLog, Job):
        assert await count(services, table) == 0
    done = await upload_rows(services, gala, ticket_rows(gala.title, 5))
    assert (done.tickets, done.known) == (5, 0)


async def test_bad_rows_and_doubles_stop_a_commit_unless_left_out(
    services: Services, gala: Event
) -> None:
    good = ticket_rows(gala.title, 1)[0]
    content = pool_csv([good, [gala.title, "General", "nobody", "x"], good])
    with pytest.raises(Conflict) as refused:
        await upload(services, gala, content)
    assert refused.value.code == "BadRows"
    assert [error["line"] for error in refused.value.errors] == [3, 4]
    assert await count(services, PoolTicket) == 0
    done = await upload(services, gala, content, leave_out_bad=True)
    assert (done.tickets, done.left_out) == (1, 2)


async def test_names_that_are_unknown_are_refused_with_suggestions_until_decided(
    services: Services, gala: Event
) -> None:
    rows = [
        *ticket_rows("Galla Nigth", 2, "Erly entry"),
        *ticket_rows("Something else", 1, first=2),
    ]
    report = await check(services, gala, pool_csv(rows))
    typo, other = report.unknown_events
    assert (typo.typed, typo.rows, typo.line, typo.suggestions) == ("Galla Nigth", 2, 2, [gala.id])
    assert (other.typed, other.rows, other.line) == ("Something else", 1, 4)
    events = {"Galla Nigth": gala.id, "something ELSE": ""}
    report = await check(services, gala, pool_csv(rows), Fixes(events))
    (variant,) = report.unknown_variants
    early = next(tier for tier in report.events[gala.id].tiers if tier.name == "Early entry")
    assert variant.suggestions[0] == early.id
    assert (variant.event_id, variant.typed, report.left_out) == (gala.id, "Erly entry", 1)
    with pytest.raises(Conflict) as refused:
        await upload_rows(services, gala, rows, fixes=Fixes(events), leave_out_bad=True)
    assert refused.value.code == "UnknownNames"
    assert refused.value.errors[0]["suggestions"][0] == early.id
    fixes = Fixes(events, {gala.id: {"Erly entry": early.id}})
    assert (await check(services, gala, pool_csv(rows), fixes)).ready
    done = await upload_rows(services, gala, rows, fixes=fixes)
    assert (done.tickets, done.left_out) == (2, 1)
    assert {one.tier_id for one in await tickets(services)} == {early.id}


async def test_rows_left_out_at_first_come_with_the_same_file_later(
    services: Services, gala: Event
) -> None:
    rows = [*ticket_rows(gala.title, 1), *ticket_rows("Galla", 1, first=1)]
    first = await upload_rows(services, gala, rows, fixes=Fixes({"Galla": ""}))
    later = await upload_rows(services, gala, rows, fixes=Fixes({"Galla": gala.id}))
    assert (first.tickets, later.tickets, later.known) == (1, 1, 1)
    async with services.db.read() as session:
        (kept,) = await uploads_of(session, SYSTEM)
    assert kept.rows == 2


@pytest.mark.parametrize(
    "fixes",
    [
        Fixes({"Galla": "evt_of_nobody"}),
        Fixes({}, {"@gala": {"Erly": "tier_of_nobody"}}),
        Fixes({"Galla": "@foreign"}),
    ],
)
async def test_corrections_reach_only_what_is_ones_own(
    services: Services, gala: Event, fixes: Fixes
) -> None:
    foreign = await night(services, "Not ours", "General")
    ids = {"@gala": gala.id, "@foreign": foreign.id}
    events = {typed: ids.get(key, key) for typed, key in fixes.events.items()}
    variants = {ids.get(key, key): dict(names) for key, names in fixes.variants.items()}
    rows = [*ticket_rows("Galla", 1), *ticket_rows(gala.title, 1, "Erly", first=1)]
    with pytest.raises(BadInput, match="correction"):
        await check(services, gala, pool_csv(rows), Fixes(events, variants))


async def test_a_title_of_several_nights_is_no_name_until_one_is_chosen(
    services: Services, gala: Event
) -> None:
    twin = await night(services, gala.title, "General", organizer_id=gala.organizer_id, code="GN2")
    content = pool_csv(ticket_rows(gala.title, 1))
    (unknown,) = (await check(services, gala, content)).unknown_events
    assert (unknown.several, sorted(unknown.suggestions)) == (True, sorted([gala.id, twin.id]))
    assert (await check(services, gala, content, Fixes({gala.title: twin.id}))).ready
    named = await check(services, gala, pool_csv(ticket_rows(twin.slug, 1)))
    assert named.ready and named.coverage[0].event_id == twin.id


async def test_no_variant_is_one_only_where_there_is_one(services: Services, gala: Event) -> None:
    alone = await night(services, "Solo", "Standing", organizer_id=gala.organizer_id)
    report = await check(services, gala, pool_csv(ticket_rows(alone.title, 1, "")))
    assert report.ready
    report = await check(services, gala, pool_csv(ticket_rows(gala.title, 1, "")))
    assert [(one.typed, one.event_id) for one in report.unknown_variants] == [("", gala.id)]
    assert not report.ready


async def test_events_that_are_over_or_of_others_are_unknown(
    services: Services, gala: Event, clock: FakeClock
) -> None:
    foreign = await night(services, "Not ours", "General")
    content = pool_csv([*ticket_rows(gala.title, 1), *ticket_rows(foreign.title, 1)])
    report = await check(services, gala, content)
    assert [one.typed for one in report.unknown_events] == ["Not ours"]
    assert foreign.id not in report.events
    clock.advance(30 * DAY)
    report = await check(services, gala, content)
    assert [one.typed for one in report.unknown_events] == [gala.title, "Not ours"]


async def test_coverage_counts_new_and_free_tickets_against_who_waits(
    services: Services, gala: Event
) -> None:
    await upload_rows(services, gala, ticket_rows(gala.title, 2))
    async with services.db.write() as session:
        tier = (await tickets(services))[0].tier_id
        for number in range(5):
            session.add(make_demand(services, gala, tier, number))
        session.add(make_demand(services, gala, tier, 9, status="closed"))
    report = await check(services, gala, pool_csv(ticket_rows(gala.title, 3)))
    told = {one.tier: (one.new, one.free, one.waiting, one.short) for one in report.coverage}
    assert told == {"General": (1, 2, 5, 2), "Early entry": (0, 0, 0, 0)}
    assert (report.rows, report.valid, report.known) == (3, 1, 2)


def make_demand(
    services: Services, event: Event, tier_id: str, number: int, status: str = "waiting"
) -> Demand:
    """Return somebody who waits for a ticket of a tier."""
    now = services.clock()
    return Demand(
        id=f"pre_{number}",
        organizer_id=event.organizer_id,
        event_id=event.id,
        tier_id=tier_id,
        user_id=f"usr_{number}",
        email=f"member{number}@example.org",
        status=status,
        confirmed_at=now,
        created_at=now,
        updated_at=now,
    )


async def test_a_preview_masks_passwords_and_codes(services: Services, gala: Event) -> None:
    rows = ticket_rows(gala.title, 30, coded=True)
    report = await check(services, gala, pool_csv(rows, f"{HEADER},Code"))
    assert len(report.sample) == 20
    assert report.sample[0].email == "pool0@example.org"
    assert "secret" not in repr(report) and "CODE-" not in repr(report)


async def test_a_code_belongs_to_one_ticket_of_an_event(services: Services, gala: Event) -> None:
    other = await night(services, "Late Night", "General", organizer_id=gala.organizer_id)
    await upload_rows(services, gala, ticket_rows(gala.title, 1, coded=True))
    taken = [gala.title, "General", "x@example.org", "pw", "CODE-000000"]
    free = [other.title, "General", "x@example.org", "pw", "CODE-000000"]
    report = await check(services, gala, pool_csv([taken, free], f"{HEADER},Code"))
    assert [issue.line for issue in report.bad] == [2]
    with pytest.raises(Conflict) as refused:
        await upload_rows(services, gala, [taken, free])
    assert refused.value.code == "BadRows"
    done = await upload_rows(services, gala, [taken, free], leave_out_bad=True)
    assert (done.tickets, done.left_out) == (1, 1)
    assert len({one.code_digest for one in await tickets(services)}) == 2


async def test_only_who_runs_the_events_may_look_or_commit(services: Services, gala: Event) -> None:
    stranger, _theirs = await make_owner(services, "eve@example.org")
    content = pool_csv(ticket_rows(gala.title, 1))
    for organizer_id in (gala.organizer_id, "org_of_nobody", ""):
        with pytest.raises(NotFound):
            async with services.db.read() as session:
                await check_upload(
                    session, services, stranger.actor, organizer_id, content, filename=""
                )
    helper = Actor("user", "usr_sue", organizers={gala.organizer_id: "support"})
    for actor in (stranger.actor, helper, Actor()):
        with pytest.raises(NotFound):
            await upload(services, gala, content, actor=actor)
    await upload(services, gala, content)
    async with services.db.read() as session:
        assert list(await uploads_of(session, stranger.actor)) == []
        with pytest.raises(NotFound):
            await uploads_of(session, stranger.actor, organizer_id=gala.organizer_id)


async def test_a_file_of_too_many_events_is_refused(
    services: Services, gala: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await night(services, "Late Night", "General", organizer_id=gala.organizer_id)
    monkeypatch.setattr(plan_upload, "MOST_EVENTS", 1)
    rows = [*ticket_rows(gala.title, 1), *ticket_rows(other.title, 1)]
    with pytest.raises(BadInput, match="more than 1 events"):
        await upload_rows(services, gala, rows)


async def test_nothing_to_store_is_refused(services: Services, gala: Event) -> None:
    with pytest.raises(Conflict) as refused:
        await upload_rows(services, gala, ticket_rows("Galla", 2), fixes=Fixes({"Galla": ""}))
    assert refused.value.code == "NothingInIt"


async def test_a_tier_that_goes_meanwhile_is_refused_in_plain_words(
    services: Services, gala: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = store.add_tickets

    async def add_to_no_tier(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
        await add(session, [{**row, "tier_id": "tier_gone"} for row in rows])

    monkeypatch.setattr(store, "add_tickets", add_to_no_tier)
    with pytest.raises(Conflict, match="changed meanwhile"):
        await upload_rows(services, gala, ticket_rows(gala.title, 1))
    assert await count(services, PoolUpload) == 0
