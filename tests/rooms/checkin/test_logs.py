"""The logs of devices: kept with their signatures, written out, verified, and what is odd told."""

import base64
from collections.abc import Sequence
from typing import Any

import httpx2
import pytest
from sqlalchemy import delete, select, update
from tests.factories.auth import make_person
from tests.factories.checkin import Phone, make_scanner_key, pair_phone, sign_log
from tests.fixtures.jobs import run_jobs
from tests.rooms.checkin.conftest import Sold

from handstamp.auth.models import Organizer
from handstamp.checkin.check_logs import JOB, check_stored_log
from handstamp.checkin.export_log import log_pieces
from handstamp.checkin.find_log_state import LogIssue, log_states
from handstamp.checkin.models import Device, Fact
from handstamp.checkin.pair_device import SERVER_KEY
from handstamp.checkin.revoke_device import revoke_device
from handstamp.checkin.verify_log import LogReport, verify_log
from handstamp.checkin.wire import NO_HASH, fact_hash, head_message
from handstamp.events.models import Event
from handstamp.kit import signing
from handstamp.kit.clock import DAY, MINUTE, FakeClock
from handstamp.kit.ids import device_hex
from handstamp.plumbing.jobs import enqueue
from handstamp.plumbing.secrets import kept_key
from handstamp.plumbing.web import SYSTEM, Services

pytestmark = pytest.mark.anyio


async def written(services: Services, device: int) -> list[bytes]:
    """Return the lines of a device's log as the server writes it out."""
    pieces = [piece async for piece in log_pieces(services, device)]
    return b"".join(pieces).splitlines(keepends=True)


async def verified(services: Services, device: int) -> LogReport:
    """Verify a written log under the server's key."""
    public, _private = await kept_key(services, SERVER_KEY)
    return verify_log(await written(services, device), public)


async def look(services: Services) -> None:
    """Run the job that looks at logs."""
    async with services.db.write() as session:
        await enqueue(session, JOB, {})
    await run_jobs(services)


async def issues_of(services: Services, event: Event, device: int) -> Sequence[LogIssue]:
    """Return what is odd about a device's log now."""
    async with services.db.read() as session:
        return (await log_states(session, event, services.clock()))[device].issues


async def kinds_of(services: Services, event: Event, device: int) -> list[str]:
    """Return the kinds of what is odd about a device's log now."""
    return [issue.kind for issue in await issues_of(services, event, device)]


def only_head(phone: Phone, number: int) -> dict[str, Any]:
    """Return a hand-in without facts: the head alone, signed, as a phone sends it."""
    hash_ = fact_hash(phone.log[number - 1]) if number else NO_HASH
    signature = signing.sign(phone.private, head_message(phone.device, number, hash_))
    return {
        "device": phone.device,
        "from": number + 1,
        "facts": [],
        "head": number,
        "head_hash": base64.b64encode(hash_).decode(),
        "signature": base64.b64encode(signature).decode(),
    }


async def test_a_log_handed_in_piece_by_piece_is_written_whole(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event, gate="North")
    for text in sold.tokens * 2:
        phone.scan(text)
        await phone.sync()
    report = await verified(services, phone.device)
    assert report.fault is None
    assert (report.facts, report.heads, report.by) == (6, 1, "server")
    assert (report.certificate["name"], report.certificate["gate"]) == ("Door 1", "North")
    assert await kinds_of(services, sold.event, phone.device) == []


async def test_a_log_larger_than_a_piece_is_written_whole(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    for _ in range(501):
        phone.append(serial=sold.tickets[0].serial)
    await phone.sync()
    report = await verified(services, phone.device)
    assert (report.fault, report.facts) == (None, 501)


async def test_a_server_made_log_is_signed_by_the_server(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    async with services.db.write() as session:
        key = await make_scanner_key(session, services, sold.event)
    for text in sold.tokens:
        body = {"token": text}
        answer = await client.post(
            "/api/tickets/validate", json=body, headers={"Authorization": f"Bearer {key}"}
        )
        assert answer.status_code == 200
    async with services.db.read() as session:
        device = await session.scalar(select(Device.id).where(Device.kind == "api"))
    assert device is not None
    report = await verified(services, device)
    assert (report.fault, report.facts) == (None, 3)


async def test_both_branches_of_a_fork_are_written_and_told_apart(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    phone.scan(sold.tokens[0])
    await phone.sync()
    twin = phone.clone()
    twin.skew = 7
    phone.scan(sold.tokens[1])
    await phone.sync()
    for text in sold.tokens[1:]:  # the twin's branch comes in two pieces
        twin.scan(text)
        await twin.post(twin.request([twin.log_from(2)]))
    report = await verified(services, phone.device)
    assert report.fault is None
    assert sorted((one.after, one.end) for one in report.branches) in (
        [(0, 2), (1, 3)],
        [(0, 3), (1, 2)],
    )
    assert report.heads == 2
    (issue,) = await issues_of(services, sold.event, phone.device)
    assert (issue.kind, issue.number) == ("fork", 1)


async def test_scans_that_a_phone_signed_and_the_server_lacks_are_told(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    for text in sold.tokens:
        phone.scan(text)
    await phone.post(phone.request([phone.log_from(1, 1)]))
    await phone.post(phone.request([only_head(phone, 3)]))
    (issue,) = [
        one for one in await issues_of(services, sold.event, phone.device) if one.kind == "gap"
    ]
    assert (issue.number, issue.until) == (1, 3)
    await phone.sync()
    assert await kinds_of(services, sold.event, phone.device) == []


async def test_a_piece_that_leaves_some_out_is_told_as_a_gap(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    for text in sold.tokens:
        phone.scan(text)
    await phone.post(phone.request([phone.log_from(2)]))
    assert "gap" in await kinds_of(services, sold.event, phone.device)


async def test_nobody_else_can_claim_that_scans_are_missing(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    phone.scan(sold.tokens[0])
    await phone.sync()
    thief = phone.clone()
    thief.private = signing.new_private_key()
    thief.scan(sold.tokens[1])
    await thief.post(thief.request([only_head(thief, 2)]))
    assert await kinds_of(services, sold.event, phone.device) == []


async def test_a_phone_that_comes_back_with_an_older_log_is_told(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    for text in sold.tokens:
        phone.scan(text)
    await phone.sync()
    await phone.post(phone.request([only_head(phone, 1)]))
    (issue,) = await issues_of(services, sold.event, phone.device)
    assert (issue.kind, issue.number) == ("ended", 3)


async def test_an_upload_that_was_refused_is_told_and_harms_nothing(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    phone.scan(sold.tokens[0])
    forged = sign_log(signing.new_private_key(), phone.device, phone.log, 1)
    for _ in range(2):
        await phone.post(phone.request([forged]))
    (issue,) = await issues_of(services, sold.event, phone.device)
    assert (issue.kind, issue.error) == ("refused", "bad_signature")
    await phone.sync()
    assert (await verified(services, phone.device)).facts == 1


async def test_what_waited_on_a_phone_that_fell_silent_is_told(
    client: httpx2.AsyncClient, services: Services, clock: FakeClock, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    for text in sold.tokens:
        phone.scan(text)
    clock.advance(MINUTE)
    await phone.post({**phone.request([]), "status": {"pending": 3}})
    assert await kinds_of(services, sold.event, phone.device) == []
    clock.advance(20 * MINUTE)
    (issue,) = await issues_of(services, sold.event, phone.device)
    assert (issue.kind, issue.number, issue.until) == ("waiting", 0, 3)


async def test_a_revoked_phone_that_was_not_heard_since_is_told(
    client: httpx2.AsyncClient, services: Services, clock: FakeClock, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    clock.advance(MINUTE)
    async with services.db.write() as session:
        await revoke_device(session, services, SYSTEM, phone.device)
    assert await kinds_of(services, sold.event, phone.device) == ["silent"]
    clock.advance(MINUTE)
    await phone.sync()
    assert await kinds_of(services, sold.event, phone.device) == []


async def test_a_signature_of_before_they_were_kept_comes_with_the_next_contact(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    phone.scan(sold.tokens[0])
    await phone.sync()
    async with services.db.write() as session:
        await session.execute(update(Device).values(head_signature=None))
    assert await kinds_of(services, sold.event, phone.device) == ["unsigned"]
    report = await verified(services, phone.device)
    assert report.fault is not None
    assert report.fault.code == "unsigned"
    await phone.post(phone.request([only_head(phone, 1)]))
    assert await kinds_of(services, sold.event, phone.device) == []
    assert (await verified(services, phone.device)).fault is None


DAMAGES: list[tuple[Any, str]] = [
    (delete(Fact).where(Fact.number == 2), "gap"),
    (delete(Fact).where(Fact.number == 3), "unsigned"),
    (update(Fact).where(Fact.number == 2).values(verdict=7), "columns"),
    (update(Fact).where(Fact.number == 2).values(bytes=b"\1"), "tag"),
    (update(Device).values(head_signature=bytes(64)), "head_signature"),
]


async def test_a_database_that_was_changed_by_hand_is_found_out(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phones = [await pair_phone(client, services, sold.event) for _ in [*DAMAGES, "and one whole"]]
    for phone in phones:
        for text in sold.tokens:
            phone.scan(text)
        await phone.sync()
    await look(services)
    for phone, (damage, _code) in zip(phones, DAMAGES, strict=False):
        assert await kinds_of(services, sold.event, phone.device) == []
        column = "device_id" if damage.table.name == "tickets_facts" else "id"
        async with services.db.write() as session:
            await session.execute(damage.where(damage.table.c[column] == phone.device))
        await check_stored_log(services, phone.device)
    for phone, (_damage, code) in zip(phones, DAMAGES, strict=False):
        (issue,) = await issues_of(services, sold.event, phone.device)
        assert (issue.kind, issue.fault and issue.fault.code) == ("broken", code)
    assert await kinds_of(services, sold.event, phones[-1].device) == []


async def test_logs_are_looked_at_again_when_they_grew_and_each_day(
    client: httpx2.AsyncClient, services: Services, clock: FakeClock, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)

    async def looked_at() -> int | None:
        await look(services)
        async with services.db.read() as session:
            states = await log_states(session, sold.event, services.clock())
        return states[phone.device].checked_at

    assert await looked_at() is None
    phone.scan(sold.tokens[0])
    await phone.sync()
    first = await looked_at()
    assert first == clock()
    clock.advance(MINUTE)
    assert await looked_at() == first
    phone.scan(sold.tokens[1])
    await phone.sync()
    assert await looked_at() == clock()
    clock.advance(DAY + 1)
    assert await looked_at() == clock()


async def test_the_api_lists_logs_and_hands_them_out(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    phone.scan(sold.tokens[0])
    await phone.sync()
    async with services.db.read() as session:
        organizer = await session.get_one(Organizer, sold.event.organizer_id)
    person = await make_person(services, organizer=organizer)
    answer = await client.get(f"/api/tickets/events/{sold.event.id}/logs", headers=person.headers)
    (log,) = answer.json()["logs"]
    assert (log["device"], log["head"], log["issues"]) == (device_hex(phone.device), 1, [])
    file = await client.get(
        f"/api/tickets/devices/{device_hex(phone.device)}/log", headers=person.headers
    )
    assert file.status_code == 200
    assert verify_log(file.content.splitlines(keepends=True), phone.server_key).fault is None
