"""Taking tickets back, giving them by hand, undoing that, and saying why somebody has one."""

from collections.abc import Sequence

import httpx2
import pytest
from sqlalchemy import select, update
from tests.factories.auth import make_owner, make_person
from tests.factories.events import make_event
from tests.factories.pool import ticket_rows, upload_rows
from tests.factories.pool_demands import (
    current_of,
    demand_of,
    given,
    have_wait,
    run_matcher,
    take_back,
    tickets_of,
)
from tests.fixtures.services import make_settings

from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event
from handstamp.events.rules import ListTier
from handstamp.events.save_list import save_list
from handstamp.kit.clock import HOUR, FakeClock
from handstamp.plumbing.config import Settings
from handstamp.plumbing.errors import Conflict, NotFound
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import SYSTEM, Actor, Services
from handstamp.pool import demands
from handstamp.pool.explain import explain_demand, explain_ticket
from handstamp.pool.models import AssignmentLog, PoolEvent, PoolTicket
from handstamp.pool.reassign import UNDO, Reassigned, reassign, undo
from handstamp.pool.take_back import HAND_OVER

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Pre-orders are switched on."""
    return make_settings(database_url, enable_preorders=True)


STRANGER = Actor(kind="user", id="usr_stranger", organizers={"org_other": "owner"})


@pytest.fixture
async def gala(services: Services) -> Event:
    """A night with two variants, for which three members have paid and got two tickets."""
    async with services.db.write() as session:
        event = await make_event(session, services, title="Gala", tiers=("Early", "Late"), lists=())
    early = (await tier_ids(services, event))[0]
    await have_wait(services, event, early, ["a", "b", "c"])
    await upload_rows(services, event, ticket_rows("Gala", 2, "Early"))
    await run_matcher(services)
    assert sorted(await given(services)) == ["a", "b"]
    return event


async def tier_ids(services: Services, event: Event) -> Sequence[str]:
    async with services.db.read() as session:
        found = await tiers_of(session, event.id)
    return [tier.id for tier in sorted(found, key=lambda tier: tier.number)]


async def give(services: Services, ticket: PoolTicket, name: str) -> Reassigned:
    async with services.db.write() as session:
        return await reassign(session, SYSTEM, ticket_id=ticket.id, demand_id=name)


async def mark(services: Services, ticket: PoolTicket, status: str) -> None:
    async with services.db.write() as session:
        query = update(PoolTicket).where(PoolTicket.id == ticket.id)
        await session.execute(query.values(status=status))


async def lines(services: Services, *actions: str) -> list[AssignmentLog]:
    async with services.db.read() as session:
        query = select(AssignmentLog).where(AssignmentLog.action.in_(actions))
        return list(await session.scalars(query.order_by(AssignmentLog.id)))


async def test_what_is_taken_back_goes_to_who_waits_longest(
    services: Services, gala: Event
) -> None:
    await have_wait(services, gala, (await tier_ids(services, gala))[0], ["first"], first=1)
    has = await current_of(services, "a")
    actor = Actor(kind="admin", id="usr_admin", ip="192.0.2.7")
    for _again in range(2):
        async with services.db.write() as session:
            await take_back(session, actor, has.id, "a mistake")
    (told,) = await lines(services, "ticket.taken_back")
    assert (told.actor_id, told.ip, told.email) == ("usr_admin", "192.0.2.7", "a@example.org")
    assert (told.ticket_id, told.demand_id) == (has.ticket_id, "a")
    await run_matcher(services)
    now = await given(services)
    assert sorted(now) == ["b", "first"]
    assert (await demand_of(services, "a")).status == "waiting"
    await upload_rows(services, gala, ticket_rows("Gala", 1, "Early", first=2))
    await run_matcher(services)
    assert sorted(await given(services)) == ["a", "b", "first"]  # not c, who paid after a


async def test_what_was_used_is_not_taken_back(services: Services, gala: Event) -> None:
    has = await current_of(services, "a")
    first, _second = await tickets_of(services, gala)
    await mark(services, first, "used")
    async with services.db.write() as session:
        await take_back(session, SYSTEM, has.id, "a mistake")
    assert (await current_of(services, "a")).id == has.id
    async with services.db.write() as session:
        assert await demands.close(session, "a", "refunded")
    assert (await current_of(services, "a")).id == has.id  # who used it stays known
    assert (await demand_of(services, "a")).status == "closed"


async def test_a_ticket_given_by_hand_frees_what_stood_in_its_way(
    services: Services, gala: Event
) -> None:
    first, second = await tickets_of(services, gala)
    made, until = await give(services, first, "b")
    assert (made.how, made.actor, until) == ("manual", "system:system", services.clock() + UNDO)
    assert (await demand_of(services, "a")).status == "waiting"
    assert [one.status for one in await tickets_of(services, gala)] == ["assigned", "unassigned"]
    assert (await give(services, first, "b")).assignment.id == made.id
    async with services.db.read() as session:
        query = select(Job.args, Job.run_at).where(Job.kind == HAND_OVER, Job.run_at == until)
        assert len((await session.execute(query)).all()) == 1
    await run_matcher(services)
    assert (await current_of(services, "b")).ticket_id == first.id
    assert (await current_of(services, "a")).ticket_id == second.id
    (told,) = await lines(services, "ticket.reassigned")
    assert (told.ticket_id, told.demand_id) == (first.id, "b")


async def test_a_free_ticket_is_given_by_hand_past_the_line(
    services: Services, gala: Event
) -> None:
    await have_wait(services, gala, (await tier_ids(services, gala))[1], ["late"])
    await upload_rows(services, gala, ticket_rows("Gala", 1, "Late", first=2))
    third = (await tickets_of(services, gala))[2]
    await give(services, third, "c")
    await run_matcher(services)
    assert (await current_of(services, "c")).ticket_id == third.id
    assert (await demand_of(services, "late")).status == "waiting"


async def test_undone_everybody_has_again_what_they_had(services: Services, gala: Event) -> None:
    before = await given(services)
    first, _second = await tickets_of(services, gala)
    made, _until = await give(services, first, "b")
    for _again in range(2):
        async with services.db.write() as session:
            await undo(session, SYSTEM, made.id)
    assert await given(services) == before
    await run_matcher(services)
    assert await given(services) == before
    assert len(await lines(services, "ticket.reassign_undone")) == 1


async def test_undone_late_each_has_what_is_still_free(services: Services, gala: Event) -> None:
    first, second = await tickets_of(services, gala)
    made, _until = await give(services, first, "c")
    async with services.db.write() as session:
        await demands.close(session, "a", "refunded")
    async with services.db.write() as session:
        await undo(session, SYSTEM, made.id)
    await run_matcher(services)
    assert (await current_of(services, "c")).ticket_id == first.id  # a is gone: c is next
    again, _until = await give(services, second, "c")
    await mark(services, second, "used")
    with pytest.raises(Conflict) as refused:
        async with services.db.write() as session:
            await undo(session, SYSTEM, again.id)
    assert refused.value.code == "moved_on"


async def test_what_cannot_be_given_by_hand_is_refused(services: Services, gala: Event) -> None:
    first, second = await tickets_of(services, gala)
    async with services.db.write() as session:
        other = await make_event(session, services, title="Other", lists=())
    await have_wait(services, other, (await tier_ids(services, other))[0], ["elsewhere"])
    refusals = [(first.id, "elsewhere", "other_event")]
    await mark(services, second, "void")
    refusals.append((second.id, "a", "void"))
    async with services.db.write() as session:
        await demands.close(session, "c", "refunded")
    refusals.append((first.id, "c", "closed"))
    for ticket_id, demand_id, code in refusals:
        with pytest.raises(Conflict) as refused:
            async with services.db.write() as session:
                await reassign(session, SYSTEM, ticket_id=ticket_id, demand_id=demand_id)
        assert refused.value.code == code
    await mark(services, first, "used")
    with pytest.raises(Conflict) as refused:
        async with services.db.write() as session:
            await reassign(session, SYSTEM, ticket_id=first.id, demand_id="b")
    assert refused.value.code == "used"
    unknown = [(first.id, "nobody"), ("nothing", "b"), ("\x00", "b"), (first.id, "\x00")]
    for ticket_id, demand_id in unknown:
        with pytest.raises(NotFound):
            async with services.db.write() as session:
                await reassign(session, SYSTEM, ticket_id=ticket_id, demand_id=demand_id)
    with pytest.raises(NotFound):
        async with services.db.write() as session:
            await reassign(session, STRANGER, ticket_id=first.id, demand_id="b")
    for assignment in ((await current_of(services, "a")).id, "nothing", "\x00"):
        with pytest.raises(NotFound):
            async with services.db.write() as session:
                await undo(session, SYSTEM, assignment)


async def why(services: Services, name: str = "", ticket: PoolTicket | None = None) -> list[str]:
    """Return the code and what is said of a demand or a ticket."""
    async with services.db.read() as session:
        if ticket is not None:
            found = await explain_ticket(session, SYSTEM, ticket.id)
        else:
            found = await explain_demand(session, SYSTEM, name)
    return [found.code, *found.sentences]


async def fall_back(services: Services, how: str) -> None:
    async with services.db.write() as session:
        await session.execute(update(PoolEvent).values(fallback=how))


async def test_it_is_told_why_somebody_has_a_ticket_and_somebody_else_has_none(
    services: Services, gala: Event, clock: FakeClock
) -> None:
    early, late = await tier_ids(services, gala)
    first, _second = await tickets_of(services, gala)
    assert await why(services, "b") == [
        "exact",
        "It was the oldest free ticket of Early when it was this member's turn.",
        "1 member has paid for the same variant before.",
    ]
    assert (await why(services, ticket=first))[0] == "exact"
    assert await why(services, "c") == [
        "waiting",
        "No ticket of Early is free for it.",
        "0 members who paid earlier wait for the same variant.",
        "No ticket of another variant is free either.",
    ]
    await upload_rows(services, gala, ticket_rows("Gala", 1, "Late", first=2))
    third = (await tickets_of(services, gala))[2]
    assert (await why(services, "c"))[-1].startswith("Tickets of other variants are free, but")
    await run_matcher(services)
    told = await why(services, ticket=third)
    assert told[0] == "unmatched"
    assert told[1] == "Nobody who has paid waits for a ticket of Late."
    assert told[-1] == "This event gives only what was wished."
    await fall_back(services, "closest")
    assert (await why(services, "c"))[-1].startswith("The wished variant has no entry time")
    async with services.db.read() as session:
        tiers = {tier.id: tier.number for tier in await tiers_of(session, gala.id)}
    at = gala.start_at
    apart = [
        ListTier(tiers[early], at, at + HOUR),
        ListTier(tiers[late], at + 2 * HOUR, gala.end_at),
    ]
    async with services.db.write() as session:
        door = await save_list(session, services, SYSTEM, gala.id, name="Door", tiers=apart)
    assert (await why(services, "c"))[-1].startswith("No free ticket has an entry time")
    near = [apart[0], ListTier(tiers[late], at + HOUR, gala.end_at)]
    async with services.db.write() as session:
        await save_list(
            session, services, SYSTEM, gala.id, number=door.number, name="Door", tiers=near
        )
    assert (await why(services, "c"))[
        -1
    ] == "A ticket of Late is close enough, and the next run may give it."
    await fall_back(services, "any")
    assert (await why(services, "c"))[-1].startswith("A ticket of another variant is free")
    assert (await why(services, ticket=third))[-1] == "The next run may give it, if it fits."
    async with services.db.write() as session:
        await demands.close(session, "b", "refunded")
    assert await why(services, "b") == ["closed", "The money went back, or is on its way."]
    assert (await why(services, "c"))[1] == "A ticket is here, and the next run will give it."
    freed = next(one for one in await tickets_of(services, gala) if one.status == "unassigned")
    assert await why(services, ticket=freed) == [
        "unassigned", "Members wait for Early: the next run gives it.",
    ]  # fmt: skip
    await mark(services, first, "used")
    assert (await why(services, ticket=first))[:2] == ["used", "It was used at the door."]
    await mark(services, third, "void")
    assert await why(services, ticket=third) == ["void", "It was taken out of the pool."]


async def test_it_is_told_how_another_variant_was_given(services: Services, gala: Event) -> None:
    await fall_back(services, "any")
    await upload_rows(services, gala, ticket_rows("Gala", 1, "Late", first=2))
    await run_matcher(services)
    told = await why(services, "c")
    assert told[0] == "any"
    assert told[1].endswith("it was the oldest free one, of Late.")
    made, _until = await give(services, (await tickets_of(services, gala))[2], "a")
    assert (await why(services, "a"))[:2] == [
        "manual",
        "Somebody gave this ticket of Late by hand.",
    ]
    async with services.db.write() as session:
        await session.execute(
            update(type(made)).where(type(made).id == made.id).values(how="closest", score=333)
        )
    assert "entry time of Late overlaps most (33.3 % alike)" in (await why(services, "a"))[1]


async def test_only_who_helps_the_members_is_told(services: Services, gala: Event) -> None:
    first, _second = await tickets_of(services, gala)
    support = Actor(kind="user", id="usr_s", organizers={gala.organizer_id: "support"})
    async with services.db.read() as session:
        assert (await explain_demand(session, support, "a")).code == "exact"
        assert (await explain_ticket(session, support, first.id)).code == "exact"
        for actor, name, ticket in (
            (STRANGER, "a", first.id), (SYSTEM, "nobody", "nothing"), (SYSTEM, "\x00", "\x00"),
        ):  # fmt: skip
            with pytest.raises(NotFound):
                await explain_demand(session, actor, name)
            with pytest.raises(NotFound):
                await explain_ticket(session, actor, ticket)


async def test_an_event_is_reconciled_by_its_organizer_alone(
    services: Services, client: httpx2.AsyncClient
) -> None:
    owner, organizer = await make_owner(services)
    stranger = await make_person(services, "eve@example.org")
    async with services.db.write() as session:
        event = await make_event(session, services, organizer_id=organizer.id, lists=())
    await have_wait(services, event, (await tier_ids(services, event))[0], ["a"])
    path = f"/api/tickets/admin/events/{event.id}/reconcile"
    assert (await client.post(path)).status_code == 401
    assert (await client.post(path, headers=stranger.headers)).status_code == 404
    answer = await client.post(path, headers=owner.headers)
    assert (answer.status_code, answer.json()) == (202, {"runs": 1, "hand_overs": 0})
    assert (await client.post("/api/tickets/admin/events/nothing/reconcile",
                              headers=owner.headers)).status_code == 404  # fmt: skip
