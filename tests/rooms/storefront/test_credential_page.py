"""A member's ticket from elsewhere: shown on a click, to its member alone, each time logged."""

import httpx2
import pytest
from sqlalchemy import select
from tests.factories.auth import make_person
from tests.factories.pool_members import Served, make_served
from tests.fixtures.services import make_settings
from tests.rooms.portal.conftest import Desk

from handstamp.audit.models import AuditEntry
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Services
from handstamp.pool import demands
from handstamp.pool.models import AssignmentLog

pytestmark = pytest.mark.anyio
SECRET, CODE = "secret-000000", "CODE-000000"


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings with pre-orders on."""
    return make_settings(database_url, enable_preorders=True)


def page_of(of: Served) -> str:
    """Return the address of a member's pre-order."""
    return f"/tickets/me/pre-orders/{of.preorder.id}"


async def readings(services: Services) -> list[tuple[str, str | None]]:
    """Return who read a credential, and of which ticket."""
    async with services.db.read() as session:
        query = select(AssignmentLog).where(AssignmentLog.action == "credential.read")
        return [(row.actor_id, row.ticket_id) for row in await session.scalars(query)]


async def test_it_is_shown_on_a_click_kept_nowhere_and_each_reading_is_logged(
    client: httpx2.AsyncClient, services: Services
) -> None:
    (only,) = await make_served(services)
    member = Desk(client, only.person)
    await member.get(page_of(only))
    assert SECRET not in member.html
    assert "E-mail and password of your ticket" in member.text
    assert await readings(services) == []
    await member.post(f"{page_of(only)}/credential")
    assert member.status == 200
    assert member.headers["cache-control"] == "no-store"
    for told in ("pool0@example.org", SECRET, CODE):
        assert told in member.text
    assert "<svg" in member.html
    assert await readings(services) == [(only.person.actor.id, only.ticket.id)]
    async with services.db.read() as session:
        query = select(AuditEntry).where(AuditEntry.action == "credential.read")
        assert len((await session.scalars(query)).all()) == 1
    await member.get(f"{page_of(only)}/credential")
    assert member.path == page_of(only)
    assert SECRET not in member.html
    assert len(await readings(services)) == 1


async def test_nobody_else_sees_it(client: httpx2.AsyncClient, services: Services) -> None:
    first, second = await make_served(services, 2)
    eve = Desk(client, second.person)
    await eve.post(f"{page_of(first)}/credential", on=page_of(second))
    assert eve.status == 404
    api = f"/api/tickets/me/pre-orders/{first.preorder.id}/credential"
    stranger = await make_person(services, "stranger@example.org")
    for headers, status in (({}, 401), (stranger.headers, 404), (second.person.headers, 404)):
        assert (await client.post(api, headers=headers)).status_code == status
    assert await readings(services) == []


async def test_the_api_shows_it_too(client: httpx2.AsyncClient, services: Services) -> None:
    (only,) = await make_served(services, coded=False)
    api = f"/api/tickets/me/pre-orders/{only.preorder.id}/credential"
    answer = await client.post(api, headers=only.person.headers)
    assert answer.json() == {"email": "pool0@example.org", "password": SECRET, "code": ""}
    assert answer.headers["cache-control"] == "no-store"
    assert len(await readings(services)) == 1


async def test_what_was_given_back_is_not_shown(
    client: httpx2.AsyncClient, services: Services
) -> None:
    (only,) = await make_served(services)
    member = Desk(client, only.person)
    await member.get(page_of(only))
    async with services.db.write() as session:
        await demands.close(session, only.preorder.id, "refunded")
    await member.post(f"{page_of(only)}/credential")
    assert member.path == page_of(only)
    assert "has no ticket from elsewhere" in member.text
    assert SECRET not in member.html
    assert await readings(services) == []


async def test_it_is_not_read_without_end(client: httpx2.AsyncClient, services: Services) -> None:
    (only,) = await make_served(services)
    api = f"/api/tickets/me/pre-orders/{only.preorder.id}/credential"
    statuses = [
        (await client.post(api, headers=only.person.headers)).status_code for _ in range(61)
    ]
    assert statuses == [200] * 60 + [429]
