"""The API of the support desk: tickets marked as used, and mailed again."""

import httpx2
import pytest
from sqlalchemy import select
from tests.factories.auth import make_person
from tests.factories.pool_members import make_served
from tests.fixtures.services import make_settings

from handstamp.auth.models import Organizer
from handstamp.mail.models import Mail
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Services
from handstamp.pool.models import PoolTicket

pytestmark = pytest.mark.anyio
API = "/api/tickets/admin/tickets"


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings with pre-orders on."""
    return make_settings(database_url, enable_preorders=True)


async def test_tickets_are_marked_as_used_one_or_many(
    client: httpx2.AsyncClient, services: Services
) -> None:
    first, second = await make_served(services, 2)
    async with services.db.read() as session:
        organizer = await session.get_one(Organizer, first.ticket.organizer_id)
    owner = await make_person(services, "owner@example.org", organizer=organizer)
    one = await client.post(f"{API}/{first.ticket.id}/used", headers=owner.headers)
    assert one.json() == {"ticket_id": first.ticket.id, "outcome": "used"}
    asked = {"ticket_ids": [first.ticket.id, second.ticket.id]}
    many = await client.post(f"{API}/used", json=asked, headers=owner.headers)
    assert [row["outcome"] for row in many.json()["tickets"]] == ["already", "used"]
    async with services.db.read() as session:
        assert set(await session.scalars(select(PoolTicket.status))) == {"used"}
    for path, body in ((f"{API}/{first.ticket.id}/used", None), (f"{API}/used", asked)):
        assert (await client.post(path, json=body)).status_code == 401
        stranger = await make_person(services, "stranger@example.org")
        answer = await client.post(path, json=body, headers=stranger.headers)
        assert answer.status_code == 404
    asked = {"ticket_ids": []}
    refused = await client.post(f"{API}/used", json=asked, headers=owner.headers)
    assert refused.status_code == 400


async def test_a_ticket_is_mailed_again_once_for_each_key(
    client: httpx2.AsyncClient, services: Services
) -> None:
    (only,) = await make_served(services)
    root = await make_person(services, "root@example.org", is_admin=True)
    headers = {**root.headers, "Idempotency-Key": "k1"}
    path = f"{API}/{only.ticket.id}/resend"
    answers = [await client.post(path, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    async with services.db.read() as session:
        found = (await session.scalars(select(Mail.id).where(Mail.kind == "pool_ticket"))).all()
    assert len(found) == 2
    assert answers[0].json()["mail"] in found
