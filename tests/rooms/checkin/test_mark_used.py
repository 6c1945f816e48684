"""Tickets from elsewhere that are used: by a scan at the door, or by hand at the support desk."""

import httpx2
import pytest
from sqlalchemy import func, select, update
from tests.factories.auth import make_person
from tests.factories.checkin import API, pair_phone
from tests.factories.movements import undo_last
from tests.factories.pool import ticket_rows, upload_rows
from tests.factories.pool_members import (
    Served,
    assign_and_hand_over,
    make_offer_of_pool,
    make_served,
)
from tests.fixtures.services import make_settings

from handstamp.audit.models import AuditEntry
from handstamp.checkin.follow_pool import JOB, POOL
from handstamp.checkin.mark_used import AT_ONCE, mark_used
from handstamp.checkin.models import Device, Fact
from handstamp.events.models import Event
from handstamp.kit.clock import FakeClock
from handstamp.plumbing.config import Settings
from handstamp.plumbing.errors import BadInput, NotFound
from handstamp.plumbing.jobs import Worker
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.pool.models import AssignmentLog, PoolTicket
from handstamp.tickets.models import Ticket
from handstamp.tickets.revoke_ticket import change_status
from handstamp.worker import JOBS

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings with pre-orders on."""
    return make_settings(database_url, enable_preorders=True)


async def event_of(services: Services, of: Served) -> Event:
    """Return the event of a member's ticket; phones may read its list at once."""
    async with services.db.write() as session:
        await session.execute(update(Event).values(release_hours=8_760))
    async with services.db.read() as session:
        return await session.get_one(Event, of.ticket.event_id)


async def follow(services: Services) -> int:
    """Run the jobs by which tickets follow the door; return how many there were."""
    return await Worker(services, {JOB: JOBS[JOB]}).drain()


async def statuses(services: Services) -> list[str]:
    """Return the statuses of the pool's tickets, in the order of their lines."""
    async with services.db.read() as session:
        query = select(PoolTicket.status).order_by(PoolTicket.created_at, PoolTicket.line)
        return list((await session.scalars(query)).all())


async def logged(services: Services) -> list[tuple[str | None, str, str]]:
    """Return (ticket, actor, meta) of what the log says was used."""
    async with services.db.read() as session:
        query = select(AssignmentLog).where(AssignmentLog.action == "ticket.used")
        return [
            (row.ticket_id, row.actor_type, row.meta_json) for row in await session.scalars(query)
        ]


async def test_a_scan_of_the_code_uses_the_ticket(
    client: httpx2.AsyncClient, services: Services, clock: FakeClock
) -> None:
    first, second = await make_served(services, 2)
    phone = await pair_phone(client, services, await event_of(services, first))
    assert phone.scan("CODE-000000").verdict == "valid"
    at = clock()
    clock.advance(60_000)
    await phone.sync()
    assert await follow(services) == 1
    assert await statuses(services) == ["used", "assigned"]
    async with services.db.read() as session:
        used = await session.get_one(PoolTicket, first.ticket.id)
    assert used.used_at == at, "when the door let in, not when the server heard of it"
    assert await logged(services) == [(first.ticket.id, "system", '{"how": "door"}')]
    assert second.ticket.status == "assigned"
    phone.scan("CODE-000000")
    await phone.sync()
    await follow(services)
    assert len(await logged(services)) == 1


async def test_what_the_door_takes_back_was_not_used(
    client: httpx2.AsyncClient, services: Services
) -> None:
    first, _second = await make_served(services, 2)
    event = await event_of(services, first)
    phone = await pair_phone(client, services, event)
    phone.scan("CODE-000000")
    await phone.sync()
    await follow(services)
    async with services.db.read() as session:
        query = select(Ticket).where(Ticket.external_id == f"{POOL}{first.ticket.id}")
        door = (await session.scalars(query)).one()
    undo_last(phone, door.serial)
    await phone.sync()
    await follow(services)
    assert await statuses(services) == ["assigned", "assigned"]
    async with services.db.read() as session:
        actions = select(AssignmentLog.action).where(AssignmentLog.ticket_id == first.ticket.id)
        told = list(await session.scalars(actions.order_by(AssignmentLog.id)))
        assert (await session.get_one(PoolTicket, first.ticket.id)).used_at is None
    assert told[-2:] == ["ticket.used", "ticket.unused"]
    phone.scan("CODE-000000")
    await phone.sync()
    await follow(services)
    assert await statuses(services) == ["used", "assigned"]


async def test_the_desk_marks_used_and_every_phone_hears_of_it(
    client: httpx2.AsyncClient, services: Services
) -> None:
    first, second = await make_served(services, 2)
    event = await event_of(services, first)
    phone = await pair_phone(client, services, event)
    ids = [second.ticket.id, first.ticket.id]
    marked = await mark_used(services, SYSTEM, ids)
    assert [(one.ticket_id, one.outcome) for one in marked] == [(one, "used") for one in ids]
    assert await statuses(services) == ["used", "used"]
    await phone.sync()
    refused = phone.scan("CODE-000000")
    assert refused.verdict == "already_used"
    assert refused.used
    assert phone.copy.devices[refused.used[0]][1:] == ["Support desk", "", "server"]
    async with services.db.read() as session:
        facts = (await session.scalars(select(Fact).order_by(Fact.number))).all()
        desk = (await session.scalars(select(Device).where(Device.kind == "server"))).one()
        audited = (
            await session.scalars(select(AuditEntry).where(AuditEntry.action == "pool.mark_used"))
        ).all()
    assert [(fact.device_id, fact.number, fact.kind, fact.how) for fact in facts] == [
        (desk.id, 1, 1, 5), (desk.id, 2, 1, 5),
    ]  # fmt: skip
    assert len(audited) == 1


async def test_marking_again_changes_nothing(services: Services) -> None:
    (only,) = await make_served(services)
    ids = [only.ticket.id]
    assert [one.outcome for one in await mark_used(services, SYSTEM, ids)] == ["used"]
    assert [one.outcome for one in await mark_used(services, SYSTEM, ids * 2)] == ["already"] * 2
    await follow(services)
    async with services.db.read() as session:
        assert await session.scalar(select(func.count()).select_from(Fact)) == 1
        assert await session.scalar(select(func.count()).select_from(Device)) == 1
    assert len(await logged(services)) == 1


async def test_a_desk_that_dies_in_the_middle_leaves_a_job_that_goes_on(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    (only,) = await make_served(services)

    async def dies(*_args: object, **_more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("handstamp.checkin.mark_used.note_used", dies)
        with pytest.raises(KeyboardInterrupt):
            await mark_used(services, SYSTEM, [only.ticket.id])
    assert await statuses(services) == ["assigned"]
    await follow(services)
    assert await statuses(services) == ["used"]


async def test_who_was_scanned_offline_before_is_already_in(
    client: httpx2.AsyncClient, services: Services
) -> None:
    (only,) = await make_served(services)
    phone = await pair_phone(client, services, await event_of(services, only))
    phone.scan("CODE-000000")
    await phone.sync()
    marked = await mark_used(services, SYSTEM, [only.ticket.id])
    assert [one.outcome for one in marked] == ["already"]
    assert await statuses(services) == ["used"]


async def test_who_a_phone_is_letting_in_is_not_let_in_by_the_desk_too(
    client: httpx2.AsyncClient, services: Services
) -> None:
    (only,) = await make_served(services)
    event = await event_of(services, only)
    async with services.db.write() as session:
        await session.execute(update(Event).values(strict_budget_ms=400))
    phone = await pair_phone(client, services, event)
    body = {"list": 1, "serial": only.door.serial, "epoch": 1, "id": "a" * 16}
    granted = await client.post(f"{API}/claim", json=body, headers=phone.headers)
    assert granted.json()["granted"] is True
    marked = await mark_used(services, SYSTEM, [only.ticket.id])
    assert [one.outcome for one in marked] == ["being_admitted"]
    assert await statuses(services) == ["assigned"]
    assert (await phone.post(phone.request([]) | {"claims_unused": [body]})).status_code == 200
    marked = await mark_used(services, SYSTEM, [only.ticket.id])
    assert [one.outcome for one in marked] == ["used"]


async def test_only_what_somebody_holds_can_be_used(services: Services) -> None:
    offer = await make_offer_of_pool(services)
    (mine,) = await make_served(services, offer=offer)
    await upload_rows(services, offer.event, ticket_rows(offer.event.title, 1, first=9))
    await assign_and_hand_over(services)
    async with services.db.write() as session:
        free = (
            await session.scalars(select(PoolTicket).where(PoolTicket.status == "unmatched"))
        ).one()
        door = await session.get_one(Ticket, mine.door.id)
        await change_status(session, services, SYSTEM, door, "cancelled")
    marked = await mark_used(services, SYSTEM, [free.id, mine.ticket.id])
    assert [one.outcome for one in marked] == ["not_assigned", "ended"]
    assert sorted(await statuses(services)) == ["assigned", "unmatched"]


async def test_nobody_marks_the_tickets_of_others(services: Services) -> None:
    (only,) = await make_served(services)
    stranger = await make_person(services, "stranger@example.org")
    for actor, ids in ((stranger.actor, [only.ticket.id]), (SYSTEM, ["nothing", "a\0b"])):
        with pytest.raises(NotFound):
            await mark_used(services, actor, ids)
    with pytest.raises(BadInput):
        await mark_used(services, SYSTEM, [only.ticket.id] * (AT_ONCE + 1))
    assert await statuses(services) == ["assigned"]
