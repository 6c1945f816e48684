"""Pairing, the list and the exchange with a phone, over HTTP, on both databases."""

import base64

import httpx2
import pytest
from sqlalchemy import func, select
from tests.factories.checkin import API, Phone, make_code, pair_phone, sign_log
from tests.factories.events import make_event
from tests.factories.tickets import make_tickets, make_tokens

from handstamp.checkin.models import Admission, Device, Fact
from handstamp.checkin.revoke_device import revoke_device
from handstamp.checkin.wire import fact_hash
from handstamp.events.models import Event
from handstamp.kit.clock import DAY, FakeClock
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.tickets.models import Ticket
from handstamp.tickets.revoke_ticket import change_status

pytestmark = pytest.mark.anyio


async def sold(services: Services, count: int = 3) -> tuple[Event, list[Ticket], list[str]]:
    """An event with tickets, and the texts of their codes."""
    async with services.db.write() as session:
        event = await make_event(session, services)
        tickets = await make_tickets(session, services, event, count=count)
        tokens = await make_tokens(session, services, event, tickets)
    return event, tickets, tokens


async def stored_facts(services: Services) -> int:
    """Count the facts in the database."""
    async with services.db.read() as session:
        return await session.scalar(select(func.count()).select_from(Fact)) or 0


async def test_a_phone_pairs_downloads_scans_and_hands_in(
    client: httpx2.AsyncClient, services: Services
) -> None:
    event, tickets, tokens = await sold(services)
    phone = await pair_phone(client, services, event)
    assert {row.serial for row in phone.copy.tickets.values()} == {t.serial for t in tickets}
    assert phone.scan(tokens[0]).verdict == "valid"
    assert phone.scan(tokens[0]).verdict == "already_used"
    await phone.sync()
    assert phone.acked == 2
    other = await pair_phone(client, services, event, "Door 2")
    assert other.scan(tokens[0]).verdict == "already_used"
    assert other.scan(tokens[1]).verdict == "valid"
    await other.sync()
    await phone.sync()
    assert phone.scan(tokens[1]).verdict == "already_used"
    assert phone.copy.devices[other.device] == [other.device, "Door 2", "", "phone"]


async def test_handing_in_again_changes_nothing(
    client: httpx2.AsyncClient, services: Services, clock: FakeClock
) -> None:
    event, _tickets, tokens = await sold(services)
    phone = await pair_phone(client, services, event)
    for text in tokens:
        phone.scan(text)
    request = phone.request([phone.log_from(1)])
    first = (await phone.post(request)).json()
    clock.advance(5_000)
    second = (await phone.post(request, zipped=True)).json()
    assert first["acks"] == second["acks"]
    assert await stored_facts(services) == 3
    assert first["acks"][0]["stamps"][0][2] == first["server_time"]


async def test_a_gap_stores_nothing_and_names_the_head(
    client: httpx2.AsyncClient, services: Services
) -> None:
    event, _tickets, tokens = await sold(services)
    phone = await pair_phone(client, services, event)
    for text in tokens:
        phone.scan(text)
    answer = (await phone.post(phone.request([phone.log_from(2)]))).json()
    assert answer["acks"] == [
        {
            "device": phone.device,
            "to": 0,
            "hash": base64.b64encode(bytes(32)).decode(),
            "stamps": [],
            "fork": False,
        }
    ]
    assert await stored_facts(services) == 0


async def test_both_branches_of_a_fork_are_kept_and_told(
    client: httpx2.AsyncClient, services: Services
) -> None:
    event, tickets, tokens = await sold(services)
    phone = await pair_phone(client, services, event)
    phone.scan(tokens[0])
    twin = phone.clone()
    twin.skew = 7
    phone.scan(tokens[1])
    twin.scan(tokens[1])
    twin.scan(tokens[2])
    await phone.sync()
    answer = (await twin.post(twin.request([twin.log_from(1)]))).json()
    ack = answer["acks"][0]
    assert ack["fork"] is True
    assert ack["to"] == 2
    assert ack["hash"] == base64.b64encode(fact_hash(phone.log[1])).decode()
    assert [stamp[0] for stamp in ack["stamps"]] == [1, 2, 3]
    assert answer["standing"] == "repair"
    assert await stored_facts(services) == 4
    async with services.db.read() as session:
        kept = await session.scalar(select(Admission).where(Admission.serial == tickets[1].serial))
    assert kept is not None
    assert (kept.greens, kept.conflict) == (2, "double")


async def test_a_refund_reaches_the_phone_by_its_cursor(
    client: httpx2.AsyncClient, services: Services
) -> None:
    event, tickets, tokens = await sold(services)
    phone = await pair_phone(client, services, event)
    async with services.db.write() as session:
        ticket = await session.get_one(Ticket, tickets[0].id)
        await change_status(session, services, SYSTEM, ticket, "refunded")
    await phone.sync()
    assert phone.scan(tokens[0]).verdict == "refunded"


async def test_an_ended_pairing_hands_in_its_facts_and_gets_no_changes(
    client: httpx2.AsyncClient, services: Services
) -> None:
    event, _tickets, tokens = await sold(services)
    phone = await pair_phone(client, services, event)
    phone.scan(tokens[0])
    async with services.db.write() as session:
        await revoke_device(session, services, SYSTEM, phone.device)
    answer = (await phone.post(phone.request([phone.log_from(1)]))).json()
    assert (answer["standing"], answer["changes"], answer["reset"]) == ("revoked", None, False)
    assert answer["acks"][0]["to"] == 1
    refused = await client.get(f"{API}/snapshot", headers=phone.headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "revoked")
    async with services.db.read() as session:
        assert await session.scalar(select(Fact.after_end)) is True


async def test_a_log_needs_no_living_credential(
    client: httpx2.AsyncClient, services: Services, clock: FakeClock
) -> None:
    event, _tickets, tokens = await sold(services)
    phone = await pair_phone(client, services, event)
    phone.scan(tokens[0])
    clock.advance(10 * DAY)
    phone.credential = ""
    answer = (await phone.post(phone.request([phone.log_from(1)]))).json()
    assert answer["acks"][0]["to"] == 1
    assert answer["standing"] == "expired"
    assert (await phone.post(phone.request([]))).status_code == 401


async def test_a_log_with_a_strange_signature_or_chain_is_not_taken(
    client: httpx2.AsyncClient, services: Services
) -> None:
    event, _tickets, tokens = await sold(services)
    phone = await pair_phone(client, services, event)
    other = await pair_phone(client, services, event)
    for text in tokens:
        phone.scan(text)
    stolen = sign_log(other.private, phone.device, phone.log, 1)
    broken = sign_log(phone.private, phone.device, [phone.log[0], phone.log[2]], 1)
    unread = phone.log_from(1) | {"facts": ["AAAA"]}
    errors = [
        (await phone.post(phone.request([log]))).json()["acks"][0]["error"]
        for log in (stolen, broken, unread)
    ]
    assert errors == ["bad_signature", "broken_chain", "malformed_fact"]
    assert await stored_facts(services) == 0


async def test_the_same_code_and_key_give_the_same_pairing(
    client: httpx2.AsyncClient, services: Services
) -> None:
    event, _tickets, _tokens = await sold(services)
    async with services.db.write() as session:
        code = await make_code(session, services, event, gate="North", lists=[1])
    phone = Phone(client, services.clock)  # type: ignore[arg-type]
    first = await phone.pair(code.lower())
    assert (first["gate"], first["lists"], first["name"]) == ("North", [1], "Door 1")
    assert await phone.pair(code[:4] + "-" + code[4:]) == first
    late = Phone(client, services.clock)  # type: ignore[arg-type]
    with pytest.raises(AssertionError, match="code_used"):
        await late.pair(code)
    async with services.db.read() as session:
        devices = await session.scalar(select(func.count()).select_from(Device))
    assert devices == 1


async def test_a_cursor_that_nobody_holds_is_reset(
    client: httpx2.AsyncClient, services: Services
) -> None:
    event, _tickets, tokens = await sold(services)
    phone = await pair_phone(client, services, event)
    phone.scan(tokens[0])
    await phone.sync()
    assert phone.copy.cursor is not None
    held = dict(phone.copy.cursor)
    for change in ({"seq": held["seq"] + 1}, {"feed": "other"}, {"digest": "AAAA"}, {"seq": "x"}):
        phone.copy.cursor = held | change
        answer = (await phone.post(phone.request([]))).json()
        assert (answer["reset"], answer["changes"]) == (True, None)
    phone.copy.cursor = None
    answer = (await phone.post(phone.request([]))).json()
    assert (answer["reset"], answer["changes"]) == (False, None)


async def test_what_was_just_handed_in_no_longer_waits_on_the_phone(
    client: httpx2.AsyncClient, services: Services
) -> None:
    event, _tickets, tokens = await sold(services)
    phone = await pair_phone(client, services, event)
    for token in tokens[:2]:
        phone.scan(token)
    body = phone.request([phone.log_from(1, 2)])
    body["status"]["pending"] = 3
    await phone.post(body)
    async with services.db.read() as session:
        device = await session.get_one(Device, phone.device)
        assert device.pending == 1


async def test_who_counts_heads_hears_how_many_phones_are_silent(
    client: httpx2.AsyncClient, services: Services, clock: FakeClock
) -> None:
    """R70"""
    event, _tickets, _tokens = await sold(services)
    phone = await pair_phone(client, services, event)
    other = await pair_phone(client, services, event, "Door 2")
    await pair_phone(client, services, await make_other_event(services), "Elsewhere")
    await other.sync()

    async def unheard(**status: object) -> object:
        request = {**phone.request([]), "status": status}
        return (await phone.post(request)).json().get("unheard")

    assert await unheard(counts_inside=True) == 0
    clock.advance(91_000)
    assert await unheard(counts_inside=True) == 1
    assert await unheard() is None
    clock.advance(12 * 3_600_000)
    assert await unheard(counts_inside=True) == 0


async def make_other_event(services: Services) -> Event:
    """Another event on sale, whose phones are not asked about."""
    async with services.db.write() as session:
        return await make_event(session, services)
