"""The key of the list on a phone: when it is given, to whom, and what is refused without it."""

import asyncio
import base64
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select
from tests.factories.checkin import API, Phone, make_code, pair_phone
from tests.factories.events import make_event, make_list
from tests.factories.tickets import make_tickets

from handstamp.audit.models import AuditEntry
from handstamp.checkin import door_jobs
from handstamp.checkin.models import Device, ListKey
from handstamp.checkin.revoke_device import revoke_device
from handstamp.checkin.sealed_list import open_for_device
from handstamp.checkin.wire import decode_snapshot, unpack_envelope
from handstamp.events.edit_event import edit_event
from handstamp.events.models import Event
from handstamp.events.rules import ListTier
from handstamp.events.save_list import archive_list
from handstamp.events.shapes import EventChange
from handstamp.kit.clock import DAY, HOUR, FakeClock
from handstamp.plumbing.web import SYSTEM, Services

pytestmark = pytest.mark.anyio


async def coming(services: Services, in_ms: int = 3 * DAY, **others: Any) -> Event:
    """An event with tickets whose doors open in a while."""
    start = services.clock() + in_ms
    async with services.db.write() as session:
        event = await make_event(
            session, services, start_at=start, end_at=start + 5 * HOUR, **others
        )
        await make_tickets(session, services, event, count=3)
    return event


async def paired(
    client: httpx2.AsyncClient, services: Services, event: Event
) -> tuple[Phone, dict[str, Any]]:
    """A phone that has only been paired, and what it was told of its key."""
    async with services.db.write() as session:
        code = await make_code(session, services, event)
    phone = Phone(client, services.clock)  # type: ignore[arg-type]
    return phone, (await phone.pair(code))["release"]


async def exchange(phone: Phone, **more: Any) -> dict[str, Any]:
    """Do one exchange and return the answer."""
    answer = await phone.post(phone.request([]) | more)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def audited(services: Services) -> int:
    """Count the audit lines about released keys."""
    wanted = select(func.count()).where(AuditEntry.action == "device.list_key")
    async with services.db.read() as session:
        return await session.scalar(wanted) or 0


async def keys(services: Services) -> int:
    """Count the stored keys."""
    async with services.db.read() as session:
        return await session.scalar(select(func.count()).select_from(ListKey)) or 0


async def test_the_key_comes_hours_before_the_doors_and_ends_after_them(
    client: httpx2.AsyncClient, services: Services, clock: FakeClock
) -> None:
    """R49."""
    event = await coming(services)
    phone, early = await paired(client, services, event)
    assert early == {
        "id": early["id"],
        "from": event.start_at - 24 * HOUR,
        "until": event.end_at + 12 * HOUR,
    }
    assert (await exchange(phone))["release"] == early
    clock.now = early["from"] - 1
    assert "key" not in (await exchange(phone))["release"]
    assert await audited(services) == 0
    clock.now = early["from"]
    release = (await exchange(phone))["release"]
    assert len(base64.b64decode(release["key"])) == 32
    assert release["id"] == early["id"]
    assert (await exchange(phone))["release"] == release
    assert (await exchange(phone, release=release["id"]))["release"] == early
    assert await audited(services) == 1
    clock.now = early["until"]
    assert "key" not in ((await exchange(phone)).get("release") or {})


async def test_a_phone_paired_near_the_doors_is_given_the_key_at_once(
    client: httpx2.AsyncClient, services: Services
) -> None:
    _phone, one = await paired(client, services, await coming(services, HOUR))
    _phone, other = await paired(client, services, await coming(services, HOUR))
    given = [one, other]
    assert all(release["key"] for release in given)
    assert given[0]["key"] != given[1]["key"]
    assert await audited(services) == 2


async def test_before_its_time_a_list_is_only_had_sealed(
    client: httpx2.AsyncClient, services: Services, clock: FakeClock
) -> None:
    """R50."""
    event = await coming(services)
    phone, _release = await paired(client, services, event)
    refused = await client.get(f"{API}/snapshot", headers=phone.headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_released")
    sealed, again = [
        (await client.get(f"{API}/snapshot/sealed", headers=phone.headers)).content for _ in (1, 2)
    ]
    assert sealed[:12] != again[:12]
    clock.now = event.start_at
    release = (await exchange(phone))["release"]
    whole = open_for_device(base64.b64decode(release["key"]), sealed, phone.device)
    header, tickets, _facts = decode_snapshot(unpack_envelope(whole)[1])
    assert len(tickets) == 3
    phone.copy.cursor = header["cursor"]
    assert (await exchange(phone))["changes"] is not None
    await phone.download()


async def test_a_cursor_brings_no_changes_while_the_key_is_held_back(
    client: httpx2.AsyncClient, services: Services
) -> None:
    event = await coming(services, HOUR)
    phone = await pair_phone(client, services, event)
    later = services.clock() + 9 * DAY
    async with services.db.write() as session:
        change = EventChange(start_at=later, end_at=later + HOUR)
        await edit_event(session, services, SYSTEM, event.id, change)
    told = await exchange(phone)
    assert (told["changes"], told["reset"]) == (None, False)
    assert "key" not in told["release"]


async def test_the_organizer_says_how_many_hours(
    client: httpx2.AsyncClient, services: Services
) -> None:
    event = await coming(services, release_hours=1)
    phone, _release = await paired(client, services, event)
    told = (await exchange(phone))["release"]
    assert told["from"] == event.start_at - HOUR
    async with services.db.write() as session:
        await edit_event(session, services, SYSTEM, event.id, EventChange(release_hours=72))
    assert (await exchange(phone))["release"]["key"]


async def test_doors_are_the_first_window_of_a_list(
    client: httpx2.AsyncClient, services: Services
) -> None:
    event = await coming(services)
    opens = event.start_at - 2 * DAY
    async with services.db.write() as session:
        await make_list(session, services, event, "Early", [ListTier(1, opens, None)])
        rash = await make_list(session, services, event, "Rash", [ListTier(1, opens - DAY, None)])
        await archive_list(session, services, SYSTEM, event.id, rash.number)
    phone, _release = await paired(client, services, event)
    told = (await exchange(phone))["release"]
    assert told["from"] == opens - 24 * HOUR
    assert told["key"]


async def test_a_revoked_phone_gets_no_key_and_the_server_forgets_it(
    client: httpx2.AsyncClient, services: Services
) -> None:
    phone = await pair_phone(client, services, await coming(services, HOUR))
    async with services.db.write() as session:
        await revoke_device(session, services, SYSTEM, phone.device)
    assert await keys(services) == 0
    told = await exchange(phone)
    assert (told["standing"], told["release"]) == ("revoked", None)
    assert (await client.get(f"{API}/snapshot/sealed", headers=phone.headers)).status_code == 403
    assert await keys(services) == 0


async def test_a_server_that_lost_a_key_gives_another_under_another_id(
    client: httpx2.AsyncClient, services: Services
) -> None:
    phone = await pair_phone(client, services, await coming(services, HOUR))
    first = (await exchange(phone))["release"]
    async with services.db.write() as session:
        await session.delete(await session.get_one(ListKey, phone.device))
    second = (await exchange(phone, release=first["id"]))["release"]
    assert second["id"] != first["id"]
    assert second["key"] != first["key"]


async def test_many_exchanges_at_once_make_one_key(
    client: httpx2.AsyncClient, services: Services
) -> None:
    phone, _release = await paired(client, services, await coming(services, 25 * HOUR))
    async with services.db.write() as session:
        await session.delete(await session.get_one(ListKey, phone.device))
    told = await asyncio.gather(*(exchange(phone) for _ in range(6)))
    assert len({one["release"]["id"] for one in told}) == 1


async def test_keys_of_pairings_that_are_over_are_deleted(
    client: httpx2.AsyncClient, services: Services, clock: FakeClock
) -> None:
    phone = await pair_phone(client, services, await coming(services, HOUR))
    await door_jobs.prune_now(services)
    assert await keys(services) == 1
    async with services.db.read() as session:
        clock.now = (await session.get_one(Device, phone.device)).expires_at
    await door_jobs.prune_now(services)
    assert await keys(services) == 0


async def test_other_personal_fields_make_phones_load_anew(
    client: httpx2.AsyncClient, services: Services
) -> None:
    """R51."""
    event = await coming(services, HOUR)
    phone = await pair_phone(client, services, event)
    before = phone.copy.cursor
    assert before
    for fields in (["order"], ["name", "email", "order", "note"], ["order"]):
        async with services.db.write() as session:
            change = EventChange(snapshot_fields=fields)  # type: ignore[arg-type]
            await edit_event(session, services, SYSTEM, event.id, change)
        told = await exchange(phone)
        assert told["reset"]
        await phone.sync()
        assert phone.copy.cursor
        assert phone.copy.cursor["feed"] != before["feed"]
        assert all(bool(row.name) == ("name" in fields) for row in phone.copy.tickets.values())
        before = phone.copy.cursor
    async with services.db.write() as session:
        await edit_event(session, services, SYSTEM, event.id, EventChange(title="Another"))
    told = await exchange(phone)
    assert not told["reset"]
    assert told["changes"]["event"]["title"] == "Another"
