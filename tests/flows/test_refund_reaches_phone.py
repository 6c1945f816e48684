"""Money that goes back at Stripe, without anybody touching Handstamp, turns online phones red."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import select
from tests.factories.checkin import Phone, pair_phone
from tests.factories.tickets import make_tokens
from tests.flows.buyer import Buyer, a_buyer
from tests.flows.sale_world import Sale, open_sale
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from handstamp.checkin.verdict import STATUS_CODES
from handstamp.payments.models import Payment
from handstamp.tickets.models import Ticket

pytestmark = pytest.mark.anyio
PATIENCE_S = 60  # another test may have the machine


@dataclass
class OnlinePhone:
    """A phone that pulls whenever it is hinted at; `changed` is set by every pull."""

    phone: Phone
    changed: asyncio.Event

    async def knows(self, ticket: Ticket, status: str) -> None:
        """Wait until the phone's own list gives a ticket this status."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                self.changed.clear()
                row = self.phone.copy.tickets.get(ticket.serial)
                if row is not None and row.status == STATUS_CODES[status]:
                    return
                await self.changed.wait()


@asynccontextmanager
async def online(sale: Sale, http: httpx2.AsyncClient) -> AsyncIterator[OnlinePhone]:
    """A phone at the event's door, connected for hints."""
    phone = OnlinePhone(await pair_phone(http, sale.services, sale.event), asyncio.Event())

    async def listen() -> None:
        address = sale.address.replace("http", "ws")
        async with connect(f"{address}/api/tickets/checkin/live", proxy=None) as socket:
            await socket.send(json.dumps({"credential": phone.phone.credential}))
            with suppress(ConnectionClosed):
                async for hint in socket:
                    cursor = phone.phone.copy.cursor
                    if cursor is None or cursor["seq"] < json.loads(hint).get("seq", 0):
                        await phone.phone.sync()
                        phone.changed.set()

    listening = asyncio.create_task(listen())
    yield phone
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def bought(sale: Sale, buyer: Buyer) -> tuple[str, list[Ticket], list[str]]:
    """Buy two tickets; return the PaymentIntent, the tickets, and what stands in their codes."""
    await buyer.buy(2, 0)
    await buyer.becomes("paid")
    async with sale.services.db.read() as session:
        of_order = Payment.subject_id == buyer.order_id
        intent = (await session.scalars(select(Payment.payment_intent_id).where(of_order))).one()
        query = select(Ticket).where(Ticket.order_id == buyer.order_id).order_by(Ticket.id)
        tickets = list(await session.scalars(query))
        tokens = await make_tokens(session, sale.services, sale.event, tickets)
    return intent, tickets, tokens


async def test_refunds_and_disputes_at_stripe_reach_an_online_phone(
    database_url: str, tmp_path: Path
) -> None:
    workers = 0 if database_url.startswith("sqlite") else 1
    async with (
        open_sale(tmp_path, database_url, workers=workers) as sale,
        httpx2.AsyncClient(base_url=sale.address, timeout=60) as http,
        a_buyer(sale) as one,
        a_buyer(sale) as other,
    ):
        await sale.sell()
        async with online(sale, http) as door:
            intent, given_back, tokens = await bought(sale, one)
            disputed, doubtful, codes = await bought(sale, other)
            await sale.double.refund(intent)
            for ticket, token in zip(given_back, tokens, strict=True):
                await door.knows(ticket, "refunded")
                assert door.phone.scan(token).verdict == "refunded"
            dispute = await sale.double.open_dispute(disputed)
            await door.knows(doubtful[0], "disputed")
            assert door.phone.scan(codes[0]).verdict == "disputed"
            await sale.double.close_dispute(dispute["id"], won=True)
            await door.knows(doubtful[0], "valid")
            assert door.phone.scan(codes[0]).admit
            await one.becomes("refunded")
        await sale.settle()
        assert await sale.faults() == []
