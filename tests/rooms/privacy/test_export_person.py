"""Handing out: everything of the person who asks, and nothing of anybody else."""

import io
import json
import zipfile
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select
from tests.factories.auth import make_owner, make_person
from tests.fixtures.services import SECRET
from tests.rooms.privacy.person_world import Lives, Somebody

from handstamp.audit.models import AuditEntry
from handstamp.plumbing.errors import Forbidden
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.privacy.erase_person import erase_person
from handstamp.privacy.export_person import export_person
from handstamp.privacy.journal import journal_path, read_journal
from handstamp.privacy.routes import EXPORTS_PER_HOUR

pytestmark = pytest.mark.anyio
EXPORT = "/api/tickets/me/export"


async def of(client: httpx2.AsyncClient, who: Somebody) -> tuple[dict[str, Any], str]:
    answer = await client.get(EXPORT, headers=who.person.headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json(), answer.text


async def test_a_member_is_told_everything_of_every_room(
    client: httpx2.AsyncClient, lives: Lives
) -> None:
    told, _text = await of(client, lives.zelda)
    mine = lives.zelda
    assert told["about"]["email"] == mine.email
    assert told["account"]["account"]["email"] == mine.email
    assert told["clubs"][0]["status"] == "active"
    assert [one["number"] for one in told["orders"]["orders"]] == [mine.order.number]
    assert told["orders"]["orders"][0]["phone"]
    assert told["orders"]["consents"][0]["wording"] == "News?"
    assert [one["number"] for one in told["pre_orders"]["pre_orders"]] == [
        mine.served.preorder.number
    ]
    assert told["pre_orders"]["cards"][0]["last4"] == "4242"
    assert len(told["pre_orders"]["browsers"]) == 1
    sources = {one["source"] for one in told["tickets"]}
    assert {"pool", "issued"} <= sources
    assert told["tickets_from_elsewhere"]["tickets"][0]["account"] == mine.served.ticket.email
    assert told["mails"]
    assert told["acts"]


async def test_nobody_elses_data_is_in_it(client: httpx2.AsyncClient, lives: Lives) -> None:
    for who, other in ((lives.zelda, lives.bystander), (lives.bystander, lives.zelda)):
        _told, text = await of(client, who)
        secrets = (
            other.email,
            other.name,
            other.order.id,
            other.order.number,
            other.person.actor.id,
            other.served.preorder.number,
            other.served.ticket.email,
            other.guest.printed_id,
        )
        assert [secret for secret in secrets if secret.lower() in text.lower()] == []


async def test_no_password_code_or_token_is_in_it(client: httpx2.AsyncClient, lives: Lives) -> None:
    _told, text = await of(client, lives.zelda)
    assert "secret-0" not in text
    assert "CODE-0" not in text
    assert lives.zelda.person.token not in text


async def test_the_zip_holds_the_same(client: httpx2.AsyncClient, lives: Lives) -> None:
    told, _text = await of(client, lives.zelda)
    answer = await client.get(f"{EXPORT}.zip", headers=lives.zelda.person.headers)
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as files:
        packed = {
            name.removesuffix(".json"): json.loads(files.read(name)) for name in files.namelist()
        }
    assert packed["orders"] == told["orders"]
    assert {*packed} == {*told}


async def test_an_address_asked_for_by_somebody_else_is_ignored(
    client: httpx2.AsyncClient, lives: Lives
) -> None:
    headers = lives.bystander.person.headers
    answer = await client.get(f"{EXPORT}?email={lives.zelda.email}", headers=headers)
    assert lives.zelda.email not in answer.text


async def test_nobody_is_handed_anything_without_signing_in(client: httpx2.AsyncClient) -> None:
    for path in (EXPORT, f"{EXPORT}.zip"):
        assert (await client.get(path)).status_code == 401


async def test_it_is_audited_and_limited(
    services: Services, client: httpx2.AsyncClient, lives: Lives
) -> None:
    headers = lives.zelda.person.headers
    statuses = [
        (await client.get(EXPORT, headers=headers)).status_code
        for _each in range(EXPORTS_PER_HOUR + 1)
    ]
    assert statuses == [200] * EXPORTS_PER_HOUR + [429]
    async with services.db.read() as session:
        query = select(func.count()).where(AuditEntry.action == "person.export")
        assert await session.scalar(query) == EXPORTS_PER_HOUR


async def test_only_whoever_runs_the_server_is_told_of_others(
    services: Services, lives: Lives
) -> None:
    owner, _organizer = await make_owner(services, "owner@example.org")
    for who in (lives.bystander.person.actor, owner.actor):
        with pytest.raises(Forbidden):
            async with services.db.write() as session:
                await export_person(session, services, who, lives.zelda.email)
    async with services.db.write() as session:
        told = await export_person(session, services, SYSTEM, lives.zelda.email)
    assert told["about"]["email"] == lives.zelda.email


async def test_after_erasing_there_is_nothing_to_hand_out(services: Services, lives: Lives) -> None:
    await erase_person(services, SYSTEM, lives.zelda.email)
    async with services.db.write() as session:
        told = await export_person(session, services, SYSTEM, lives.zelda.email)
    assert (told["tickets"], told["mails"], told["clubs"]) == ([], [], [])
    assert told["orders"] == {"orders": [], "consents": []}
    assert told["account"]["account"] is None


async def test_erasing_by_the_api_is_the_administrators(
    services: Services, client: httpx2.AsyncClient, lives: Lives
) -> None:
    path, body = "/api/tickets/admin/people/erase", {"email": lives.zelda.email}
    admin = await make_person(services, "root@example.org", is_admin=True)
    owner, _organizer = await make_owner(services, "owner@example.org")
    for headers, status in (
        ({}, 401),
        (lives.zelda.person.headers, 403),
        (lives.bystander.person.headers, 403),
        (owner.headers, 403),
        (admin.headers, 200),
    ):
        answer = await client.post(path, json=body, headers=headers)
        assert answer.status_code == status, answer.text
    assert answer.json()["orders"] == 1
    assert (await client.post(path, json={"email": "x"}, headers=admin.headers)).status_code == 400


async def test_the_journal_knows_hashes_and_no_address(services: Services, lives: Lives) -> None:
    await erase_person(services, SYSTEM, lives.zelda.email)
    path = journal_path(services.settings)
    text = path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    assert "@" not in text
    assert SECRET not in text
    assert len(read_journal(services.settings, path)) == 1
