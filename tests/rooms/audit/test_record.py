"""The audit log is written with the act, and not without it."""

import pytest
from sqlalchemy import select

from handstamp.audit.models import AuditEntry
from handstamp.audit.record import record
from handstamp.plumbing.web import Actor, Services

ADA = Actor(kind="user", id="user_1", ip="192.0.2.1")


async def test_an_entry_names_who_what_and_when(services: Services) -> None:
    async with services.db.write() as session:
        await record(
            session, ADA, "ticket.refund", "ticket", "7", organizer_id="org_1", meta={"n": 1}
        )
    async with services.db.read() as session:
        entry = (await session.execute(select(AuditEntry))).scalar_one()
    assert (entry.actor_id, entry.action, entry.target_id) == ("user_1", "ticket.refund", "7")
    assert (entry.ip, entry.meta_json, entry.created_at) == (
        "192.0.2.1",
        '{"n": 1}',
        services.clock(),
    )


async def test_an_undone_act_leaves_no_entry(services: Services) -> None:
    with pytest.raises(RuntimeError):
        async with services.db.write() as session:
            await record(session, ADA, "ticket.refund", "ticket", "7")
            raise RuntimeError("undone")
    async with services.db.read() as session:
        assert (await session.execute(select(AuditEntry))).first() is None
