"""Credentials: sealed, read by who may with a trace of it, sealed anew under another key."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from tests.factories.auth import make_owner
from tests.factories.events import make_event
from tests.factories.pool import ticket_rows, upload_rows
from tests.fixtures.jobs import run_jobs

from handstamp.audit.models import AuditEntry
from handstamp.events.models import Event
from handstamp.kit.clock import HOUR, FakeClock
from handstamp.plumbing.errors import BadInput, NotFound, TooMany
from handstamp.plumbing.job_queue import ClaimedJob
from handstamp.plumbing.jobs import JobContext, LeaseLost
from handstamp.plumbing.web import SYSTEM, Actor, Services, build_services
from handstamp.pool import import_tickets as importing
from handstamp.pool import rotate_key as rotating
from handstamp.pool.credentials import READS_PER_HOUR, count_reading, read_credential
from handstamp.pool.models import Assignment, AssignmentLog, CredentialKey, Demand, PoolTicket
from handstamp.pool.rotate_key import rotate_key
from handstamp.pool.sealer import Sealer, Secrets, ToSeal, sealer

pytestmark = pytest.mark.anyio

MEMBER = Actor(kind="user", id="usr_mia", email="mia@example.org", ip="192.0.2.9")


@pytest.fixture
async def gala(services: Services) -> Event:
    """An event with three uploaded tickets that carry codes."""
    async with services.db.write() as session:
        event = await make_event(session, services, title="Gala", lists=())
    await upload_rows(services, event, ticket_rows("Gala", 3, coded=True))
    return event


async def tickets(services: Services) -> Sequence[PoolTicket]:
    """Return the pool's tickets by line."""
    async with services.db.read() as session:
        return (await session.scalars(select(PoolTicket).order_by(PoolTicket.line))).all()


async def assign(services: Services, ticket: PoolTicket, **others: Any) -> None:
    """Give a ticket to the member."""
    now = services.clock()
    at = {"event_id": ticket.event_id, "tier_id": ticket.tier_id, "created_at": now}
    async with services.db.write() as session:
        demand = Demand(
            id="pre_1", organizer_id=ticket.organizer_id, user_id=MEMBER.id, email=MEMBER.email,
            status="assigned", confirmed_at=now, updated_at=now, **at,
        )  # fmt: skip
        session.add(demand)
        await session.flush()
        session.add(
            Assignment(
                id="asg_1", ticket_id=ticket.id, demand_id="pre_1", user_id=MEMBER.id,
                **{**at, **others},
            )
        )  # fmt: skip


async def read(services: Services, actor: Actor, ticket: PoolTicket, **others: Any) -> Any:
    """Open a credential in a transaction of its own."""
    async with services.db.write() as session:
        return await read_credential(session, services, actor, ticket.id, **others)


async def traces(services: Services) -> list[tuple[str, str, str, Any]]:
    """Return who opened what, with what was said of it; both logs must say the same."""
    async with services.db.read() as session:
        found = select(AssignmentLog).where(AssignmentLog.action.like("credential.%"))
        logged = (await session.scalars(found.order_by(AssignmentLog.id))).all()
        audited = select(AuditEntry).where(AuditEntry.target_type == "pool_ticket")
        entries = (await session.scalars(audited.order_by(AuditEntry.id))).all()
    told = [(one.action, one.actor_id, one.ip, json.loads(one.meta_json)) for one in logged]
    assert told == [
        (one.action, one.actor_id, one.ip, json.loads(one.meta_json)) for one in entries
    ]
    return told


async def test_what_is_stored_opens_with_the_ticket_it_was_sealed_for(
    services: Services, gala: Event
) -> None:
    first, second, _third = await tickets(services)
    keys = await sealer(services)
    opened = keys.unseal(first.id, first.sealed, first.key_id)
    assert (opened.password, opened.code) == ("secret-000000", "CODE-000000")
    assert "secret" not in repr(opened)
    for ticket_id, sealed in ((second.id, first.sealed), (first.id, first.sealed[:-1] + b"?")):
        with pytest.raises(ValueError, match="do not open"):
            keys.unseal(ticket_id, sealed, first.key_id)
    with pytest.raises(ValueError, match="not here"):
        keys.unseal(first.id, first.sealed, first.key_id + 1)


async def test_another_process_opens_it_and_another_secret_does_not(
    services: Services, gala: Event
) -> None:
    first = (await tickets(services))[0]
    for secret, opens in (
        (services.settings.secret, True),
        ("quite another secret, and long enough", False),
    ):
        settings = services.settings.model_copy(update={"secret": secret})
        other = build_services(settings, services.clock)
        try:
            if opens:
                keys = await sealer(other)
                assert keys.unseal(first.id, first.sealed, first.key_id).code == "CODE-000000"
            else:
                with pytest.raises(ValueError, match="do not open"):
                    await sealer(other)
        finally:
            await other.db.close()


async def test_equal_passwords_are_sealed_apart(services: Services) -> None:
    keys = await sealer(services)
    sealed = await keys.seal_many([ToSeal("ptk_1", Secrets("same"))] * 50)
    assert len(set(sealed)) == 50


async def test_the_member_reads_their_own_and_each_reading_is_kept(
    services: Services, gala: Event
) -> None:
    first, second, _third = await tickets(services)
    await assign(services, first)
    opened = await read(services, MEMBER, first)
    assert (opened.email, opened.password, opened.code) == (
        "pool0@example.org", "secret-000000", "CODE-000000",
    )  # fmt: skip
    assert "secret" not in repr(opened) and "pool0" not in repr(opened)
    own = ("credential.read", MEMBER.id, MEMBER.ip, {"own": True})
    assert await traces(services) == [own]
    for actor, ticket in ((MEMBER, second), (Actor("user", "usr_else"), first)):
        with pytest.raises(NotFound):
            await read(services, actor, ticket, reason="please")
    assert await traces(services) == [own]


async def test_a_ticket_taken_back_is_not_the_members_any_more(
    services: Services, gala: Event
) -> None:
    first = (await tickets(services))[0]
    await assign(services, first, ended_at=services.clock())
    with pytest.raises(NotFound):
        await read(services, MEMBER, first)


async def test_the_team_reads_with_a_reason(services: Services, gala: Event) -> None:
    first = (await tickets(services))[0]
    team = Actor("user", "usr_sue", organizers={gala.organizer_id: "support"})
    for reason in ("", "  ", "x" * 201):
        with pytest.raises(BadInput):
            await read(services, team, first, reason=reason)
    assert await traces(services) == []
    opened = await read(services, team, first, reason=" cannot\nsign in ")
    assert opened.password == "secret-000000"
    assert await traces(services) == [
        ("credential.read", "usr_sue", "", {"reason": "cannot sign in"})
    ]
    stranger, _own = await make_owner(services, "eve@example.org")
    with pytest.raises(NotFound):
        await read(services, stranger.actor, first, reason="curious")
    for missing in ("ptk_nothing", "ptk\x00"):
        async with services.db.write() as session:
            with pytest.raises(NotFound):
                await read_credential(session, services, SYSTEM, missing, reason="x")


async def test_a_reading_that_is_undone_leaves_no_trace_and_gave_nothing(
    services: Services, gala: Event
) -> None:
    first = (await tickets(services))[0]
    with pytest.raises(RuntimeError):
        async with services.db.write() as session:
            await read_credential(session, services, SYSTEM, first.id, reason="test")
            raise RuntimeError
    assert await traces(services) == []


async def test_readings_are_limited_per_person(services: Services, clock: FakeClock) -> None:
    for _ in range(READS_PER_HOUR):
        await count_reading(services, MEMBER)
    with pytest.raises(TooMany):
        await count_reading(services, MEMBER)
    await count_reading(services, SYSTEM)
    clock.advance(HOUR)
    await count_reading(services, MEMBER)


async def key_ids(services: Services) -> tuple[list[int], list[int]]:
    """Return the keys there are, and the keys that tickets are sealed with."""
    async with services.db.read() as session:
        keys = (await session.scalars(select(CredentialKey.id).order_by(CredentialKey.id))).all()
        used = (await session.scalars(select(PoolTicket.key_id).distinct())).all()
    return list(keys), sorted(used)


async def rotate(services: Services) -> tuple[int, int]:
    """Replace the key."""
    async with services.db.write() as session:
        return await rotate_key(session, services, SYSTEM)


async def test_rotation_seals_everything_anew_in_pieces_and_drops_the_old_key(
    services: Services, gala: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotating, "PIECE", 2)
    before = {one.id: one.sealed for one in await tickets(services)}
    ((old,), _used) = await key_ids(services)
    new, count = await rotate(services)
    assert (new > old, count) == (True, 3)
    assert (await read(services, SYSTEM, (await tickets(services))[0], reason="x")).code
    await run_jobs(services)
    assert await key_ids(services) == ([new], [new])
    for number, one in enumerate(await tickets(services)):
        assert one.sealed != before[one.id]
        opened = await read(services, SYSTEM, one, reason="test")
        assert opened.password == f"secret-{number:06}"


async def test_rotation_goes_on_where_it_was_broken_off(
    services: Services, gala: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotating, "PIECE", 2)
    reseal_piece, pieces = rotating._reseal_piece, iter((True, False))

    async def break_off_once(session: AsyncSession, keys: Sealer) -> int:
        done = await reseal_piece(session, keys)
        if not next(pieces, True):
            raise RuntimeError
        return done

    monkeypatch.setattr(rotating, "_reseal_piece", break_off_once)
    await rotate(services)
    await run_jobs(services)
    assert len((await key_ids(services))[1]) == 2
    for one in await tickets(services):
        assert (await read(services, SYSTEM, one, reason="test")).code
    newest, left = await rotate(services)
    assert left == 3
    await run_jobs(services)
    assert await key_ids(services) == ([newest], [newest])


async def test_a_worker_that_lost_its_lease_seals_nothing_anew(
    services: Services, gala: Event
) -> None:
    before = await key_ids(services)
    new, _count = await rotate(services)
    lost = ClaimedJob(0, rotating.JOB, {}, None, 1, 20, "somebody else")
    with pytest.raises(LeaseLost):
        await rotating.reseal(JobContext(services, lost))
    assert await key_ids(services) == ([*before[0], new], before[1])


async def test_an_import_that_sealed_before_a_rotation_stores_under_the_new_key(
    services: Services, gala: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = sealer

    async def find_then_rotate(services: Services) -> Any:
        keys = await find(services)
        await rotate(services)
        await run_jobs(services)
        return keys

    monkeypatch.setattr(importing, "sealer", find_then_rotate)
    await upload_rows(services, gala, ticket_rows("Gala", 2, first=3, coded=True))
    keys, used = await key_ids(services)
    assert keys == used and len(keys) == 1
    last = (await tickets(services))[-1]
    assert (await read(services, SYSTEM, last, reason="test")).code.startswith("CODE-")


async def test_an_old_key_with_a_ticket_nobody_saw_stays_and_is_worked_off_again(
    services: Services, gala: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    reseal_piece, seen = rotating._reseal_piece, iter((False,))

    async def see_nothing_once(session: AsyncSession, keys: Sealer) -> int:
        return await reseal_piece(session, keys) if next(seen, True) else 0

    monkeypatch.setattr(rotating, "_reseal_piece", see_nothing_once)
    new, _count = await rotate(services)
    await run_jobs(services)
    assert await key_ids(services) == ([new], [new])
    first = (await tickets(services))[0]
    assert (await read(services, SYSTEM, first, reason="test")).code == "CODE-000000"


async def test_the_key_that_the_first_use_made_is_used_again(services: Services) -> None:
    made = await sealer(services)
    again = await sealer(services)
    assert made.key_id == again.key_id
    assert len((await key_ids(services))[0]) == 1
