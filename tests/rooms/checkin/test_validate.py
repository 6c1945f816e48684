"""Scans by third-party scanners: decided by the server, answered once, written down."""

import asyncio
from typing import Any

import httpx2
import pytest
from sqlalchemy import select
from tests.factories.checkin import make_scanner_key, pair_phone
from tests.factories.events import make_event
from tests.rooms.checkin.conftest import Sold

from handstamp.checkin.models import Device, Fact
from handstamp.checkin.revoke_device import revoke_device
from handstamp.checkin.wire import NO_HASH, decode_fact, fact_hash
from handstamp.kit.clock import FakeClock
from handstamp.plumbing.web import SYSTEM, Services

pytestmark = pytest.mark.anyio
URL = "/api/tickets/validate"


async def key_of(services: Services, sold: Sold, **others: Any) -> str:
    """Make a scanner's key."""
    async with services.db.write() as session:
        return await make_scanner_key(session, services, sold.event, **others)


async def ask(
    client: httpx2.AsyncClient, key: str, token: str, idempotency: str = "", **others: Any
) -> httpx2.Response:
    """Ask as a scanner does."""
    headers = {"Authorization": f"Bearer {key}"}
    if idempotency:
        headers["Idempotency-Key"] = idempotency
    return await client.post(URL, json={"token": token, **others}, headers=headers)


def forged(token: str) -> str:
    """Change one letter of a code's signature."""
    return token[:60] + ("0" if token[60] != "0" else "1") + token[61:]


async def test_a_ticket_is_valid_once_and_then_names_who_was_first(
    client: httpx2.AsyncClient, services: Services, sold: Sold, clock: FakeClock
) -> None:
    key = await key_of(services, sold, gate="North")
    first = (await ask(client, key, sold.tokens[0])).json()
    assert (first["verdict"], first["admit"], first["used"]) == ("valid", True, None)
    assert first["ticket"]["printed_id"] == sold.tickets[0].printed_id
    at = clock()
    clock.advance(60_000)
    second = (await ask(client, key, sold.tokens[0])).json()
    assert (second["verdict"], second["admit"]) == ("already_used", False)
    assert second["used"] == {"at": at, "device": "Turnstile", "gate": "North", "list": 1}
    other_list = (await ask(client, key, sold.tokens[0], list=2)).json()
    assert other_list["verdict"] == "valid"


async def test_the_log_is_a_chain_with_denials_that_the_server_backs(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    key = await key_of(services, sold)
    for text in (sold.tokens[0], sold.tokens[0], forged(sold.tokens[1]), "hello"):
        await ask(client, key, text)
    async with services.db.read() as session:
        rows = (await session.scalars(select(Fact).order_by(Fact.number))).all()
        device = (await session.scalars(select(Device))).one()
    assert [row.verdict for row in rows] == [1, 2, 13, 14]
    assert [row.feed_seq is None for row in rows] == [False, True, True, True]
    previous = NO_HASH
    for row in rows:
        assert decode_fact(row.bytes).previous == previous
        previous = fact_hash(row.bytes)
    assert (device.head_number, device.head_hash) == (4, previous)
    assert decode_fact(rows[1].bytes).seen == ((device.id, 1, rows[0].tag),)


async def test_the_first_answer_is_given_again_under_the_same_key(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    key = await key_of(services, sold)
    first = await ask(client, key, sold.tokens[0], "one")
    assert (await ask(client, key, sold.tokens[0], "one")).json() == first.json()
    refused = await ask(client, key, sold.tokens[1], "one")
    assert refused.status_code == 409
    assert (await ask(client, key, sold.tokens[0], "two")).json()["verdict"] == "already_used"
    other = await key_of(services, sold, name="Other")
    assert (await ask(client, other, sold.tokens[1], "one")).json()["verdict"] == "valid"


async def test_many_at_once_admit_every_ticket_once(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    keys = [await key_of(services, sold, name=f"Gate {number}") for number in range(3)]
    asked = [ask(client, key, token) for key in keys for token in sold.tokens for _ in range(4)]
    answers = [answer.json() for answer in await asyncio.gather(*asked)]
    assert sorted(answer["verdict"] for answer in answers) == ["already_used"] * 33 + ["valid"] * 3
    numbers = {(answer["fact"]["device"], answer["fact"]["number"]) for answer in answers}
    assert len(numbers) == 36


async def test_one_key_asked_at_once_under_one_idempotency_key_decides_once(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    key = await key_of(services, sold)
    answers = await asyncio.gather(*(ask(client, key, sold.tokens[0], "x") for _ in range(8)))
    assert {answer.json()["verdict"] for answer in answers} == {"valid"}
    assert len({answer.json()["fact"]["number"] for answer in answers}) == 1


async def test_a_phone_hears_of_what_a_scanner_admitted(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    await ask(client, await key_of(services, sold), sold.tokens[0])
    await phone.sync()
    assert phone.scan(sold.tokens[0]).verdict == "already_used"
    phone.scan(sold.tokens[1])
    await phone.sync()
    answer = await ask(client, await key_of(services, sold), sold.tokens[1])
    assert answer.json()["used"]["device"] == "Door 1"


async def test_keys_that_may_not_are_refused(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    key = await key_of(services, sold, lists=[2])
    assert (await ask(client, key, sold.tokens[0], list=1)).status_code == 403
    assert (await ask(client, key, sold.tokens[0], list=9)).status_code == 400
    assert (await ask(client, key, sold.tokens[0])).json()["list"] == 2
    assert (await ask(client, "hs_scan_other", sold.tokens[0])).status_code == 401
    assert (await ask(client, "", sold.tokens[0])).status_code == 401
    async with services.db.write() as session:
        device = await session.scalar(select(Device.id).where(Device.kind == "api"))
        assert device is not None
        await revoke_device(session, services, SYSTEM, device)
    ended = await ask(client, key, sold.tokens[1])
    assert (ended.status_code, ended.json()["code"]) == (401, "key_ended")


async def test_tickets_of_another_event_are_told_apart(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    async with services.db.write() as session:
        other = await make_event(session, services)
        key = await make_scanner_key(session, services, other)
    assert (await ask(client, key, sold.tokens[0])).json()["verdict"] == "wrong_event"


async def test_many_forged_codes_slow_the_key_and_not_its_neighbour(
    client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    key, other = await key_of(services, sold), await key_of(services, sold, name="Other")
    bad = forged(sold.tokens[0])
    statuses = [(await ask(client, key, bad)).status_code for _ in range(62)]
    assert statuses == [200] * 60 + [429] * 2
    assert (await ask(client, other, bad)).status_code == 200
    assert (await ask(client, key, sold.tokens[0])).json()["verdict"] == "valid"
