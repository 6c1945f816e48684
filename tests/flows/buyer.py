"""A buyer with a browser of their own, who tries again when the server dies under their request."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from sqlalchemy import select
from tests.flows.sale_world import SETTLING_S, Sale

from handstamp.mail.models import Mail
from handstamp.orders.models import Order

AGAIN_S = 0.05


@dataclass
class Buyer:
    """What somebody does by hand; `order_id` is what they hold or have bought."""

    sale: Sale
    http: httpx2.AsyncClient
    email: str = field(default_factory=lambda: f"guest-{secrets.token_hex(4)}@example.org")
    order_id: str = ""

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request until it is answered; the same key says that it is the same request."""
        key = {"Idempotency-Key": secrets.token_hex(8)} if method == "POST" else {}
        async with asyncio.timeout(SETTLING_S):
            while True:
                await self.sale.start()
                try:
                    answer = await self.http.request(
                        method, path, json=body, headers={**key, **headers}
                    )
                except httpx2.TransportError:
                    continue
                if answer.status_code == 503 and "Retry-After" in answer.headers:
                    await asyncio.sleep(AGAIN_S)
                    continue
                assert answer.status_code < 300, f"{path}: {answer.status_code} {answer.text}"
                return answer.json()

    async def hold(self, *quantities: int) -> None:
        """Hold so many tickets of each tier."""
        tiers = zip(self.sale.tiers, quantities, strict=True)
        wanted = [{"tier_id": tier.id, "quantity": qty} for tier, qty in tiers if qty]
        path = f"/api/tickets/events/{self.sale.event.id}/orders"
        self.order_id = (await self.ask("POST", path, {"tickets": wanted}))["id"]

    async def check_out(self) -> str:
        """Give name and address; return the id of the payment page."""
        body = {"email": self.email, "name": "Grace Hopper", "terms": True}
        started = await self.ask("POST", f"/api/tickets/orders/{self.order_id}/checkout", body)
        assert started["url"].startswith(self.sale.double.url)
        return str(started["url"].rpartition("/")[2])

    async def cancel(self) -> str:
        """Give the tickets back; return the order's status."""
        answer = await self.ask("POST", f"/api/tickets/orders/{self.order_id}/cancel", {})
        return str(answer["status"])

    async def refund(self, **wish: object) -> None:
        """Have the organizer give the money back: all of it unless a part is wished."""
        path, headers = f"/api/tickets/orders/{self.order_id}/refund", self.sale.owner.headers
        await self.ask("POST", path, {"reason": "requested_by_customer", **wish}, **headers)

    async def buy(self, *quantities: int, card: str = "4242424242424242") -> None:
        """Hold and pay; what follows is left to Stripe and the server."""
        await self.hold(*quantities)
        paid = await self.sale.double.pay(await self.check_out(), card=card)
        assert paid["status"] == "complete", paid

    async def becomes(self, *statuses: str) -> str:
        """Wait for the order to have one of these statuses, without letting time pass."""
        async with asyncio.timeout(SETTLING_S):
            while True:
                await self.sale.start()
                found = await self.status()
                if found in statuses:
                    return found
                await self.sale.double.deliver()
                await asyncio.sleep(AGAIN_S)

    async def mailed(self, kind: str) -> None:
        """Wait for a mail about the order to be sent."""
        async with asyncio.timeout(SETTLING_S):
            while not await self._sent(kind):
                await self.sale.start()
                await asyncio.sleep(AGAIN_S)

    async def _sent(self, kind: str) -> bool:
        wanted = select(Mail.id).where(
            Mail.about == f"order:{self.order_id}", Mail.kind == kind, Mail.status == "sent"
        )
        async with self.sale.services.db.read() as session:
            return await session.scalar(wanted) is not None

    async def status(self) -> str:
        """Return the order's status as it is stored."""
        async with self.sale.services.db.read() as session:
            return (await session.get_one(Order, self.order_id)).status


@asynccontextmanager
async def a_buyer(sale: Sale, **others: Any) -> AsyncIterator[Buyer]:
    """Open a browser."""
    async with httpx2.AsyncClient(base_url=sale.address, timeout=60) as http:
        yield Buyer(sale, http, **others)
