"""A shop without scripts: a buyer's browser on the public pages, and what is sold there."""

from dataclasses import dataclass

import httpx2
import pytest
from tests.factories.payments import selling_settings
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.orders.sale import Sale, open_sale
from tests.rooms.portal.conftest import Desk

from handstamp.kit.clock import FakeClock
from handstamp.orders.models import Order
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Services

GRACE = {"name": "Grace Hopper", "email": "grace@example.org", "terms": "y"}


@pytest.fixture
def settings(database_url: str, stripe_double: StripeDouble) -> Settings:
    """Settings of a server that sells through the double."""
    return selling_settings(database_url, stripe_double)


@pytest.fixture
async def sale(services: Services, clock: FakeClock, stripe_double: StripeDouble) -> Sale:
    """An event with two tiers of ten tickets each, on sale at the double."""
    return await open_sale(services, clock, stripe_double, capacity=10, city="Vancouver")


@dataclass
class Shopper(Desk):
    """A buyer's browser, which keeps its cookies; redirects to Stripe are not followed."""

    left_for: str = ""

    async def _take(self, answer: httpx2.Response) -> "Desk":
        if answer.has_redirect_location and not answer.headers["location"].startswith("/"):
            self.left_for = answer.headers["location"]
            self.status, self.html = answer.status_code, ""
            return self
        return await super()._take(answer)

    async def hold(self, sale: Sale, *quantities: int) -> "Desk":
        """Choose so many of each tier on the event's page."""
        page = f"/tickets/e/{sale.event.slug}"
        wanted = {
            f"qty-{tier.id}": str(qty) for tier, qty in zip(sale.tiers, quantities, strict=False)
        }
        return await self.post(page, {**wanted, "do": "hold"}, on=page)

    async def order(self, sale: Sale) -> Order:
        """Return the order whose page is shown."""
        return await sale.find(self.path.partition("?")[0].split("/")[3])

    async def buy(self, sale: Sale, *quantities: int) -> str:
        """Hold, give details, pay at the double and come back; return the order's path."""
        await self.hold(sale, *quantities)
        page = self.path
        await self.post(page, GRACE)
        assert self.left_for.startswith(sale.double.url), self.text
        await sale.double.pay(self.left_for.rpartition("/")[2])
        await self.get(f"{page}?back=paid")
        return page


@pytest.fixture
async def shopper(client: httpx2.AsyncClient) -> Shopper:
    """A browser in which nobody is signed in."""
    return Shopper(client)
