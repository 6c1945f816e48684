"""What the server really sends fits schemas and clauses."""

import base64
from typing import Any

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from tests.contract.schemas import validate
from tests.factories.checkin import API, Phone, make_code, pair_phone
from tests.factories.events import make_event
from tests.factories.tickets import make_tickets, make_tokens

from handstamp.checkin.revoke_device import revoke_device
from handstamp.checkin.wire import decode_snapshot, unpack_envelope
from handstamp.events.edit_event import edit_event
from handstamp.events.edit_tier import edit_tier
from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event
from handstamp.events.set_supervisor_pin import hashed_pin, set_supervisor_pin
from handstamp.events.shapes import EventChange, TierChange
from handstamp.kit import signing
from handstamp.kit.clock import HOUR, FakeClock
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.tickets.models import Ticket
from handstamp.tickets.revoke_ticket import change_status
from handstamp.tickets.write_note import write_note

pytestmark = pytest.mark.anyio


async def sold(services: Services) -> tuple[Event, list[Ticket], list[str]]:
    """An event with two tickets, and the texts of their codes."""
    async with services.db.write() as session:
        event = await make_event(session, services)
        tickets = await make_tickets(session, services, event, count=2)
        tokens = await make_tokens(session, services, event, tickets)
    return event, tickets, tokens


async def change(services: Services, ticket: Ticket, status: str) -> None:
    """Change a ticket's status, as an organizer does."""
    async with services.db.write() as session:
        held = await session.get_one(Ticket, ticket.id)
        await change_status(session, services, SYSTEM, held, status)


async def exchange(phone: Phone, cursor: Any = None) -> dict[str, Any]:
    """Do one exchange whose request and answer fit the schemas."""
    request = phone.request([phone.log_from(phone.acked + 1)] if phone.log else [])
    request["cursor"] = cursor or phone.copy.cursor
    validate("sync.schema.json#/$defs/request", request)
    answer = await phone.post(request)
    assert answer.status_code == 200, answer.text
    validate("sync.schema.json#/$defs/answer", answer.json())
    members: dict[str, Any] = answer.json()
    return members


async def test_pairing_fits(client: httpx2.AsyncClient, services: Services) -> None:
    """R44: the certificate is the server key's word about the device's key."""
    event, _tickets, _tokens = await sold(services)
    async with services.db.write() as session:
        code = await make_code(session, services, event, role="supervisor", lists=[1])
    private = signing.new_private_key()
    key = base64.b64encode(signing.public_key(private)).decode()
    request = {"code": code, "public_key": key, "name": "Phone", "app_build": "1"}
    validate("pairing.schema.json#/$defs/request", request)
    answer = (await client.post(f"{API}/pair", json=request)).json()
    validate("pairing.schema.json#/$defs/answer", answer)
    server_key = Ed25519PublicKey.from_public_bytes(base64.b64decode(answer["server_key"]))
    claims = jwt.decode(
        answer["certificate"], server_key, algorithms=["EdDSA"], options={"verify_exp": False}
    )
    validate("pairing.schema.json#/$defs/certificate", claims)
    assert (claims["dev"], claims["key"], claims["role"]) == (answer["device"], key, "supervisor")
    assert (claims["evt"], claims["lists"]) == (event.id, [1])
    assert answer["expires_at"] >= event.end_at + 12 * HOUR, "R41"


async def test_snapshot_fits(client: httpx2.AsyncClient, services: Services) -> None:
    """R37, R38: envelope, header and rows; every ticket ever issued, refunded ones too."""
    event, tickets, _tokens = await sold(services)
    await change(services, tickets[0], "refunded")
    phone = await pair_phone(client, services, event)
    answer = await client.get(f"{API}/snapshot", headers=phone.headers)
    header, rows, _facts = decode_snapshot(unpack_envelope(answer.content)[1])
    validate("snapshot.schema.json", header)
    assert {row.serial for row in rows} == {ticket.serial for ticket in tickets}
    assert len(header["keys"]) >= 1, "R39"


async def test_exchange_fits(client: httpx2.AsyncClient, services: Services) -> None:
    """R35, R40: request and answer, and sending it again changes nothing."""
    event, tickets, tokens = await sold(services)
    phone = await pair_phone(client, services, event)
    phone.scan(tokens[0])
    phone.scan("no ticket")
    await change(services, tickets[1], "disputed")
    first = await exchange(phone)
    again = await exchange(phone)
    assert first["standing"] == "active"
    assert first["acks"][0]["to"] == 2
    assert first["acks"] == again["acks"]
    assert first["changes"] == again["changes"]
    assert [row[2] for row in first["changes"]["tickets"]] == [3]
    assert [row[3] for row in first["changes"]["facts"]] == [1], "R16: denials are not fed"


async def test_a_row_appears_once_at_its_latest_number(
    client: httpx2.AsyncClient, services: Services
) -> None:
    """R33: three changes of one ticket, numbered apart, reach a phone as one row."""
    event, tickets, _tokens = await sold(services)
    late, early = [await pair_phone(client, services, event, name) for name in ("A", "B")]
    await late.sync()
    seen = []
    for status in ("disputed", "valid", "refunded"):
        await change(services, tickets[0], status)
        changes = (await exchange(early))["changes"]
        seen.append(changes["tickets"][0][2])
        early.apply(changes)
    assert seen == [3, 0, 1]
    changes = (await exchange(late))["changes"]
    assert [row[:3] for row in changes["tickets"]] == [[tickets[0].serial, tickets[0].tier_no, 1]]
    assert changes["to"] == early.copy.cursor


async def test_a_cursor_stands_only_on_its_own_mark(
    client: httpx2.AsyncClient, services: Services
) -> None:
    """R31, R34: feed, number and digest must all be held; anything else is reset."""
    event, tickets, _tokens = await sold(services)
    phone = await pair_phone(client, services, event)
    before = phone.copy.cursor
    assert before is not None
    await change(services, tickets[0], "refunded")
    after = (await exchange(phone))["changes"]["to"]
    assert after["seq"] > before["seq"]
    assert after["digest"] != before["digest"]
    digest = base64.b64encode(bytes(16)).decode()
    for wrong in (
        {**after, "digest": before["digest"]},
        {**after, "digest": digest},
        {**after, "seq": after["seq"] + 1},
        {**after, "feed": "feed_of_another"},
    ):
        answer = await exchange(phone, wrong)
        assert answer["reset"], wrong
        assert answer["changes"] is None
    assert not (await exchange(phone, after))["reset"]
    assert not (await exchange(phone, before))["reset"], "an earlier mark is still held"


async def test_standings_fit(
    client: httpx2.AsyncClient, services: Services, clock: FakeClock
) -> None:
    """R41, R43: whatever the standing, facts are taken; changes only for the living."""
    event, _tickets, tokens = await sold(services)
    revoked, expired = [await pair_phone(client, services, event, name) for name in ("A", "B")]
    async with services.db.write() as session:
        await revoke_device(session, services, SYSTEM, revoked.device)
    revoked.scan(tokens[0])
    answer = await exchange(revoked)
    assert (answer["standing"], answer["changes"]) == ("revoked", None)
    assert answer["acks"][0]["to"] == 1
    clock.now = event.end_at + 13 * HOUR
    expired.scan(tokens[1])
    answer = await exchange(expired)
    assert (answer["standing"], answer["changes"]) == ("expired", None)
    assert answer["acks"][0]["to"] == 1
    stranger = Phone(client, clock)
    stranger.device = 77
    stranger.append()
    answer = await exchange(stranger)
    assert (answer["standing"], answer["acks"][0]["error"]) == ("unknown", "unknown_device")


async def test_prompts_notes_and_strict_mode_fit(
    client: httpx2.AsyncClient, services: Services
) -> None:
    """R61 to R66: what tells of them, a claim, and what was not used of one."""
    event, tickets, _tokens = await sold(services)
    pin = await hashed_pin("4711")
    async with services.db.write() as session:
        tier = (await tiers_of(session, event.id))[0]
        prompt = TierChange(prompt_kinds=["age", "note"], prompt_text="18 and over")
        await edit_tier(session, services, SYSTEM, event.id, tier.id, change=prompt)
        await set_supervisor_pin(session, services, SYSTEM, event.id, pin)
        strict = EventChange(strict_budget_ms=400)
        await edit_event(session, services, SYSTEM, event.id, strict)
        held = await session.get_one(Ticket, tickets[0].id)
        await write_note(session, services, SYSTEM, held, "side entrance")
    phone = await pair_phone(client, services, event)
    entry = phone.copy.event
    validate("common.schema.json#/$defs/event", entry)
    assert entry["strict"] == {"budget_ms": 400}
    assert entry["supervisor"]["rounds"] >= 600_000
    asked = {"list": 1, "serial": tickets[0].serial, "epoch": 1, "id": "0123456789abcdef"}
    validate("claim.schema.json#/$defs/request", asked)
    for granted in (True, False):
        answer = await phone.http.post(f"{API}/claim", json=asked, headers=phone.headers)
        validate("claim.schema.json#/$defs/answer", answer.json())
        assert answer.json()["granted"] is granted
        phone = await pair_phone(client, services, event, "Door 2")
    member = {name: asked[name] for name in ("serial", "epoch", "id")}
    party = {"list": 1, "gate": "Rear", "tickets": [member, member | {"serial": 5}]}
    validate("claim.schema.json#/$defs/party_request", party)
    answer = await phone.http.post(f"{API}/claims", json=party, headers=phone.headers)
    validate("claim.schema.json#/$defs/party_answer", answer.json())
    assert [one["error"] for one in answer.json()["answers"]] == ["", "unknown_ticket"]
    request = phone.request([]) | {"claims_unused": [asked]}
    validate("sync.schema.json#/$defs/request", request)
    assert (await phone.post(request)).status_code == 200
