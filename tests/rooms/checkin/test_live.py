"""Hints to connected phones, whoever made the change."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from tests.factories.checkin import Phone, pair_phone
from tests.rooms.checkin.conftest import Sold
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from handstamp.checkin.broadcast import broadcaster
from handstamp.checkin.revoke_device import revoke_device
from handstamp.events.find_events import owned_event
from handstamp.kit.clock import FakeClock
from handstamp.plumbing.web import SYSTEM, Services, build_services
from handstamp.tickets.models import Ticket
from handstamp.tickets.revoke_ticket import change_status

pytestmark = pytest.mark.anyio
PATIENCE_S = 20


@asynccontextmanager
async def live(address: str, credential: Any) -> AsyncIterator[ClientConnection]:
    """Connect as a phone does."""
    async with connect(f"ws://{address}/api/tickets/checkin/live") as socket:
        await socket.send(json.dumps({"credential": credential}))
        yield socket


async def heard(socket: ClientConnection) -> dict[str, Any]:
    """Return the next hint."""
    hint: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE_S))
    return hint


async def refund(services: Services, sold: Sold) -> None:
    """Refund a ticket, as any part of the system may."""
    async with services.db.write() as session:
        await owned_event(session, SYSTEM, sold.event.id)
        ticket = await session.get_one(Ticket, sold.tickets[0].id)
        await change_status(session, services, SYSTEM, ticket, "refunded")


async def caught_up(socket: ClientConnection, phone: Phone) -> None:
    """Pull until the feed is where the newest hint says."""
    hint = await heard(socket)
    while phone.copy.cursor is None or phone.copy.cursor["seq"] < hint["seq"]:
        await phone.sync()


async def test_a_change_in_this_process_is_hinted(
    address: str, client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    async with live(address, phone.credential) as socket:
        first = await heard(socket)
        assert phone.copy.cursor is not None
        assert first == {"seq": phone.copy.cursor["seq"]}
        await refund(services, sold)
        await caught_up(socket, phone)
    assert phone.scan(sold.tokens[0]).verdict == "refunded"


async def test_a_change_that_no_signal_carries_is_hinted_too(
    address: str, client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    other = build_services(services.settings, services.clock)
    try:
        async with live(address, phone.credential) as socket:
            await heard(socket)
            await refund(other, sold)
            await caught_up(socket, phone)
    finally:
        await other.db.close()
    assert phone.scan(sold.tokens[0]).verdict == "refunded"


async def test_a_revoked_phone_is_told_and_let_go(
    address: str, client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    other = build_services(services.settings, services.clock)
    try:
        async with live(address, phone.credential) as socket:
            await heard(socket)
            async with other.db.write() as session:
                await revoke_device(session, other, SYSTEM, phone.device)
            hint = await heard(socket)
            while "seq" in hint:
                hint = await heard(socket)
            assert hint == {"standing": "revoked"}
            with pytest.raises(ConnectionClosed):
                await heard(socket)
    finally:
        await other.db.close()
    async with live(address, phone.credential) as socket:
        assert await heard(socket) == {"standing": "revoked"}


async def test_an_expired_phone_is_told(
    address: str, client: httpx2.AsyncClient, services: Services, sold: Sold, clock: FakeClock
) -> None:
    phone = await pair_phone(client, services, sold.event)
    async with live(address, phone.credential) as socket:
        await heard(socket)
        clock.advance(100 * 24 * 3_600_000)
        hint = await heard(socket)
        while "seq" in hint:
            hint = await heard(socket)
        assert hint == {"standing": "expired"}


@pytest.mark.parametrize("greeting", ["", "[]", "{}", "null", '{"credential": 5}', "x" * 5_000])
async def test_a_stranger_is_let_go(address: str, greeting: str) -> None:
    async with connect(f"ws://{address}/api/tickets/checkin/live") as socket:
        await socket.send(greeting)
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(socket.recv(), PATIENCE_S)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401


async def test_many_changes_are_few_hints(
    address: str, client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    scanning = await pair_phone(client, services, sold.event, "Door 2")
    async with live(address, phone.credential) as socket:
        await heard(socket)
        for _ in range(30):
            scanning.append(serial=sold.tickets[0].serial)
            await scanning.sync()
        assert scanning.copy.cursor is not None
        hints = [await heard(socket)]
        while hints[-1]["seq"] < scanning.copy.cursor["seq"]:
            hints.append(await heard(socket))
    assert len(hints) < 30
    assert [hint["seq"] for hint in hints] == sorted({hint["seq"] for hint in hints})


async def test_nothing_is_watched_when_nobody_listens(
    address: str, client: httpx2.AsyncClient, services: Services, sold: Sold
) -> None:
    phone = await pair_phone(client, services, sold.event)
    async with live(address, phone.credential) as socket:
        await heard(socket)
        assert broadcaster(services).phones == 1
    async with asyncio.timeout(PATIENCE_S):
        while broadcaster(services).phones:  # noqa: ASYNC110  # the server's side has no event
            await asyncio.sleep(0.01)
    async with live(address, phone.credential) as socket:
        assert "seq" in await heard(socket)
