"""The audit log as a chain (R69): changes are found out; erasing a person is none."""

import asyncio
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from tests.fixtures.jobs import run_jobs

from handstamp.audit.chain_entries import JOB, PIECE, chain_piece
from handstamp.audit.forget_person import forget_addresses
from handstamp.audit.models import AuditEntry, AuditMark
from handstamp.audit.record import record
from handstamp.audit.verify_chain import AuditReport, Noted, audit_fault_words, verify_audit
from handstamp.plumbing.jobs import enqueue
from handstamp.plumbing.web import SYSTEM, Actor, Services

ADA = Actor(kind="user", id="user_1", ip="192.0.2.1")
BOB = Actor(kind="user", id="user_2", ip="192.0.2.2")


async def act(services: Services, *actors: Actor) -> None:
    """Let each of them do something, and have it chained."""
    async with services.db.write() as session:
        for actor in actors:
            await record(session, actor, "ticket.refund", "ticket", "7", meta={"n": 1})
        await enqueue(session, JOB, {})
    await run_jobs(services)


async def fault(services: Services, noted: Noted | None = None) -> tuple[int, str] | None:
    """Verify, and return the number and code of what is wrong; there are words for it."""
    report = await verify_audit(services, noted)
    if report.fault is None:
        return None
    assert str(report.fault.number) in audit_fault_words(report.fault)
    return report.fault


async def change(services: Services, statement: Any) -> None:
    """Write to the database by hand."""
    async with services.db.write() as session:
        await session.execute(statement)


async def test_entries_are_chained_and_signed_by_a_job(services: Services) -> None:
    await act(services, ADA, BOB, SYSTEM)
    await act(services, ADA)
    report = await verify_audit(services)
    assert (report.entries, report.signed, report.waiting, report.fault) == (4, 4, 0, None)
    assert report.hash != bytes(32)


async def test_a_log_without_entries_holds(services: Services) -> None:
    assert await verify_audit(services) == AuditReport()


async def test_what_is_not_chained_yet_is_counted(services: Services) -> None:
    async with services.db.write() as session:
        await record(session, ADA, "ticket.refund", "ticket", "7")
    report = await verify_audit(services)
    assert (report.entries, report.waiting, report.waits_since) == (0, 1, services.clock())


async def test_entries_of_before_the_chain_are_taken_in_pieces(services: Services) -> None:
    row = {
        "actor_type": "user",
        "actor_id": "user_1",
        "action": "event.edit",
        "target_type": "event",
        "target_id": "e",
        "ip": "",
        "meta_json": "{}",
        "created_at": 1,
    }
    async with services.db.write() as session:
        connection = await session.connection()
        await connection.execute(insert(AuditEntry), [row] * (PIECE + 1))
    assert [await chain_piece(services) for _ in range(3)] == [PIECE, 1, 0]
    report = await verify_audit(services)
    assert (report.entries, report.fault) == (PIECE + 1, None)


DAMAGES: list[tuple[Any, tuple[int, str]]] = [
    (update(AuditEntry).where(AuditEntry.chain_no == 2).values(actor_id="user_9"), (2, "said")),
    (update(AuditEntry).where(AuditEntry.chain_no == 2).values(meta_json="{}"), (2, "said")),
    (update(AuditEntry).where(AuditEntry.chain_no == 3).values(created_at=1), (3, "said")),
    (update(AuditEntry).where(AuditEntry.chain_no == 3).values(ip="198.51.100.1"), (3, "address")),
    (update(AuditEntry).where(AuditEntry.chain_no == 3).values(ip=""), (3, "address")),
    (update(AuditEntry).where(AuditEntry.chain_no == 4).values(prev_hash=bytes(32)), (4, "link")),
    (delete(AuditEntry).where(AuditEntry.chain_no == 2), (2, "missing")),
    (delete(AuditEntry).where(AuditEntry.chain_no == 4), (4, "cut")),
    (delete(AuditMark), (4, "unsigned")),
    (update(AuditMark).values(signature=bytes(64)), (4, "mark")),
]


async def test_whatever_is_changed_by_hand_is_found(services: Services) -> None:
    await act(services, ADA, BOB, ADA, BOB)
    for damage, told in DAMAGES:
        before = await rows(services)
        await change(services, damage)
        assert await fault(services) == told, damage
        await put_back(services, before)
    assert await fault(services) is None


async def rows(services: Services) -> dict[Any, list[dict[str, Any]]]:
    """Return the whole log and its marks."""
    async with services.db.read() as session:
        return {
            table: [
                dict(row) for row in (await session.execute(select(table.__table__))).mappings()
            ]
            for table in (AuditEntry, AuditMark)
        }


async def put_back(services: Services, kept: dict[Any, list[dict[str, Any]]]) -> None:
    """Make the log what it was."""
    async with services.db.write() as session:
        for table, held in kept.items():
            await session.execute(delete(table))
            await session.execute(insert(table), held)


async def test_a_rewritten_log_is_found_by_what_was_noted(services: Services) -> None:
    """Who has the secret too can write a new chain; not one that ends as somebody noted."""
    await act(services, ADA, BOB)
    report = await verify_audit(services)
    noted = Noted(report.entries, report.hash)
    assert await fault(services, noted) is None
    await change(services, delete(AuditMark))
    await change(services, update(AuditEntry).values(chain_no=None, actor_id="user_9"))
    await act(services, ADA)
    assert await fault(services) is None
    assert await fault(services, noted) == (2, "noted")
    assert await fault(services, Noted(9, bytes(32))) == (4, "cut")


async def test_an_end_that_was_cut_off_leaves_a_gap_for_ever(services: Services) -> None:
    await act(services, ADA, BOB)
    await change(services, delete(AuditEntry).where(AuditEntry.chain_no == 2))
    await act(services, ADA)
    assert await fault(services) == (2, "missing")


async def test_erasing_a_person_keeps_the_chain_and_tells_nothing(services: Services) -> None:
    await act(services, ADA, BOB)
    async with services.db.write() as session:
        await record(session, ADA, "ticket.refund", "ticket", "8")
        await forget_addresses(session, ADA.id)
    await act(services, BOB)
    report = await verify_audit(services)
    assert (report.entries, report.erased, report.fault) == (4, 1, None)
    assert "192.0.2.1" not in str(await rows(services))
    async with services.db.read() as session:
        assert await salts(session, ADA.id) == [None, None]
        assert None not in await salts(session, BOB.id)


async def salts(session: AsyncSession, actor: str) -> list[bytes | None]:
    """Return the salts of an actor's entries."""
    query = select(AuditEntry.ip_salt).where(AuditEntry.actor_id == actor)
    return list(await session.scalars(query))


async def test_two_workers_chain_each_entry_once(services: Services) -> None:
    async with services.db.write() as session:
        for number in range(20):
            await record(session, ADA, "ticket.refund", "ticket", str(number))
    done = await asyncio.gather(*(chain_piece(services) for _ in range(3)))
    assert sorted(done) == [0, 0, 20]
    assert await fault(services) is None
