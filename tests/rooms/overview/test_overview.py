"""The administrator's first page joins what waits, what gave up, and the audit log."""

import httpx2
import pytest
from sqlalchemy import update
from tests.factories.auth import make_owner, make_person
from tests.factories.orders import make_sale
from tests.rooms.portal.conftest import Desk

from handstamp.audit.chain_entries import chain_piece
from handstamp.audit.models import AuditEntry
from handstamp.fraud.models import FraudSignal
from handstamp.moderation.decide_review import hide_page
from handstamp.plumbing.jobs import enqueue
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import Services

pytestmark = pytest.mark.anyio
OVERVIEW = "/api/tickets/admin/overview"


async def test_what_waits_and_what_was_overridden_stands_on_one_page(
    services: Services, client: httpx2.AsyncClient
) -> None:
    owner, organizer = await make_owner(services)
    root = await make_person(services, "root@example.org", is_admin=True)
    event, _tiers = await make_sale(services, organizer_id=organizer.id)
    other, _others = await make_sale(services)
    path = f"/api/tickets/events/{event.id}/status"
    for status in ("draft", "published"):
        await client.post(path, json={"status": status}, headers=owner.headers)
    async with services.db.write() as session:
        await hide_page(session, services, root.actor, other.id, reason="Spam")
        await enqueue(session, "mail.send", {"mail": "mail_none"})
        session.add(FraudSignal(
            id="sig_1", kind="domain", subject="x.example", day="d", n=1, first_at=1,
            last_at=services.clock(),
        ))  # fmt: skip
    async with services.db.write() as session:
        await session.execute(update(Job).values(state="dead", finished_at=1))
    told = (await client.get(OVERVIEW, headers=root.headers)).json()
    assert (told["dead_letters"], told["reviews"], told["signals"]) == (1, 1, 1)
    assert told["self_test"] == ""
    assert [act["action"] for act in told["acts"]] == ["event.hidden"]
    desk = Desk(client, root)
    await desk.get("/tickets/admin")
    assert "Page hidden by an administrator" in desk.text
    assert (await Desk(client, owner).get("/tickets/admin")).status == 403


async def test_the_audit_log_is_verified_on_the_page(
    services: Services, client: httpx2.AsyncClient
) -> None:
    await make_owner(services)
    root = await make_person(services, "root@example.org", is_admin=True)
    await chain_piece(services)
    desk = Desk(client, root)
    await desk.get("/tickets/admin")
    await desk.post("/tickets/admin/audit/verify")
    assert "It says what it said when it was written" in desk.text
    path = "/api/tickets/admin/audit/verify"
    report = (await client.post(path, headers=root.headers)).json()
    assert (report["holds"], report["fault"]) == (True, "")
    assert report["entries"] == report["signed"] > 0
    async with services.db.write() as session:
        await session.execute(
            update(AuditEntry).where(AuditEntry.chain_no == 1).values(action="nothing")
        )
    await desk.post("/tickets/admin/audit/verify", on="/tickets/admin")
    assert "The audit log was changed" in desk.text
    assert "Entry 1 does not say" in desk.text
    report = (await client.post(path, headers=root.headers)).json()
    assert (report["holds"], report["at"]) == (False, 1)
